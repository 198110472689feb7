// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/internal/query_words.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "codec/nearest_name.h"

namespace fovea {
namespace {

// Neither sign nor digits begin a name, so that numbers and times are never
// taken for one.
bool BeginsLikeNumber(std::string_view text) {
  return absl::ascii_isdigit(static_cast<unsigned char>(text[0])) ||
         text[0] == '-' || text[0] == '+' || text[0] == '.';
}

bool IsNameByte(char c) {
  return IsWordByte(c) &&
         std::string_view("*?%+^").find(c) == std::string_view::npos;
}

std::string Sorted(std::string text) {
  std::sort(text.begin(), text.end());
  return text;
}

// Escape of a byte between quotes; "" for none.
std::string Escape(char c) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<uint8_t>(c);
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (byte >= 0x20 && byte != 0x7f) return "";
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

}  // namespace

const std::vector<std::string>& ReservedWords() {
  static const auto* const words = new std::vector<std::string>{
      "above", "among", "and",     "anything", "below",    "by",    "crosses",
      "for",   "from",  "in",      "inside",   "lasting",  "left",  "limit",
      "not",   "on",    "or",      "order",    "overlaps", "right", "score",
      "then",  "to",    "touches", "with",     "within"};
  return *words;
}

bool IsReserved(std::string_view word) {
  return std::ranges::find(ReservedWords(), word) != ReservedWords().end();
}

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || byte >= 0x80 ||
         std::string_view("_-./:*?%+^").find(c) != std::string_view::npos;
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && !BeginsLikeNumber(name) && !IsReserved(name) &&
         std::ranges::all_of(name, IsNameByte);
}

bool IsPlainPattern(std::string_view pattern) {
  return !pattern.empty() && !IsReserved(pattern) &&
         std::ranges::all_of(pattern, IsWordByte);
}

bool IsPlainUnit(std::string_view unit) {
  return IsPlainPattern(unit) && !BeginsLikeNumber(unit);
}

std::string Quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    const std::string escape = Escape(c);
    if (escape.empty()) {
      text += c;
    } else {
      text += escape;
    }
  }
  return text + "\"";
}

std::string NameText(std::string_view name) {
  return IsPlainName(name) ? std::string(name) : Quoted(name);
}

std::string PatternText(std::string_view pattern) {
  return IsPlainPattern(pattern) ? std::string(pattern) : Quoted(pattern);
}

std::string UnitText(std::string_view unit) {
  return IsPlainUnit(unit) ? std::string(unit) : Quoted(unit);
}

std::string NumberText(double number) {
  char digits[32];
  const auto [end, error] =
      std::to_chars(digits, digits + sizeof(digits), number);
  return {digits, error == std::errc() ? end : digits};
}

std::optional<double> ParseQueryNumber(std::string_view text) {
  // from_chars() also knows "inf" and "nan".
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() ||
      !absl::ascii_isdigit(static_cast<unsigned char>(digits[0]))) {
    return std::nullopt;
  }
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::string LengthText(const Length& length) {
  return absl::StrCat(NumberText(length.value), length.percent ? "%" : "");
}

std::optional<Length> ParseQueryLength(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const std::optional<double> value = ParseQueryNumber(text);
  if (!value.has_value()) return std::nullopt;
  return Length{*value, percent};
}

std::string DidYouMean(std::string_view typed,
                       const std::vector<std::string>& known) {
  const std::string word = absl::AsciiStrToLower(std::string(typed));
  // Of short words any two are near: letters in another order are the
  // likeliest slip, then one that comes later than the first.
  std::vector<std::string> same_letters, same_start;
  for (const std::string& name : known) {
    if (Sorted(name) == Sorted(word)) same_letters.push_back(name);
    if (name[0] == word[0]) same_start.push_back(name);
  }
  const std::string nearest =
      NearestName(word, same_letters.empty() ? same_start : same_letters);
  if (nearest.empty() || nearest == typed) return "";
  return absl::StrCat("; did you mean '", nearest, "'?");
}

}  // namespace fovea
