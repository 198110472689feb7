// SPDX-License-Identifier: GPL-2.0-or-later
//
// zstd over whole buffers.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ZSTD_PACK_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ZSTD_PACK_H_

#include <string>
#include <string_view>

namespace fovea::codec_internal {

// One zstd frame; the same bytes each time. "" when zstd fails (no memory).
std::string ZstdPack(std::string_view plain);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ZSTD_PACK_H_
