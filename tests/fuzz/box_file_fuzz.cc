// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a table of boxes; what reads is written and reads the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/box_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto boxes = fovea::ParseBoxes("fuzz", text, fovea::CodecLimits());
  if (!boxes.ok()) return 0;
  const auto again =
      fovea::ParseBoxes("fuzz", fovea::BoxesText(*boxes), fovea::CodecLimits());
  if (!again.ok() || again->frames != boxes->frames) std::abort();
  return 0;
}
