// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/csv_parser.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr int kMaxDigits = 36;  // of a time; 10^36 fits 128 bits
constexpr int kMaxExponent = 400;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view Trim(std::string_view field) {
  while (!field.empty() && IsBlank(field.front())) field.remove_prefix(1);
  while (!field.empty() && IsBlank(field.back())) field.remove_suffix(1);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    field = Trim(field.substr(1, field.size() - 2));
  }
  return field;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Sign, digits and exponent of a decimal number: digits * 10^exponent.
struct Decimal {
  bool negative = false;
  std::string digits;
  int exponent = 0;
};

bool TakeSign(std::string_view* text) {
  if (text->empty()) return false;
  const bool negative = text->front() == '-';
  if (negative || text->front() == '+') text->remove_prefix(1);
  return negative;
}

std::optional<Decimal> ParseDecimal(std::string_view text) {
  Decimal decimal;
  decimal.negative = TakeSign(&text);
  bool any = false;
  bool point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text[0] == '.' && !point) {
      point = true;
    } else if (IsDigit(text[0])) {
      any = true;
      if (!decimal.digits.empty() || text[0] != '0') {
        decimal.digits.push_back(text[0]);
      }
      if (point) --decimal.exponent;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (text.empty()) return decimal;
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool negative = TakeSign(&text);
  int exponent = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size() ||
      exponent < 0 || exponent > kMaxExponent) {
    return std::nullopt;
  }
  decimal.exponent += negative ? -exponent : exponent;
  return decimal;
}

// Cuts `count` digits off the end, rounding half to even.
__int128 RoundedValue(const std::string& digits, size_t count) {
  const size_t kept = digits.size() - std::min(count, digits.size());
  __int128 value = 0;
  for (size_t i = 0; i < kept; ++i) value = value * 10 + (digits[i] - '0');
  if (count == 0 || count > digits.size()) return value;
  const std::string_view cut = std::string_view(digits).substr(kept);
  const bool tail = cut.substr(1).find_first_not_of('0') != cut.npos;
  const bool above = cut[0] > '5' || (cut[0] == '5' && tail);
  const bool tie = cut[0] == '5' && !tail;
  return value + (above || (tie && value % 2 != 0) ? 1 : 0);
}

}  // namespace

struct LineReader::Impl {
  std::FILE* file = nullptr;
  std::array<char, 65536> buffer;
  size_t next = 0;
  size_t filled = 0;
};

LineReader::LineReader(std::string path, size_t max_line_bytes,
                       const std::atomic<bool>* stop)
    : path_(std::move(path)),
      max_line_bytes_(max_line_bytes),
      stop_(stop),
      impl_(std::make_unique<Impl>()) {}

LineReader::~LineReader() {
  if (impl_->file != nullptr) std::fclose(impl_->file);
}

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(
    const std::string& path, size_t max_line_bytes,
    const std::atomic<bool>* stop) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a folder, expected a text file"));
  }
  std::unique_ptr<LineReader> reader(
      new LineReader(path, max_line_bytes, stop));
  reader->impl_->file = std::fopen(path.c_str(), "rbe");
  if (reader->impl_->file == nullptr) {
    return absl::ErrnoToStatus(errno, path);
  }
  return reader;
}

bool LineReader::Refill() {
  if (stop_ != nullptr && stop_->load()) {
    status_ = absl::CancelledError(absl::StrCat(path_, ": interrupted"));
    return false;
  }
  impl_->next = 0;
  impl_->filled =
      std::fread(impl_->buffer.data(), 1, impl_->buffer.size(), impl_->file);
  if (impl_->filled == 0 && std::ferror(impl_->file) != 0) {
    status_ = absl::ErrnoToStatus(EIO, absl::StrCat(path_, ": read"));
  }
  return impl_->filled > 0;
}

void LineReader::FinishLine(std::string* line) {
  ++line_number_;
  if (!line->empty() && line->back() == '\r') line->pop_back();
  if (line_number_ == 1 && line->rfind("\xEF\xBB\xBF", 0) == 0) {
    line->erase(0, 3);
  }
}

// Adds to the line, or, once it is too long, to the count of what is left
// out.
void LineReader::Take(const char* begin, size_t size, std::string* line) {
  if (overlong_bytes_ == 0 && size <= max_line_bytes_ - line->size()) {
    line->append(begin, size);
    return;
  }
  overlong_bytes_ += line->size() + size;
  line->clear();
}

std::string LineReader::overlong() const {
  if (overlong_bytes_ == 0) return "";
  return absl::StrCat(overlong_bytes_, " bytes long, at most ", max_line_bytes_,
                      " are read");
}

bool LineReader::Next(std::string* line) {
  line->clear();
  overlong_bytes_ = 0;
  if (!status_.ok()) return false;
  while (true) {
    if (impl_->next == impl_->filled && !Refill()) {
      const bool nothing = line->empty() && overlong_bytes_ == 0;
      if (!status_.ok() || nothing) return false;
      FinishLine(line);
      return true;
    }
    const char* begin = impl_->buffer.data() + impl_->next;
    const size_t left = impl_->filled - impl_->next;
    const auto* end = static_cast<const char*>(std::memchr(begin, '\n', left));
    const size_t size =
        end != nullptr ? static_cast<size_t>(end - begin) : left;
    Take(begin, size, line);
    impl_->next += size + (end != nullptr ? 1 : 0);
    if (end == nullptr) continue;
    FinishLine(line);
    return true;
  }
}

std::vector<std::string_view> SplitFields(std::string_view line,
                                          char delimiter) {
  std::vector<std::string_view> fields;
  bool quoted = false;
  size_t start = 0;
  const auto add = [&](size_t end) {
    const std::string_view field = Trim(line.substr(start, end - start));
    if (delimiter != ' ' || !field.empty()) fields.push_back(field);
    start = end + 1;
  };
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    const bool splits =
        delimiter == ' ' ? IsBlank(line[i]) : line[i] == delimiter;
    if (splits && !quoted) add(i);
  }
  add(line.size());
  return fields;
}

std::optional<double> ParseNumber(std::string_view field) {
  if (!field.empty() && field.front() == '+') field.remove_prefix(1);
  double value = 0;
  const auto [end, error] =
      std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() ||
      !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> ParseScaled(std::string_view field, int exponent) {
  const auto decimal = ParseDecimal(field);
  if (!decimal) return std::nullopt;
  if (decimal->digits.empty()) return 0;
  const int scale = decimal->exponent + exponent;
  const auto digits = static_cast<int>(decimal->digits.size());
  if (digits + scale > 19) return std::nullopt;
  if (digits + scale < -1) return 0;
  if (digits > kMaxDigits + std::max(0, -scale)) return std::nullopt;
  __int128 value =
      RoundedValue(decimal->digits, static_cast<size_t>(std::max(0, -scale)));
  for (int i = 0; i < scale; ++i) value *= 10;
  if (decimal->negative) value = -value;
  if (value < std::numeric_limits<int64_t>::min() ||
      value > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int64_t>(value);
}

}  // namespace fovea
