// SPDX-License-Identifier: GPL-2.0-or-later
//
// JPEG and PNG files in memory to frames.

#ifndef FOVEA_CODEC_FORMATS_IMAGE_READER_H_
#define FOVEA_CODEC_FORMATS_IMAGE_READER_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/limits.h"
#include "codec/sample.h"

namespace fovea {

struct ImageHeader {
  std::string format;  // "jpeg" or "png"
  int width = 0;
  int height = 0;
};

// Reads only what tells format and size. kInvalidArgument when the bytes
// are neither JPEG nor PNG, kResourceExhausted beyond the limits.
absl::StatusOr<ImageHeader> ReadImageHeader(std::span<const uint8_t> file,
                                            const FormatLimits& limits);

struct DecodedImage {
  Frame frame;      // 4:2:0, 8 bits; grey gets neutral chroma (128)
  ColorInfo color;  // full-range BT.601, as JFIF has it
};

// kDataLoss when the file is damaged or cut short.
absl::StatusOr<DecodedImage> DecodeImage(std::span<const uint8_t> file,
                                         const FormatLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_IMAGE_READER_H_
