// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a number and a unit.

#include "api/byte_size.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

struct Unit {
  const char* name;
  double bytes;
};
constexpr std::array<Unit, 10> kUnits = {{{"", 1},
                                          {"B", 1},
                                          {"kB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"TB", 1e12},
                                          {"KiB", 1024.0},
                                          {"MiB", 1048576.0},
                                          {"GiB", 1073741824.0},
                                          {"TiB", 1099511627776.0}}};
constexpr double kMost = 9e18;

}  // namespace

absl::StatusOr<uint64_t> ParseByteSize(std::string_view text) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a size such as 200GB, found '", std::string(text), "'"));
  };
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || !(number >= 0)) return wrong();
  const std::string unit(absl::StripAsciiWhitespace(
      absl::string_view(stop, static_cast<size_t>(end - stop))));
  for (const Unit& known : kUnits) {
    if (!absl::EqualsIgnoreCase(unit, known.name)) continue;
    const double bytes = std::round(number * known.bytes);
    if (bytes > kMost) return wrong();
    return static_cast<uint64_t>(bytes);
  }
  return wrong();
}

}  // namespace fovea
