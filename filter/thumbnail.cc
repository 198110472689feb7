// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/thumbnail.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace fovea {
namespace {

constexpr int kMacroblock = 16;  // pixels
constexpr int kMiddle = 128;
constexpr int kTile = 3;    // cells
constexpr int kLooked = 8;  // chroma samples of a row

// From `begin` up to `end` of `count` things that `cells` cells share; at
// least one.
struct Share {
  int begin = 0, end = 0;
};

Share ShareOf(int cell, int cells, int count) {
  const int begin = cell * count / cells;
  return {begin, std::max(begin + 1, (cell + 1) * count / cells)};
}

// What the macroblocks of one cell say.
struct Block {
  uint8_t luma = 0, texture = 0, difference = 0;
};

Block BlockOf(const Grid& grid, Share across, Share down) {
  int luma = 0, texture = 0, difference = 0;
  for (int y = down.begin; y < down.end; ++y) {
    for (int x = across.begin; x < across.end; ++x) {
      const auto at = static_cast<size_t>(y * grid.columns + x);
      luma += grid.mean[at];
      texture += grid.texture[at];
      difference = std::max<int>(difference, grid.difference[at]);
    }
  }
  const int count = (across.end - across.begin) * (down.end - down.begin);
  return {static_cast<uint8_t>((luma + count / 2) / count),
          static_cast<uint8_t>((texture + count / 2) / count),
          static_cast<uint8_t>(grid.has_previous ? difference : 0)};
}

// Of two rows in the middle of the cell.
uint8_t ColourOf(const Plane& plane, Share across, Share down) {
  const int middle = (across.begin + across.end) / 2;
  const int left = std::max(across.begin, middle - kLooked / 2);
  const int right = std::min(across.end, left + kLooked);
  const int third = (down.end - down.begin) / 3;
  int sum = 0;
  for (const int row : {down.begin + third, down.end - 1 - third}) {
    const uint8_t* pixels = plane.data + row * plane.stride;
    for (int x = left; x < right; ++x) sum += pixels[x];
  }
  const int count = 2 * (right - left);
  return static_cast<uint8_t>((sum + count / 2) / count);
}

bool Belong(const Grid& grid, const Frame& frame) {
  const auto macroblocks = [](int pixels) {
    return (pixels + kMacroblock - 1) / kMacroblock;
  };
  const size_t count =
      static_cast<size_t>(grid.columns) * static_cast<size_t>(grid.rows);
  return frame.width > 0 && frame.height > 0 &&
         grid.columns == macroblocks(frame.width) &&
         grid.rows == macroblocks(frame.height) && grid.mean.size() == count &&
         grid.texture.size() == count && grid.difference.size() == count &&
         frame.u.data != nullptr && frame.v.data != nullptr;
}

void Centre(std::span<uint8_t> luma) {
  std::array<uint8_t, Thumbnail::kCells> sorted;
  std::ranges::copy(luma, sorted.begin());
  const auto middle = sorted.begin() + Thumbnail::kCells / 2;
  std::ranges::nth_element(sorted, middle);
  const int median = *middle;
  for (uint8_t& level : luma) {
    level = static_cast<uint8_t>(std::clamp(level - median + kMiddle, 0, 255));
  }
}

}  // namespace

Thumbnail ThumbnailOf(const Grid& grid, const Frame& frame) {
  Thumbnail thumbnail;
  if (!Belong(grid, frame)) return thumbnail;
  thumbnail.cells.resize(Thumbnail::kPlanes * Thumbnail::kCells);
  const auto plane = [&](Thumbnail::Plane which) {
    return thumbnail.cells.data() + which * Thumbnail::kCells;
  };
  size_t at = 0;
  for (int row = 0; row < Thumbnail::kRows; ++row) {
    const Share down = ShareOf(row, Thumbnail::kRows, grid.rows);
    const Share low = ShareOf(row, Thumbnail::kRows, frame.chroma_height());
    for (int column = 0; column < Thumbnail::kColumns; ++column, ++at) {
      const Share across = ShareOf(column, Thumbnail::kColumns, grid.columns);
      const Block block = BlockOf(grid, across, down);
      plane(Thumbnail::kLuma)[at] = block.luma;
      plane(Thumbnail::kTexture)[at] = block.texture;
      plane(Thumbnail::kDifference)[at] = block.difference;
      const Share wide =
          ShareOf(column, Thumbnail::kColumns, frame.chroma_width());
      plane(Thumbnail::kBlue)[at] = ColourOf(frame.u, wide, low);
      plane(Thumbnail::kRed)[at] = ColourOf(frame.v, wide, low);
    }
  }
  Centre({plane(Thumbnail::kLuma), Thumbnail::kCells});
  return thumbnail;
}

ThumbnailDistance DistanceOf(const Thumbnail& a, const Thumbnail& b) {
  if (a.empty() || b.empty()) return {};
  std::array<int, Thumbnail::kCells> apart = {};
  int sum = 0;
  for (const auto which :
       {Thumbnail::kLuma, Thumbnail::kBlue, Thumbnail::kRed}) {
    const auto here = a.plane(which), there = b.plane(which);
    for (size_t i = 0; i < Thumbnail::kCells; ++i) {
      apart[i] += std::abs(here[i] - there[i]);
    }
  }
  for (const int cell : apart) sum += cell;
  // Sums of three rows, then of three columns of these.
  constexpr size_t kWide = Thumbnail::kColumns;
  int greatest = 0;
  for (size_t row = 0; row + kTile <= Thumbnail::kRows; ++row) {
    std::array<int, kWide> column = {};
    for (size_t x = 0; x < kWide; ++x) {
      for (size_t y = 0; y < kTile; ++y) {
        column[x] += apart[(row + y) * kWide + x];
      }
    }
    for (size_t x = 0; x + kTile <= kWide; ++x) {
      greatest = std::max(greatest, column[x] + column[x + 1] + column[x + 2]);
    }
  }
  return {static_cast<float>(sum) / Thumbnail::kCells,
          static_cast<float>(greatest) / (kTile * kTile)};
}

}  // namespace fovea
