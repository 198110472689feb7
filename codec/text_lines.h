// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines and numbers of the small text formats people write by hand. All
// views point into the text.

#ifndef FOVEA_CODEC_TEXT_LINES_H_
#define FOVEA_CODEC_TEXT_LINES_H_

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace fovea {

// LF or CRLF; a byte order mark at the beginning is dropped.
class TextLines {
 public:
  explicit TextLines(std::string_view text) : rest_(text) {
    constexpr std::string_view kMark = "\xef\xbb\xbf";
    if (rest_.substr(0, kMark.size()) == kMark) {
      rest_.remove_prefix(kMark.size());
    }
  }

  // The next line without its end; false after the last.
  bool Next(std::string_view* line) {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    *line = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    if (!line->empty() && line->back() == '\r') line->remove_suffix(1);
    ++number_;
    return true;
  }

  int64_t number() const { return number_; }  // of the last line, from 1

 private:
  std::string_view rest_;
  int64_t number_ = 0;
};

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Words between blanks.
inline std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t i = 0; i < line.size();) {
    if (IsBlank(line[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < line.size() && !IsBlank(line[end])) ++end;
    words.push_back(line.substr(i, end - i));
    i = end;
  }
  return words;
}

// The whole of `word` as a decimal number; nullopt for anything else.
inline std::optional<int64_t> WholeNumber(std::string_view word) {
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return {};
  return value;
}

inline std::optional<double> FiniteNumber(std::string_view word) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return {};
  if (!std::isfinite(value)) return {};
  return value;
}

}  // namespace fovea

#endif  // FOVEA_CODEC_TEXT_LINES_H_
