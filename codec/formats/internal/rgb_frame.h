// SPDX-License-Identifier: GPL-2.0-or-later
//
// Interleaved samples at full resolution to 4:2:0 planes.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_RGB_FRAME_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_RGB_FRAME_H_

#include <cstddef>
#include <cstdint>

#include "codec/sample.h"

namespace fovea {

// How three interleaved bytes are read.
enum class PixelOrder { kRgb, kYCbCr };

// Fills rows `row` and `row + 1` of the buffer's luma and row `row / 2` of
// its chroma; `row` is even. `second` equals `first` where the picture ends
// on an odd row. RGB is converted by full-range BT.601 (JFIF); chroma is the
// rounded mean of its 2x2 samples, edges repeated.
void StorePixelRows(const uint8_t* first, const uint8_t* second, int row,
                    int width, int height, PixelOrder order, FrameBuffer* out);

// Sets both chroma planes to 128.
void StoreNeutralChroma(int height, FrameBuffer* out);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_RGB_FRAME_H_
