// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a detector says about a picture: boxes with class and score.

#ifndef FOVEA_SENSITIVITY_DETECTION_H_
#define FOVEA_SENSITIVITY_DETECTION_H_

#include <cstddef>
#include <vector>

namespace fovea {

struct Detection {
  int label = 0;  // class number of the model
  float score = 0;
  // Pixels of the picture, not cut to it.
  float left = 0, top = 0, right = 0, bottom = 0;
};

// Boxes are read from this score on, or from the card's threshold where
// that is lower: cut at a higher score they are what the detector says
// there.
inline constexpr float kLowestScore = 0.1F;

// Boxes of a class that overlap more than this are one object.
inline constexpr float kDoubleOverlap = 0.45F;

// Most boxes before doubles are suppressed, the best of all.
inline constexpr size_t kMaxCandidates = 8192;

// Intersection over union, 0..1; 0 for empty boxes.
float Overlap(const Detection& a, const Detection& b);

// Drops a box that overlaps a better one of its class by more than
// `overlap`. The rest is sorted best first; equal scores keep their order.
std::vector<Detection> SuppressDoubles(std::vector<Detection> candidates,
                                       float overlap);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_DETECTION_H_
