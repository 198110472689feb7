// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small left-to-right reader; civil dates by the days-from-epoch method
// of the proleptic Gregorian calendar, so that neither the time zone data
// base nor the C locale is consulted.

#include "api/time_text.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

using Wide = __int128;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// Times after this can only be instants: no recording lasts 31 years.
constexpr int64_t kFirstInstant = 1'000'000'000 * kSecond;

struct Unit {
  const char* name;
  int64_t ns;
};
// Longest names first, so that "ms" is not read as "m".
constexpr std::array<Unit, 7> kUnits = {{{"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1},
                                         {"d", kDay},
                                         {"h", kHour},
                                         {"m", kMinute},
                                         {"s", kSecond}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }

  bool Take(const char* word) {
    const std::string expected(word);
    if (text_.compare(at_, expected.size(), expected) != 0) return false;
    at_ += expected.size();
    return true;
  }

  // Between `least` and `most` digits.
  std::optional<int64_t> TakeInteger(size_t least, size_t most) {
    size_t end = at_;
    while (end < text_.size() && IsDigit(text_[end]) && end - at_ < most) ++end;
    if (end - at_ < least) return std::nullopt;
    Wide value = 0;  // `most` is 19 at most
    for (; at_ < end; ++at_) value = value * 10 + (text_[at_] - '0');
    if (value > INT64_MAX) return std::nullopt;
    return static_cast<int64_t>(value);
  }

  // The digits after a point, as a whole number of 10^-places; digits
  // beyond must be zero, for nothing is rounded silently.
  std::optional<int64_t> TakeFraction(int places) {
    const size_t begin = at_;
    int64_t value = 0;
    for (; at_ < text_.size() && IsDigit(text_[at_]); ++at_) {
      const int digit = text_[at_] - '0';
      if (static_cast<int>(at_ - begin) < places) {
        value = value * 10 + digit;
      } else if (digit != 0) {
        return std::nullopt;
      }
    }
    if (at_ == begin) return std::nullopt;
    for (size_t n = at_ - begin; n < static_cast<size_t>(places); ++n) {
      value *= 10;
    }
    return value;
  }

 private:
  const std::string& text_;
  size_t at_ = 0;
};

absl::Status BadTime(const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", text,
                   "' is not a time; expected such as 10s, 1m20s, 250ms, 12.5 "
                   "or 2026-01-05T10:00:00Z"));
}

absl::StatusOr<int64_t> ToInt64(Wide ns, const std::string& text) {
  if (ns > INT64_MAX || ns < INT64_MIN) {
    return absl::OutOfRangeError(
        absl::StrCat("'", text, "' is beyond 292 years"));
  }
  return static_cast<int64_t>(ns);
}

// Decimal places of a unit that are still whole nanoseconds when the unit
// is a power of ten; longer units take nine places of themselves.
Wide Scaled(int64_t whole, int64_t billionths, int64_t unit_ns, bool* exact) {
  const Wide fraction = static_cast<Wide>(billionths) * unit_ns;
  *exact = fraction % kSecond == 0;
  return static_cast<Wide>(whole) * unit_ns + fraction / kSecond;
}

std::optional<int64_t> TakeUnit(Reader& reader) {
  for (const Unit& unit : kUnits) {
    if (reader.Take(unit.name)) return unit.ns;
  }
  return std::nullopt;
}

// One number with its unit, added to *sum. *last_unit falls from part to
// part; a bare number is seconds and stands alone.
bool TakePart(Reader& reader, bool first, int64_t* last_unit, Wide* sum) {
  const auto whole = reader.TakeInteger(1, 19);
  if (!whole) return false;
  int64_t billionths = 0;
  if (reader.Take(".")) {
    const auto fraction = reader.TakeFraction(9);
    if (!fraction) return false;
    billionths = *fraction;
  }
  int64_t unit = kSecond;
  if (!(first && reader.done())) {
    const auto named = TakeUnit(reader);
    if (!named || *named >= *last_unit) return false;
    unit = *named;
  }
  bool exact = false;
  *sum += Scaled(*whole, billionths, unit, &exact);
  *last_unit = unit;
  return exact;
}

