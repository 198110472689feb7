// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the grid's kernels compute, written to be read.

#include <cstdlib>

#include "codec/internal/grid_kernels.h"

namespace fovea::internal {
namespace {

void HalveRows(const uint8_t* top, const uint8_t* bottom, int count,
               uint8_t* out) {
  for (int i = 0; i < count; ++i) {
    const int sum =
        top[2 * i] + top[2 * i + 1] + bottom[2 * i] + bottom[2 * i + 1];
    out[i] = static_cast<uint8_t>((sum + 2) / 4);
  }
}

uint32_t Difference(PixelPointer a, PixelPointer b) {
  uint32_t sum = 0;
  for (int y = 0; y < kGridBlock; ++y) {
    for (int x = 0; x < kGridBlock; ++x) {
      sum += static_cast<uint32_t>(
          std::abs(a.data[y * a.stride + x] - b.data[y * b.stride + x]));
    }
  }
  return sum;
}

BlockSums SumBlock(PixelPointer current, PixelPointer previous) {
  constexpr uint8_t kBlack[kGridBlock] = {};
  const uint32_t pixels = Difference(current, {kBlack, 0});
  uint8_t mean[kGridBlock];
  for (uint8_t& value : mean) value = static_cast<uint8_t>((pixels + 32) / 64);
  BlockSums sums;
  sums.pixels = static_cast<uint16_t>(pixels);
  sums.deviation = static_cast<uint16_t>(Difference(current, {mean, 0}));
  if (previous.data != nullptr) {
    sums.difference = static_cast<uint16_t>(Difference(current, previous));
  }
  return sums;
}

void SumBlocks(PixelPointer current, PixelPointer previous, int count,
               BlockSums* out) {
  for (int i = 0; i < count; ++i) {
    out[i] = SumBlock(current, previous);
    current.data += kGridBlock;
    if (previous.data != nullptr) previous.data += kGridBlock;
  }
}

void CompareFour(PixelPointer current, const uint8_t* const candidate[4],
                 ptrdiff_t stride, uint32_t sad[4]) {
  for (int i = 0; i < 4; ++i) {
    sad[i] = Difference(current, {candidate[i], stride});
  }
}

}  // namespace

GridKernels ScalarGridKernels() { return {HalveRows, SumBlocks, CompareFour}; }

}  // namespace fovea::internal
