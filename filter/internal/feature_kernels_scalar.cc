// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernels of features compute, written to be read.

#include <algorithm>
#include <cstdlib>

#include "filter/internal/feature_kernels.h"

namespace fovea::internal {
namespace {

void Centre(const uint8_t* levels, size_t count, uint8_t middle, int8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<int8_t>(std::clamp(levels[i] - middle, -127, 127));
  }
}

uint32_t SumOf(const TileRow& row, size_t first, size_t width) {
  uint32_t sum = 0;
  for (size_t y = 0; y < row.lines; ++y) {
    const size_t line = y * row.columns;
    for (size_t x = first; x < first + width; ++x) {
      sum += static_cast<uint32_t>(std::abs(row.a[line + x] - row.b[line + x]));
    }
  }
  return sum;
}

uint32_t GreatestSum(const TileRow& row) {
  const size_t width = std::min(row.columns, kTile);
  uint32_t greatest = SumOf(row, row.columns - width, width);
  for (size_t x = 0; x + width <= row.columns; x += kTileStep) {
    greatest = std::max(greatest, SumOf(row, x, width));
  }
  return greatest;
}

}  // namespace

FeatureKernels ScalarFeatureKernels() { return {Centre, GreatestSum}; }

}  // namespace fovea::internal
