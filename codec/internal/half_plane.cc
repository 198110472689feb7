// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/half_plane.h"

#include <algorithm>
#include <cstring>

#include "codec/quality_map.h"

namespace fovea::internal {

HalfPlane::HalfPlane(int width, int height)
    : width_(width),
      height_(height),
      block_columns_(MacroblockCount(width)),
      block_rows_(MacroblockCount(height)),
      stride_(block_columns_ * kGridBlock + 2 * kBorder),
      pixels_(static_cast<size_t>(stride_) *
              static_cast<size_t>(block_rows_ * kGridBlock + 2 * kBorder)) {}

void HalfPlane::Fill(const Plane& luma, const GridKernels& kernels) {
  const int half_rows = (height_ + 1) / 2;
  for (int y = 0; y < half_rows; ++y) {
    const uint8_t* top = luma.data + ptrdiff_t{2} * y * luma.stride;
    const uint8_t* bottom = 2 * y + 1 < height_ ? top + luma.stride : top;
    FillRow(top, bottom, &pixels_[Offset(0, y)], kernels);
  }
  for (int y = -kBorder; y < 0; ++y) CopyRow(0, y);
  const int end = block_rows_ * kGridBlock + kBorder;
  for (int y = half_rows; y < end; ++y) CopyRow(half_rows - 1, y);
}

void HalfPlane::FillRow(const uint8_t* top, const uint8_t* bottom, uint8_t* row,
                        const GridKernels& kernels) const {
  const int pairs = width_ / 2;
  kernels.halve_rows(top, bottom, pairs, row);
  int filled = pairs;
  if (width_ % 2 != 0) {  // the missing column repeats the last one
    row[filled++] =
        static_cast<uint8_t>((top[width_ - 1] + bottom[width_ - 1] + 1) / 2);
  }
  std::memset(row - kBorder, row[0], kBorder);
  const int end = block_columns_ * kGridBlock + kBorder;
  std::memset(row + filled, row[filled - 1], static_cast<size_t>(end - filled));
}

void HalfPlane::CopyRow(int from, int to) {
  std::memcpy(&pixels_[Offset(-kBorder, to)], &pixels_[Offset(-kBorder, from)],
              static_cast<size_t>(stride_));
}

}  // namespace fovea::internal
