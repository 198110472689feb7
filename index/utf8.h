// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether text is text: names in queries are shown to people and carried by
// JSON, neither of which can do with loose bytes.

#ifndef FOVEA_INDEX_UTF8_H_
#define FOVEA_INDEX_UTF8_H_

#include <cstddef>
#include <string_view>

namespace fovea {

// Bytes at the beginning of `text` that are whole characters of UTF-8 as
// RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
size_t Utf8Prefix(std::string_view text);

inline bool IsUtf8(std::string_view text) {
  return Utf8Prefix(text) == text.size();
}

}  // namespace fovea

#endif  // FOVEA_INDEX_UTF8_H_
