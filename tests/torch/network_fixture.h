// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opens and runs networks that tests build.

#ifndef FOVEA_TESTS_TORCH_NETWORK_FIXTURE_H_
#define FOVEA_TESTS_TORCH_NETWORK_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sensitivity/network.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/test_data.h"

namespace fovea::testing {

// Shape and, within 1e-6 (relative above 1), values.
MATCHER_P(Is, expected, "") {
  if (arg.shape != expected.shape ||
      arg.values.size() != expected.values.size()) {
    *result_listener << "of shape " << ::testing::PrintToString(arg.shape);
    return false;
  }
  for (size_t i = 0; i < arg.values.size(); ++i) {
    const float want = expected.values[i], found = arg.values[i];
    const float slack = 1e-6F * std::max(1.0F, std::abs(want));
    if (want == found || std::abs(want - found) <= slack) continue;
    *result_listener << "value " << i << " is " << found << ", not " << want;
    return false;
  }
  return true;
}

class NetworkTest : public ::testing::Test {
 protected:
  using Opened = absl::StatusOr<std::unique_ptr<Network>>;

  Opened Open(const std::string& bytes, const NetworkOptions& options = {}) {
    const std::string path = folder_.File("network.onnx");
    WriteFileText(path, bytes);
    return OpenNetwork(path, options);
  }

  Opened Open(const OnnxBuilder& builder, const NetworkOptions& options = {}) {
    return Open(builder.Build(), options);
  }

  // One node: `op` on the input x and further `constants` ("" leaves one
  // out), giving `outputs` values.
  static OnnxBuilder OneNode(const std::string& op, int opset,
                             const std::vector<int64_t>& shape,
                             const std::vector<std::string>& constants,
                             const OnnxSettings& settings = {},
                             int outputs = 1) {
    OnnxBuilder builder(opset);
    builder.Input("x", shape);
    Names inputs = {"x"}, made;
    for (size_t i = 0; i < constants.size(); ++i) {
      const std::string name = "c" + std::to_string(i);
      inputs.push_back(constants[i].empty() ? "" : name);
      if (!constants[i].empty()) builder.Constant(name, constants[i]);
    }
    for (int i = 0; i < outputs; ++i) {
      made.push_back("y" + std::to_string(i));
      builder.Output(made.back());
    }
    return builder.Node(op, inputs, made, settings, "the_node");
  }

  // What such a node gives for x.
  std::vector<Tensor> Apply(const std::string& op, int opset, const Tensor& x,
                            const std::vector<std::string>& constants = {},
                            const OnnxSettings& settings = {},
                            int outputs = 1) {
    return Answer(OneNode(op, opset, x.shape, constants, settings, outputs), x);
  }

  std::vector<Tensor> Answer(const OnnxBuilder& builder, const Tensor& x) {
    auto network = Open(builder);
    EXPECT_TRUE(network.ok()) << network.status();
    if (!network.ok()) return {};
    auto answer = (*network)->Forward(x);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : std::vector<Tensor>();
  }

  TempDir folder_;
};

// Values 0, 1, 2, ... in a shape.
inline Tensor Counted(const std::vector<int64_t>& shape) {
  Tensor tensor{shape, {}};
  size_t count = 1;
  for (const int64_t side : shape) count *= static_cast<size_t>(side);
  for (size_t i = 0; i < count; ++i) {
    tensor.values.push_back(static_cast<float>(i));
  }
  return tensor;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_TORCH_NETWORK_FIXTURE_H_
