// SPDX-License-Identifier: GPL-2.0-or-later

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/text_lines.h"
#include "sensitivity/model_card.h"

namespace fovea {
namespace {

// Bytes of the UTF-8 character at the beginning of `text` (not empty); 0
// when it is none. Overlong forms, surrogates and what lies beyond U+10FFFF
// are none (Unicode, table 3-7).
size_t CharacterBytes(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size_t size = lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4);
  if (text.size() < size) return 0;
  const uint8_t least = lead == 0xe0 ? 0xa0 : (lead == 0xf0 ? 0x90 : 0x80);
  const uint8_t most = lead == 0xed ? 0x9f : (lead == 0xf4 ? 0x8f : 0xbf);
  if (at(1) < least || at(1) > most) return 0;
  for (size_t i = 2; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

// What is wrong with a label; "" for nothing.
std::string LabelOffence(std::string_view line) {
  if (line.size() > kMaxLabelBytes) {
    return absl::StrCat("expected at most ", kMaxLabelBytes, " bytes, found ",
                        line.size());
  }
  for (size_t i = 0; i < line.size();) {
    const int byte = static_cast<uint8_t>(line[i]);
    if (byte < ' ' || byte == 0x7f) {
      return absl::StrCat("expected printable text, found byte ", byte,
                          " at column ", i + 1);
    }
    const size_t size = CharacterBytes(line.substr(i));
    if (size == 0) {
      return absl::StrCat("expected UTF-8, found byte ", byte, " at column ",
                          i + 1);
    }
    i += size;
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseLabels(const std::string& name,
                                                     const std::string& text) {
  std::vector<std::string> labels;
  size_t used = 0;
  TextLines lines(text);
  for (std::string_view line; lines.Next(&line);) {
    const std::string offence = LabelOffence(line);
    if (!offence.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": line ", lines.number(), ": ", offence));
    }
    if (labels.size() == kMaxLabels) {
      if (line.empty()) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": expected at most ", kMaxLabels, " labels, found more"));
    }
    labels.emplace_back(line);
    if (!line.empty()) used = labels.size();
  }
  if (used == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": expected a label per line, found none"));
  }
  labels.resize(used);
  return labels;
}

}  // namespace fovea
