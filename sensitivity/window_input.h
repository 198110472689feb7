// SPDX-License-Identifier: GPL-2.0-or-later
//
// Windows of an inertial or other series to network input and gradients
// back: which channels a model takes, normalisation and layout, and their
// exact adjoint.

#ifndef FOVEA_SENSITIVITY_WINDOW_INPUT_H_
#define FOVEA_SENSITIVITY_WINDOW_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "sensitivity/model_card.h"
#include "sensitivity/tensor.h"

namespace fovea {

// Where in `series` each channel of the card is, in the card's order. Names
// are equal, or alike but for case and which of ".", "-", "_" and space
// parts their words: "accel.x" is "accel_x". Units are not looked at: a card
// is written for those of its streams. kInvalidArgument: the card takes no
// windows, or names the channel missing, the nearest and all there are.
absl::StatusOr<std::vector<size_t>> FindChannels(const ModelCard& card,
                                                 const SeriesInfo& series);

// For one card. Thread-safe.
class WindowInput {
 public:
  // kInvalidArgument: the card takes no sensor windows.
  static absl::StatusOr<WindowInput> Create(const ModelCard& card);

  size_t channels() const { return scale_.size(); }
  size_t window() const { return window_; }

  // A batch of one. `values` are in the stream's units, channel by channel,
  // each `window` samples.
  Tensor Prepare(std::span<const double> values) const;

  // By the chain rule through Prepare(), for a gradient of its shape:
  // per unit of the stream, channel by channel.
  std::vector<double> Adjoint(const Tensor& gradient) const;

 private:
  struct Scale {
    double mean, deviation;
  };

  WindowInput() = default;

  // Of a sample in the network's input.
  size_t At(size_t channel, size_t sample) const {
    return channel * channel_step_ + sample * sample_step_;
  }

  size_t window_ = 0;
  std::vector<Scale> scale_;  // per channel
  std::vector<int64_t> shape_;
  size_t channel_step_ = 0, sample_step_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_WINDOW_INPUT_H_
