// SPDX-License-Identifier: GPL-2.0-or-later
//
// What writer and reader of entropy-coded bodies share: a body is segments of
// rows, each raw bits from its front and an entropy coder's words from its
// end, with the lengths of all but the last in front of them.

#ifndef FOVEA_CODEC_IMU_CORE_BODY_LAYOUT_H_
#define FOVEA_CODEC_IMU_CORE_BODY_LAYOUT_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/rans.h"
#include "codec/imu/core/residual_tables.h"
#include "codec/imu/core/workspace.h"

namespace fovea::imu {

inline constexpr int kTokenBits = 6;
inline constexpr size_t kLengthBytes = 2;

// Rows of a segment, whose tokens fit the workspace, a flag for each row
// among them.
inline size_t SegmentRows(int channels) {
  return kSegmentTokens / (static_cast<size_t>(channels) + 1);
}

inline size_t SegmentsOf(size_t rows, int channels) {
  const size_t most = SegmentRows(channels);
  return rows <= 1 ? 1 : (rows - 2) / most + 1;
}

inline int FlagTable(const Workspace& work, bool before) {
  return kFlagTable + work.repeat_odds[before ? 1 : 0];
}

// The part of a first value that a state of the entropy coder starts with.
inline uint32_t LowPart(const Workspace& work, int c) {
  uint32_t first = work.states[c].first;
  if (work.taps != nullptr) {
    first -= static_cast<uint32_t>(work.profile.channel[c].typical);
  }
  return (first + 0x8000) & 0xffff;
}

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_BODY_LAYOUT_H_
