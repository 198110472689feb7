// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pieces of JSON and XML for writers that stream.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_MARKUP_TEXT_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_MARKUP_TEXT_H_

#include <string>
#include <string_view>

namespace fovea::codec_internal {

// `text`, which is UTF-8, as a JSON string with its quotes.
std::string JsonText(std::string_view text);

// `text` as XML character data or the value of a double-quoted attribute;
// it must hold no control characters.
std::string XmlText(std::string_view text);

// The shortest decimal text that reads as the same number; it must be
// finite.
std::string NumberText(float value);
std::string NumberText(double value);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_MARKUP_TEXT_H_
