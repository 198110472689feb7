// SPDX-License-Identifier: GPL-2.0-or-later
//
// The shared vector of an input, from which filter and cache tell how far two
// inputs are apart: of a picture its luma grid, of a sensor window what
// describes its motion. Beside it the hashes of filter/fingerprint.h.

#ifndef FOVEA_FILTER_FEATURES_H_
#define FOVEA_FILTER_FEATURES_H_

#include <cstdint>
#include <vector>

#include "codec/grid.h"

namespace fovea {

// int8 cells, row-major. Of a sensor window one row.
struct Features {
  uint16_t columns = 0, rows = 0;
  std::vector<int8_t> cells;  // columns * rows
  friend bool operator==(const Features&, const Features&) = default;
};

inline constexpr int kMostFeatureCells = 8192;

// Mean luma of each macroblock less the median of all, so that light that
// changes everywhere (flicker, exposure) does not tell. Where that would be
// more than kMostFeatureCells, the rounded mean of each 2 x 2 macroblocks, or
// 4 x 4 and so on, of those that are there. Grey levels, cut at -127 and 127.
// Empty of an empty grid. 2 us of 80 x 45 cells.
Features FeaturesOf(const Grid& grid);

// The same less `level` in place of the median. A part of a picture is told
// by the median of the whole: its own would follow what fills it.
Features FeaturesOf(const Grid& grid, uint8_t level);

// Median of the mean luma of all macroblocks, of an even number the lower of
// the two in the middle; 0 of an empty grid.
uint8_t MedianLuma(const Grid& grid);

// The greatest mean |difference| of any tile of 5 x 5 cells, tiles 3 apart and
// the last ones flush with the far sides: an object of a few macroblocks tells
// as much as one that fills the picture. Any 3 x 3 cells lie whole in some
// tile, so an object of n cells within them, c grey levels off, is never
// nearer than n * c / 25. Tiles are as wide and high as the picture where it
// has fewer than 5 columns or rows. Grey levels, 0 to 255; infinite where
// shapes differ or cells are not columns * rows. Symmetric, 0 of equals. 0.6 us
// of 80 x 45 cells.
float FeatureDistance(const Features& a, const Features& b);

// The same where it is at most `most`, else infinite, and then seen sooner:
// of pictures that have nothing in common after one row of tiles.
float FeatureDistanceWithin(const Features& a, const Features& b, float most);

}  // namespace fovea

#endif  // FOVEA_FILTER_FEATURES_H_
