// SPDX-License-Identifier: GPL-2.0-or-later
//
// A network whose gradients are known: each class is a weighted sum of the
// input.

#ifndef FOVEA_TESTS_SENSITIVITY_LINEAR_NETWORK_H_
#define FOVEA_TESTS_SENSITIVITY_LINEAR_NETWORK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sensitivity/network.h"
#include "sensitivity/tensor.h"

namespace fovea::testing {

class LinearNetwork final : public Network {
 public:
  // A row of weights per class, as many as the input has values.
  explicit LinearNetwork(std::vector<std::vector<float>> weights)
      : weights_(std::move(weights)) {}

  const NetworkInfo& info() const override { return info_; }

  absl::StatusOr<std::vector<Tensor>> Forward(const Tensor& input) override {
    last_shape = input.shape;
    Tensor output{{1, static_cast<int64_t>(weights_.size())}, {}};
    for (const auto& weights : weights_) {
      float sum = spoilt_output;
      for (size_t i = 0; i < weights.size(); ++i) {
        sum += weights[i] * input.values[i];
      }
      output.values.push_back(sum);
    }
    return std::vector<Tensor>{output};
  }

  absl::StatusOr<Tensor> InputGradient(
      std::span<const Tensor> by_output) override {
    ++backward_passes;
    Tensor gradient{last_shape, {}};
    gradient.values.assign(weights_[0].size(), spoilt_gradient);
    for (size_t k = 0; k < weights_.size(); ++k) {
      for (size_t i = 0; i < gradient.values.size(); ++i) {
        gradient.values[i] += by_output[0].values[k] * weights_[k][i];
      }
    }
    return gradient;
  }

  // Of the first two classes' weights: the gradient of their margin.
  double Difference(size_t at) const {
    return static_cast<double>(weights_[0][at] - weights_[1][at]);
  }

  std::vector<int64_t> last_shape;
  int backward_passes = 0;
  float spoilt_output = 0, spoilt_gradient = 0;  // added to every value

 private:
  const NetworkInfo info_{"linear", {}, {}};
  const std::vector<std::vector<float>> weights_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SENSITIVITY_LINEAR_NETWORK_H_
