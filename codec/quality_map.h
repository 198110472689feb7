// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one thing encoders obey: how much coarser than the base each
// macroblock may be coded. Built from sensitivities, knows nothing of them.

#ifndef FOVEA_CODEC_QUALITY_MAP_H_
#define FOVEA_CODEC_QUALITY_MAP_H_

#include <cstdint>
#include <vector>

namespace fovea {

// QP offsets per 16x16 luma macroblock, row-major. Offsets are >= 0 (the
// base quality is the best wanted) and even: x264 drops one-step changes
// between neighbours (notes in codec/internal/x264_encoder.cc).
struct QualityMap {
  int columns = 0;                 // ceil(width / 16)
  int rows = 0;                    // ceil(height / 16)
  std::vector<uint8_t> qp_offset;  // columns * rows
};

inline constexpr int kMacroblockSize = 16;
inline constexpr int kMaxQpOffset = 18;

inline int MacroblockCount(int pixels) {
  return (pixels + kMacroblockSize - 1) / kMacroblockSize;
}

}  // namespace fovea

#endif  // FOVEA_CODEC_QUALITY_MAP_H_
