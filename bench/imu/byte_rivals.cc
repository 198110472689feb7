// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/imu/byte_rivals.h"

#include <lz4.h>
#include <zstd.h>

namespace fovea::bench {

size_t ZstdBytes(std::span<const uint8_t> bytes, int level) {
  Bytes out(ZSTD_compressBound(bytes.size()));
  return ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(),
                       level);
}

size_t Lz4Bytes(std::span<const uint8_t> bytes) {
  const auto size = static_cast<int>(bytes.size());
  Bytes out(static_cast<size_t>(LZ4_compressBound(size)));
  return static_cast<size_t>(LZ4_compress_default(
      reinterpret_cast<const char*>(bytes.data()),
      reinterpret_cast<char*>(out.data()), size, static_cast<int>(out.size())));
}

Bytes BytePlanes(std::span<const uint8_t> bytes, size_t width) {
  const size_t count = bytes.size() / width;
  Bytes out(bytes.size());
  for (size_t i = 0; i < count; ++i) {
    for (size_t b = 0; b < width; ++b)
      out[b * count + i] = bytes[i * width + b];
  }
  return out;
}

Bytes BitPlanes(std::span<const uint8_t> bytes, size_t width) {
  const size_t count = bytes.size() / width;
  const size_t plane = (count + 7) / 8;
  Bytes out(plane * width * 8);
  for (size_t i = 0; i < count; ++i) {
    for (size_t bit = 0; bit < width * 8; ++bit) {
      const int one = bytes[i * width + bit / 8] >> (bit % 8) & 1;
      uint8_t& to = out[bit * plane + i / 8];
      to = static_cast<uint8_t>(to | one << (i % 8));
    }
  }
  return out;
}

}  // namespace fovea::bench
