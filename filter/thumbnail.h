// SPDX-License-Identifier: GPL-2.0-or-later
//
// A picture of one small size, whatever the camera's: what the trained heads
// of the filter look at beside the shared grid (filter/skip_head.h,
// filter/reuse_predictor.h).

#ifndef FOVEA_FILTER_THUMBNAIL_H_
#define FOVEA_FILTER_THUMBNAIL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/grid.h"
#include "codec/sample.h"

namespace fovea {

// Planes of kColumns x kRows cells, row-major, one after another.
struct Thumbnail {
  static constexpr int kColumns = 24, kRows = 18;
  static constexpr size_t kCells = size_t{kColumns} * kRows;
  enum Plane : size_t {
    kLuma,        // mean, less the median of all cells, plus 128
    kTexture,     // mean, as of the grid
    kDifference,  // the greatest, as of the grid; 0 of a first frame
    kBlue,        // Cb and Cr, means of a few pixels
    kRed,
    kPlanes,
  };
  std::vector<uint8_t> cells;  // kPlanes * kCells, or none: nothing is known

  std::span<const uint8_t> plane(Plane plane) const {
    return std::span(cells).subspan(plane * kCells, kCells);
  }
  bool empty() const { return cells.empty(); }
  friend bool operator==(const Thumbnail&, const Thumbnail&) = default;
};

// Each cell covers its share of the picture, at least one macroblock. Colour is
// looked at in two rows of eight pixels of each cell, so that most of the
// picture need not be read. Empty where the grid is, or does not belong to a
// picture of this size. 15 us at 1280 x 720.
Thumbnail ThumbnailOf(const Grid& grid, const Frame& frame);

// How far two thumbnails are apart, light that changes everywhere apart.
// Mean |difference| of luma and colour, in grey levels; and the greatest of
// any 3 x 3 cells of them. 0 where one is empty.
struct ThumbnailDistance {
  float mean = 0, greatest = 0;
};
ThumbnailDistance DistanceOf(const Thumbnail& a, const Thumbnail& b);

}  // namespace fovea

#endif  // FOVEA_FILTER_THUMBNAIL_H_
