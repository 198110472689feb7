// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a network's raw outputs, and gives the scalar that the profiler
// differentiates, with its gradient by the outputs. Pure arithmetic: no
// network runtime.

#ifndef FOVEA_SENSITIVITY_DECODER_H_
#define FOVEA_SENSITIVITY_DECODER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sensitivity/model_card.h"
#include "sensitivity/picture_input.h"
#include "sensitivity/tensor.h"

namespace fovea {

struct Detection {
  int label = 0;  // class number of the model
  float score = 0;
  float left = 0, top = 0, right = 0, bottom = 0;  // pixels of the picture
};

// What a network says about one input; which parts are set follows from the
// decoder.
struct Answer {
  std::vector<Detection> detections;  // best first, doubles suppressed
  std::vector<float> scores;          // class probabilities
  // Segmentation: class per pixel of the network's output, row-major.
  std::vector<uint16_t> classes;
  int columns = 0, rows = 0;
  std::vector<float> embedding;  // unit length
};

// What the scalar is summed with: probes that cannot all vanish.
enum class Probe : uint8_t {
  kSum,     // every term counts +1
  kRandom,  // every term counts +1 or -1, by the seed
};

// The scalar of one probe and, per output, its gradient.
struct ScalarGradient {
  double value = 0;
  std::vector<Tensor> by_output;
};

// Thread-safe. All functions take the outputs for one input (batch 1).
class Decoder {
 public:
  virtual ~Decoder() = default;

  // kInvalidArgument: count or shapes do not fit this decoder, or the class
  // count is not that of the labels; says what was expected.
  virtual absl::Status Check(std::span<const Tensor> outputs) const = 0;

  virtual absl::StatusOr<Answer> Read(std::span<const Tensor> outputs,
                                      const Placement& placement) const = 0;

  // Differentiates at `outputs`. `reference` are the outputs for the
  // undistorted input: classifiers and segmenters take their own answer
  // there as the truth, embeddings their vector. Terms:
  // detectors sigma(10 (score - threshold + 0.1)) per cell, segmenters and
  // classifiers cross-entropy (per pixel), embeddings the cosine, IMU
  // classifiers the margin of the first class over the second.
  virtual absl::StatusOr<ScalarGradient> Differentiate(
      std::span<const Tensor> outputs, std::span<const Tensor> reference,
      Probe probe, uint64_t seed) const = 0;
};

// `label_count` 0: the card has no label file.
std::unique_ptr<Decoder> NewDecoder(const ModelCard& card, size_t label_count);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_DECODER_H_
