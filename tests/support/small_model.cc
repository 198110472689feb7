// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/small_model.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "tests/support/onnx_builder.h"

namespace fovea::testing {
namespace {

std::vector<float> Weights(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.3F);
  std::vector<float> weights;
  for (size_t i = 0; i < count; ++i) weights.push_back(normal(random));
  return weights;
}

std::string SmallNetwork() {
  const std::vector<int64_t> three = {3, 3}, one = {1, 1},
                             around = {1, 1, 1, 1};
  return OnnxBuilder(11)
      .Input("picture", {1, 3, 32, 48})
      .Constant("edges", OnnxFloats({8, 3, 3, 3}, Weights(216, 1)))
      .Constant("mix", OnnxFloats({4, 8, 1, 1}, Weights(32, 2)))
      .Node("Conv", {"picture", "edges"}, {"a"},
            {{"kernel_shape", three}, {"pads", around}})
      .Node("Relu", {"a"}, {"b"})
      .Node("Conv", {"b", "mix"}, {"c"}, {{"kernel_shape", one}})
      .Node("GlobalAveragePool", {"c"}, {"d"})
      .Node("Flatten", {"d"}, {"classes"})
      .Output("classes")
      .Build();
}

}  // namespace

void WriteSmallModel(const std::string& folder, const std::string& name) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/model.yaml")
      << "name: " << name
      << "\nnetwork: network.onnx\nlabels: labels.txt\ndecoder: classifier\n"
         "input: {width: 48, height: 32, deviation: 64}\n";
  std::ofstream(folder + "/network.onnx", std::ios::binary) << SmallNetwork();
  std::ofstream(folder + "/labels.txt") << "cat\ndog\nhorse\nfish\n";
}

}  // namespace fovea::testing
