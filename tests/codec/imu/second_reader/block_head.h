// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: what an inertial block of its own has in
// front, and bodies of raw values.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_BLOCK_HEAD_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_BLOCK_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

struct ImuBlockHead {
  int mode = 0;
  size_t channels = 0, rows = 0;
  bool learned = false;  // by the profile or plan
  Bytes body;

  // `learned_from`: bytes of a profile or of a plan, or none.
  static ImuBlockHead Read(Bytes block, Bytes learned_from) {
    ByteCursor in(block);
    ImuBlockHead head;
    const int first = in.U8();
    if (first >> 4 != 1) Fail("unknown version of an inertial block");
    head.mode = first & 15;
    head.channels = in.U8();
    head.rows = in.Varint();
    if (head.channels == 0 || head.channels > 64 || head.rows == 0 ||
        head.rows > 65536) {
      Fail("shape of an inertial block");
    }
    std::vector<uint8_t> checked(block.begin(), block.end());
    const uint32_t told = in.U32();
    head.body = in.Rest();
    const auto at =
        static_cast<std::ptrdiff_t>(block.size() - head.body.size());
    checked.erase(checked.begin() + at - 4, checked.begin() + at);
    uint32_t crc = ~Crc32c(checked);
    head.learned = crc != told && learned_from.size() >= 4;
    if (head.learned) crc ^= ByteCursor(learned_from.last(4)).U32();
    if (crc != told) Fail("checksum of an inertial block");
    return head;
  }
};

// Values in the fewest whole bytes that hold each.
inline std::vector<int32_t> ReadRaw(ByteCursor in, int size, size_t count) {
  if (size < 1 || size > 4) Fail("size of raw values");
  std::vector<int32_t> values;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t n = in.Number(size) << (64 - 8 * size);
    values.push_back(
        static_cast<int32_t>(static_cast<int64_t>(n) >> (64 - 8 * size)));
  }
  if (!in.empty()) Fail("bytes behind raw values");
  return values;
}

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_BLOCK_HEAD_H_
