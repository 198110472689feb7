// SPDX-License-Identifier: GPL-2.0-or-later
//
// The picture operations that features of difference detectors are made of,
// on planes of grey levels without padding. Beyond a border the plane is
// mirrored about its last pixel.

#ifndef FOVEA_FILTER_INTERNAL_LUMA_FILTERS_H_
#define FOVEA_FILTER_INTERNAL_LUMA_FILTERS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/sample.h"

namespace fovea::internal {

struct LumaPlane {
  int width = 0, height = 0;
  std::vector<uint8_t> levels;  // width * height
  size_t size() const { return levels.size(); }
};

// Means of `factor` x `factor` pixels; what does not fill one at the right and
// at the bottom is left out. factor >= 1, and no side is below it.
LumaPlane ShrunkLuma(const Frame& frame, int factor);

// Means of the areas that `side` x `side` equal parts of the picture cover,
// pixels that lie in two counted with both. 1 <= side.
LumaPlane LumaMeans(const Frame& frame, int side);

// Gaussian of 11 x 11 pixels, deviation 2.
LumaPlane Blurred(const LumaPlane& plane);

// Canny's edges, 255 or 0: maxima of the gradient (Sobel, 3 x 3; |x| + |y|)
// above `low` that are connected to one above `high`.
LumaPlane Edges(const LumaPlane& plane, int low, int high);

// 255 where Harris' response over 5 x 5 pixels, det - 0.05 trace^2 of the mean
// products of gradients in grey levels a pixel, is above `least`; else 0.
LumaPlane Corners(const LumaPlane& plane, float least);

// The greatest of each pixel's 3 x 3.
LumaPlane Dilated(const LumaPlane& plane);

// 255 where the two differ by more than `levels`. Equal sizes.
LumaPlane Changed(const LumaPlane& a, const LumaPlane& b, int levels);

// Pixels enclosed by the outer contour through the outermost pixels of the
// largest 8-connected shape (half of those on it count); `mask` is 0 or not.
double LargestContourArea(LumaPlane mask);

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_LUMA_FILTERS_H_
