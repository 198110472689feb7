// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/lz4.h"

#include <lz4.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {

std::vector<uint8_t> Lz4Compress(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2 || bytes.size() > LZ4_MAX_INPUT_SIZE) return {};
  std::vector<uint8_t> out(bytes.size() - 1);
  const int size = LZ4_compress_default(
      reinterpret_cast<const char*>(bytes.data()),
      reinterpret_cast<char*>(out.data()), static_cast<int>(bytes.size()),
      static_cast<int>(out.size()));
  out.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return out;
}

absl::StatusOr<std::vector<uint8_t>> Lz4Decompress(
    std::span<const uint8_t> compressed, size_t size) {
  if (size > LZ4_MAX_INPUT_SIZE || compressed.size() > LZ4_MAX_INPUT_SIZE ||
      size > compressed.size() * kMaxLz4Expansion) {
    return absl::DataLossError(
        absl::StrCat("LZ4: ", compressed.size(), " bytes cannot hold ", size));
  }
  std::vector<uint8_t> out(size);
  const int got = LZ4_decompress_safe(
      reinterpret_cast<const char*>(compressed.data()),
      reinterpret_cast<char*>(out.data()), static_cast<int>(compressed.size()),
      static_cast<int>(size));
  if (got < 0 || static_cast<size_t>(got) != size) {
    return absl::DataLossError("LZ4: damaged block");
  }
  return out;
}

}  // namespace fovea::codec_internal
