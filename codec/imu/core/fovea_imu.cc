// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/fovea_imu.h"

#include "codec/imu/core/block.h"
#include "codec/imu/core/workspace.h"

using fovea::imu::BlockHead;
using fovea::imu::HeadVerdict;
using fovea::imu::Mode;
using fovea::imu::Workspace;

static_assert(FOVEA_IMU_MAX_CHANNELS == fovea::imu::kMaxChannels);
static_assert(FOVEA_IMU_MAX_ROWS == fovea::imu::kMaxRows);
static_assert(FOVEA_IMU_MAX_PROFILE_CHANNELS ==
              fovea::imu::kMaxProfileChannels);

namespace {

// To C a coder is its Workspace's address.
Workspace* Of(fovea_imu* coder) { return reinterpret_cast<Workspace*>(coder); }
const Workspace* Of(const fovea_imu* coder) {
  return reinterpret_cast<const Workspace*>(coder);
}

bool Valid(int channels, int level) {
  return channels >= 1 && channels <= FOVEA_IMU_MAX_CHANNELS &&
         (level == FOVEA_IMU_FAST || level == FOVEA_IMU_NORMAL);
}

// 0 when the block may be decoded by `coder`.
long ReadHead(const fovea_imu* coder, const uint8_t* block, size_t bytes,
              BlockHead* head) {
  if (coder == nullptr || block == nullptr) return FOVEA_IMU_BAD_ARGUMENT;
  const Workspace* const work = Of(coder);
  const uint32_t profile = work->taps != nullptr ? work->profile.id : 0;
  switch (ReadBlockHead(block, bytes, profile, head)) {
    case HeadVerdict::kBad:
      return FOVEA_IMU_BAD_BLOCK;
    case HeadVerdict::kUnknownMode:
      return FOVEA_IMU_UNKNOWN_LEVEL;
    case HeadVerdict::kGood:
      break;
  }
  if (head->channels != work->channels) return FOVEA_IMU_WRONG_CHANNELS;
  if (head->mode == Mode::kNormal && work->tokens == nullptr) {
    return FOVEA_IMU_UNKNOWN_LEVEL;
  }
  return 0;
}

}  // namespace

size_t fovea_imu_state_bytes(int channels, int level) {
  if (!Valid(channels, level)) return 0;
  return fovea::imu::WorkspaceBytes(channels, level == FOVEA_IMU_NORMAL);
}

size_t fovea_imu_block_bound(int channels, size_t rows) {
  if (!Valid(channels, FOVEA_IMU_FAST) || rows < 1 ||
      rows > FOVEA_IMU_MAX_ROWS) {
    return 0;
  }
  return fovea::imu::BlockBound(rows, channels);
}

fovea_imu* fovea_imu_open(void* memory, size_t bytes, int channels, int level) {
  const size_t needed = fovea_imu_state_bytes(channels, level);
  if (memory == nullptr || needed == 0 || bytes < needed ||
      reinterpret_cast<uintptr_t>(memory) % 8 != 0) {
    return nullptr;
  }
  return reinterpret_cast<fovea_imu*>(
      fovea::imu::PlaceWorkspace(memory, channels, level == FOVEA_IMU_NORMAL));
}

int fovea_imu_use_profile(fovea_imu* coder, const uint8_t* profile,
                          size_t bytes) {
  if (coder == nullptr || profile == nullptr) return FOVEA_IMU_BAD_ARGUMENT;
  return UseProfile(Of(coder), profile, bytes) ? 0 : FOVEA_IMU_BAD_PROFILE;
}

long fovea_imu_encode(fovea_imu* coder, const int32_t* values, size_t rows,
                      uint8_t* out, size_t capacity) {
  if (coder == nullptr || values == nullptr || out == nullptr) {
    return FOVEA_IMU_BAD_ARGUMENT;
  }
  const size_t bound = fovea_imu_block_bound(Of(coder)->channels, rows);
  if (bound == 0) return FOVEA_IMU_BAD_ARGUMENT;
  if (capacity < bound) return FOVEA_IMU_NO_ROOM;
  const Mode mode = Of(coder)->tokens != nullptr ? Mode::kNormal : Mode::kFast;
  return static_cast<long>(
      EncodeBlock(Of(coder), mode, values, rows, out, capacity));
}

long fovea_imu_rows(const fovea_imu* coder, const uint8_t* block,
                    size_t bytes) {
  BlockHead head;
  const long verdict = ReadHead(coder, block, bytes, &head);
  return verdict != 0 ? verdict : static_cast<long>(head.rows);
}

long fovea_imu_decode(fovea_imu* coder, const uint8_t* block, size_t bytes,
                      int32_t* values, size_t max_rows) {
  BlockHead head;
  const long verdict = ReadHead(coder, block, bytes, &head);
  if (verdict != 0) return verdict;
  if (values == nullptr) return FOVEA_IMU_BAD_ARGUMENT;
  if (head.rows > max_rows) return FOVEA_IMU_NO_ROOM;
  if (!DecodeBlock(Of(coder), block, bytes, head, values)) {
    return FOVEA_IMU_BAD_BLOCK;
  }
  return static_cast<long>(head.rows);
}
