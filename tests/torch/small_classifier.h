// SPDX-License-Identifier: GPL-2.0-or-later
//
// A network that has a bit of everything, and what tests of networks say.

#ifndef FOVEA_TESTS_TORCH_SMALL_CLASSIFIER_H_
#define FOVEA_TESTS_TORCH_SMALL_CLASSIFIER_H_

#include <gmock/gmock.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/support/onnx_builder.h"
#include "tests/torch/network_fixture.h"

namespace fovea::testing {

using Ints = std::vector<int64_t>;

MATCHER_P2(Fails, code, message, "") {
  *result_listener << arg;
  return arg.code() == code &&
         std::string(arg.message()).find(message) != std::string::npos;
}

inline Tensor Random(const Ints& shape, unsigned seed) {
  Tensor tensor = Counted(shape);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (float& value : tensor.values) value = normal(random);
  return tensor;
}

inline std::string RandomWeights(const Ints& shape, unsigned seed) {
  return OnnxFloats(shape, Random(shape, seed).values);
}

// Pictures of any size to three numbers, by smooth steps.
inline OnnxBuilder SmallClassifier(const Ints& input_shape) {
  OnnxBuilder builder(13);
  builder.Input("x", input_shape)
      .Constant("filters", RandomWeights({4, 2, 3, 3}, 1))
      .Constant("bias", RandomWeights({4}, 2))
      .Constant("scale", RandomWeights({4}, 3))
      .Constant("positive", OnnxFloats({4}, {1, 2, 0.5F, 1.5F}))
      .Constant("matrix", RandomWeights({4, 3}, 4))
      .Constant("scales", OnnxFloats({4}, {1, 1, 2, 2}))
      .Node("Conv", {"x", "filters", "bias"}, {"a"},
            {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}})
      .Node("BatchNormalization", {"a", "scale", "bias", "bias", "positive"},
            {"b"})
      .Node("Tanh", {"b"}, {"c"})
      .Node("Resize", {"c", "", "scales"}, {"d"},
            {{"mode", std::string("linear")}})
      .Node("Mul", {"d", "d"}, {"e"})
      .Node("GlobalAveragePool", {"e"}, {"f"})
      .Node("Flatten", {"f"}, {"g"})
      .Node("Gemm", {"g", "matrix"}, {"h"})
      .Node("Softmax", {"h"}, {"y"})
      .Output("y")
      .Output("c");
  return builder;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_TORCH_SMALL_CLASSIFIER_H_
