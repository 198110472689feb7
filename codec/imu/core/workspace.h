// SPDX-License-Identifier: GPL-2.0-or-later
//
// The memory that coding works in, laid out once in what the caller gives:
// no heap, and its size known before.

#ifndef FOVEA_CODEC_IMU_CORE_WORKSPACE_H_
#define FOVEA_CODEC_IMU_CORE_WORKSPACE_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/profile.h"
#include "codec/imu/core/walk.h"

namespace fovea::imu {

inline constexpr size_t kMaxRows = 65536;  // of a block

// Tokens between two starts of the entropy coder.
inline constexpr size_t kSegmentTokens = 4096;

// What fast keeps of a channel besides its ChannelState.
struct FastChannel {
  Track track;
  uint64_t sum;  // of the last groups' residuals
};

struct Workspace {
  int channels = 0;
  Profile profile;
  const int16_t* taps = nullptr;  // of the profile; null: no profile
  ChannelState* states = nullptr;

  // For normal. `own`: channels x kWindow, `rows`: kWindow x lanes.
  int16_t* own = nullptr;
  int16_t* rows = nullptr;
  int16_t* tap_memory = nullptr;
  uint16_t* tokens = nullptr;  // kSegmentTokens: table << 6 | token

  FastChannel* fast = nullptr;  // for fast

  // Of the block at hand: whether rows that repeat the one before are told
  // by flags, and how many of 16 such flags say yes after no and after yes.
  bool repeats = false;
  uint8_t repeat_odds[2] = {};

  const Profile* profile_or_null() const {
    return taps != nullptr ? &profile : nullptr;
  }
};

// Memory for `channels` (1 to kMaxChannels), the Workspace itself included;
// its alignment is that of uint64_t. `normal`: for Mode::kNormal too.
size_t WorkspaceBytes(int channels, bool normal);

// Lays a Workspace without profile out in that much memory.
Workspace* PlaceWorkspace(void* memory, int channels, bool normal);

// False: no profile for these channels, and none is set.
bool UseProfile(Workspace* work, const uint8_t* bytes, size_t size);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_WORKSPACE_H_
