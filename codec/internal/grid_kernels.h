// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pixel loops of the grid, as a table chosen at run time. The scalar
// table is the truth; every other one gives the same numbers.

#ifndef FOVEA_CODEC_INTERNAL_GRID_KERNELS_H_
#define FOVEA_CODEC_INTERNAL_GRID_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea::internal {

inline constexpr int kGridBlock = 8;  // half-resolution pixels per macroblock

// Sums over the 64 pixels of one block.
struct BlockSums {
  uint16_t pixels = 0;      // sum x
  uint16_t deviation = 0;   // sum |x - mean|, mean rounded to a whole level
  uint16_t difference = 0;  // sum |x - previous|
  friend bool operator==(const BlockSums&, const BlockSums&) = default;
};

// A pixel and the distance in bytes to the one below it.
struct PixelPointer {
  const uint8_t* data;
  ptrdiff_t stride;
};

struct GridKernels {
  // out[i] = rounded mean of top[2i], top[2i+1], bottom[2i], bottom[2i+1].
  void (*halve_rows)(const uint8_t* top, const uint8_t* bottom, int count,
                     uint8_t* out);

  // One row of `count` adjacent blocks; null `previous.data` gives zero
  // differences.
  void (*sum_blocks)(PixelPointer current, PixelPointer previous, int count,
                     BlockSums* out);

  // sad[i] = sum |current - candidate[i]| over one block. All candidates
  // share `stride`.
  void (*compare_four)(PixelPointer current, const uint8_t* const candidate[4],
                       ptrdiff_t stride, uint32_t sad[4]);
};

GridKernels ScalarGridKernels();

// The fastest table for this processor.
GridKernels BestGridKernels();

// Every table compiled in that this processor can run. For tests: switches
// the process-wide choice meanwhile, so not thread-safe.
std::vector<GridKernels> RunnableGridKernels();

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_GRID_KERNELS_H_
