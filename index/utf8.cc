// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/utf8.h"

#include <cstdint>

namespace fovea {
namespace {

// First bytes of one kind, how many follow, and what the second one may be:
// its bounds are what keeps overlong forms and surrogates out.
struct Form {
  uint8_t first_least, first_most;
  size_t following;
  uint8_t second_least, second_most;
};
constexpr Form kForms[] = {
    {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf},
    {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
    {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf},
    {0xf4, 0xf4, 3, 0x80, 0x8f}};

uint8_t ByteAt(std::string_view text, size_t i) {
  return static_cast<uint8_t>(text[i]);
}

bool Follows(const Form& form, std::string_view text) {
  if (text.size() - 1 < form.following) return false;
  for (size_t i = 1; i <= form.following; ++i) {
    const uint8_t least = i == 1 ? form.second_least : 0x80;
    const uint8_t most = i == 1 ? form.second_most : 0xbf;
    if (ByteAt(text, i) < least || ByteAt(text, i) > most) return false;
  }
  return true;
}

// Bytes of the character that `text` (not empty) begins with; 0: none.
size_t CharacterBytes(std::string_view text) {
  const uint8_t first = ByteAt(text, 0);
  for (const Form& form : kForms) {
    if (first < form.first_least || first > form.first_most) continue;
    return Follows(form, text) ? 1 + form.following : 0;
  }
  return 0;
}

}  // namespace

size_t Utf8Prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t bytes = CharacterBytes(text.substr(at));
    if (bytes == 0) break;
    at += bytes;
  }
  return at;
}

}  // namespace fovea
