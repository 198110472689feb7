// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/window_model.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <vector>

#include "tests/support/onnx_builder.h"

namespace fovea::testing {
namespace {

constexpr int kWindow = WindowModel::kWindow;
constexpr int kBandWidth = kWindow / 16;  // coefficients

double AmplitudeOf(size_t channel) {
  return 0.1 * static_cast<double>(channel + 1);
}

// The first class has half of each tone, the second the same with the other
// sign: the margin's gradient is the tone, or its negative.
std::vector<float> Weights() {
  std::vector<float> weights;
  for (const double sign : {0.5, -0.5}) {
    for (size_t c = 0; c < WindowModel::kChannels; ++c) {
      const auto k =
          static_cast<double>(kBandWidth * WindowModel::BandOf(c) + 1);
      for (int i = 0; i < kWindow; ++i) {
        weights.push_back(static_cast<float>(
            sign * AmplitudeOf(c) *
            std::cos(std::numbers::pi * k * (2 * i + 1) / (2 * kWindow))));
      }
    }
  }
  return weights;
}

}  // namespace

double WindowModel::EnergyOf(size_t channel) {
  // A tone of n samples has the energy n / 2.
  const double slope = AmplitudeOf(channel) / kDeviation;
  return slope * slope * (kWindow / 2.0) / kBandWidth;
}

void WriteWindowModel(const std::string& folder, const std::string& name) {
  constexpr int64_t kInputs = kWindow * int64_t{WindowModel::kChannels};
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/model.yaml")
      << "name: " << name
      << "\nnetwork: network.onnx\nlabels: labels.txt\n"
         "decoder: imu-classifier\ninput:\n  window: 64\n  rate: 50\n"
         "  channels: [accel.x, accel.y, accel.z, gyro.x, gyro.y, gyro.z]\n"
         "  deviation: 0.5\n";
  std::ofstream(folder + "/network.onnx", std::ios::binary)
      << OnnxBuilder(11)
             .Input("window", {1, 6, kWindow})
             .Constant("tones", OnnxFloats({2, kInputs}, Weights()))
             .Constant("none", OnnxFloats({2}, {0, 0}))
             .Node("Flatten", {"window"}, {"line"})
             .Node("Gemm", {"line", "tones", "none"}, {"classes"},
                   {{"transB", int64_t{1}}})
             .Output("classes")
             .Build();
  std::ofstream(folder + "/labels.txt") << "still\nwalking\n";
}

}  // namespace fovea::testing
