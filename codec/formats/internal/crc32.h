// SPDX-License-Identifier: GPL-2.0-or-later
//
// The CRC-32 of IEEE 802.3, as zip, PNG and MCAP use it: reflected
// polynomial 0xEDB88320, all ones before and after.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_CRC32_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_CRC32_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace fovea::codec_internal {

// Remainders of all bytes.
constexpr std::array<uint32_t, 256> Crc32Table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xEDB88320U : 0);
    }
    table[i] = rest;
  }
  return table;
}
inline constexpr std::array<uint32_t, 256> kCrc32Table = Crc32Table();

class Crc32 {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) {
      const auto low = static_cast<uint8_t>(state_ ^ static_cast<uint8_t>(c));
      state_ = kCrc32Table[low] ^ (state_ >> 8);
    }
  }
  uint32_t value() const { return ~state_; }

 private:
  uint32_t state_ = ~uint32_t{0};
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_CRC32_H_
