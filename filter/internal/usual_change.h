// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a macroblock's difference to the frame before usually is: sensor
// noise, coding noise, leaves. Learnt per macroblock as a running mean and a
// running mean deviation, fast where nothing moves, slowly where something
// does.

#ifndef FOVEA_FILTER_INTERNAL_USUAL_CHANGE_H_
#define FOVEA_FILTER_INTERNAL_USUAL_CHANGE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "filter/internal/macroblocks.h"
#include "filter/motion_blobs.h"

namespace fovea::internal {

// Differences are the grid's: quarter grey levels, 0..255.
class UsualChange {
 public:
  UsualChange(size_t macroblocks, const MotionBlobOptions& options);

  // The first differences of all: their median stands for every macroblock,
  // as far as it can be noise.
  void Begin(const std::vector<uint8_t>& differences);

  // A difference above this is motion.
  uint8_t threshold(size_t block) const { return thresholds_[block]; }
  int mean(size_t block) const { return mean_[block] / kFine; }

  // `step_s` since this macroblock was learnt last, `times` before.
  void SetStep(double step_s, uint32_t times);
  void Learn(size_t block, int difference, bool moves);

 private:
  void SetThreshold(size_t block);

  const int mean_factor_, spread_factor_, least_;
  const double still_s_, moving_s_;
  int still_rate_ = kRate, moving_rate_ = kRate;
  std::vector<uint16_t> mean_, spread_;
  std::vector<uint8_t> thresholds_;
};

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_USUAL_CHANGE_H_
