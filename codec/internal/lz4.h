// SPDX-License-Identifier: GPL-2.0-or-later
//
// LZ4 block format behind two functions, so that one file sees its header.

#ifndef FOVEA_CODEC_INTERNAL_LZ4_H_
#define FOVEA_CODEC_INTERNAL_LZ4_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea::codec_internal {

// No LZ4 block expands by more than this.
inline constexpr size_t kMaxLz4Expansion = 255;

// Compressed bytes; empty when they would not be fewer than `bytes`.
std::vector<uint8_t> Lz4Compress(std::span<const uint8_t> bytes);

// Exactly `size` bytes. kDataLoss when `compressed` does not give them;
// nothing is allocated that it could not possibly give.
absl::StatusOr<std::vector<uint8_t>> Lz4Decompress(
    std::span<const uint8_t> compressed, size_t size);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_INTERNAL_LZ4_H_
