// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/region.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr int kMacroblock = 16;  // pixels

bool IsFinite(const Box& box) {
  return std::isfinite(box.left) && std::isfinite(box.top) &&
         std::isfinite(box.right) && std::isfinite(box.bottom);
}

// Macroblocks that [low, high) reaches into, of a side of `length` pixels.
struct Extent {
  int first = 0, count = 0;
};
Extent Covered(float low, float high, int length) {
  const auto limit = static_cast<float>(length);
  const float from = std::clamp(low, 0.0F, limit);
  const float to = std::clamp(high, 0.0F, limit);
  if (!(from < to)) return {};
  const int first = static_cast<int>(from) / kMacroblock;
  const int last = (static_cast<int>(std::ceil(to)) - 1) / kMacroblock;
  return {first, last - first + 1};
}

template <typename T>
std::vector<T> Cut(const std::vector<T>& whole, int columns,
                   const GridPart& part) {
  std::vector<T> cut;
  cut.reserve(static_cast<size_t>(part.columns * part.rows));
  for (int row = part.row; row < part.row + part.rows; ++row) {
    const auto begin = whole.begin() + ptrdiff_t{row} * columns + part.column;
    cut.insert(cut.end(), begin, begin + part.columns);
  }
  return cut;
}

Grid CutGrid(const Grid& whole, const GridPart& part) {
  const auto cut = [&](const auto& cells) {
    return Cut(cells, whole.columns, part);
  };
  Grid grid;
  grid.columns = part.columns;
  grid.rows = part.rows;
  grid.has_previous = whole.has_previous;
  grid.mean = cut(whole.mean);
  grid.texture = cut(whole.texture);
  grid.difference = cut(whole.difference);
  grid.motion_x = cut(whole.motion_x);
  grid.motion_y = cut(whole.motion_y);
  grid.residual = cut(whole.residual);
  return grid;
}

Plane From(const Plane& plane, int left, int top) {
  return {plane.data + ptrdiff_t{top} * plane.stride + left, plane.stride};
}

}  // namespace

absl::StatusOr<GridPart> PartCovering(const Box& box, int width, int height) {
  const auto error = [&](const char* fault) {
    return absl::InvalidArgumentError(absl::StrCat(
        "region ", box.left, ",", box.top, " to ", box.right, ",", box.bottom,
        " ", fault, " a picture of ", width, "x", height,
        "; expected left < right and top < bottom, some of it inside"));
  };
  if (!IsFinite(box)) return error("is no part of");
  if (!(box.left < box.right && box.top < box.bottom)) {
    return error("is an empty part of");
  }
  const Extent across = Covered(box.left, box.right, width);
  const Extent down = Covered(box.top, box.bottom, height);
  if (across.count == 0 || down.count == 0) return error("lies outside");
  return GridPart{across.first, down.first, across.count, down.count};
}

Frame PictureOf(const Frame& frame, const GridPart& part) {
  const int left = part.column * kMacroblock, top = part.row * kMacroblock;
  Frame picture = frame;
  picture.width = std::min(part.columns * kMacroblock, frame.width - left);
  picture.height = std::min(part.rows * kMacroblock, frame.height - top);
  picture.y = From(frame.y, left, top);
  picture.u = From(frame.u, left / 2, top / 2);
  picture.v = From(frame.v, left / 2, top / 2);
  return picture;
}

void RegionGrids::See(const Grid& grid) {
  grid_ = &grid;
  light_ = MedianLuma(grid);
  ++frame_;
}

RegionGrids::Seen RegionGrids::Of(uint32_t number, const GridPart& part) {
  Seen seen;
  seen.grid = CutGrid(*grid_, part);
  Last& last = last_[number];
  const bool follows = last.part == part && last.frame + 1 == frame_;
  seen.grid.has_previous = seen.grid.has_previous && follows;
  last = {frame_, part};
  seen.fingerprint = FingerprintOf(seen.grid);
  seen.features = FeaturesOf(seen.grid, light_);
  return seen;
}

}  // namespace fovea
