// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a sensor tree may ask about a pair: each cell of the input, how far it
// is from that of the reference, the whole distance, the angle between the
// two gravities, and which answer the reference had.

#ifndef FOVEA_FILTER_INTERNAL_PAIR_INPUTS_H_
#define FOVEA_FILTER_INTERNAL_PAIR_INPUTS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "filter/sensor_features.h"

namespace fovea::internal {

inline constexpr int kLeastPairInput = -128;
inline constexpr int kMostPairInput = 254;

inline size_t PairInputCount(size_t cells, size_t answers) {
  return 2 * cells + 2 + answers;
}

// Fills `inputs`, PairInputCount() of them, all within the range above. Both
// features must be sensor features of equal shape.
inline void TakePairInputs(const Features& input, const Features& reference,
                           int reference_answer, std::span<int16_t> inputs) {
  const size_t cells = input.cells.size();
  for (size_t i = 0; i < cells; ++i) {
    const int a = input.cells[i], b = reference.cells[i];
    inputs[i] = static_cast<int16_t>(a);
    inputs[cells + i] =
        static_cast<int16_t>(std::min(std::abs(a - b), kMostPairInput));
  }
  const auto rest = inputs.subspan(2 * cells);
  rest[0] = static_cast<int16_t>(std::min<long>(
      std::lround(4 * SensorDistance(input, reference)), kMostPairInput));
  rest[1] = static_cast<int16_t>(std::lround(GravityAngle(input, reference)));
  for (size_t i = 2; i < rest.size(); ++i) {
    rest[i] = reference_answer == static_cast<int>(i) - 2;
  }
}

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_PAIR_INPUTS_H_
