// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a detector says about a picture, and the pure part of reading it out
// of a network's raw output: box arithmetic and suppression of doubles.

#ifndef FOVEA_BENCH_ACCURACY_DETECTION_H_
#define FOVEA_BENCH_ACCURACY_DETECTION_H_

#include <span>
#include <vector>

namespace fovea::bench {

// A box in pixels of the picture judged, not clipped to it.
struct Detection {
  int label = 0;  // class number of the model
  float score = 0;
  float left = 0, top = 0, right = 0, bottom = 0;
};

// A detector's whole answer about one picture.
struct Answer {
  // Best first, doubles of a class suppressed, from score kLowestScore up:
  // cut at a higher threshold, it is what the detector says there.
  std::vector<Detection> detections;
  // Score of every cell of every output map before any threshold, in the
  // model's order: what the soft distance compares.
  std::vector<float> cells;
};

inline constexpr float kLowestScore = 0.1F;

// Intersection over union, 0..1; 0 for empty boxes.
float Overlap(const Detection& a, const Detection& b);

// Drops a box that overlaps a better one of its class by more than
// `overlap`. The rest is sorted best first; equal scores keep their order.
std::vector<Detection> SuppressDoubles(std::vector<Detection> candidates,
                                       float overlap);

// The readers below return the answer before suppression.

// FastestDet: `channels` is 85 x rows x columns (objectness, four box
// terms, 80 classes), squashed except for the box terms.
Answer ReadFastestDet(std::span<const float> channels, int columns, int rows,
                      int width, int height);

// YOLOX: one line of 85 per cell, strides 8, 16, 32 over the network's
// input; `scale` is input pixels per picture pixel of the letterbox.
Answer ReadYolox(std::span<const float> lines, int input_width,
                 int input_height, float scale);

// Darknet region outputs: lines of 85 with box centre and size relative to
// the picture and class scores already multiplied by objectness.
Answer ReadDarknet(std::span<const float> lines, int width, int height);

// Ultra-light face detector: (background, face) score pairs and relative
// corner boxes.
Answer ReadFaces(std::span<const float> scores, std::span<const float> corners,
                 int width, int height);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_DETECTION_H_
