// SPDX-License-Identifier: GPL-2.0-or-later
//
// The body of a window block: see codec/FORMAT.md.

#ifndef FOVEA_CODEC_IMU_WINDOW_BODY_H_
#define FOVEA_CODEC_IMU_WINDOW_BODY_H_

#include <cstdint>
#include <span>
#include <vector>

#include "codec/imu/window_block.h"
#include "codec/imu/window_plan.h"

namespace fovea::imu {

// Flags of its first byte.
inline constexpr uint8_t kJudged = 1;
inline constexpr uint8_t kBounded = 2;

// The margin's change, as eighths of octaves in a byte; 0 is 0.
inline constexpr int kNoOctave = 160;
uint8_t StoredChange(double change);
double ChangeOf(uint8_t stored);

std::vector<uint8_t> EncodeWindowBody(const WindowPlan& plan,
                                      std::span<const int32_t> values,
                                      const ImuWindowOptions& options);

// `values` has the block's size. At least four bytes in front of `body` can
// be read. False: damaged.
bool DecodeWindowBody(const WindowPlan& plan, std::span<const uint8_t> body,
                      std::span<int32_t> values, WindowVerdict* verdict);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_WINDOW_BODY_H_
