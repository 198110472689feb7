// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a text is what a rule gives for a value, without printing it where
// that can be told: correctly rounded printing of n digits gives the integer
// next to value * 10^k, and that is what the text's digits have to be.

#include <array>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/print_rule.h"

namespace fovea {
namespace {

constexpr int kMostDigits = 17;       // 10^17 is below 2^57
constexpr int kMostExactDigits = 15;  // all such decimals are different doubles
constexpr int kMostExactPower = 22;   // 10^22 is a double

// Each is exact in 64 bits of mantissa.
constexpr std::array<long double, 28> kPowers = {
    1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
    1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
    1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};

// A text like -12.50: digits 1250, of which 2 are behind the point.
struct PlainNumber {
  bool negative = false;
  uint64_t digits = 0;
  int significant = 0;  // digits from the first that is not zero
  int decimals = 0;

  int power() const { return significant - 1 - decimals; }
};

// No exponent, no '+', no zeros in front, at most kMostDigits.
std::optional<PlainNumber> ReadPlain(std::string_view text) {
  PlainNumber number;
  number.negative = !text.empty() && text.front() == '-';
  if (number.negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const size_t whole = point == text.npos ? text.size() : point;
  if (whole == 0 || whole + 1 == text.size()) return std::nullopt;
  if (whole > 1 && text.front() == '0') return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == whole) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number.digits = number.digits * 10 + static_cast<uint64_t>(text[i] - '0');
    if (number.digits != 0) ++number.significant;
    if (number.significant > kMostDigits) return std::nullopt;
  }
  number.decimals =
      point == text.npos ? 0 : static_cast<int>(text.size() - point - 1);
  return number;
}

// Whether `digits` is the integer next to size * 10^power, and clearly so.
bool IsNext(double size, uint64_t digits, int power) {
  if constexpr (LDBL_MANT_DIG < 64) return false;
  if (power < 0 || power >= static_cast<int>(kPowers.size())) return false;
  // The product is within 2^-8 of the true one.
  const long double product =
      static_cast<long double>(size) * kPowers[static_cast<size_t>(power)];
  return std::abs(product - static_cast<long double>(digits)) < 0.49L;
}

// Takes off the ".0" that whole numbers have under rules that say so; false:
// the end of the number is not one that a rule without zeros writes.
bool EndsAsWithoutZeros(bool point, PlainNumber* number) {
  const bool zero = number->digits % 10 == 0;
  if (point && number->decimals == 1 && zero) {
    number->digits /= 10;
    number->decimals = 0;
    if (number->significant > 0) --number->significant;
    return true;
  }
  return number->decimals == 0 ? !point : !zero;
}

bool IsSignificant(const PrintRule& rule, PlainNumber number, double size) {
  if (!EndsAsWithoutZeros(rule.point, &number)) return false;
  if (number.digits == 0) return size == 0;
  const int count = rule.count;
  const int missing = count - number.significant;
  if (missing < 0 || count > kMostDigits || number.power() < -4 ||
      number.power() >= count) {
    return false;
  }
  const auto scale =
      static_cast<uint64_t>(kPowers[static_cast<size_t>(missing)]);
  const uint64_t digits = number.digits * scale;
  // Below a power of ten the last digit is finer than the text's.
  const auto least =
      static_cast<uint64_t>(kPowers[static_cast<size_t>(count - 1)]);
  return digits != least && IsNext(size, digits, number.decimals + missing);
}

bool IsShortest(const PrintRule& rule, PlainNumber number, double size) {
  if (!EndsAsWithoutZeros(rule.point, &number)) return false;
  if (number.digits == 0) return size == 0;
  if (number.significant > kMostExactDigits ||
      number.decimals > kMostExactPower || size < 1e-3 || size >= 1e7) {
    return false;
  }
  const auto power =
      static_cast<double>(kPowers[static_cast<size_t>(number.decimals)]);
  return static_cast<double>(number.digits) / power == size;
}

// False: it is not known.
bool IsSurelyWrittenBy(const PrintRule& rule, std::string_view text,
                       double value) {
  const auto number = ReadPlain(text);
  if (!number || number->negative != std::signbit(value)) return false;
  const double size = std::abs(value);
  switch (rule.digits) {
    case PrintDigits::kDecimals:
      return rule.zeros && !(rule.point && rule.count == 0) &&
             number->decimals == rule.count &&
             IsNext(size, number->digits, rule.count);
    case PrintDigits::kSignificant:
      return !rule.zeros && rule.notation == PrintNotation::kPrintf &&
             IsSignificant(rule, *number, size);
    case PrintDigits::kShortest:
      return !rule.zeros && rule.notation != PrintNotation::kPrintf &&
             rule.notation != PrintNotation::kScientific &&
             IsShortest(rule, *number, size);
    case PrintDigits::kShortestFloat:
      return false;
  }
  return false;
}

}  // namespace

bool IsWrittenBy(const PrintRule& rule, std::string_view text, double value) {
  if (IsSurelyWrittenBy(rule, text, value)) return true;
  std::string printed;
  AppendPrinted(rule, value, &printed);
  return printed == text;
}

}  // namespace fovea
