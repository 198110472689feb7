// SPDX-License-Identifier: GPL-2.0-or-later
//
// The shared grid: one cheap pass per frame over half-resolution luma that
// gives, per macroblock, what every later stage needs to know about motion
// and detail. x264 exports neither motion vectors nor block types, so this
// is measured here, once, and read by sensitivity, filter and store.

#ifndef FOVEA_CODEC_GRID_H_
#define FOVEA_CODEC_GRID_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/coded_motion.h"
#include "codec/sample.h"

namespace fovea {

// Per macroblock, row-major, columns * rows entries each. Luma statistics
// are taken on 8x8 blocks of the half-resolution plane.
struct Grid {
  int columns = 0;
  int rows = 0;
  bool has_previous = false;        // false on the first frame of a stream
  std::vector<uint8_t> mean;        // mean luma, 0..255
  std::vector<uint8_t> texture;     // mean |x - mean| * 2, saturated
  std::vector<uint8_t> difference;  // mean |x - previous| * 4, saturated
  // Block motion in half-resolution pixels, from the block to where it was
  // in the previous frame: content that moved right has motion_x < 0.
  std::vector<int8_t> motion_x;
  std::vector<int8_t> motion_y;
  std::vector<uint8_t> residual;  // mean |x - moved previous| * 4, saturated
};

// Measures consecutive frames of one stream. Not thread-safe; one per
// stream.
class GridMeter {
 public:
  // kInvalidArgument unless 1 <= width, height <= 16384.
  static absl::StatusOr<std::unique_ptr<GridMeter>> Create(int width,
                                                           int height);
  ~GridMeter();

  // Measures `frame` against the one measured before it. The reference is
  // valid until the next call. kInvalidArgument when the size differs.
  absl::StatusOr<const Grid*> Measure(const Frame& frame);

  // The same of a decoded frame whose stream says where each macroblock was:
  // its vectors are tried instead of searched for: a tenth to a quarter less.
  // The pixels still decide: a vector that fits no better than standing
  // still is none. Macroblocks beyond those of `coded` stand still.
  absl::StatusOr<const Grid*> Measure(const Frame& frame,
                                      const CodedMotion& coded);

  // Forgets the previous frame: the next Measure() starts afresh.
  void Reset();

 private:
  class State;
  explicit GridMeter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_GRID_H_
