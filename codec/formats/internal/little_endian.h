// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fixed-width fields of foreign formats, appended to a string.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_LITTLE_ENDIAN_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_LITTLE_ENDIAN_H_

#include <bit>
#include <concepts>
#include <cstdint>
#include <string>

namespace fovea::codec_internal {

template <std::unsigned_integral T>
void PutLittle(T value, std::string* out) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    *out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  }
}

inline void PutLittle(double value, std::string* out) {
  PutLittle(std::bit_cast<uint64_t>(value), out);
}

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_LITTLE_ENDIAN_H_
