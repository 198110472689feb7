// SPDX-License-Identifier: GPL-2.0-or-later
//
// What rivals measure of frames and between them, and what the product's own
// gates do. Reducto's features are those of filter/picture_feature.h. Distances
// of pairs are kept: many settings ask for the same.

#ifndef FOVEA_BENCH_REUSE_FEATURE_BANK_H_
#define FOVEA_BENCH_REUSE_FEATURE_BANK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/reuse/footage.h"
#include "filter/difference_gate.h"

namespace fovea::bench::reuse {

// How far two frames are apart.
enum class Distance : uint8_t {
  // DifferenceKind, of pictures of a million pixels at most.
  kPixel,
  kArea,
  kEdge,
  kCorner,
  // NoScope (VLDB'17): mean squared error of 50 x 50 colour thumbnails, and
  // the greatest of its 5 x 5 blocks of 10 x 10 pixels.
  kThumb,
  kThumbBlock,
  // Mean |difference| of the grid's macroblock means, and of the greatest 2 x
  // 2 of them.
  kGrid,
  kGridBlock,
};
inline constexpr size_t kDistances = 8;

// A small picture in planes B, G, R of side x side, 0..1.
struct SmallPicture {
  int side = 0;
  std::vector<float> values;
};

// Not thread-safe. The footage outlives it.
class FeatureBank {
 public:
  explicit FeatureBank(const Footage& footage);
  ~FeatureBank();

  // Symmetric, 0 of a frame and itself.
  double Get(Distance kind, size_t a, size_t b);

  // Area-averaged; `side` 32 or 50.
  const SmallPicture& Small(size_t frame, int side);
  // Luma of `height` rows by nearest sampling, row-major; width keeps shape.
  struct Luma {
    int width = 0, height = 0;
    std::vector<uint8_t> values;
  };
  Luma SampledLuma(size_t frame, int height) const;
  // A hand-made vector: means of 16 x 12 areas of the grid's luma less the
  // picture's median, in grey levels.
  const std::vector<float>& Hand(size_t frame);

  // What the product's gates take of the frames and compare, kept as far as
  // anything is. Frames must be those of the footage, and come in order.
  std::unique_ptr<PictureDetector> Detector(DifferenceKind kind);

  // While off nothing is remembered but the features of the last few frames
  // that were asked about, as in a running system: for measuring time.
  void Remember(bool on);
  bool remembers() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_FEATURE_BANK_H_
