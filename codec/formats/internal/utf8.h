// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text of files whose encoding nobody vouches for.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_UTF8_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace fovea::codec_internal {

// Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no
// surrogates, nothing beyond U+10FFFF.
bool IsUtf8(std::string_view text);

// For messages: its first `most` bytes or so, with "?" for what is no UTF-8
// or a control character.
std::string PrintableUtf8(std::string_view text, size_t most);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_UTF8_H_
