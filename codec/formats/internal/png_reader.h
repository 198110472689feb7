// SPDX-License-Identifier: GPL-2.0-or-later
//
// PNG through libpng, whose error jumps stay inside the one file.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_PNG_READER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_PNG_READER_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "codec/formats/limits.h"
#include "codec/sample.h"

namespace fovea {

// Any PNG: 16 bits are rounded to 8, palettes expanded, alpha dropped,
// gamma left alone so that sample values are the file's own. kDataLoss when
// damaged.
absl::StatusOr<Frame> DecodePng(std::span<const uint8_t> file,
                                const FormatLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_PNG_READER_H_
