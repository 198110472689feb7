// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/features.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>

#include "filter/internal/feature_kernels.h"

namespace fovea {
namespace {

using internal::FeatureKernels;
using internal::kTile;
using internal::kTileStep;

const FeatureKernels& Kernels() {
  static const FeatureKernels kernels = internal::BestFeatureKernels();
  return kernels;
}

size_t RoundedUp(size_t count, size_t by) { return (count + by - 1) / by; }

// Macroblocks to a cell, across and down.
size_t CellSize(size_t columns, size_t rows) {
  size_t size = 1;
  while (RoundedUp(columns, size) * RoundedUp(rows, size) > kMostFeatureCells) {
    size *= 2;
  }
  return size;
}

// The rounded mean of the macroblocks in one cell.
uint8_t MeanOf(const Grid& grid, size_t left, size_t top, size_t size) {
  const size_t columns = static_cast<size_t>(grid.columns);
  const size_t right = std::min(left + size, columns);
  const size_t bottom = std::min(top + size, static_cast<size_t>(grid.rows));
  size_t sum = 0;
  for (size_t y = top; y < bottom; ++y) {
    for (size_t x = left; x < right; ++x) sum += grid.mean[y * columns + x];
  }
  const size_t count = (right - left) * (bottom - top);
  return static_cast<uint8_t>((sum + count / 2) / count);
}

std::vector<uint8_t> Reduced(const Grid& grid, size_t size) {
  std::vector<uint8_t> levels;
  for (size_t y = 0; y < static_cast<size_t>(grid.rows); y += size) {
    for (size_t x = 0; x < static_cast<size_t>(grid.columns); x += size) {
      levels.push_back(MeanOf(grid, x, y, size));
    }
  }
  return levels;
}

// The lower of the two in the middle.
uint8_t Median(std::span<const uint8_t> levels) {
  // Four counts of each level: neighbours are mostly alike, and one count
  // would wait for the last one's store.
  std::array<std::array<uint32_t, 256>, 4> counts = {};
  size_t i = 0;
  for (; i + 4 <= levels.size(); i += 4) {
    for (size_t k = 0; k < 4; ++k) ++counts[k][levels[i + k]];
  }
  for (; i < levels.size(); ++i) ++counts[0][levels[i]];
  size_t below = 0;
  for (size_t level = 0; level < 256; ++level) {
    for (const auto& count : counts) below += count[level];
    if (2 * below >= levels.size()) return static_cast<uint8_t>(level);
  }
  return 255;
}

struct Levels {
  uint16_t columns = 0, rows = 0;
  std::vector<uint8_t> values;
};

// One of each cell.
Levels LevelsOf(const Grid& grid) {
  if (grid.columns < 1 || grid.rows < 1) return {};
  const size_t columns = static_cast<size_t>(grid.columns);
  const size_t rows = static_cast<size_t>(grid.rows);
  const size_t size = CellSize(columns, rows);
  return {static_cast<uint16_t>(RoundedUp(columns, size)),
          static_cast<uint16_t>(RoundedUp(rows, size)),
          size > 1 ? Reduced(grid, size) : grid.mean};
}

Features Less(const Levels& levels, uint8_t level) {
  Features features{levels.columns, levels.rows, {}};
  features.cells.resize(levels.values.size());
  Kernels().centre(levels.values.data(), levels.values.size(), level,
                   features.cells.data());
  return features;
}

bool SameShape(const Features& a, const Features& b) {
  const size_t cells = size_t{a.columns} * a.rows;
  return a.columns == b.columns && a.rows == b.rows &&
         a.cells.size() == cells && b.cells.size() == cells;
}

}  // namespace

Features FeaturesOf(const Grid& grid) {
  const Levels levels = LevelsOf(grid);
  return Less(levels, Median(levels.values));
}

Features FeaturesOf(const Grid& grid, uint8_t level) {
  return Less(LevelsOf(grid), level);
}

uint8_t MedianLuma(const Grid& grid) { return Median(grid.mean); }

float FeatureDistance(const Features& a, const Features& b) {
  return FeatureDistanceWithin(a, b, std::numeric_limits<float>::max());
}

float FeatureDistanceWithin(const Features& a, const Features& b, float most) {
  constexpr float kFar = std::numeric_limits<float>::infinity();
  if (!SameShape(a, b)) return kFar;
  if (a.cells.empty()) return most < 0 ? kFar : 0;
  const size_t width = std::min<size_t>(a.columns, kTile);
  const size_t height = std::min<size_t>(a.rows, kTile);
  const float cells = static_cast<float>(width * height);
  float greatest = 0;
  for (size_t y = 0; y < a.rows - height + kTileStep; y += kTileStep) {
    const size_t first = std::min(y, a.rows - height) * a.columns;
    const uint32_t sum = Kernels().greatest_sum({.a = a.cells.data() + first,
                                                 .b = b.cells.data() + first,
                                                 .columns = a.columns,
                                                 .lines = height});
    greatest = std::max(greatest, static_cast<float>(sum) / cells);
    if (greatest > most) return kFar;
  }
  return greatest <= most ? greatest : kFar;
}

}  // namespace fovea
