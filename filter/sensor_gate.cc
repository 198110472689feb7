// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/sensor_gate.h"

#include <algorithm>
#include <cmath>
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
  return log_odds <= options_.most_log_odds
             ? hold(SensorStage::kTree)
             : run(DecisionCause::kGate, SensorStage::kTree);
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

// The window before must have been still as well: who stops walking holds
// the sensor no other way than before.
bool SensorGate::IsAsStill(const Features& features) const {
  const Features& reference = *reference_;
  return reference.columns == features.columns && IsStill(features) &&
         IsStill(reference) &&
         GravityAngle(features, reference) < options_.still_angle;
}

}  // namespace fovea
