// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model of two channels looks at.

#ifndef FOVEA_TESTS_CODEC_WINDOW_SENSITIVITY_H_
#define FOVEA_TESTS_CODEC_WINDOW_SENSITIVITY_H_

#include "codec/series_sensitivity.h"

namespace fovea::testing {

// A model that looks at slow movement of the first channel ten times as
// closely as at the second, and at fast movement hardly.
inline SeriesSensitivity Sensitivity() {
  SeriesSensitivity found;
  found.channels = {{"accel_x", "m/s2"}, {"gyro_x", "rad/s"}};
  found.rate_hz = 50;
  found.window = 64;
  found.windows = 100;
  found.edges_hz = {0, 5, 25};
  found.energy = {1, 1e-4, 1e-2, 1e-6};
  return found;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_CODEC_WINDOW_SENSITIVITY_H_
