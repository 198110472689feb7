// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small network that tells classes of sensor windows, trained here in
// seconds and written as an ONNX file that Fovea and others run: for those
// who have labelled recordings and no network of their own.

#ifndef FOVEA_SENSITIVITY_WINDOW_CLASSIFIER_H_
#define FOVEA_SENSITIVITY_WINDOW_CLASSIFIER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

class OnnxWriter;

struct WindowLesson {
  std::vector<double> values;  // channel by channel, in the stream's units
  size_t label = 0;
};

struct WindowTraining {
  size_t channels = 0;  // 1 to 64
  size_t window = 0;    // samples, 32 to 4096
  size_t classes = 0;   // 2 to 256
  int epochs = 24;
  uint64_t seed = 1;
  // Deviation of what is added to each sample of a lesson, in deviations of
  // its channel (of turned ones, in their root mean square): answers then hang
  // less on what no one needs to keep.
  double noise = 0.1;
  // First channels of sensors whose three axes stand one after another: each
  // time a lesson is seen all of them are turned alike, by a half turn about
  // an axis or none and a little about each, for sensors that lie in pockets
  // and on wrists one way or the other.
  std::vector<size_t> turned = {};
};

// Three convolutions over time (16, 24 and 32 filters of 7, 5 and 3 samples,
// every second one), mean and maximum over what is left, one dense layer.
// Thread-safe once trained.
class WindowClassifier {
 public:
  // Adam on the cross-entropy, lessons shuffled, a quarter of the dense
  // layer's inputs left out; deterministic by the seed on one kind of
  // machine. kInvalidArgument: sizes out of range, fewer than 32 lessons,
  // values that are not finite or not channels x window, labels beyond
  // `classes`. `going_on` (may be null) is told the epochs done after each;
  // kCancelled where it says false.
  static absl::StatusOr<WindowClassifier> Train(
      std::span<const WindowLesson> lessons, const WindowTraining& training,
      const std::function<bool(int epochs)>& going_on = nullptr);

  // Per class a logit. `values` as in a lesson.
  std::vector<double> Scores(std::span<const double> values) const;

  // By how much the greatest score is above the next, differentiated by the
  // values.
  std::vector<double> MarginGradient(std::span<const double> values) const;

  // Of opset 13: input [1, channels, window], of which each channel is less
  // its mean, over its deviation; output [1, classes].
  std::string Onnx() const;
  const std::vector<double>& mean() const { return mean_; }
  const std::vector<double>& deviation() const { return deviation_; }

 private:
  struct Layer {
    size_t inputs = 0, outputs = 0, taps = 0;
    std::vector<float> weights;  // [taps][inputs][outputs], then biases
    std::vector<float> gradient, moment, square;
  };
  struct Activations;

  explicit WindowClassifier(const WindowTraining& training);
  void LearnScale(std::span<const WindowLesson> lessons);
  void ShareScale(size_t first);
  std::vector<float> Disturbed(std::vector<double> values,
                               std::mt19937_64* dice) const;
  std::vector<float> Scaled(std::span<const double> values) const;
  size_t SamplesAfter(size_t layer) const;
  void Forward(Activations* at) const;
  void ForwardLayer(size_t layer, Activations* at) const;
  void Pool(Activations* at) const;
  // `slopes` by the scores; adds to the layers' gradients.
  void Backward(Activations* at, std::span<const float> slopes);
  void BackwardPool(Activations* at, std::span<const float> slopes);
  void BackwardLayer(size_t layer, Activations* at);
  void Step(float rate, int steps);
  std::string WriteConvolution(size_t layer, const std::string& input,
                               OnnxWriter* file) const;

  WindowTraining training_;
  std::vector<double> mean_, deviation_;
  std::vector<Layer> layers_;  // convolutions, then the dense one
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_WINDOW_CLASSIFIER_H_
