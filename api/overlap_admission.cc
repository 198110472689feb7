// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_admission.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "codec/quality_map.h"

namespace fovea {
namespace {

constexpr double kNoDifference = 99;  // dB

double Psnr(double squares, double pixels) {
  if (pixels == 0 || squares == 0) return kNoDifference;
  return std::min(kNoDifference, 10 * std::log10(255 * 255 * pixels / squares));
}

}  // namespace

OverlapTrial& OverlapTrial::operator+=(const OverlapTrial& other) {
  first_bytes += other.first_bytes;
  bytes_before += other.bytes_before;
  bytes_after += other.bytes_after;
  agreements.resize(std::max(agreements.size(), other.agreements.size()));
  for (size_t i = 0; i < other.agreements.size(); ++i) {
    agreements[i] += other.agreements[i];
  }
  squares_kept += other.squares_kept;
  pixels_kept += other.pixels_kept;
  squares_overlap += other.squares_overlap;
  pixels_overlap += other.pixels_overlap;
  return *this;
}

double OverlapTrial::Saving() const {
  const auto both = static_cast<double>(first_bytes + bytes_before);
  if (both == 0) return 0;
  return (static_cast<double>(bytes_before) -
          static_cast<double>(bytes_after)) /
         both;
}

double OverlapTrial::Loss() const {
  double loss = 0;
  for (const Agreement& model : agreements) {
    loss = std::max(loss, 1 - model.F1());
  }
  return loss;
}

double OverlapTrial::PsnrKept() const {
  return Psnr(squares_kept, pixels_kept);
}
double OverlapTrial::PsnrOverlap() const {
  return Psnr(squares_overlap, pixels_overlap);
}

void AddDistortion(const Frame& original, const Frame& decoded,
                   const MacroblockMask& mask, OverlapTrial* trial) {
  for (int y = 0; y < original.height; ++y) {
    const uint8_t* a = original.y.data + y * original.y.stride;
    const uint8_t* b = decoded.y.data + y * decoded.y.stride;
    const int row = y / kMacroblockSize * mask.columns;
    for (int left = 0; left < original.width; left += kMacroblockSize) {
      const int right = std::min(original.width, left + kMacroblockSize);
      int squares = 0;
      for (int x = left; x < right; ++x)
        squares += (a[x] - b[x]) * (a[x] - b[x]);
      const bool shared =
          mask.set[static_cast<size_t>(row + left / kMacroblockSize)];
      (shared ? trial->squares_overlap : trial->squares_kept) += squares;
      (shared ? trial->pixels_overlap : trial->pixels_kept) += right - left;
    }
  }
}

std::string WhyNotAdmitted(const OverlapTrial& trial,
                           const AdmissionRules& rules) {
  if (trial.Saving() < rules.min_saving) {
    return absl::StrFormat(
        "saves %.1f %% of both cameras' bytes, below %.1f %%",
        100 * trial.Saving(), 100 * rules.min_saving);
  }
  if (trial.Loss() > rules.max_loss) {
    return absl::StrFormat(
        "models lose %.1f %% of their agreement, above "
        "%.1f %%",
        100 * trial.Loss(), 100 * rules.max_loss);
  }
  if (trial.PsnrKept() < rules.least_psnr_kept) {
    return absl::StrFormat("%.1f dB where no other camera looks, below %.1f dB",
                           trial.PsnrKept(), rules.least_psnr_kept);
  }
  if (trial.PsnrOverlap() < rules.least_psnr_overlap) {
    return absl::StrFormat("%.1f dB in the overlap, below %.1f dB",
                           trial.PsnrOverlap(), rules.least_psnr_overlap);
  }
  return "";
}

OverlapJudges::OverlapJudges(std::span<Model* const> models,
                             std::span<ExternalModel* const> programs)
    : models_(models.begin(), models.end()),
      programs_(programs.begin(), programs.end()) {}

float OverlapJudges::threshold(size_t judge) const {
  const ModelCard& card =
      judge < models_.size()
          ? models_[judge]->card()
          : programs_[judge - models_.size()]->description().card;
  return static_cast<float>(card.threshold);
}

absl::StatusOr<std::vector<std::vector<Detection>>> OverlapJudges::Ask(
    const Frame& frame, const ColorInfo& color) {
  std::vector<std::vector<Detection>> answers;
  for (Model* model : models_) {
    auto answer = model->Infer(frame, color);
    if (!answer.ok()) return answer.status();
    answers.push_back(std::move(answer->detections));
  }
  for (ExternalModel* program : programs_) {
    auto answer = program->Ask(frame, color);
    if (!answer.ok()) return answer.status();
    answers.push_back(std::move(answer->detections));
  }
  return answers;
}

}  // namespace fovea
