// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/sensor_gate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace fovea {
namespace {

constexpr int kNoiseUnknown = 1000;  // above any cell
// 0.2 m/s2 and 0.05 rad/s: what moves more is not at rest.
constexpr int kMostNoise = 61;
constexpr int kMostTurningNoise = 61;
constexpr size_t kMostSelfDistances = 4096;

int OctaveCells(double factor) {
  return static_cast<int>(std::floor(8 * std::log2(factor)));
}

int GivenNoise(double noise, double unit) {
  return noise > 0 ? std::max(0, OctaveCells(noise / unit)) : kNoiseUnknown;
}

int GreatestOf(const Features& features, size_t first) {
  const auto from = features.cells.begin() + static_cast<std::ptrdiff_t>(first);
  return *std::max_element(from, from + 3);
}

int MotionOf(const Features& features) {
  return GreatestOf(features, kCellDeviation);
}

int TurningOf(const Features& features) {
  return GreatestOf(features, kCellTurning);
}

// Without overflow where times are far apart; never negative.
uint64_t Since(int64_t earlier, int64_t later) {
  return static_cast<uint64_t>(later) - static_cast<uint64_t>(earlier);
}

// Stages come one after another; each has its own part of the scale.
double RiskOf(const SensorDecision& decision) {
  if (decision.stage == SensorStage::kStill) return 0;
  const double distance = decision.distance;
  if (!std::isfinite(distance)) return distance;
  if (decision.stage == SensorStage::kTree) {
    return 1 + 1 / (1 + std::exp(-static_cast<double>(decision.log_odds)));
  }
  return distance / (1 + distance);
}

int AnswerOf(uint64_t vote) {
  constexpr uint64_t kMost = std::numeric_limits<int>::max();
  return vote == 0 || vote > kMost ? kNoAnswer : static_cast<int>(vote - 1);
}

}  // namespace

SensorGate::SensorGate(SensorGateOptions options)
    : options_(std::move(options)),
      noise_(GivenNoise(options_.noise_m_s2, 1.0 / 1024)),
      turning_noise_(GivenNoise(options_.noise_rad_s, 1.0 / 4096)),
      most_distance_(options_.most_distance) {}

SensorDecision SensorGate::Decide(const Features& features, int64_t time_ns) {
  const int64_t before = std::exchange(last_ns_, time_ns);
  LearnNoise(features);
  if (!reference_) return {};
  const float distance = SensorDistance(features, *reference_);
  const auto run = [&](DecisionCause cause, SensorStage stage) {
    return SensorDecision{DecisionKind::kRun, cause, stage, distance};
  };
  const auto hold = [&](SensorStage stage) {
    return SensorDecision{DecisionKind::kHold, DecisionCause::kGate, stage,
                          distance};
  };
  if (time_ns < before || time_ns < ran_ns_) {
    return run(DecisionCause::kClock, SensorStage::kNone);
  }
  if (Since(ran_ns_, time_ns) >=
      static_cast<uint64_t>(std::max<int64_t>(0, options_.max_blind_ns))) {
    return run(DecisionCause::kBlindTime, SensorStage::kNone);
  }
  if (IsLearning()) {
    return run(DecisionCause::kNotCertified, SensorStage::kNone);
  }
  if (settling_ && Since(changed_ns_, time_ns) >=
                       static_cast<uint64_t>(options_.settle_ns)) {
    return run(DecisionCause::kGate, SensorStage::kSettling);
  }
  if (IsAsStill(features)) return hold(SensorStage::kStill);
  if (distance <= most_distance_) return hold(SensorStage::kTemplate);
  if (!options_.tree) return run(DecisionCause::kGate, SensorStage::kTemplate);
  const float log_odds = options_.tree->LogOdds(features, *reference_, answer_);
  SensorDecision asked = log_odds <= options_.most_log_odds
                             ? hold(SensorStage::kTree)
                             : run(DecisionCause::kGate, SensorStage::kTree);
  asked.log_odds = log_odds;
  return asked;
}

void SensorGate::Ran(const Features& features, int64_t time_ns, int answer) {
  LearnDistance(features, time_ns, answer);
  const bool changed = reference_ && answer != answer_;
  const bool settled =
      settling_ &&
      Since(changed_ns_, time_ns) >= static_cast<uint64_t>(options_.settle_ns);
  if (changed) changed_ns_ = time_ns;
  settling_ = options_.settle_ns > 0 && (changed || (settling_ && !settled));
  reference_ = features;
  answer_ = answer;
  ran_ns_ = time_ns;
}

