// SPDX-License-Identifier: GPL-2.0-or-later
//
// Baseline JPEG files from 4:2:0 samples through libjpeg-turbo.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_JPEG_WRITER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_JPEG_WRITER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

// JFIF samples whose planes are padded to whole 16x16 (chroma 8x8) blocks.
struct JpegPlanes {
  int width = 0;  // true size
  int height = 0;
  const uint8_t* data[3] = {};
  int stride[3] = {};
};

absl::StatusOr<std::vector<uint8_t>> WriteJpeg(const JpegPlanes& planes,
                                               int quality);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_JPEG_WRITER_H_
