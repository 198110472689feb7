// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/log_codes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace fovea::internal {
namespace {

constexpr int kStepsPerOctave = 8;
constexpr int kMostCode = 255;

int Eighths(double value) {
  return static_cast<int>(std::lround(kStepsPerOctave * std::log2(value)));
}

}  // namespace

LogCodes ToLogCodes(std::span<const double> values) {
  LogCodes result;
  result.codes.resize(values.size());
  const auto largest = std::max_element(values.begin(), values.end());
  if (largest == values.end() || *largest <= 0) return result;
  result.base = Eighths(*largest) - (kMostCode - 1);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] <= 0) continue;
    result.codes[i] =
        static_cast<uint8_t>(std::max(Eighths(values[i]) - result.base + 1, 1));
  }
  return result;
}

std::vector<double> FromLogCodes(int base, std::span<const uint8_t> codes) {
  std::array<double, kMostCode + 1> value{};
  for (int code = 1; code <= kMostCode; ++code) {
    value[static_cast<size_t>(code)] =
        std::clamp(std::exp2((base + code - 1) / double{kStepsPerOctave}),
                   std::numeric_limits<double>::denorm_min(),
                   std::numeric_limits<double>::max());
  }
  std::vector<double> values(codes.size());
  for (size_t i = 0; i < codes.size(); ++i) values[i] = value[codes[i]];
  return values;
}

}  // namespace fovea::internal
