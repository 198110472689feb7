// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device that gives calibrated numbers: what its sensors counted went
// through a step, a matrix, an offset and floats.

#ifndef FOVEA_TESTS_CODEC_CALIBRATED_DEVICE_H_
#define FOVEA_TESTS_CODEC_CALIBRATED_DEVICE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace fovea::testing {

using Column = std::vector<double>;
using Columns = std::vector<Column>;

// What a table of text with seven digits makes of a float.
inline double Printed(float value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.7g", static_cast<double>(value));
  return std::strtod(text, nullptr);
}

// A sensor, its calibration and its bias filter, in floats as devices have
// them.
class CalibratedDevice {
 public:
  explicit CalibratedDevice(uint64_t seed) : random_(seed) {}

  bool prints = true;
  float drift = 0;

  // A gyroscope in motion of so many steps a row; at rest it takes what it
  // gives for its own offset.
  Column Gyro(size_t rows, double motion) {
    constexpr float kStep = 0.0616599F;
    float offset = 0.0943F;
    double at = 0;
    Column column;
    for (size_t i = 0; i < rows; ++i) {
      at = 0.95 * at + motion * normal_(random_);
      const auto k = static_cast<float>(std::llrint(at));
      const float value = k * kStep - offset;
      if (motion < 5) offset += drift * value;
      column.push_back(Out(value));
    }
    return column;
  }

  // An accelerometer of three axes that are not quite square.
  Columns Accelerometer(size_t rows, double motion) {
    constexpr float kMatrix[3][3] = {{4.8652e-4F, -1.532e-6F, 3.221e-6F},
                                     {2.514e-6F, 4.8592e-4F, -7.716e-6F},
                                     {-9.11e-6F, 5.25e-6F, 4.8305e-4F}};
    double at[3] = {-700, 650, 1790};
    Columns columns(3);
    for (size_t i = 0; i < rows; ++i) {
      float k[3];
      for (int j = 0; j < 3; ++j) {
        at[j] += motion * normal_(random_);
        k[j] = static_cast<float>(std::llrint(at[j]));
      }
      for (int j = 0; j < 3; ++j) {
        const auto& row = kMatrix[j];
        columns[static_cast<size_t>(j)].push_back(
            Out(row[0] * k[0] + row[1] * k[1] + row[2] * k[2] + 0.0123F));
      }
    }
    return columns;
  }

 private:
  double Out(float value) const {
    return prints ? Printed(value) : static_cast<double>(value);
  }

  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_CODEC_CALIBRATED_DEVICE_H_
