// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/sensor_fingerprint.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fovea {
namespace {

constexpr size_t kWordBits = 64;
constexpr size_t kLevels = 255;  // of a cell, -127 to 127
constexpr int kLeastLevel = -127;

// Bits of cell after cell, high bits first.
void SetThermometers(std::span<const int8_t> cells, std::span<uint64_t> words) {
  const size_t bits = words.size() * kWordBits;
  const size_t each = std::clamp<size_t>(bits / cells.size(), 1, kLevels - 1);
  size_t bit = 0;
  for (const int8_t cell : cells.first(std::min(cells.size(), bits))) {
    const auto level = static_cast<size_t>(std::max(0, cell - kLeastLevel));
    for (size_t i = 1; i <= each; ++i, ++bit) {
      const uint64_t above = level * (each + 1) >= i * kLevels ? 1 : 0;
      words[bit / kWordBits] |= above << (kWordBits - 1 - bit % kWordBits);
    }
  }
}

}  // namespace

Fingerprint SensorFingerprintOf(const Features& features) {
  Fingerprint result;
  if (features.cells.empty()) return result;
  SetThermometers(features.cells, {&result.coarse, 1});
  SetThermometers(features.cells, result.fine);
  return result;
}

}  // namespace fovea
