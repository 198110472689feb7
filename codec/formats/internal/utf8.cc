// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/utf8.h"

#include <cstdint>

namespace fovea::codec_internal {
namespace {

// Bytes of the well-formed sequence at the beginning of `text`, 0 for none.
size_t SequenceSize(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size() < size) return 0;
  // The second byte's range rules out overlong forms, surrogates and what
  // is beyond the last code point.
  const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (at(1) < low || at(1) > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = SequenceSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string PrintableUtf8(std::string_view text, size_t most) {
  std::string shown;
  while (!text.empty() && shown.size() < most) {
    const size_t size = SequenceSize(text);
    const auto first = static_cast<uint8_t>(text.front());
    if (size == 0 || first < 0x20 || first == 0x7f) {
      shown += '?';
    } else {
      shown.append(text.substr(0, size));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  if (!text.empty()) shown += "...";
  return shown;
}

}  // namespace fovea::codec_internal
