// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/usual_change.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace fovea::internal {
namespace {

constexpr double kUnits = 4;  // per grey level
// More than the noisiest sensors give is motion.
constexpr uint8_t kMostFirst = 8;
constexpr uint16_t kFirstSpread = kFine;

int Fine(double value) { return static_cast<int>(std::lround(value * kFine)); }

uint16_t Moved(uint16_t known, int seen, int rate) {
  const int64_t change = (int64_t{seen} - known) * rate / kRate;
  return static_cast<uint16_t>(known + change);
}

}  // namespace

UsualChange::UsualChange(size_t macroblocks, const MotionBlobOptions& options)
    : mean_factor_(Fine(options.noise_factor)),
      spread_factor_(Fine(options.spread_factor)),
      least_(Fine(options.least_difference * kUnits)),
      still_s_(options.noise_s),
      moving_s_(options.moving_noise_s),
      mean_(macroblocks),
      spread_(macroblocks),
      thresholds_(macroblocks) {}

void UsualChange::Begin(const std::vector<uint8_t>& differences) {
  std::vector<uint8_t> sorted = differences;
  const auto middle =
      sorted.begin() + static_cast<ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const int first = std::min(*middle, kMostFirst) * kFine;
  std::fill(mean_.begin(), mean_.end(), static_cast<uint16_t>(first));
  std::fill(spread_.begin(), spread_.end(), kFirstSpread);
  for (size_t b = 0; b < mean_.size(); ++b) SetThreshold(b);
}

void UsualChange::SetStep(double step_s, uint32_t times) {
  // A plain mean over the first few, so that a start is soon forgotten.
  const auto first = static_cast<int>(kRate / (times + 1));
  still_rate_ = std::max(first, LearningRate(step_s, still_s_));
  moving_rate_ = LearningRate(step_s, moving_s_);
}

void UsualChange::Learn(size_t block, int difference, bool moves) {
  const int rate = moves ? moving_rate_ : still_rate_;
  const int seen = difference * kFine;
  const int away = std::abs(seen - mean_[block]);
  mean_[block] = Moved(mean_[block], seen, rate);
  spread_[block] = Moved(spread_[block], away, rate);
  SetThreshold(block);
}

void UsualChange::SetThreshold(size_t block) {
  const int fine =
      (mean_[block] * mean_factor_ + spread_[block] * spread_factor_) / kFine +
      least_;
  thresholds_[block] = static_cast<uint8_t>(std::min(fine / kFine, 255));
}

}  // namespace fovea::internal
