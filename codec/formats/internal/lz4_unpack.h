// SPDX-License-Identifier: GPL-2.0-or-later
//
// The frames of LZ4, as its command line writes them.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_LZ4_UNPACK_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_LZ4_UNPACK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea::codec_internal {

// kDataLoss unless `packed` is LZ4 frames of `size` bytes. Memory grows with
// what comes out, not with what `size` claims.
absl::StatusOr<std::vector<uint8_t>> Lz4Unpack(std::span<const uint8_t> packed,
                                               size_t size);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_LZ4_UNPACK_H_
