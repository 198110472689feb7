// SPDX-License-Identifier: GPL-2.0-or-later
//
//   rule        u8 digits (bits 0-1), zeros (bit 2), point (bit 3), notation
//               (bits 4-7); u8 count
//   exceptions  varint texts, each varint bytes and those; varint fields, each
//               varint gap from the one before (the first from 0) and varint
//               which text
//
// A number is taken apart into its digits and the power of ten of the first;
// notations only differ in how these are laid out.

#include "codec/print_rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "codec/byte_stream.h"

namespace fovea {
namespace {

constexpr int kNever = INT_MAX;
constexpr int kByCount = INT_MAX - 1;

// Fields on which all rules are tried; the best go on to all fields.
constexpr size_t kTriedFields = 200;
constexpr size_t kRulesOnAll = 4;

// How a notation lays digits out.
struct Layout {
  int low;   // least power of ten that is written out
  int high;  // least power of ten, above 1, that is not
  char letter;
  int width;            // digits of the exponent at least
  bool plus;            // sign of exponents above 0
  bool mantissa_point;  // 1.0E-4
};

constexpr std::array<Layout, 7> kLayouts = {{
    {-kNever, kNever, 'e', 1, false, false},
    {-4, kByCount, 'e', 2, true, false},
    {-4, 16, 'e', 2, true, false},
    {-6, 21, 'e', 1, true, false},
    {-3, 7, 'E', 1, false, true},
    {-4, 15, 'E', 2, true, false},
    {kNever, -kNever, 'e', 2, true, false},
}};

const Layout& LayoutOf(const PrintRule& rule) {
  return kLayouts[static_cast<size_t>(rule.notation)];
}

// digits[0].digits[1]... x 10^power; "0" for zero.
struct Decimal {
  bool negative = false;
  std::string digits;
  int power = 0;
};

// Of what to_chars wrote in scientific notation: -1.25e-05.
Decimal TakeApart(std::string_view text) {
  Decimal decimal;
  decimal.negative = text.front() == '-';
  if (decimal.negative) text.remove_prefix(1);
  const size_t letter = text.find('e');
  for (const char c : text.substr(0, letter)) {
    if (c != '.') decimal.digits += c;
  }
  std::string_view power = text.substr(letter + 1);
  if (power.front() == '+') power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), decimal.power);
  return decimal;
}

Decimal DigitsOf(const PrintRule& rule, double value) {
  std::array<char, 64> text;
  char* const end = text.data() + text.size();
  std::to_chars_result written = {};
  switch (rule.digits) {
    case PrintDigits::kShortestFloat:
      written = std::to_chars(text.data(), end, static_cast<float>(value),
                              std::chars_format::scientific);
      break;
    case PrintDigits::kSignificant:
      written = std::to_chars(text.data(), end, value,
                              std::chars_format::scientific, rule.count - 1);
      break;
    default:
      written =
          std::to_chars(text.data(), end, value, std::chars_format::scientific);
  }
  Decimal decimal = TakeApart({text.data(), written.ptr});
  if (!rule.zeros) {
    while (decimal.digits.size() > 1 && decimal.digits.back() == '0') {
      decimal.digits.pop_back();
    }
  }
  return decimal;
}

void AppendPower(const Layout& layout, int power, std::string* text) {
  *text += layout.letter;
  if (power < 0) *text += '-';
  if (power >= 0 && layout.plus) *text += '+';
  const std::string digits = std::to_string(std::abs(power));
  if (static_cast<int>(digits.size()) < layout.width) *text += '0';
  *text += digits;
}

void AppendPlain(const Decimal& decimal, bool point, std::string* text) {
  const std::string& digits = decimal.digits;
  const auto count = static_cast<int>(digits.size());
  if (decimal.power < 0) {
    *text += "0.";
    text->append(static_cast<size_t>(-decimal.power - 1), '0');
    *text += digits;
    return;
  }
  const int whole = decimal.power + 1;
  if (count > whole) {
    const auto split = static_cast<size_t>(whole);
    absl::StrAppend(text, digits.substr(0, split), ".", digits.substr(split));
    return;
  }
  *text += digits;
  text->append(static_cast<size_t>(whole - count), '0');
  if (point) *text += ".0";
}

