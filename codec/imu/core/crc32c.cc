// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/crc32c.h"

namespace fovea::imu {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected
constexpr int kSlices = 4;

struct Tables {
  uint32_t slice[kSlices][256];
};

constexpr Tables MakeTables() {
  Tables tables = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int i = 0; i < 8; ++i) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    tables.slice[0][byte] = crc;
  }
  for (int s = 1; s < kSlices; ++s) {
    for (int byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables.slice[s - 1][byte];
      tables.slice[s][byte] = (before >> 8) ^ tables.slice[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}  // namespace

uint32_t Crc32c(const uint8_t* bytes, size_t size, uint32_t before) {
  uint32_t crc = ~before;
  for (; size >= 4; size -= 4, bytes += 4) {
    crc ^= static_cast<uint32_t>(bytes[0]) |
           static_cast<uint32_t>(bytes[1]) << 8 |
           static_cast<uint32_t>(bytes[2]) << 16 |
           static_cast<uint32_t>(bytes[3]) << 24;
    crc = kTables.slice[3][crc & 0xff] ^ kTables.slice[2][(crc >> 8) & 0xff] ^
          kTables.slice[1][(crc >> 16) & 0xff] ^ kTables.slice[0][crc >> 24];
  }
  for (; size > 0; --size) {
    crc = (crc >> 8) ^ kTables.slice[0][(crc ^ *bytes++) & 0xff];
  }
  return ~crc;
}

}  // namespace fovea::imu
