// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a file of `fovea learn filter` about sensor windows. A tree
// that is read is written as the very bytes that are read again.

#include <cstdint>
#include <cstdlib>
#include <span>

#include "api/sensor_tree_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tree = fovea::ParseSensorTree("fuzz", std::span(data, size));
  if (!tree.ok()) return 0;
  const auto again =
      fovea::ParseSensorTree("fuzz", fovea::SensorTreeBytes(*tree));
  if (!again.ok() || !(*again == *tree)) std::abort();
  return 0;
}
