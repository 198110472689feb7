// SPDX-License-Identifier: GPL-2.0-or-later
//
// JPEG through libjpeg-turbo, whose error jumps stay inside the one file.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_JPEG_READER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_JPEG_READER_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "codec/formats/limits.h"
#include "codec/sample.h"

namespace fovea {

// Baseline or progressive, grey or colour, 8 bits. 4:2:0 samples come out
// as the file's DCT gives them; other sampling is averaged down. kDataLoss
// when damaged; kInvalidArgument for CMYK and what else cannot be shown.
absl::StatusOr<Frame> DecodeJpeg(std::span<const uint8_t> file,
                                 const FormatLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_JPEG_READER_H_
