// SPDX-License-Identifier: GPL-2.0-or-later
//
// How each macroblock looks when nothing moves there: running means of its
// luma and texture, which stop while something does.

#ifndef FOVEA_FILTER_INTERNAL_STILL_PICTURE_H_
#define FOVEA_FILTER_INTERNAL_STILL_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/grid.h"
#include "filter/internal/macroblocks.h"
#include "filter/motion_blobs.h"

namespace fovea::internal {

class StillPicture {
 public:
  StillPicture(size_t macroblocks, const MotionBlobOptions& options);

  // Takes all of `grid` for it.
  void Adopt(const Grid& grid);

  // `step_s` since this macroblock was learnt last.
  void SetStep(double step_s) { rate_ = LearningRate(step_s, learn_s_); }
  void Learn(const Grid& grid, size_t block);

  // Whether a macroblock of that mean and texture looks otherwise.
  bool Differs(size_t block, uint8_t mean, uint8_t texture) const;

 private:
  const double learn_s_;
  const int least_mean_;
  int rate_ = kRate;
  std::vector<uint16_t> mean_, texture_;
};

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_STILL_PICTURE_H_
