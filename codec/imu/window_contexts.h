// SPDX-License-Identifier: GPL-2.0-or-later
//
// How large the next level of a window is expected to be, as encoder and
// decoder both know it: from the plan, the coefficients before it, the same
// ones of the window before. A level is a coefficient in steps.

#ifndef FOVEA_CODEC_IMU_WINDOW_CONTEXTS_H_
#define FOVEA_CODEC_IMU_WINDOW_CONTEXTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/imu/core/scale.h"
#include "codec/imu/window_plan.h"

namespace fovea::imu {

inline constexpr int kCoarserBits = 4;  // of a window, in half octaves
inline constexpr int kCoarserEighths = 4;

// Values beside levels.
enum SideValue : uint8_t { kEnd, kCorrected, kCorrection, kSideValues };

class WindowContexts {
 public:
  WindowContexts(const WindowPlan& plan, int strength);

  // To a window so many half octaves above the strength.
  void BeginWindow(int coarser);
  void BeginChannel(size_t channel);

  uint32_t step(size_t coefficient) const {
    return steps_[channel_ * plan_->bands + plan_->BandOf(coefficient)];
  }

  // Mean |level| expected of a coefficient, those before it being known; with
  // Scale::kPoint fraction bits.
  uint64_t MeanOf(size_t coefficient) const;
  // The level became known.
  void Take(size_t coefficient, int32_t level);
  // All of the channel's.
  void EndChannel();

  // The first coefficient is told less this, that of the window before.
  int32_t first() const { return firsts_[channel_]; }
  void SetFirst(int32_t value) { firsts_[channel_] = value; }

  // Bands of the channel that hold a level other than 0, in the window before.
  int32_t end() const { return ends_[channel_]; }
  void SetEnd(int32_t end) { ends_[channel_] = end; }
  Scale& side(SideValue value) {
    return sides_[channel_ * kSideValues + value];
  }

  int32_t coarser() const { return coarser_; }
  Scale& coarser_scale() { return coarser_scale_; }

 private:
  const WindowPlan* plan_;
  int strength_;
  int coarser_ = 0;
  size_t channel_ = 0;
  bool begun_ = false;  // a window came before
  Scale coarser_scale_;
  std::vector<uint32_t> steps_;  // of the window at hand, as plan_->step
  std::vector<uint64_t> usual_;  // as plan_->usual, with kFine fraction bits
  std::vector<uint64_t> past_;   // mean |coefficient|, channels x window
  std::vector<uint64_t> now_;    // |coefficient|, of the channel at hand
  std::vector<int32_t> firsts_, ends_;
  std::vector<Scale> sides_;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_WINDOW_CONTEXTS_H_