absl::StatusOr<int64_t> ParseParts(const std::string& text) {
  Reader reader(text);
  const bool negative = reader.Take("-");
  Wide sum = 0;
  int64_t last_unit = INT64_MAX;
  bool first = true;
  do {
    if (!TakePart(reader, first, &last_unit, &sum)) return BadTime(text);
    first = false;
  } while (!reader.done());
  return ToInt64(negative ? -sum : sum, text);
}

int64_t DaysFromEpoch(int64_t year, int64_t month, int64_t day) {
  // Years begin in March, so that the leap day is the last of its year.
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct CivilDate {
  int64_t year;
  int64_t month;
  int64_t day;
};

CivilDate DateOfDays(int64_t days) {
  const int64_t z = days + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t day_of_era = z - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36524 - day_of_era / 146096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t mp = (5 * day_of_year + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * mp + 2) / 5 + 1};
}

bool DateExists(int64_t year, int64_t month, int64_t day) {
  if (month < 1 || month > 12 || day < 1) return false;
  const CivilDate same = DateOfDays(DaysFromEpoch(year, month, day));
  return same.month == month && same.day == day;
}

std::optional<Wide> TakeDate(Reader& reader) {
  const auto year = reader.TakeInteger(4, 4);
  if (!year || !reader.Take("-")) return std::nullopt;
  const auto month = reader.TakeInteger(2, 2);
  if (!month || !reader.Take("-")) return std::nullopt;
  const auto day = reader.TakeInteger(2, 2);
  if (!day || !DateExists(*year, *month, *day)) return std::nullopt;
  return static_cast<Wide>(DaysFromEpoch(*year, *month, *day)) * kDay;
}

std::optional<int64_t> TakeHoursMinutes(Reader& reader) {
  const auto hours = reader.TakeInteger(2, 2);
  if (!hours || *hours > 23 || !reader.Take(":")) return std::nullopt;
  const auto minutes = reader.TakeInteger(2, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return *hours * kHour + *minutes * kMinute;
}

std::optional<int64_t> TakeSeconds(Reader& reader) {
  if (!reader.Take(":")) return 0;
  const auto seconds = reader.TakeInteger(2, 2);
  if (!seconds || *seconds > 60) return std::nullopt;
  if (!reader.Take(".")) return *seconds * kSecond;
  const auto fraction = reader.TakeFraction(9);
  if (!fraction) return std::nullopt;
  return *seconds * kSecond + *fraction;
}

std::optional<int64_t> TakeOffset(Reader& reader) {
  if (reader.done() || reader.Take("Z") || reader.Take("z")) return 0;
  const bool east = reader.Take("+");
  if (!east && !reader.Take("-")) return std::nullopt;
  const auto offset = TakeHoursMinutes(reader);
  if (!offset) return std::nullopt;
  return east ? *offset : -*offset;
}

absl::StatusOr<int64_t> ParseInstant(const std::string& text) {
  Reader reader(text);
  const auto date = TakeDate(reader);
  if (!date) return BadTime(text);
  if (reader.done()) return ToInt64(*date, text);
  if (!reader.Take("T") && !reader.Take("t") && !reader.Take(" ")) {
    return BadTime(text);
  }
  const auto minutes = TakeHoursMinutes(reader);
  if (!minutes) return BadTime(text);
  const auto seconds = TakeSeconds(reader);
  if (!seconds) return BadTime(text);
  const auto offset = TakeOffset(reader);
  if (!offset || !reader.done()) return BadTime(text);
  return ToInt64(*date + *minutes + *seconds - *offset, text);
}

// A date is four digits and a dash.
bool LooksLikeInstant(const std::string& text) {
  if (text.size() < 5 || text[4] != '-') return false;
  for (int i = 0; i < 4; ++i) {
    if (!IsDigit(text[static_cast<size_t>(i)])) return false;
  }
  return true;
}

std::string Decimals(uint64_t billionths) {
  if (billionths == 0) return "";
  char digits[16];
  std::snprintf(digits, sizeof(digits), ".%09u",
                static_cast<unsigned>(billionths));
  std::string text = digits;
  while (text.back() == '0') text.pop_back();
  return text;
}

// What is left below a minute, in the largest unit that fits.
std::string ExactSeconds(uint64_t ns) {
  const auto in = [ns](uint64_t unit, const char* name) {
    const uint64_t billionths =
        ns % unit * (static_cast<uint64_t>(kSecond) / unit);
    return absl::StrCat(ns / unit, Decimals(billionths), name);
  };
  if (ns >= 1'000'000'000) return in(1'000'000'000, "s");
  if (ns >= 1'000'000) return in(1'000'000, "ms");
  if (ns >= 1'000) return in(1'000, "us");
  return in(1, "ns");
}

std::string ThreePlaces(double value, const char* unit) {
  char text[32];
  const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  std::string number = text;
  if (decimals > 0) {
    while (number.back() == '0') number.pop_back();
    if (number.back() == '.') number.pop_back();
  }
  return number + " " + unit;
}

std::string LongDuration(uint64_t seconds) {
  char text[48];
  const auto part = [](uint64_t v) { return static_cast<unsigned>(v); };
  if (seconds < 3600) {
    std::snprintf(text, sizeof(text), "%um%02us", part(seconds / 60),
                  part(seconds % 60));
  } else {
    std::snprintf(text, sizeof(text), "%lluh%02um",
                  static_cast<unsigned long long>(seconds / 3600),
                  part(seconds / 60 % 60));
  }
  return text;
}

uint64_t Magnitude(int64_t ns) {
  return ns < 0 ? uint64_t{0} - static_cast<uint64_t>(ns)
                : static_cast<uint64_t>(ns);
}

}  // namespace

