// SPDX-License-Identifier: GPL-2.0-or-later
//
// The frame table's decoder. What decodes must survive being encoded and
// decoded again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/frame_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto table = fovea::DecodeFrameTable(
      std::string_view(reinterpret_cast<const char*>(data), size));
  // Encoding a huge table of zeros over and over would only cost time.
  if (!table.ok() || table->frames.size() > 4096) return 0;
  const auto again = fovea::DecodeFrameTable(fovea::EncodeFrameTable(*table));
  if (!again.ok() || !(*again == *table)) std::abort();
  return 0;
}
