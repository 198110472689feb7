// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/interpolation.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace fovea {
namespace {

// 16-bit fixed point and printed decimals are this near and nearer.
constexpr double kUnitSlack = 0.01;

// Below this angle (rad) the arc is its chord to the last place.
constexpr double kSmallAngle = 1e-6;

// Not std::lerp(), which makes a number of NaN and one.
double Line(double a, double b, double share) {
  return a == b ? a : (1 - share) * a + share * b;
}

double Dot(const Quaternion& a, const Quaternion& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
}

Quaternion Mix(const Quaternion& a, double of_a, const Quaternion& b,
               double of_b) {
  Quaternion mixed;
  for (size_t i = 0; i < 4; ++i) mixed[i] = of_a * a[i] + of_b * b[i];
  return mixed;
}

Quaternion Unit(const Quaternion& q) {
  return Mix(q, 1 / std::sqrt(Dot(q, q)), q, 0);
}

bool IsNearUnit(const Quaternion& q) {
  return std::abs(std::sqrt(Dot(q, q)) - 1) <= kUnitSlack;
}

Quaternion Pick(std::span<const double> sample,
                const SampleInterpolation::Group& group) {
  return {sample[group[0]], sample[group[1]], sample[group[2]],
          sample[group[3]]};
}

std::optional<size_t> Find(std::span<const Channel> channels,
                           const std::string& name) {
  const auto found =
      std::find_if(channels.begin(), channels.end(),
                   [&](const Channel& c) { return c.name == name; });
  if (found == channels.end()) return std::nullopt;
  return static_cast<size_t>(found - channels.begin());
}

}  // namespace

Quaternion Slerp(const Quaternion& a, Quaternion b, double share) {
  double cosine = Dot(a, b);
  if (cosine < 0) {
    b = Mix(b, -1, b, 0);
    cosine = -cosine;
  }
  const double angle = std::acos(std::min(cosine, 1.0));
  if (angle < kSmallAngle) return Unit(Mix(a, 1 - share, b, share));
  const double sine = std::sin(angle);
  return Unit(Mix(a, std::sin((1 - share) * angle) / sine, b,
                  std::sin(share * angle) / sine));
}

SampleInterpolation::SampleInterpolation(std::span<const Channel> channels) {
  for (size_t w = 0; w < channels.size(); ++w) {
    const std::string& name = channels[w].name;
    if (!std::string_view(name).ends_with("_w")) continue;
    const std::string stem = name.substr(0, name.size() - 1);
    const auto x = Find(channels, stem + "x");
    const auto y = Find(channels, stem + "y");
    const auto z = Find(channels, stem + "z");
    if (x && y && z) quaternions_.push_back({w, *x, *y, *z});
  }
}

void SampleInterpolation::Between(std::span<const double> a,
                                  std::span<const double> b, double share,
                                  std::span<double> out) const {
  for (size_t c = 0; c < out.size(); ++c) out[c] = Line(a[c], b[c], share);
  for (const Group& group : quaternions_) {
    const Quaternion from = Pick(a, group), to = Pick(b, group);
    if (!IsNearUnit(from) || !IsNearUnit(to)) continue;
    const Quaternion turn = Slerp(Unit(from), Unit(to), share);
    for (size_t i = 0; i < 4; ++i) out[group[i]] = turn[i];
  }
}

}  // namespace fovea
