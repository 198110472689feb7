// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a camera's footage may be kept coarse where another looks: bytes
// must fall enough, and what models see of the two must stay. Pure, but for
// asking the models.

#ifndef FOVEA_API_OVERLAP_ADMISSION_H_
#define FOVEA_API_OVERLAP_ADMISSION_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "api/overlap_agreement.h"
#include "codec/sample.h"
#include "sensitivity/model.h"

namespace fovea {

struct AdmissionRules {
  // Of the bytes both cameras take during that time. Below it the joint
  // form is not worth a generation.
  double min_saving = 0.15;
  // With models: most share of agreement that any of them may lose, 1 - F1
  // over both views; where the models agree on less with an undisturbed
  // copy, nothing is admitted.
  double max_loss = 0.02;
  // Luma PSNR against the stored picture. Where nobody else looks it must
  // stay what it was for the eye; where another camera looks it must remain
  // a picture: the least that the best known joint form gives back.
  double least_psnr_kept = 34;
  double least_psnr_overlap = 24;
};

// What a trial of some GOPs came to; trials add up.
struct OverlapTrial {
  uint64_t first_bytes = 0;   // the other camera's, of the same time
  uint64_t bytes_before = 0;  // of the camera to be reduced
  uint64_t bytes_after = 0;
  std::vector<Agreement> agreements;         // by model
  double squares_kept = 0, pixels_kept = 0;  // of luma
  double squares_overlap = 0, pixels_overlap = 0;

  OverlapTrial& operator+=(const OverlapTrial& other);
  double Saving() const;    // of both cameras' bytes
  double Loss() const;      // the worst model's 1 - F1; 0 without models
  double PsnrKept() const;  // 99: nothing differs
  double PsnrOverlap() const;
};

// Adds what differs between two pictures of one size.
void AddDistortion(const Frame& original, const Frame& decoded,
                   const MacroblockMask& mask, OverlapTrial* trial);

// "" when admitted, else why not. Without models the two PSNR hold alone.
std::string WhyNotAdmitted(const OverlapTrial& trial,
                           const AdmissionRules& rules);

// The models that are asked. They outlive this. Not thread-safe.
class OverlapJudges {
 public:
  OverlapJudges(std::span<Model* const> models,
                std::span<ExternalModel* const> programs);

  size_t size() const { return models_.size() + programs_.size(); }
  float threshold(size_t judge) const;

  // By judge, best first. Errors of the models, which name themselves.
  absl::StatusOr<std::vector<std::vector<Detection>>> Ask(
      const Frame& frame, const ColorInfo& color);

 private:
  std::vector<Model*> models_;
  std::vector<ExternalModel*> programs_;
};

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_ADMISSION_H_
