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

// Stored in blocks; never renumber.
enum class Mode : uint8_t {
  kRaw = 0,
  kFast = 1,
  kNormal = 2,
  kMax = 3,  // this and the next are coded elsewhere, codec/imu/imu_block.h
  kLz4 = 4,
  kWindows = 5  // codec/imu/window_block.h
};

inline constexpr uint8_t kBlockVersion = 1;
inline constexpr size_t kMaxHeadBytes = 9;  // mode, rows, channels, checksum

struct BlockHead {
  Mode mode = Mode::kRaw;  // may be none of the above where unknown
  size_t rows = 0;
  int channels = 0;
  size_t bytes = 0;         // of the head
  bool by_profile = false;  // the profile asked about belongs to the block
};

// Bytes that `EncodeBlock` is sure to fit in.
size_t BlockBound(size_t rows, int channels);

// Where the body of a block of so many rows begins.
size_t BodyOffset(size_t rows);

// Puts the head in front of a body that stands in its place, and the
// checksum; the size of the block. `profile_id`: of the profile it needs, 0
// for none.
size_t SealBlock(Mode mode, size_t rows, int channels, uint32_t profile_id,
                 size_t body_size, uint8_t* block);

// Bytes, 1 to 4, that hold every value as two's complement; raw bodies are
// values of that many, behind it.
int WidthOf(const int32_t* values, size_t count);
size_t EncodeRawBody(const int32_t* values, size_t count, uint8_t* out,
                     size_t capacity);
bool DecodeRawBody(const uint8_t* body, size_t size, size_t count,
                   int32_t* values);

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
