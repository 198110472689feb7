// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any text as an overlap mask of any size: two bytes each of columns and
// rows, then the text. What reads is as large as it says and written so
// that it reads the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/overlap_geometry.h"

namespace {

// Signed, so that sizes nothing has are tried, too.
int SizeAt(const uint8_t* data) {
  return static_cast<int16_t>(data[0] | data[1] << 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const int columns = SizeAt(data), rows = SizeAt(data + 2);
  const std::string_view text(reinterpret_cast<const char*>(data + 4),
                              size - 4);
  const auto mask = fovea::ParseMask(columns, rows, text);
  if (!mask.ok()) return 0;
  if (mask->set.size() != static_cast<size_t>(columns * rows)) std::abort();
  const auto again = fovea::ParseMask(columns, rows, fovea::MaskText(*mask));
  if (!again.ok() || *again != *mask) std::abort();
  return 0;
}
