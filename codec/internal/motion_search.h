// SPDX-License-Identifier: GPL-2.0-or-later
//
// Block motion between two half planes by prediction: a block moves like
// its neighbours, like itself a frame ago, or like the camera. Source of
// the method: 3-D recursive search (de Haan et al., 1993), with a small
// diamond in place of its random updates.

#ifndef FOVEA_CODEC_INTERNAL_MOTION_SEARCH_H_
#define FOVEA_CODEC_INTERNAL_MOTION_SEARCH_H_

#include <cstdint>
#include <span>
#include <vector>

#include "codec/coded_motion.h"
#include "codec/internal/grid_kernels.h"
#include "codec/internal/half_plane.h"

namespace fovea::internal {

struct MotionVector {
  int x = 0;  // half-resolution pixels from the block to where it was
  int y = 0;
  friend bool operator==(const MotionVector&, const MotionVector&) = default;
};

struct BlockMotion {
  MotionVector vector;
  uint32_t sad = 0;
};

class MotionSearch {
 public:
  // A SAD at or below this is sensor and coding noise: about one grey level
  // per pixel. Such a block has not moved.
  static constexpr uint32_t kNoiseSad = 64;

  MotionSearch(int block_columns, int block_rows, const GridKernels& kernels);

  // Measures one row of blocks, top row first. `sums` holds the row's
  // statistics, whose difference is the SAD of the zero vector.
  void SearchRow(const HalfPlane& current, const HalfPlane& previous, int row,
                 std::span<const BlockSums> sums, std::span<BlockMotion> out);

  // The same, but tries what the bitstream says and nothing else.
  void FollowRow(const HalfPlane& current, const HalfPlane& previous, int row,
                 std::span<const BlockSums> sums, const CodedMotion& coded,
                 std::span<BlockMotion> out);

  // Call after the last row: what was found predicts the next frame.
  void EndFrame();

  // Forgets all predictions.
  void Reset();

 private:
  struct Block;  // where a search stands

  void Search(Block* block) const;
  void Follow(MotionVector quarters, Block* block) const;
  void TryPredictions(Block* block) const;
  bool TryAround(Block* block, int distance) const;
  void TryFour(Block* block, const MotionVector (&vectors)[4]) const;
  bool Allowed(const Block& block, MotionVector vector) const;

  const int columns_;
  const int rows_;
  const GridKernels kernels_;
  std::vector<MotionVector> vectors_;  // this frame's above, last one's below
  MotionVector camera_;                // median vector of the last frame
};

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_MOTION_SEARCH_H_