absl::StatusOr<int64_t> ParseTimeText(const std::string& text) {
  return LooksLikeInstant(text) ? ParseInstant(text) : ParseParts(text);
}

absl::StatusOr<int64_t> ParseDurationText(const std::string& text) {
  auto ns = ParseParts(text);
  if (ns.ok() && *ns < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is negative; expected such as 10s"));
  }
  return ns;
}

std::string FormatDuration(int64_t ns) {
  const std::string sign = ns < 0 ? "-" : "";
  const uint64_t length = Magnitude(ns);
  const auto value = static_cast<double>(length);
  if (length == 0) return "0 s";
  if (length < 1'000) return sign + ThreePlaces(value, "ns");
  if (length < 1'000'000) return sign + ThreePlaces(value / 1e3, "us");
  if (length < 1'000'000'000) return sign + ThreePlaces(value / 1e6, "ms");
  if (length < 59'950'000'000) return sign + ThreePlaces(value / 1e9, "s");
  return sign + LongDuration((length + 500'000'000) / 1'000'000'000);
}

std::string FormatExactDuration(int64_t ns) {
  if (ns == 0) return "0s";
  const uint64_t length = Magnitude(ns);
  const uint64_t hours = length / static_cast<uint64_t>(kHour);
  const uint64_t minutes = length / static_cast<uint64_t>(kMinute) % 60;
  const uint64_t rest = length % static_cast<uint64_t>(kMinute);
  std::string text = ns < 0 ? "-" : "";
  if (hours > 0) absl::StrAppend(&text, hours, "h");
  if (minutes > 0) absl::StrAppend(&text, minutes, "m");
  if (rest > 0) text += ExactSeconds(rest);
  return text;
}

std::string FormatExactTime(int64_t ns) {
  return IsInstant(ns) ? FormatRfc3339(ns) : FormatExactDuration(ns);
}

std::string FormatRfc3339(int64_t ns) {
  int64_t days = ns / kDay;
  int64_t rest = ns % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const CivilDate date = DateOfDays(days);
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d",
                static_cast<int>(date.year), static_cast<int>(date.month),
                static_cast<int>(date.day), static_cast<int>(rest / kHour),
                static_cast<int>(rest / kMinute % 60),
                static_cast<int>(rest / kSecond % 60));
  return text + Decimals(static_cast<uint64_t>(rest % kSecond)) + "Z";
}

bool IsInstant(int64_t ns) { return ns >= kFirstInstant; }

std::string FormatStreamTime(int64_t ns) {
  if (IsInstant(ns)) return FormatRfc3339(ns);
  const uint64_t length = Magnitude(ns);
  const uint64_t second = static_cast<uint64_t>(kSecond);
  return absl::StrCat(ns < 0 ? "-" : "", length / second,
                      Decimals(length % second), " s");
}

}  // namespace fovea
