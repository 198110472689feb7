// SPDX-License-Identifier: GPL-2.0-or-later
//
// Y'CbCr 4:2:0 to the B'G'R' bytes detectors take, by the colour
// description of the stream. Original and decoded pictures go through this
// one conversion, so that a difference between answers is the codec's.

#ifndef FOVEA_BENCH_ACCURACY_BGR_IMAGE_H_
#define FOVEA_BENCH_ACCURACY_BGR_IMAGE_H_

#include <cstdint>
#include <vector>

#include "codec/sample.h"

namespace fovea::bench {

// Row-major, three bytes a pixel, no padding.
struct BgrImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> bgr;
};

// Chroma samples are repeated, not interpolated. An unspecified matrix is
// BT.601 below 720 rows and BT.709 from there on, as players take it.
BgrImage ToBgr(const Frame& frame, const ColorInfo& color);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_BGR_IMAGE_H_