void AppendLaidOut(const PrintRule& rule, const Decimal& decimal,
                   std::string* text) {
  const Layout& layout = LayoutOf(rule);
  const int high =
      layout.high == kByCount ? std::max<int>(rule.count, 1) : layout.high;
  if (decimal.negative) *text += '-';
  const bool zero = decimal.digits[0] == '0' && layout.low != kNever;
  if (zero || (decimal.power >= layout.low && decimal.power < high)) {
    AppendPlain(decimal, rule.point, text);
    return;
  }
  *text += decimal.digits[0];
  if (decimal.digits.size() > 1) {
    absl::StrAppend(text, ".", decimal.digits.substr(1));
  } else if (layout.mantissa_point) {
    *text += ".0";
  }
  AppendPower(layout, decimal.power, text);
}

// What the standard library lays out by itself, and soon: printf's notation,
// and the fewest digits of numbers that no notation but one writes with an
// exponent. False: nothing was appended.
bool AppendDirectly(const PrintRule& rule, double value, std::string* text) {
  const bool general = rule.digits == PrintDigits::kSignificant &&
                       rule.notation == PrintNotation::kPrintf && !rule.zeros;
  const bool single = rule.digits == PrintDigits::kShortestFloat;
  const double size = std::abs(single ? static_cast<float>(value) : value);
  const bool plain = rule.digits != PrintDigits::kSignificant && !rule.zeros &&
                     rule.notation != PrintNotation::kScientific &&
                     rule.notation != PrintNotation::kPrintf &&
                     (size == 0 || (size >= 1e-3 && size < 1e7));
  if (!general && !plain) return false;
  std::array<char, 64> room;
  char* const end = room.data() + room.size();
  std::to_chars_result written = {};
  if (general) {
    written = std::to_chars(room.data(), end, value, std::chars_format::general,
                            rule.count);
  } else if (single) {
    written = std::to_chars(room.data(), end, static_cast<float>(value),
                            std::chars_format::fixed);
  } else {
    written = std::to_chars(room.data(), end, value, std::chars_format::fixed);
  }
  const std::string_view number(room.data(),
                                static_cast<size_t>(written.ptr - room.data()));
  *text += number;
  if (rule.point && number.find_first_of(".e") == number.npos) *text += ".0";
  return true;
}

