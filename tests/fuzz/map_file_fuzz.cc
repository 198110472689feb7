// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a map text; what reads is written and reads the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codec/map_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto maps = fovea::ParseMaps("fuzz", text, fovea::CodecLimits());
  if (!maps.ok()) return 0;
  const std::string written = fovea::MapsText(*maps);
  const auto again = fovea::ParseMaps("fuzz", written, fovea::CodecLimits());
  if (!again.ok() || fovea::MapsText(*again) != written) std::abort();
  return 0;
}
