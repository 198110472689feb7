// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/sensor_channels.h"

#include <array>
#include <cctype>
#include <cmath>
#include <numbers>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr double kStandardGravity = 9.80665;  // m/s2, BIPM
constexpr double kDegree = std::numbers::pi / 180;
constexpr double kKnot = 1852.0 / 3600;
constexpr double kMilePerHour = 1609.344 / 3600;

struct Unit {
  std::string_view text;
  char kind;    // units of one kind can be compared
  double size;  // in the kind's base unit
};
constexpr std::array<Unit, 27> kUnits = {{
    {"m/s2", 'a', 1},
    {"m/s^2", 'a', 1},
    {"m/s²", 'a', 1},
    {"g", 'a', kStandardGravity},
    {"mg", 'a', kStandardGravity / 1000},
    {"rad/s", 'w', 1},
    {"deg/s", 'w', kDegree},
    {"dps", 'w', kDegree},
    {"m/s", 'v', 1},
    {"km/h", 'v', 1 / 3.6},
    {"mph", 'v', kMilePerHour},
    {"kn", 'v', kKnot},
    {"T", 'b', 1},
    {"mT", 'b', 1e-3},
    {"uT", 'b', 1e-6},
    {"G", 'b', 1e-4},
    {"rad", 'r', 1},
    {"deg", 'r', kDegree},
    {"m", 'l', 1},
    {"km", 'l', 1000},
    {"Pa", 'p', 1},
    {"hPa", 'p', 100},
    {"kPa", 'p', 1000},
    {"V", 'u', 1},
    {"mV", 'u', 1e-3},
    {"A", 'i', 1},
    {"mA", 'i', 1e-3},
}};

const Unit* FindUnit(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (unit.text == text) return &unit;
  }
  return nullptr;
}

// What follows `prefix` in `name`, or nothing where it does not begin so.
std::string_view Rest(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size())
                                  : std::string_view();
}

bool IsAxis(std::string_view rest) {
  return rest == "_x" || rest == "_y" || rest == "_z";
}

bool IsVariant(std::string_view rest) {
  return !rest.empty() &&
         (rest[0] == '_' ||
          std::isdigit(static_cast<unsigned char>(rest[0])) != 0);
}

std::vector<size_t> FindColumns(const SensorCondition& condition,
                                std::span<const Channel> channels) {
  std::vector<size_t> called, alike;
  for (size_t i = 0; i < channels.size(); ++i) {
    const std::string_view rest = Rest(channels[i].name, condition.channel);
    if (channels[i].name == condition.channel) called.push_back(i);
    if (condition.norm ? IsAxis(rest) : IsVariant(rest)) alike.push_back(i);
  }
  return condition.norm || called.empty() ? alike : called;
}

}  // namespace

absl::StatusOr<double> UnitFactor(const std::string& from,
                                  const std::string& to) {
  if (from == to) return 1.0;
  const Unit* a = FindUnit(from);
  const Unit* b = FindUnit(to);
  if (a == nullptr || b == nullptr || a->kind != b->kind) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", from, "' cannot be told in '", to, "'"));
  }
  return a->size / b->size;
}

absl::StatusOr<SensorTest> SensorTest::Bind(const SensorCondition& condition,
                                            std::span<const Channel> channels) {
  SensorTest test;
  test.norm_ = condition.norm;
  test.comparison_ = condition.comparison;
  test.value_ = condition.value;
  test.columns_ = FindColumns(condition, channels);
  for (const size_t column : test.columns_) {
    const Channel& channel = channels[column];
    const auto factor = condition.unit.empty()
                            ? absl::StatusOr<double>(1.0)
                            : UnitFactor(channel.unit, condition.unit);
    if (!factor.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "channel '", channel.name, "' is in '", channel.unit,
          "', which cannot be compared with '", condition.unit, "'"));
    }
    test.factors_.push_back(*factor);
  }
  return test;
}

bool SensorTest::Compares(double value) const {
  switch (comparison_) {
    case Comparison::kLess:
      return value < value_;
    case Comparison::kAtMost:
      return value <= value_;
    case Comparison::kEqual:
      return value == value_;
    case Comparison::kAtLeast:
      return value >= value_;
    case Comparison::kGreater:
      return value > value_;
  }
  return false;
}

bool SensorTest::Holds(std::span<const double> sample) const {
  double squares = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const double value = sample[columns_[i]] * factors_[i];
    if (!norm_ && Compares(value)) return true;
    squares += value * value;
  }
  return norm_ && !columns_.empty() && Compares(std::sqrt(squares));
}

}  // namespace fovea
