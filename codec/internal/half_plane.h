// SPDX-License-Identifier: GPL-2.0-or-later
//
// Half-resolution luma, grown by replication to whole blocks and by a
// border on every side, so that no reader of it needs to clamp.

#ifndef FOVEA_CODEC_INTERNAL_HALF_PLANE_H_
#define FOVEA_CODEC_INTERNAL_HALF_PLANE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/internal/grid_kernels.h"
#include "codec/sample.h"

namespace fovea::internal {

class HalfPlane {
 public:
  static constexpr int kBorder = 16;  // pixels readable beyond the blocks

  // For luma of width x height pixels.
  HalfPlane(int width, int height);

  // Requires `luma` of the size given at construction.
  void Fill(const Plane& luma, const GridKernels& kernels);

  // Pixel (x, y); both may reach kBorder outside the blocks.
  PixelPointer At(int x, int y) const {
    return {&pixels_[Offset(x, y)], stride_};
  }

  int block_columns() const { return block_columns_; }
  int block_rows() const { return block_rows_; }

 private:
  size_t Offset(int x, int y) const {
    return static_cast<size_t>((y + kBorder) * stride_ + x + kBorder);
  }
  void FillRow(const uint8_t* top, const uint8_t* bottom, uint8_t* row,
               const GridKernels& kernels) const;
  void CopyRow(int from, int to);

  int width_;
  int height_;
  int block_columns_;
  int block_rows_;
  ptrdiff_t stride_;
  std::vector<uint8_t> pixels_;
};

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_HALF_PLANE_H_
