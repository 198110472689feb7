// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/imu_coding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace fovea {
namespace {

constexpr double kPi = 3.141592653589793;
constexpr double kGravity = 9.80665;

enum class Quantity { kAcceleration, kRotation, kField };

struct Unit {
  std::string_view name;
  Quantity quantity;
  double si;
};
constexpr Unit kUnits[] = {
    {"m/s2", Quantity::kAcceleration, 1},
    {"m/s^2", Quantity::kAcceleration, 1},
    {"g", Quantity::kAcceleration, kGravity},
    {"mg", Quantity::kAcceleration, kGravity / 1000},
    {"rad/s", Quantity::kRotation, 1},
    {"deg/s", Quantity::kRotation, kPi / 180},
    {"dps", Quantity::kRotation, kPi / 180},
    {"mdps", Quantity::kRotation, kPi / 180'000},
    {"T", Quantity::kField, 1},
    {"uT", Quantity::kField, 1e-6},
    {"G", Quantity::kField, 1e-4},
};

const Unit* FindUnit(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kUnits), std::end(kUnits),
                   [name](const Unit& unit) { return unit.name == name; });
  return found == std::end(kUnits) ? nullptr : found;
}

absl::Status NoBound(std::string_view part) {
  return absl::InvalidArgumentError(absl::StrCat(
      "bound '", std::string(part),
      "': expected NAME=NUMBER and a unit, as in accel=0.02g,gyro=0.1dps"));
}

absl::StatusOr<ImuBound> ParseBound(std::string_view part) {
  const size_t equals = part.find('=');
  if (equals == std::string_view::npos || equals == 0) return NoBound(part);
  const std::string_view rest = part.substr(equals + 1);
  // 'e' and its sign belong to a number only before a digit.
  size_t end = rest.find_first_not_of("0123456789.");
  if (end == std::string_view::npos) end = rest.size();
  if (end < rest.size() && rest[end] == 'e') {
    const size_t digits = rest.find_first_not_of("+-", end + 1);
    if (digits != std::string_view::npos && rest[digits] >= '0' &&
        rest[digits] <= '9') {
      end = std::min(rest.find_first_not_of("0123456789", digits), rest.size());
    }
  }
  ImuBound bound;
  bound.channel = std::string(part.substr(0, equals));
  bound.unit = std::string(rest.substr(end));
  if (!absl::SimpleAtod(std::string(rest.substr(0, end)), &bound.value) ||
      !(bound.value > 0) || !std::isfinite(bound.value)) {
    return NoBound(part);
  }
  if (!bound.unit.empty() && FindUnit(bound.unit) == nullptr) {
    return NoBound(part);
  }
  return bound;
}

bool IsOf(const ImuBound& bound, const Channel& channel) {
  return channel.name.rfind(bound.channel, 0) == 0;
}

absl::Status NobodysBound(const ImuBound& bound,
                          const std::vector<std::string>& names) {
  return absl::InvalidArgumentError(absl::StrCat(
      "bound ", bound.channel, ": no channel has that name; there are ",
      absl::StrJoin(names, ", ")));
}

absl::StatusOr<double> InUnitOf(const Channel& channel, const ImuBound& bound) {
  if (bound.unit.empty() || bound.unit == channel.unit) return bound.value;
  const Unit* const from = FindUnit(bound.unit);
  const Unit* const to = FindUnit(channel.unit);
  if (from == nullptr || to == nullptr || from->quantity != to->quantity) {
    return absl::InvalidArgumentError(absl::StrCat(
        "bound ", bound.channel, " is in ", bound.unit, ", channel ",
        channel.name, " in ",
        channel.unit.empty() ? std::string("an unknown unit") : channel.unit,
        "; a bound without a unit is in the channel's own"));
  }
  return bound.value * from->si / to->si;
}

}  // namespace

const char* ImuLevelName(ImuLevel level) {
  switch (level) {
    case ImuLevel::kFast:
      return "fast";
    case ImuLevel::kNormal:
      return "normal";
    case ImuLevel::kMax:
      break;
  }
  return "max";
}

absl::StatusOr<std::vector<ImuBound>> ParseImuBounds(std::string_view text) {
  std::vector<ImuBound> bounds;
  for (const auto part :
       absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    auto bound = ParseBound(std::string_view(part.data(), part.size()));
    if (!bound.ok()) return bound.status();
    bounds.push_back(*std::move(bound));
  }
  return bounds;
}

std::vector<ImuBound> ImuBoundsOf(std::span<const ImuBound> bounds,
                                  const SeriesInfo& series) {
  std::vector<ImuBound> found;
  for (const ImuBound& bound : bounds) {
    if (std::any_of(series.channels.begin(), series.channels.end(),
                    [&](const Channel& c) { return IsOf(bound, c); })) {
      found.push_back(bound);
    }
  }
  return found;
}

absl::Status CheckImuBounds(std::span<const ImuBound> bounds,
                            std::span<const Track> tracks) {
  SeriesInfo all;
  std::vector<std::string> names;
  for (const Track& track : tracks) {
    if (track.kind != StreamKind::kImu || !track.rejected.empty()) continue;
    for (const Channel& channel : track.series.channels) {
      all.channels.push_back(channel);
      names.push_back(channel.name);
    }
  }
  if (names.empty()) return absl::OkStatus();
  for (const ImuBound& bound : bounds) {
    if (ImuBoundsOf(std::span(&bound, 1), all).empty()) {
      return NobodysBound(bound, names);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SeriesCoding> ImuCodingFor(const ImuCodingOptions& options,
                                          const SeriesInfo& series) {
  SeriesCoding coding;
  coding.level = options.level;
  if (options.bounds.empty()) return coding;
  coding.bounds.resize(series.channels.size());
  for (const ImuBound& bound : options.bounds) {
    bool used = false;
    for (size_t c = 0; c < series.channels.size(); ++c) {
      const Channel& channel = series.channels[c];
      if (!IsOf(bound, channel)) continue;
      const auto value = InUnitOf(channel, bound);
      if (!value.ok()) return value.status();
      coding.bounds[c] = *value;
      used = true;
    }
    if (used) continue;
    std::vector<std::string> names;
    for (const Channel& channel : series.channels)
      names.push_back(channel.name);
    return NobodysBound(bound, names);
  }
  return coding;
}

std::string ImuCodingText(const SeriesCoding& coding,
                          const WindowCodingOptions& windows,
                          const SeriesInfo& series) {
  std::string text = absl::StrCat("imu level=", ImuLevelName(coding.level));
  absl::StrAppend(&text, WindowCodingText(windows));
  for (size_t c = 0; c < coding.bounds.size(); ++c) {
    if (coding.bounds[c] == 0) continue;
    const Channel& channel = series.channels[c];
    absl::StrAppend(&text, " ", channel.name, "<=", coding.bounds[c],
                    channel.unit.empty() ? "" : " ", channel.unit);
  }
  return text;
}

}  // namespace fovea
