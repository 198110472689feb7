// SPDX-License-Identifier: GPL-2.0-or-later
//
// The memory that coding a block works in, laid out once in what the caller
// gives: no heap, and its size known before.

#ifndef FOVEA_CODEC_IMU_CORE_WORKSPACE_H_
#define FOVEA_CODEC_IMU_CORE_WORKSPACE_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/profile.h"
#include "codec/imu/core/walk.h"

namespace fovea::imu {

inline constexpr size_t kMaxRows = 65536;

// Tokens between two starts of the entropy coder.
inline constexpr size_t kSegmentTokens = 4096;

struct Workspace {
  int channels = 0;
  Profile profile;
  int16_t* taps = nullptr;         // of the profile; null: no profile
  int16_t* own = nullptr;          // channels x kWindow
  int16_t* rows = nullptr;         // kWindow x lanes
  ChannelState* states = nullptr;  // channels
  uint16_t* tokens = nullptr;      // kSegmentTokens: table << 6 | token

  const Profile* profile_or_null() const {
    return taps != nullptr ? &profile : nullptr;
  }
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_WORKSPACE_H_
