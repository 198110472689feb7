// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a judge says about a picture, and the pure part of reading it out of
// a network's raw output. The readers are not the product's decoders: what
// measures shares no reading of networks with what is measured.

#ifndef FOVEA_BENCH_ACCURACY_DETECTION_H_
#define FOVEA_BENCH_ACCURACY_DETECTION_H_

#include <span>
#include <vector>

#include "sensitivity/detection.h"

namespace fovea::bench {

// A detector's whole answer about one picture.
struct Answer {
  // Best first, doubles of a class suppressed, from score kLowestScore up:
  // cut at a higher threshold, it is what the detector says there.
  std::vector<Detection> detections;
  // Score of every cell of every output map before any threshold, in the
  // model's order: what the soft distance compares.
  std::vector<float> cells;
};

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