// So many places behind the point; notations do not matter.
void AppendDecimals(const PrintRule& rule, double value, std::string* text) {
  std::array<char, 400> room;  // 309 digits, a point and the places
  const auto written =
      std::to_chars(room.data(), room.data() + room.size(), value,
                    std::chars_format::fixed, rule.count);
  std::string_view number(room.data(),
                          static_cast<size_t>(written.ptr - room.data()));
  if (!rule.zeros && number.find('.') != number.npos) {
    number = number.substr(0, number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.remove_suffix(1);
  }
  *text += number;
  if (rule.point && number.find('.') == number.npos) *text += ".0";
}

// What a field shows of the rule it was written by.
struct Shape {
  uint8_t significant = 0;
  uint8_t decimals = 0;
};

Shape ShapeOf(std::string_view text) {
  const size_t letter = std::min(text.find_first_of("eE"), text.size());
  size_t significant = 0;
  size_t decimals = 0;
  bool behind = false;
  for (const char c : text.substr(0, letter)) {
    if (c == '.') behind = true;
    if (c < '0' || c > '9') continue;
    if (behind) ++decimals;
    if (significant > 0 || c != '0') ++significant;
  }
  return {
      static_cast<uint8_t>(std::clamp<size_t>(significant, 1, kMaxPrintDigits)),
      static_cast<uint8_t>(std::min<size_t>(decimals, kMaxPrintDigits))};
}

// The largest of all fields, and the most common one.
std::array<Shape, 2> ShapesOf(std::span<const std::string_view> texts) {
  Shape largest = {1, 0};
  std::array<size_t, kMaxPrintDigits + 1> significant = {};
  std::array<size_t, kMaxPrintDigits + 1> decimals = {};
  for (const std::string_view text : texts) {
    const Shape shape = ShapeOf(text);
    largest.significant = std::max(largest.significant, shape.significant);
    largest.decimals = std::max(largest.decimals, shape.decimals);
    ++significant[shape.significant];
    ++decimals[shape.decimals];
  }
  const auto most = [](const auto& counts) {
    return static_cast<uint8_t>(std::max_element(counts.begin(), counts.end()) -
                                counts.begin());
  };
  const Shape common = {std::max<uint8_t>(most(significant), 1),
                        most(decimals)};
  return {largest, common};
}

// Plausible ones first: which counts where a column has no exponents.
std::vector<PrintNotation> NotationsOf(PrintDigits digits) {
  using enum PrintNotation;
  if (digits == PrintDigits::kDecimals) return {kPlain};
  if (digits == PrintDigits::kSignificant) {
    return {kPrintf, kPlain, kPython, kJavaScript, kJava, kDotNet, kScientific};
  }
  return {kPlain, kPrintf, kPython, kJavaScript, kJava, kDotNet, kScientific};
}

// Adds rules that may have written fields of this shape, plausible ones first.
void AddCandidates(const Shape& shape, std::vector<PrintRule>* rules) {
  const std::array<PrintRule, 6> kinds = {{
      {.digits = PrintDigits::kShortest},
      {.digits = PrintDigits::kShortestFloat},
      {.digits = PrintDigits::kDecimals, .count = shape.decimals},
      {.digits = PrintDigits::kDecimals,
       .count = shape.decimals,
       .zeros = true},
      {.digits = PrintDigits::kSignificant, .count = shape.significant},
      {.digits = PrintDigits::kSignificant,
       .count = shape.significant,
       .zeros = true},
  }};
  for (PrintRule rule : kinds) {
    for (const PrintNotation notation : NotationsOf(rule.digits)) {
      rule.notation = notation;
      for (const bool point : {false, true}) {
        rule.point = point;
        if (std::find(rules->begin(), rules->end(), rule) == rules->end()) {
          rules->push_back(rule);
        }
      }
    }
  }
}

// Stops counting beyond `most`.
size_t CountMisses(const PrintRule& rule,
                   std::span<const std::string_view> texts,
                   std::span<const double> values, size_t stride, size_t most) {
  size_t misses = 0;
  for (size_t i = 0; i < texts.size() && misses <= most; i += stride) {
    misses += IsWrittenBy(rule, texts[i], values[i]) ? 0U : 1U;
  }
  return misses;
}

// The `count` rules of fewest misses among every `stride`-th field, best first.
std::vector<PrintRule> Best(const std::vector<PrintRule>& rules, size_t count,
                            std::span<const std::string_view> texts,
                            std::span<const double> values, size_t stride) {
  std::vector<std::pair<size_t, size_t>> order;
  for (size_t i = 0; i < rules.size(); ++i) {
    const bool full = order.size() == count;
    if (full && order.back().first == 0) break;  // of equals the first is best
    const size_t most = full ? order.back().first - 1 : SIZE_MAX;
    const size_t misses = CountMisses(rules[i], texts, values, stride, most);
    order.emplace_back(misses, i);
    std::sort(order.begin(), order.end());
    order.resize(std::min(order.size(), count));
  }
  std::vector<PrintRule> best;
  for (const auto& [misses, i] : order) best.push_back(rules[i]);
  return best;
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrCat("texts: ", what));
}

}  // namespace

void AppendPrinted(const PrintRule& rule, double value, std::string* text) {
  if (std::isnan(value)) {
    *text += "nan";
  } else if (std::isinf(value)) {
    *text += value < 0 ? "-inf" : "inf";
  } else if (rule.digits == PrintDigits::kDecimals) {
    AppendDecimals(rule, value, text);
  } else if (rule.digits == PrintDigits::kShortestFloat &&
             !(std::abs(value) <= 3.4028234663852886e38)) {
    *text += value < 0 ? "-inf" : "inf";
  } else if (!AppendDirectly(rule, value, text)) {
    AppendLaidOut(rule, DigitsOf(rule, value), text);
  }
}

std::string PrintRuleText(const PrintRule& rule) {
  const int count = rule.count;
  std::string text;
  switch (rule.digits) {
    case PrintDigits::kShortest:
      text = "shortest";
      break;
    case PrintDigits::kShortestFloat:
      text = "shortest float";
      break;
    case PrintDigits::kDecimals:
      text = rule.zeros ? absl::StrCat("%.", count, "f")
                        : absl::StrCat("at most ", count, " decimals");
      break;
    case PrintDigits::kSignificant:
      if (rule.notation == PrintNotation::kPrintf) {
        text = absl::StrCat(rule.zeros ? "%#." : "%.", count, "g");
      } else if (rule.notation == PrintNotation::kScientific && rule.zeros) {
        return absl::StrCat("%.", count - 1, "e");
      } else {
        text = absl::StrCat(rule.zeros ? "" : "at most ", count, " digits");
      }
  }
  constexpr std::array<const char*, 7> kNames = {
      "", "", ", Python", ", JavaScript", ", Java", ", .NET", ", scientific"};
  text += kNames[static_cast<size_t>(rule.notation)];
  if (rule.point) text += ", 2.0";
  return text;
}

