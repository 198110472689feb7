// SPDX-License-Identifier: GPL-2.0-or-later
//
// zstd over whole buffers.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ZSTD_PACK_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ZSTD_PACK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea::codec_internal {

// One zstd frame; the same bytes each time. "" when zstd fails (no memory).
std::string ZstdPack(std::string_view plain);

// kDataLoss unless `packed` is zstd frames of `size` bytes. Memory grows with
// what comes out, not with what `size` claims.
absl::StatusOr<std::vector<uint8_t>> ZstdUnpack(std::span<const uint8_t> packed,
                                                size_t size);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ZSTD_PACK_H_