GateDecision SensorGate::Decide(const GateInput& input,
                                const GateReference& reference) {
  if (reference.cached != nullptr) return Cached(*reference.cached);
  present_.reset();
  if (input.features == nullptr) return {};
  present_ = *input.features;
  const SensorDecision own = Decide(*present_, input.time_ns);
  GateDecision decision;
  decision.cause = own.cause;
  decision.distance = own.distance;
  const bool told =
      own.cause == DecisionCause::kGate && own.stage != SensorStage::kSettling;
  if (!told || reference.runs->empty()) return decision;
  decision.kind = DecisionKind::kHold;
  decision.risk = RiskOf(own);
  return decision;
}

// Of the window decided about last.
GateDecision SensorGate::Cached(const CachedInput& cached) const {
  if (!present_) return {};
  SensorDecision own;
  own.stage = SensorStage::kTemplate;
  own.distance = SensorDistance(*present_, *cached.features);
  if (!std::isfinite(own.distance)) return {};
  if (options_.tree && own.distance > most_distance_) {
    own.stage = SensorStage::kTree;
    own.log_odds = options_.tree->LogOdds(*present_, *cached.features,
                                          AnswerOf(cached.vote));
  }
  GateDecision decision;
  decision.kind = DecisionKind::kReuse;
  decision.cause = DecisionCause::kCache;
  decision.distance = own.distance;
  decision.risk = RiskOf(own);
  return decision;
}

void SensorGate::Ran(const GateRun& run) {
  if (!present_ || !run.moves) return;
  Ran(*present_, last_ns_, AnswerOf(run.answer.vote));
}

void SensorGate::Reset() {
  reference_.reset();
  present_.reset();
  answer_ = kNoAnswer;
  settling_ = false;
}

void SensorGate::LearnNoise(const Features& features) {
  if (!AreSensorFeatures(features)) return;
  const int motion = MotionOf(features), turning = TurningOf(features);
  if (motion > kMostNoise || turning > kMostTurningNoise) return;
  if (options_.noise_m_s2 <= 0) noise_ = std::min(noise_, motion);
  if (options_.noise_rad_s <= 0) {
    turning_noise_ = std::min(turning_noise_, turning);
  }
}

void SensorGate::LearnDistance(const Features& features, int64_t time_ns,
                               int answer) {
  if (!IsLearning()) return;
  if (!reference_ || time_ns < learn_since_ns_) {
    learn_since_ns_ = time_ns;  // the clock begins again
    self_distances_.clear();
    return;
  }
  const float distance = SensorDistance(features, *reference_);
  if (std::isfinite(distance) && answer == answer_) {
    self_distances_.push_back(distance);
  }
  if (self_distances_.empty()) return;
  if (self_distances_.size() < kMostSelfDistances &&
      Since(learn_since_ns_, time_ns) <
          static_cast<uint64_t>(std::max<int64_t>(0, options_.learn_ns))) {
    return;
  }
  const double share = std::clamp(options_.self_share, 0.0, 1.0);
  const auto nth = self_distances_.begin() +
                   static_cast<std::ptrdiff_t>(
                       share * static_cast<double>(self_distances_.size() - 1));
  std::nth_element(self_distances_.begin(), nth, self_distances_.end());
  most_distance_ = *nth;
  self_distances_ = {};
}

bool SensorGate::IsStill(const Features& features) const {
  if (!AreSensorFeatures(features)) return false;
  const int event = features.cells[kCellEvent];
  if (event != 0) return event < 0;
  const int factor = OctaveCells(std::max(1.0, options_.noise_factor));
  return noise_ != kNoiseUnknown && turning_noise_ != kNoiseUnknown &&
         MotionOf(features) <= noise_ + factor &&
         TurningOf(features) <= turning_noise_ + factor;
}

// The reference must have been still as well: who stops walking holds the
// sensor no other way than before.
bool SensorGate::IsAsStill(const Features& features) const {
  const Features& reference = *reference_;
  return reference.columns == features.columns && IsStill(features) &&
         IsStill(reference) &&
         GravityAngle(features, reference) < options_.still_angle;
}

}  // namespace fovea
