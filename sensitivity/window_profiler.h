// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much the answer of a model of sensor windows depends on each channel
// and frequency band: squared gradients of its margin, averaged over the
// windows of a recording.

#ifndef FOVEA_SENSITIVITY_WINDOW_PROFILER_H_
#define FOVEA_SENSITIVITY_WINDOW_PROFILER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "codec/series_sensitivity.h"
#include "sensitivity/model.h"
#include "sensitivity/window_cutter.h"
#include "sensitivity/window_energy.h"
#include "sensitivity/window_input.h"

namespace fovea {

// Of the model's margin by the values of a window, per unit of the stream,
// channel by channel. kDataLoss: the output or the gradient is not finite;
// errors of the network and the decoder.
absl::StatusOr<std::vector<double>> MarginGradient(
    Model* model, const WindowInput& input, const std::vector<double>& window);

// For one model and one series; not thread-safe.
//
// Pictures need a degraded input and random probes, since a model's
// agreement with itself is flat at the undistorted one. The margin of the
// first class over the second is not, so gradients are taken at the
// recording itself, and one pass a window says all: a random sign would not
// change a square.
class WindowProfiler {
 public:
  // `model` outlives the profiler. `hop` and errors: see WindowCutter.
  static absl::StatusOr<std::unique_ptr<WindowProfiler>> Create(
      Model* model, const SeriesInfo& series, int hop);

  // The next rows of the series. kDataLoss: the model's output or gradient
  // is not finite; errors of the network and the decoder.
  absl::Status Add(const SeriesBatch& batch);

  const WindowCounts& counts() const { return cutter_.counts(); }

  // The mean over the windows so far.
  SeriesSensitivity Result() const;

 private:
  WindowProfiler(Model* model, WindowInput input, WindowCutter cutter);

  absl::Status Measure(const std::vector<double>& window);

  Model* const model_;
  const WindowInput input_;
  WindowCutter cutter_;
  WindowEnergy energy_;
  std::vector<Channel> channels_;  // as the series has them
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_WINDOW_PROFILER_H_
