// SPDX-License-Identifier: GPL-2.0-or-later
//
// PNG files through libpng.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_PNG_WRITER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_PNG_WRITER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

// `rgb`: width x height x 3 bytes without gaps. Compressed for speed.
absl::StatusOr<std::vector<uint8_t>> WritePng(int width, int height,
                                              std::span<const uint8_t> rgb);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_PNG_WRITER_H_
