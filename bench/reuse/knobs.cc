// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/knobs.h"

#include <cmath>
#include <cstdio>

namespace fovea::bench::reuse {

std::vector<double> Geometric(double first, double last, size_t count) {
  std::vector<double> values = Linear(std::log(first), std::log(last), count);
  for (double& value : values) value = std::exp(value);
  return values;
}

std::vector<double> Linear(double first, double last, size_t count) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) {
    const double share =
        static_cast<double>(i) / static_cast<double>(count - 1);
    values.push_back(first + share * (last - first));
  }
  return values;
}

std::string NumberText(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

}  // namespace fovea::bench::reuse
