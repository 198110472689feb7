// SPDX-License-Identifier: GPL-2.0-or-later
//
// The CRC-32 of Ethernet (IEEE 802.3), for records of our own files.

#ifndef FOVEA_CODEC_INTERNAL_CRC32_H_
#define FOVEA_CODEC_INTERNAL_CRC32_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::internal {

inline constexpr std::array<uint32_t, 256> kCrc32Table = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xedb8'8320U : 0U);
    }
    table[i] = rest;
  }
  return table;
}();

inline uint32_t Crc32(std::span<const uint8_t> bytes) {
  uint32_t crc = ~0U;
  for (const uint8_t byte : bytes) {
    crc = (crc >> 8) ^ kCrc32Table[(crc ^ byte) & 0xff];
  }
  return ~crc;
}

inline constexpr size_t kCrcBytes = 4;

// Appends the CRC of `out` from `from` on, little-endian.
inline void PutCrc(size_t from, std::vector<uint8_t>* out) {
  const uint32_t crc = Crc32(std::span<const uint8_t>(*out).subspan(from));
  for (int shift = 0; shift < 32; shift += 8) {
    out->push_back(static_cast<uint8_t>(crc >> shift));
  }
}

// Whether `crc`, four bytes, is that of `covered`.
inline bool CrcHolds(std::span<const uint8_t> covered,
                     std::span<const uint8_t> crc) {
  uint32_t stored = 0;
  for (size_t i = 0; i < kCrcBytes; ++i) stored |= uint32_t{crc[i]} << (8 * i);
  return stored == Crc32(covered);
}

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_CRC32_H_
