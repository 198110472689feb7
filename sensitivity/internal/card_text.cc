// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/card_text.h"

#include <charconv>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fovea {
namespace internal {

std::string NumberText(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

bool HasClassScores(DecoderKind kind) {
  return kind == DecoderKind::kClassifier ||
         kind == DecoderKind::kSegmentation ||
         kind == DecoderKind::kImuClassifier;
}

}  // namespace internal

using internal::HasClassScores;
using internal::NumberText;

std::string ModelCard::Canonical() const {
  // What is left out has no effect on models of this kind.
  std::string text = absl::StrCat("card 1\ndecoder ", DecoderName(decoder));
  const auto append = [&](const char* key, const auto& value) {
    absl::StrAppend(&text, "\n", key, " ", value);
  };
  const auto numbers = [](std::span<const double> values) {
    return absl::StrJoin(values, " ", [](std::string* out, double value) {
      out->append(NumberText(value));
    });
  };
  if (IsDetector(decoder)) append("threshold", NumberText(threshold));
  if (IsProgram(decoder)) {
    for (const std::string& word : command) append("word", word);
  } else {
    if (HasClassScores(decoder)) append("probabilities", probabilities);
    append("channels_last", channels_last);
  }
  if (TakesWindows(decoder)) {
    append("window", window);
    append("rate", NumberText(rate_hz));
    append("channels", absl::StrJoin(channels, " "));
  }
  if (decoder == DecoderKind::kImuClassifier) {
    append("mean", numbers(channel_mean));
    append("deviation", numbers(channel_deviation));
  }
  if (IsProgram(decoder) || TakesWindows(decoder)) return text + "\n";
  append("size", absl::StrCat(width, " ", height));
  append("color", grey ? "grey" : (rgb ? "rgb" : "bgr"));
  append("fit", fit == Fit::kLetterbox ? absl::StrCat(fill, " ", trim) : "-");
  const size_t used = grey ? 1 : 3;
  append("mean", numbers(std::span(mean).first(used)));
  append("deviation", numbers(std::span(deviation).first(used)));
  return text + "\n";
}

}  // namespace fovea
