// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/zstd_pack.h"

#include <zstd.h>

#include <cstddef>

namespace fovea::codec_internal {
namespace {

constexpr int kLevel = 3;

}  // namespace

std::string ZstdPack(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(),
                                    plain.size(), kLevel);
  if (ZSTD_isError(size) != 0) return "";
  packed.resize(size);
  return packed;
}

}  // namespace fovea::codec_internal
