// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one thing encoders obey: how much coarser than the base each
// macroblock, frequency and colour plane may be coded. Built from
// sensitivities, knows nothing of them.

#ifndef FOVEA_CODEC_QUALITY_MAP_H_
#define FOVEA_CODEC_QUALITY_MAP_H_

#include <array>
#include <cstdint>
#include <vector>

namespace fovea {

// What holds for a whole stream, because H.264 states it once in its
// parameter sets.
struct QualityTables {
  // Step size of a frequency over that of DC, per plane (Y', Cb, Cr) and
  // 8x8 DCT frequency, row-major; 0.25..8. All 1: flat.
  using Weights = std::array<std::array<float, 64>, 3>;
  Weights frequency_weight = FlatWeights();
  // Chroma QP minus luma QP, -12..12. Negative spends bits on chroma,
  // which detectors read: -6 is the best fixed value measured.
  int chroma_qp_offset = -6;

  static constexpr Weights FlatWeights() {
    Weights weights{};
    for (auto& plane : weights) plane.fill(1.0F);
    return weights;
  }
  bool flat() const { return frequency_weight == FlatWeights(); }
  friend bool operator==(const QualityTables&, const QualityTables&) = default;
};

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
