// SPDX-License-Identifier: GPL-2.0-or-later
//
// The loops over features, as a table chosen at run time. The scalar table
// is the truth; every other one gives the same numbers.

#ifndef FOVEA_FILTER_INTERNAL_FEATURE_KERNELS_H_
#define FOVEA_FILTER_INTERNAL_FEATURE_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea::internal {

inline constexpr size_t kTile = 5;      // cells wide and high
inline constexpr size_t kTileStep = 3;  // from one tile to the next

// Two pictures of one width, and the part of them that is a row of tiles.
struct TileRow {
  const int8_t* a;
  const int8_t* b;
  size_t columns;  // >= 1, and the distance from a line to the next
  size_t lines;    // 1 to kTile
};

struct FeatureKernels {
  // out[i] = levels[i] - middle, cut at -127 and 127.
  void (*centre)(const uint8_t* levels, size_t count, uint8_t middle,
                 int8_t* out);

  // The greatest sum of |a - b| in a tile of kTile columns, kTileStep apart
  // and one flush with the right side; over all columns where there are
  // fewer.
  uint32_t (*greatest_sum)(const TileRow& row);
};

FeatureKernels ScalarFeatureKernels();

// The fastest table for this processor.
FeatureKernels BestFeatureKernels();

// Every table compiled in that this processor can run. For tests: switches
// the process-wide choice meanwhile, so not thread-safe.
std::vector<FeatureKernels> RunnableFeatureKernels();

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_FEATURE_KERNELS_H_
