// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/random_turn.h"

#include <cmath>
#include <numbers>

namespace fovea::internal {
namespace {

constexpr double kLean = 0.15;
constexpr size_t kAxes = 3;

}  // namespace

RandomTurn::RandomTurn(std::mt19937_64* dice)
    : turn_{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}} {
  std::normal_distribution<double> lean(0, kLean);
  const size_t axis = std::uniform_int_distribution<size_t>(0, kAxes)(*dice);
  if (axis < kAxes) Then(axis, std::numbers::pi);
  for (size_t i = 0; i < kAxes; ++i) Then(i, lean(*dice));
}

void RandomTurn::Then(size_t axis, double angle) {
  auto& p = turn_[(axis + 1) % kAxes];
  auto& q = turn_[(axis + 2) % kAxes];
  for (size_t i = 0; i < kAxes; ++i) {
    const double before = p[i];
    p[i] = std::cos(angle) * before - std::sin(angle) * q[i];
    q[i] = std::sin(angle) * before + std::cos(angle) * q[i];
  }
}

void RandomTurn::Apply(std::span<double> axes) const {
  const size_t samples = axes.size() / kAxes;
  for (size_t t = 0; t < samples; ++t) {
    const std::array<double, kAxes> from = {axes[t], axes[samples + t],
                                            axes[2 * samples + t]};
    for (size_t i = 0; i < kAxes; ++i) {
      axes[i * samples + t] =
          turn_[i][0] * from[0] + turn_[i][1] * from[1] + turn_[i][2] * from[2];
    }
  }
}

}  // namespace fovea::internal
