// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gates that hold an answer while the picture differs little from the one the
// model last ran on: the difference detectors of the literature, calibrated by
// the Auditor instead of by thresholds that somebody chose.

#ifndef FOVEA_FILTER_DIFFERENCE_GATE_H_
#define FOVEA_FILTER_DIFFERENCE_GATE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "filter/gate.h"
#include "filter/picture_feature.h"
#include "filter/segment_threshold.h"

namespace fovea {

// Takes of each frame what is compared, and compares it.
class PictureDetector {
 public:
  using Picture = std::shared_ptr<const PictureFeature>;
  virtual ~PictureDetector() = default;
  // Of frames in the order of time. Never null; empty of a frame without
  // pixels.
  virtual Picture Take(const Frame& frame) = 0;
  // As DifferenceOf().
  virtual double Apart(const Picture& a, const Picture& b) = 0;
  // The next frame does not follow on the last.
  virtual void Reset() = 0;
};

std::unique_ptr<PictureDetector> MakePictureDetector(DifferenceKind kind);

// Holds the answer of the latest run, and looks at a frame's luma alone.
// Frames without pixels are run. For Reducto's features the risk is the
// difference over the threshold of the running kind of segment
// (SegmentThreshold); until that is known, frames are run. Costs what its
// feature does, and one comparison, for Reducto's two.
class DifferenceGate final : public Gate {
 public:
  // `detector` null: MakePictureDetector(kind). Another one of the same kind
  // may take what many gates compare only once.
  explicit DifferenceGate(DifferenceKind kind,
                          std::unique_ptr<PictureDetector> detector = nullptr);

  GateDecision Decide(const GateInput& input,
                      const GateReference& reference) override;
  void Ran(const GateRun& run) override;
  void Reset() override;

 private:
  using Picture = PictureDetector::Picture;

  void FollowSegment(int64_t time_ns);
  double RiskOf(double difference) const;

  const DifferenceKind kind_;
  const std::unique_ptr<PictureDetector> detector_;
  Picture present_;    // of the input decided about last; null: no pixels
  Picture reference_;  // of the latest run

  SegmentThreshold segments_;
  Picture first_;  // of the running segment
  bool is_first_ = false;
  std::optional<uint64_t> first_vote_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_DIFFERENCE_GATE_H_
