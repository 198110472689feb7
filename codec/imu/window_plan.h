// SPDX-License-Identifier: GPL-2.0-or-later
//
// What window blocks are coded by: how coarse each channel and frequency band
// may be against the others, and how large their coefficients usually are.
// Made once of a model's sensitivity and of a device's recordings, kept apart
// from the blocks. codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_IMU_WINDOW_PLAN_H_
#define FOVEA_CODEC_IMU_WINDOW_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea::imu {

inline constexpr int kEighths = 8;                  // of an octave
inline constexpr int kMostEighths = 30 * kEighths;  // of a step: 2^30

// 2^(eighths / 8), rounded; `eighths` is cut to 0 to kMostEighths.
uint32_t StepOf(int eighths);

// The least eighths whose step is no smaller.
int EighthsOf(double step);

struct WindowPlan {
  uint32_t id = 0;  // its checksum; 0: none was made yet
  size_t channels = 0;
  size_t window = 0;  // rows, a size of IsDctSize()
  size_t bands = 0;   // coefficient k is of band k * bands / window
  // Change of the model's margin by an error of one step in one coefficient
  // at strength 0; 0: not of a model.
  float loss = 0;

  // In eighths of octaves of one unit of the values. `step`, at strength 0,
  // and `usual`, the mean |coefficient|: channels x bands. `level` and
  // `drift`, per channel: the mean |first coefficient|, and how far it goes
  // from window to window.
  std::vector<uint8_t> step, usual, level, drift;

  size_t BandOf(size_t coefficient) const {
    return coefficient * bands / window;
  }
};

// 64 channels of 128 bands.
inline constexpr size_t kMaxWindowPlanBytes = 16 + 64 * (2 + 2 * 128);

std::vector<uint8_t> WindowPlanBytes(const WindowPlan& plan);

// None: damaged, of another version, or beyond the limits.
std::optional<WindowPlan> ParseWindowPlan(std::span<const uint8_t> bytes);

}  // namespace fovea::imu

namespace fovea {

struct ImuWindowSteps {
  size_t channels = 0;
  size_t window = 0;  // rows: 8, 16, 32, 64 or 128
  size_t bands = 0;   // 1 to `window`
  // Mean squared derivative of a model's margin by a coefficient of the
  // window's orthonormal DCT-II, per unit of the values: channels x bands.
  // Steps are as its inverse square root, which spends each bit where it
  // saves most. All alike: steps that are.
  std::vector<double> energy;
};

// The bytes of a plan. What is usual is learned from `recordings`, whole
// numbers, rows x channels each; none of a window's length: nothing is.
// kInvalidArgument: beyond the limits, or energies that are negative, not
// finite or all 0.
absl::StatusOr<std::vector<uint8_t>> MakeImuWindowPlan(
    const ImuWindowSteps& steps,
    std::span<const std::vector<int32_t>> recordings);

}  // namespace fovea

#endif  // FOVEA_CODEC_IMU_WINDOW_PLAN_H_
