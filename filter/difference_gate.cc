// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/difference_gate.h"

#include <limits>
#include <utility>

#include "filter/background_model.h"

namespace fovea {
namespace {

// Reducto's.
bool GoesBySegment(DifferenceKind kind) {
  return kind <= DifferenceKind::kCorner;
}

class FeatureDetector final : public PictureDetector {
 public:
  explicit FeatureDetector(DifferenceKind kind) : kind_(kind) {}
  Picture Take(const Frame& frame) override {
    return std::make_shared<PictureFeature>(FeatureOf(kind_, frame));
  }
  double Apart(const Picture& a, const Picture& b) override {
    return DifferenceOf(kind_, *a, *b);
  }
  void Reset() override {}

 private:
  const DifferenceKind kind_;
};

class BackgroundDetector final : public PictureDetector {
 public:
  Picture Take(const Frame& frame) override {
    return std::make_shared<PictureFeature>(model_.See(frame));
  }
  double Apart(const Picture& a, const Picture& b) override {
    return DifferenceOf(DifferenceKind::kBackground, *a, *b);
  }
  void Reset() override { model_.Reset(); }

 private:
  BackgroundModel model_;
};

}  // namespace

std::unique_ptr<PictureDetector> MakePictureDetector(DifferenceKind kind) {
  if (kind == DifferenceKind::kBackground) {
    return std::make_unique<BackgroundDetector>();
  }
  return std::make_unique<FeatureDetector>(kind);
}

DifferenceGate::DifferenceGate(DifferenceKind kind,
                               std::unique_ptr<PictureDetector> detector)
    : kind_(kind),
      detector_(detector != nullptr ? std::move(detector)
                                    : MakePictureDetector(kind)) {}

GateDecision DifferenceGate::Decide(const GateInput& input,
                                    const GateReference& reference) {
  present_.reset();
  if (input.frame == nullptr) return {};
  present_ = detector_->Take(*input.frame);
  if (GoesBySegment(kind_)) FollowSegment(input.time_ns);
  if (reference_ == nullptr || reference.runs->empty()) return {};
  const double difference = detector_->Apart(present_, reference_);
  GateDecision decision;
  decision.kind = DecisionKind::kHold;
  decision.cause = DecisionCause::kGate;
  decision.risk = RiskOf(difference);
  decision.distance = static_cast<float>(difference);
  return decision;
}

// Before a segment is known the order of differences is that of no risk.
double DifferenceGate::RiskOf(double difference) const {
  if (!GoesBySegment(kind_)) return difference;
  const double threshold = segments_.threshold();
  return threshold > 0 ? difference / threshold
                       : std::numeric_limits<double>::infinity();
}

void DifferenceGate::FollowSegment(int64_t time_ns) {
  is_first_ = segments_.Begins(time_ns);
  if (is_first_) {
    first_ = present_;
    first_vote_.reset();
    return;
  }
  segments_.Difference(detector_->Apart(present_, first_));
}

void DifferenceGate::Ran(const GateRun& run) {
  if (present_ == nullptr) return;
  if (GoesBySegment(kind_)) {
    if (is_first_) {
      first_vote_ = run.answer.vote;
    } else if (first_vote_) {
      segments_.Answered(run.answer.vote == *first_vote_);
    }
  }
  if (run.moves) reference_ = present_;
}

void DifferenceGate::Reset() {
  detector_->Reset();
  segments_.Reset();
  present_.reset();
  reference_.reset();
  first_.reset();
}

}  // namespace fovea
