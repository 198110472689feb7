// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples as the numbers that window blocks take, and back.

#ifndef FOVEA_CODEC_SERIES_WINDOW_NUMBERS_H_
#define FOVEA_CODEC_SERIES_WINDOW_NUMBERS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fovea {

inline constexpr double kMostWindowNumber = 1 << 26;

// Rows x channels, each in its channel's unit. nullopt: a sample is no number,
// or of too many units.
inline std::optional<std::vector<int32_t>> NumbersOf(
    std::span<const double> values, std::span<const double> units) {
  std::vector<int32_t> numbers;
  numbers.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const double number = std::rint(values[i] / units[i % units.size()]);
    if (!(std::abs(number) <= kMostWindowNumber)) return std::nullopt;
    numbers.push_back(static_cast<int32_t>(number));
  }
  return numbers;
}

inline std::vector<double> SamplesOf(std::span<const int32_t> numbers,
                                     std::span<const double> units) {
  std::vector<double> values(numbers.size());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = numbers[i] * units[i % units.size()];
  }
  return values;
}

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_WINDOW_NUMBERS_H_
