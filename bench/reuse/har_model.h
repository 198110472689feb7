// SPDX-License-Identifier: GPL-2.0-or-later
//
// The model that is to be run less often: a small one-dimensional
// convolutional network over windows of six axes, trained here in seconds.

#ifndef FOVEA_BENCH_REUSE_HAR_MODEL_H_
#define FOVEA_BENCH_REUSE_HAR_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/reuse/har_recordings.h"

namespace fovea::bench {

struct HarModelOptions {
  int epochs = 14;
  size_t train_hop = 13;  // samples between training windows
  uint64_t seed = 1;
};

// Three convolutions (16, 24 and 32 filters, stride 2), mean and maximum over
// time, one dense layer; Adam on cross-entropy. Training windows are turned
// by half turns about an axis (a phone the other way round in its pocket) and
// a little at random. Deterministic. Answers are thread-safe.
class HarModel {
 public:
  // Trains on windows of `length` samples of these subjects.
  static HarModel Train(std::span<const HarSubject* const> subjects,
                        size_t length, const HarModelOptions& options);

  // The activity with the greatest score; `values` as WindowValues().
  uint8_t Answer(std::span<const double> values) const;

  size_t multiplications() const;  // of one answer

 private:
  struct Layer {
    size_t inputs = 0, outputs = 0, taps = 0;
    std::vector<float> weights;  // [outputs][taps][inputs], then biases
    std::vector<float> gradient, moment, square;
  };
  struct Activations;
  struct Example;

  explicit HarModel(size_t length, uint64_t seed);
  size_t SamplesAfter(size_t layer) const;
  void Forward(Activations* at) const;
  void Backward(Activations* at, uint8_t label);
  void Step(float rate);

  size_t length_;
  std::vector<Layer> layers_;  // convolutions, then the dense one
  int steps_ = 0;
};

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_REUSE_HAR_MODEL_H_
