// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frames to PNG and JPEG files in memory, for people to look at.

#ifndef FOVEA_CODEC_FORMATS_IMAGE_WRITER_H_
#define FOVEA_CODEC_FORMATS_IMAGE_WRITER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea {

// `frame` as 8-bit RGB PNG, converted by the matrix and range of `color`
// (unspecified: BT.709 from 720 lines up, else BT.601).
absl::StatusOr<std::vector<uint8_t>> EncodePng(const Frame& frame,
                                               const ColorInfo& color);

// `frame` as baseline JPEG 4:2:0 with optimal Huffman tables. Samples that
// are not JFIF (full range BT.601) are converted first. Quality 1..100.
absl::StatusOr<std::vector<uint8_t>> EncodeJpeg(const Frame& frame,
                                                const ColorInfo& color,
                                                int quality);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_IMAGE_WRITER_H_
