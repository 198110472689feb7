// SPDX-License-Identifier: GPL-2.0-or-later
//
// One block of whole numbers, rows x channels, as bytes that decode alone
// and tell any change of theirs. codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_IMU_CORE_BLOCK_H_
#define FOVEA_CODEC_IMU_CORE_BLOCK_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/workspace.h"

namespace fovea::imu {

enum class Mode : uint8_t { kRaw = 0, kFast = 1, kNormal = 2 };

inline constexpr uint8_t kBlockVersion = 1;
inline constexpr size_t kMaxHeadBytes = 9;  // mode, rows, channels, checksum

struct BlockHead {
  Mode mode = Mode::kRaw;  // may be none of the above where unknown
  size_t rows = 0;
  int channels = 0;
  size_t bytes = 0;  // of the head
};

// Bytes that `EncodeBlock` is sure to fit in.
size_t BlockBound(size_t rows, int channels);

// The size of the block, 0 when `capacity` is below BlockBound().
size_t EncodeBlock(Workspace* work, Mode mode, const int32_t* values,
                   size_t rows, uint8_t* out, size_t capacity);

enum class HeadVerdict : uint8_t {
  kGood,
  kBad,         // no block, damaged, beyond limits, or of another profile
  kUnknownMode  // whole, but not for this core: `head` but for its mode is good
};

// Checks all bytes of a block.
HeadVerdict ReadBlockHead(const uint8_t* block, size_t size,
                          uint32_t profile_id, BlockHead* head);

// `values` has room for the head's rows x channels.
bool DecodeBlock(Workspace* work, const uint8_t* block, size_t size,
                 const BlockHead& head, int32_t* values);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_BLOCK_H_
