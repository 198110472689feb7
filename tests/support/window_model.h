// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model of inertial windows whose sensitivities are known without
// measuring: each channel is compared with one tone of the DCT.

#ifndef FOVEA_TESTS_SUPPORT_WINDOW_MODEL_H_
#define FOVEA_TESTS_SUPPORT_WINDOW_MODEL_H_

#include <cstddef>
#include <string>

namespace fovea::testing {

struct WindowModel {
  static constexpr int kWindow = 64;
  static constexpr double kRateHz = 50;
  static constexpr size_t kChannels = 6;  // accel.x to gyro.z
  static constexpr double kDeviation = 0.5;

  // All of a channel's energy lies in this one of 16 bands.
  static size_t BandOf(size_t channel) { return 2 * channel + 1; }
  // And is this much, in loss^2 / unit^2 per coefficient.
  static double EnergyOf(size_t channel);
};

// Writes model.yaml (called `name`), network.onnx and labels.txt into
// `folder`, which is made.
void WriteWindowModel(const std::string& folder, const std::string& name);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_WINDOW_MODEL_H_