std::string PrintRulesText(const PrintRules& rules) {
  std::vector<std::string> words;
  bool any = false;
  for (const auto& rule : rules) {
    any = any || rule.has_value();
    std::string word = rule ? PrintRuleText(*rule) : "unknown";
    if (std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(std::move(word));
    }
  }
  return any ? absl::StrJoin(words, "; ") : "";
}

PrintRule FitPrintRule(std::span<const std::string_view> texts,
                       std::span<const double> values) {
  std::vector<PrintRule> candidates;
  for (const Shape& shape : ShapesOf(texts)) AddCandidates(shape, &candidates);
  const size_t stride = texts.size() / kTriedFields + 1;
  return Best(Best(candidates, kRulesOnAll, texts, values, stride), 1, texts,
              values, 1)[0];
}

TextExceptions FindTextExceptions(const PrintRule& rule,
                                  std::span<const std::string_view> texts,
                                  std::span<const double> values) {
  TextExceptions exceptions;
  std::map<std::string_view, size_t> known;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (IsWrittenBy(rule, texts[i], values[i])) continue;
    const auto [at, fresh] = known.emplace(texts[i], known.size());
    if (fresh) exceptions.texts.emplace_back(texts[i]);
    exceptions.fields.emplace_back(i, at->second);
  }
  return exceptions;
}

void PutPrintRule(const PrintRule& rule, std::vector<uint8_t>* out) {
  out->push_back(static_cast<uint8_t>(
      static_cast<int>(rule.digits) | (rule.zeros ? 4 : 0) |
      (rule.point ? 8 : 0) | static_cast<int>(rule.notation) << 4));
  out->push_back(rule.count);
}

absl::StatusOr<PrintRule> ReadPrintRule(ByteReader* in) {
  const uint8_t head = in->U8();
  const PrintRule rule = {static_cast<PrintDigits>(head & 3), in->U8(),
                          static_cast<PrintNotation>(head >> 4),
                          (head & 4) != 0, (head & 8) != 0};
  const bool counted = rule.digits == PrintDigits::kSignificant ||
                       rule.digits == PrintDigits::kDecimals;
  const uint8_t most = counted ? kMaxPrintDigits : 0;
  const uint8_t least = rule.digits == PrintDigits::kSignificant ? 1 : 0;
  if (!in->ok() || (head >> 4) >= static_cast<int>(kLayouts.size()) ||
      rule.count < least || rule.count > most) {
    return Damaged("unknown print rule");
  }
  return rule;
}

void PutTextExceptions(const TextExceptions& exceptions,
                       std::vector<uint8_t>* out) {
  PutVarint(exceptions.texts.size(), out);
  for (const std::string& text : exceptions.texts) {
    PutVarint(text.size(), out);
    out->insert(out->end(), text.begin(), text.end());
  }
  PutVarint(exceptions.fields.size(), out);
  size_t before = 0;
  for (const auto& [field, which] : exceptions.fields) {
    PutVarint(field - before, out);
    PutVarint(which, out);
    before = field;
  }
}

absl::StatusOr<TextExceptions> ReadTextExceptions(ByteReader* in,
                                                  size_t fields) {
  TextExceptions exceptions;
  const uint64_t texts = in->Varint();
  if (texts > in->remaining()) return Damaged("too many of them");
  for (uint64_t i = 0; i < texts; ++i) {
    const auto text = in->Take(in->Varint());
    if (!in->ok()) return Damaged("they end early");
    exceptions.texts.emplace_back(text.begin(), text.end());
  }
  const uint64_t count = in->Varint();
  if (!in->ok() || count > fields || count > in->remaining() / 2) {
    return Damaged("too many fields");
  }
  uint64_t field = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t gap = in->Varint();
    const uint64_t which = in->Varint();
    if (!in->ok() || gap >= fields - field || (i > 0 && gap == 0) ||
        which >= texts) {
      return Damaged("a field out of range");
    }
    field += gap;
    exceptions.fields.emplace_back(field, which);
  }
  return exceptions;
}

}  // namespace fovea
