// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/internal/query_lexer.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/internal/query_words.h"

namespace fovea {
namespace {

using Kind = QueryToken::Kind;

bool IsControl(char c) {
  return absl::ascii_iscntrl(static_cast<unsigned char>(c));
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  QueryToken Next() {
    SkipBlanks();
    const size_t begin = at_;
    if (begin == text_.size()) return {Kind::kEnd, "", begin};
    const char first = text_[begin];
    if (first == '"') return Quoted();
    if (IsWordByte(first)) return Word();
    if (first == '<' || first == '>') {
      at_ += text_.substr(begin + 1, 1) == "=" ? 2 : 1;
      return {Kind::kSymbol, std::string(text_.substr(begin, at_ - begin)),
              begin};
    }
    if (std::string_view("(),|=").find(first) != std::string_view::npos) {
      ++at_;
      return {Kind::kSymbol, std::string(1, first), begin};
    }
    return Bad(begin, Misplaced(first));
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) {
        ++at_;
      } else {
        return;
      }
    }
  }

  QueryToken Word() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsWordByte(text_[at_])) ++at_;
    return {Kind::kWord, std::string(text_.substr(begin, at_ - begin)), begin};
  }

  QueryToken Quoted() {
    QueryToken token = {Kind::kQuoted, "", at_++};
    while (at_ < text_.size() && text_[at_] != '"') {
      const size_t begin = at_;
      const char c = text_[at_++];
      if (IsControl(c)) return Bad(token.offset, kUnclosed);
      if (c != '\\') {
        token.text += c;
      } else if (!TakeEscape(&token.text)) {
        return Bad(begin, kNoEscape);
      }
    }
    if (at_ == text_.size()) return Bad(token.offset, kUnclosed);
    ++at_;
    return token;
  }

  // What stands behind a backslash.
  bool TakeEscape(std::string* out) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    if (c == 'x') return TakeByte(out);
    constexpr std::string_view kWritten = "\"\\nrt", kMeant = "\"\\\n\r\t";
    const size_t i = kWritten.find(c);
    if (i == std::string_view::npos) return false;
    *out += kMeant[i];
    return true;
  }

  // Two digits; only single bytes are characters, so none above 7f.
  bool TakeByte(std::string* out) {
    const std::string_view digits = text_.substr(at_, 2);
    unsigned byte = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || stop != digits.data() + 2 || byte > 0x7f) {
      return false;
    }
    at_ += 2;
    *out += static_cast<char>(byte);
    return true;
  }

  static QueryToken Bad(size_t offset, std::string why) {
    return {Kind::kBad, std::move(why), offset};
  }

  static std::string Misplaced(char c) {
    if (c == '&') return "unexpected '&'; say 'and'";
    if (c == '!') return "unexpected '!'; say 'not'";
    if (c == '\'') return "unexpected '; names are quoted with \"";
    if (IsControl(c)) {
      return absl::StrCat("unexpected byte ", static_cast<int>(c));
    }
    return absl::StrCat("unexpected '", std::string(1, c),
                        "'; names that hold it are quoted with \"");
  }

  static constexpr char kUnclosed[] =
      "expected '\"' at the end of this name, on its line";
  static constexpr char kNoEscape[] =
      "expected \\\" \\\\ \\n \\r \\t or \\x00 to \\x7f";

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::vector<QueryToken> ReadQueryTokens(std::string_view text) {
  Lexer lexer(text);
  std::vector<QueryToken> tokens;
  do {
    tokens.push_back(lexer.Next());
  } while (tokens.back().kind != Kind::kEnd &&
           tokens.back().kind != Kind::kBad);
  return tokens;
}

}  // namespace fovea
