// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/text_lines.h"

#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fovea::internal {
namespace {

constexpr size_t kMostShown = 80;  // bytes of a line in an error

}  // namespace

absl::StatusOr<std::string_view> TextLines::Next(const char* expected) {
  ++line_;
  const size_t end = left_.find('\n');
  if (end == std::string_view::npos) {
    return left_.empty()
               ? Damage(expected, "")
               : Damage(absl::StrCat(expected, " and a line's end"), left_);
  }
  const std::string_view line = left_.substr(0, end);
  left_.remove_prefix(end + 1);
  return line;
}

absl::StatusOr<double> TextLines::Number(double most) {
  const auto line = Next("a number");
  if (!line.ok()) return line.status();
  double value = 0;
  if (!absl::SimpleAtod(absl::string_view(line->data(), line->size()),
                        &value) ||
      !(std::abs(value) <= most)) {
    return Damage(absl::StrCat("a number from ", -most, " to ", most), *line);
  }
  return value;
}

absl::Status TextLines::Integers(int64_t least, int64_t most,
                                 std::span<int32_t> values) {
  const auto line = Next("whole numbers");
  if (!line.ok()) return line.status();
  const auto fault = [&] {
    return Damage(absl::StrCat(values.size(), " whole numbers from ", least,
                               " to ", most),
                  *line);
  };
  const char* at = line->data();
  const char* const end = at + line->size();
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && (at == end || *at++ != ' ')) return fault();
    int64_t value = 0;
    const auto read = std::from_chars(at, end, value);
    if (read.ec != std::errc() || value < least || value > most) {
      return fault();
    }
    values[i] = static_cast<int32_t>(value);
    at = read.ptr;
  }
  return at == end ? absl::OkStatus() : fault();
}

absl::Status TextLines::End() const {
  if (left_.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("reuse filter: line ", line_ + 1,
                                          ": expected the end, found ",
                                          left_.size(), " bytes more"));
}

absl::Status TextLines::Damage(const std::string& expected,
                               std::string_view found) const {
  const std::string_view shown = found.substr(0, kMostShown);
  return absl::DataLossError(absl::StrCat(
      "reuse filter: line ", line_, ": expected ", expected, ", found '",
      absl::CEscape(absl::string_view(shown.data(), shown.size())), "'"));
}

}  // namespace fovea::internal
