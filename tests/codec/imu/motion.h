// SPDX-License-Identifier: GPL-2.0-or-later
//
// Made-up motion and real recordings as whole numbers.

#ifndef FOVEA_TESTS_CODEC_IMU_MOTION_H_
#define FOVEA_TESTS_CODEC_IMU_MOTION_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace fovea::imu::testing {

// A walk of noise over waves, as a moving device's: `loudness` is the
// noise's deviation.
inline std::vector<int32_t> Motion(int channels, size_t rows, double loudness,
                                   uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, loudness);
  std::vector<int32_t> values;
  for (size_t t = 0; t < rows; ++t) {
    for (int c = 0; c < channels; ++c) {
      const double wave = 900 * std::sin(0.02 * static_cast<double>(t) + c);
      values.push_back(static_cast<int32_t>(std::lrint(wave + noise(random))));
    }
  }
  return values;
}

// Six channels of a device whose sensor rings: each is two sines' answer to
// noise, and channels share some of it. Profiles have something to learn.
inline std::vector<int32_t> RingingDevice(size_t rows, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 1);
  constexpr int kChannels = 6;
  double before[kChannels][2] = {};
  std::vector<int32_t> values;
  for (size_t t = 0; t < rows; ++t) {
    const double shared = noise(random);
    for (int c = 0; c < kChannels; ++c) {
      double* x = before[c];
      const double turn = 0.25 + 0.05 * c;
      const double now = 2 * 0.995 * std::cos(turn) * x[0] -
                         0.995 * 0.995 * x[1] + 20 * noise(random) +
                         60 * shared;
      x[1] = x[0];
      x[0] = now;
      values.push_back(static_cast<int32_t>(std::lrint(now)));
    }
  }
  return values;
}

}  // namespace fovea::imu::testing

#endif  // FOVEA_TESTS_CODEC_IMU_MOTION_H_
