// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/box_carrier.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {
namespace {

constexpr float kMacroblock = 16;  // pixels
// Vectors are of half-size pixels, and point to where a block was.
constexpr float kPixelsOfMotion = -2;
constexpr uint8_t kMoves = 8;  // quarters of a grey level
constexpr size_t kLeastPart = 4;

struct Cells {
  int first = 0, end = 0;
};

// Macroblocks that [low, high) touches, of `count`.
Cells CellsOf(float low, float high, int count) {
  if (!(low < high)) return {};
  const auto limit = static_cast<float>(count);
  return {
      static_cast<int>(std::floor(std::clamp(low / kMacroblock, 0.0F, limit))),
      static_cast<int>(std::ceil(std::clamp(high / kMacroblock, 0.0F, limit)))};
}

float MedianOf(std::vector<int8_t>* values) {
  const auto middle =
      values->begin() + static_cast<ptrdiff_t>(values->size() / 2);
  std::nth_element(values->begin(), middle, values->end());
  return static_cast<float>(*middle);
}

}  // namespace

Box Carried(const Box& box, const Grid& grid) {
  if (!grid.has_previous) return box;
  const Cells across = CellsOf(box.left, box.right, grid.columns);
  const Cells down = CellsOf(box.top, box.bottom, grid.rows);
  std::vector<int8_t> xs, ys;
  size_t cells = 0;
  for (int y = down.first; y < down.end; ++y) {
    for (int x = across.first; x < across.end; ++x, ++cells) {
      const auto at = static_cast<size_t>(y * grid.columns + x);
      if (grid.difference[at] < kMoves) continue;
      xs.push_back(grid.motion_x[at]);
      ys.push_back(grid.motion_y[at]);
    }
  }
  if (xs.empty() || xs.size() * kLeastPart < cells) return box;
  const float right = kPixelsOfMotion * MedianOf(&xs);
  const float down_by = kPixelsOfMotion * MedianOf(&ys);
  return {box.left + right, box.top + down_by, box.right + right,
          box.bottom + down_by};
}

}  // namespace fovea
