// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inertial values as a model needs them, and no finer: windows in a frequency
// transform, each channel and band as coarse as a plan says, each window as
// coarse as its answer allows, and if asked no sample further off than a
// bound. Each block decodes alone and tells any change of its bytes.
// codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_IMU_WINDOW_BLOCK_H_
#define FOVEA_CODEC_IMU_WINDOW_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/imu/window_plan.h"

namespace fovea {

// What a model says of a window that was coded.
struct WindowOpinion {
  bool same = true;  // its answer is that of the window as it was
  bool safe = true;  // and far enough from another one
};

// `window`: from 0 on. `rows`: rows x channels, as many as the plan's window;
// past the block's end the last row repeats.
using WindowJudge =
    std::function<WindowOpinion(size_t window, std::span<const int32_t> rows)>;

struct ImuWindowOptions {
  // How coarse all is: steps are the plan's times 2^(strength / 8). 0 to 255.
  int strength = 0;
  // Half octaves, up to 15, that a window may go above the strength where
  // `judge` finds its answer the same and safe, there and all the way up.
  int most_coarser = 15;
  WindowJudge judge = nullptr;  // null: all windows at the strength
  // Per channel how far a value may be off, in units; below 0: any distance.
  // Empty: any for all.
  std::vector<int32_t> bounds = {};
};

// What a block promises of the model's answers.
struct WindowVerdict {
  bool judged = false;
  uint32_t windows = 0;   // of the block
  uint32_t agreeing = 0;  // of them, as judged
  // Root mean square change of the margin that the errors are expected to
  // make, by the plan's energies; the estimate where nothing was judged.
  float margin_change = 0;
};

struct DecodedWindows {
  std::vector<int32_t> values;  // rows x channels
  WindowVerdict verdict;        // none of windows 0: the values are exact
};

// Not thread-safe. Holds nothing between blocks but the plan.
class ImuWindowCoder {
 public:
  // Of MakeImuWindowPlan(). kInvalidArgument: damaged, or of another version.
  static absl::StatusOr<ImuWindowCoder> Create(std::span<const uint8_t> plan);

  // `values`: rows x channels within 2^26, up to kMaxImuRows rows. At most
  // 16 bytes more than the values in the fewest whole bytes that hold each.
  // Steps of one unit (a strength of 0 and a plan whose steps are all alike)
  // lose nothing. kInvalidArgument: beyond those, or options out of range.
  absl::StatusOr<std::vector<uint8_t>> Encode(std::span<const int32_t> values,
                                              const ImuWindowOptions& options);

  // kDataLoss: damaged, or coded by another plan. Memory and time are bounded
  // by the limits above; before the checksum fits nothing is allocated.
  absl::StatusOr<DecodedWindows> Decode(std::span<const uint8_t> block);

  const imu::WindowPlan& plan() const { return plan_; }

 private:
  explicit ImuWindowCoder(imu::WindowPlan plan) : plan_(std::move(plan)) {}

  imu::WindowPlan plan_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_IMU_WINDOW_BLOCK_H_
