// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/internal/lz4.h"

#include <lz4.h>

namespace fovea::imu {

std::vector<uint8_t> Lz4Pack(std::span<const uint8_t> bytes, size_t most) {
  if (most < 2 || bytes.size() > LZ4_MAX_INPUT_SIZE) return {};
  std::vector<uint8_t> out(most - 1);
  const int size = LZ4_compress_default(
      reinterpret_cast<const char*>(bytes.data()),
      reinterpret_cast<char*>(out.data()), static_cast<int>(bytes.size()),
      static_cast<int>(out.size()));
  out.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return out;
}

bool Lz4Unpack(std::span<const uint8_t> packed, std::span<uint8_t> out) {
  if (packed.size() > LZ4_MAX_INPUT_SIZE || out.size() > LZ4_MAX_INPUT_SIZE) {
    return false;
  }
  const int size = LZ4_decompress_safe(
      reinterpret_cast<const char*>(packed.data()),
      reinterpret_cast<char*>(out.data()), static_cast<int>(packed.size()),
      static_cast<int>(out.size()));
  return size >= 0 && static_cast<size_t>(size) == out.size();
}

}  // namespace fovea::imu
