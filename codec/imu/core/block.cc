// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/block.h"

#include <cstring>

#include "codec/imu/core/crc32c.h"
#include "codec/imu/core/fast_body.h"
#include "codec/imu/core/normal_body.h"

namespace fovea::imu {
namespace {

constexpr size_t kChecksumBytes = 4;

size_t PutHead(Mode mode, size_t rows, int channels, uint8_t* out) {
  uint8_t* const begin = out;
  *out++ =
      static_cast<uint8_t>(kBlockVersion << 4 | static_cast<uint8_t>(mode));
  *out++ = static_cast<uint8_t>(channels);
  for (; rows >= 0x80; rows >>= 7) *out++ = static_cast<uint8_t>(rows | 0x80);
  *out++ = static_cast<uint8_t>(rows);
  return static_cast<size_t>(out - begin);
}

// The checksum of all but itself, which stands behind the head.
uint32_t Checksum(const uint8_t* block, size_t head, size_t size,
                  uint32_t profile_id) {
  const size_t behind = head + kChecksumBytes;
  const uint32_t before = Crc32c(block, head);
  return Crc32c(block + behind, size - behind, before) ^ profile_id;
}

// A varint of 1 to kMaxRows at `*at`, which moves behind it.
bool ReadRows(const uint8_t* block, size_t size, size_t* at, size_t* rows) {
  *rows = 0;
  for (int shift = 0; shift < 21; shift += 7) {
    if (*at == size) return false;
    const uint8_t byte = block[(*at)++];
    *rows |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return *rows >= 1 && *rows <= kMaxRows;
  }
  return false;
}

}  // namespace

int WidthOf(const int32_t* values, size_t count) {
  uint32_t used = 0;
  for (size_t i = 0; i < count; ++i) {
    used |= static_cast<uint32_t>(values[i] < 0 ? ~values[i] : values[i]);
  }
  return used < 1U << 7 ? 1 : used < 1U << 15 ? 2 : used < 1U << 23 ? 3 : 4;
}

size_t EncodeRawBody(const int32_t* values, size_t count, uint8_t* out,
                     size_t capacity) {
  const int width = WidthOf(values, count);
  const size_t size = 1 + count * static_cast<size_t>(width);
  if (size > capacity) return 0;
  *out++ = static_cast<uint8_t>(width);
  for (size_t i = 0; i < count; ++i) {
    for (int b = 0; b < width; ++b) {
      *out++ =
          static_cast<uint8_t>(static_cast<uint32_t>(values[i]) >> (8 * b));
    }
  }
  return size;
}

bool DecodeRawBody(const uint8_t* body, size_t size, size_t count,
                   int32_t* values) {
  if (size < 1 || body[0] < 1 || body[0] > 4) return false;
  const int width = *body++;
  if (size != 1 + count * static_cast<size_t>(width)) return false;
  const int unused = 32 - 8 * width;
  for (size_t i = 0; i < count; ++i) {
    uint32_t value = 0;
    for (int b = 0; b < width; ++b) {
      value |= static_cast<uint32_t>(*body++) << (8 * b);
    }
    values[i] = static_cast<int32_t>(value << unused) >> unused;
  }
  return true;
}

size_t BlockBound(size_t rows, int channels) {
  return kMaxHeadBytes + 1 + rows * static_cast<size_t>(channels) * 4;
}

size_t BodyOffset(size_t rows) {
  size_t bytes = 3 + kChecksumBytes;
  for (; rows >= 0x80; rows >>= 7) ++bytes;
  return bytes;
}

size_t SealBlock(Mode mode, size_t rows, int channels, uint32_t profile_id,
                 size_t body_size, uint8_t* block) {
  const size_t head = PutHead(mode, rows, channels, block);
  const size_t size = head + kChecksumBytes + body_size;
  const uint32_t checksum = Checksum(block, head, size, profile_id);
  for (size_t i = 0; i < kChecksumBytes; ++i) {
    block[head + i] = static_cast<uint8_t>(checksum >> (8 * i));
  }
  return size;
}

size_t EncodeBlock(Workspace* work, Mode mode, const int32_t* values,
                   size_t rows, uint8_t* out, size_t capacity) {
  if (capacity < BlockBound(rows, work->channels)) return 0;
  const size_t count = rows * static_cast<size_t>(work->channels);
  const size_t raw = 1 + count * static_cast<size_t>(WidthOf(values, count));
  uint8_t* const body = out + BodyOffset(rows);
  size_t size = 0;
  if (mode == Mode::kNormal) {
    size = EncodeNormalBody(work, values, rows, body, raw - 1);
  } else if (mode == Mode::kFast) {
    size = EncodeFastBody(work, values, rows, body, raw - 1);
  }
  if (size == 0) {
    mode = Mode::kRaw;
    size = EncodeRawBody(values, count, body, raw);
  }
  const bool by_profile = work->taps != nullptr && mode == Mode::kNormal;
  return SealBlock(mode, rows, work->channels,
                   by_profile ? work->profile.id : 0, size, out);
}

HeadVerdict ReadBlockHead(const uint8_t* block, size_t size,
                          uint32_t profile_id, BlockHead* head) {
  if (size < 3 || block[0] >> 4 != kBlockVersion) return HeadVerdict::kBad;
  head->mode = static_cast<Mode>(block[0] & 15);
  head->channels = block[1];
  if (head->channels < 1 || head->channels > kMaxChannels) {
    return HeadVerdict::kBad;
  }
  size_t at = 2;
  if (!ReadRows(block, size, &at, &head->rows)) return HeadVerdict::kBad;
  if (size - at < kChecksumBytes) return HeadVerdict::kBad;
  head->bytes = at + kChecksumBytes;
  uint32_t stored = 0;
  for (size_t i = 0; i < kChecksumBytes; ++i) {
    stored |= static_cast<uint32_t>(block[at + i]) << (8 * i);
  }
  const uint32_t plain = Checksum(block, at, size, 0);
  if (stored != plain && (profile_id == 0 || stored != (plain ^ profile_id))) {
    return HeadVerdict::kBad;
  }
  head->by_profile = stored != plain;
  return head->mode > Mode::kNormal ? HeadVerdict::kUnknownMode
                                    : HeadVerdict::kGood;
}

bool DecodeBlock(Workspace* work, const uint8_t* block, size_t size,
                 const BlockHead& head, int32_t* values) {
  const uint8_t* body = block + head.bytes;
  const size_t body_size = size - head.bytes;
  const size_t count = head.rows * static_cast<size_t>(head.channels);
  if (head.mode == Mode::kRaw) {
    return DecodeRawBody(body, body_size, count, values);
  }
  if (head.mode == Mode::kFast) {
    return DecodeFastBody(work, body, body_size, head.rows, values);
  }
  const int16_t* const taps = work->taps;
  if (!head.by_profile) work->taps = nullptr;
  const bool whole = DecodeNormalBody(work, body, body_size, head.rows, values);
  work->taps = taps;
  return whole;
}

}  // namespace fovea::imu
