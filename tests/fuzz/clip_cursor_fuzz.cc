// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any text as a cursor. One that is taken names a clip, and means the same
// when it is written again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "index/clip_cursor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto order : {fovea::QueryOrder::kTime, fovea::QueryOrder::kLatest,
                           fovea::QueryOrder::kScore}) {
    const auto cursor = fovea::DecodeClipCursor(text, "digest", order);
    if (!cursor.ok()) continue;
    if (cursor->given == 0 || cursor->last.span.empty()) std::abort();
    const auto again = fovea::DecodeClipCursor(
        fovea::EncodeClipCursor(*cursor, "digest", order), "digest", order);
    if (!again.ok() || !(*again == *cursor)) std::abort();
  }
  return 0;
}
