// SPDX-License-Identifier: GPL-2.0-or-later
//
// Macroblocks that move to blobs: connected components over those that move
// or did a moment ago, so that an object whose inside shows no change stays
// one.

#ifndef FOVEA_FILTER_INTERNAL_BLOB_GATHERER_H_
#define FOVEA_FILTER_INTERNAL_BLOB_GATHERER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "filter/internal/macroblocks.h"
#include "filter/motion_blobs.h"

namespace fovea::internal {

// A macroblock that moves, and by how much it exceeds what is usual: quarter
// grey levels.
struct MovingMacroblock {
  size_t block = 0;
  int excess = 0;
};

class BlobGatherer {
 public:
  BlobGatherer(const Macroblocks& macroblocks,
               const MotionBlobOptions& options);

  // The next frame's, by rising block: blobs, shares and cells.
  void Gather(const std::vector<MovingMacroblock>& moving,
              MotionPicture* picture);

  // What comes next has nothing to do with what moved so far.
  void Forget();

  // Whether it moved in one of the last frames given to Gather().
  bool MovedLately(size_t block) const {
    return moved_at_[block] + linger_ >= frame_;
  }

 private:
  struct Gathered {
    int left, top, right, bottom;  // macroblocks, inclusive
    int macroblocks = 0;
    int sum = 0;
    uint16_t cells = 0;
  };

  Gathered Follow(size_t first);
  void Add(size_t block, Gathered* blob) const;
  void QueueNeighbours(size_t block);
  MotionBlob ToBlob(const Gathered& gathered) const;

  const Macroblocks macroblocks_;
  const uint32_t linger_;
  const int least_sum_;
  uint32_t frame_;
  std::vector<uint32_t> moved_at_;  // frame number; 0: never
  std::vector<uint32_t> visited_at_;
  std::vector<int> excess_;  // where moved_at_ is this frame
  std::vector<size_t> queue_;
};

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_BLOB_GATHERER_H_
