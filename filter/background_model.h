// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a camera shows when nothing is there: a running Gaussian per pixel
// (Wren et al., 1997) of a few rows of luma. Lighter than the mixtures of MOG2
// (Zivkovic, 2004), which take longer than a gate may.

#ifndef FOVEA_FILTER_BACKGROUND_MODEL_H_
#define FOVEA_FILTER_BACKGROUND_MODEL_H_

#include <vector>

#include "codec/sample.h"
#include "filter/picture_feature.h"

namespace fovea {

// Not thread-safe.
class BackgroundModel {
 public:
  // Takes the next frame and tells what is in front of the background: bits
  // of the 100 rows that are looked at (as many columns as keep the shape).
  // Pixels 4 deviations off are; lone ones are noise. What stays is
  // background after some 500 frames. Another shape begins anew, another size
  // of the same shape does not; a frame without pixels has an empty feature
  // and teaches nothing. 0.2 ms.
  PictureFeature See(const Frame& frame);

  void Reset() { *this = BackgroundModel(); }

 private:
  int width_ = 0;
  float rate_ = 1;
  std::vector<float> mean_, variance_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_BACKGROUND_MODEL_H_
