// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a sensor tree. What decodes goes to bytes and back to the same
// again, and answers about any pair with a number.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "filter/sensor_features.h"
#include "filter/sensor_tree.h"

namespace {

// Extremes of all cells, of every shape a tree may be of.
void Ask(const fovea::SensorTree& tree) {
  for (uint16_t columns = fovea::kSensorCells; columns <= 256; ++columns) {
    fovea::Features low{columns, 1, {}}, high{columns, 1, {}};
    low.cells.assign(columns, -128);
    high.cells.assign(columns, 127);
    for (const int answer : {fovea::kNoAnswer, 0, 1 << 20}) {
      if (std::isnan(tree.LogOdds(low, high, answer))) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fovea::FilterLimits limits;
  const auto tree = fovea::SensorTree::Decode({data, size}, limits);
  if (!tree.ok()) return 0;
  const auto again = fovea::SensorTree::Decode(tree->Encode(), limits);
  if (!again.ok() || !(*again == *tree)) std::abort();
  Ask(*tree);
  return 0;
}
