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
#include "sensitivity/detection.h"
#include "sensitivity/model_card.h"
#include "sensitivity/picture_input.h"
#include "sensitivity/tensor.h"

namespace fovea {

// What a network says about one input; which parts are set follows from the
// decoder.
struct Answer {
  std::vector<Detection> detections;  // best first, doubles suppressed
  // Detectors: best class score of every cell before any threshold, in the
  // network's order. Classifiers: class probabilities.
  std::vector<float> scores;
  // Segmentation: class per pixel of the network's output, row-major.
  std::vector<uint16_t> classes;
  int columns = 0, rows = 0;
  std::vector<float> embedding;  // unit length
};

// What the scalar is summed with: probes that cannot all vanish. The mean
// square of gradients over random probes is the diagonal of the Gauss-Newton
// matrix of the loss.
enum class Probe : uint8_t {
  kSum,     // the loss itself: every term counts +1
  kRandom,  // a random root of its curvature, by the seed
};

// The scalar of one probe and, per output, its gradient.
struct ScalarGradient {
  double value = 0;
  std::vector<Tensor> by_output;
};

// Thread-safe. All functions take the outputs for one input (batch 1).
// Results are finite for every finite output; kDataLoss names an output's
// value that is not.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // kInvalidArgument: count or shapes do not fit this decoder, or the class
  // count is not that of the labels; says what was expected. Meant for an
  // input of the card's own size: also refuses what looks like
  // probabilities where the card says logits, and the other way round.
  virtual absl::Status Check(std::span<const Tensor> outputs) const = 0;

  // `placement` is read by detectors alone.
  virtual absl::StatusOr<Answer> Read(std::span<const Tensor> outputs,
                                      const Placement& placement) const = 0;

  // Whether Differentiate() reads `reference`; else it may be `outputs`.
  virtual bool uses_reference() const = 0;

  // Differentiates at `outputs`. `reference` are the outputs for the
  // undistorted input: classifiers and segmenters take their own answer
  // there as the truth, embeddings their vector.
  //
  // Detectors: term sigma(10 (score - threshold + 0.1)) per cell; kRandom
  // counts each +1 or -1. As in OneAdapt (Du et al., 2023), whose slope is
  // 20, but with a margin, so that near misses count.
  //
  // Classifiers, segmenters: kSum is the cross-entropy to the reference's
  // class (per pixel), which a confident answer makes vanish; kRandom is
  // <v, logits> with v = sqrt(p) r - p <sqrt(p), r>, r random signs and p the
  // probabilities at `outputs`, none below 1e-6: v v^T is the Fisher matrix
  // of p on average (Martens, JMLR 2020).
  //
  // Embeddings: kSum is the cosine to the reference, which is flat there;
  // kRandom is the unit vector's projection on a random vector at right
  // angles to the reference.
  //
  // IMU classifiers: the margin of the first class over the second in
  // logits, which cannot vanish; kRandom gives it a sign.
  virtual absl::StatusOr<ScalarGradient> Differentiate(
      std::span<const Tensor> outputs, std::span<const Tensor> reference,
      Probe probe, uint64_t seed) const = 0;
};

// `label_count` 0: the card has no label file. Null for a program, which has
// no outputs to read.
std::unique_ptr<Decoder> NewDecoder(const ModelCard& card, size_t label_count);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_DECODER_H_
