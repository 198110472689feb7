// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/error_surge.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

// Small ones tell of twice the limit, great ones of a total failure.
constexpr std::array<double, ErrorSurge::kNumbers> kStakes = {0.005, 0.02, 0.05,
                                                              0.1,   0.3,  0.7};
constexpr double kMost = 1e300;  // past any patience, short of infinite

}  // namespace

ErrorSurge::ErrorSurge(double limit, double patience)
    : limit_(limit), patience_(patience) {}

void ErrorSurge::Add(bool wrong) {
  const double outcome = (wrong ? 1 - limit_ : -limit_) / limit_;
  for (size_t i = 0; i < kStakes.size(); ++i) {
    sums_[i] = std::min((sums_[i] + 1) * (1 + kStakes[i] * outcome), kMost);
  }
}

bool ErrorSurge::IsOn() const {
  double sum = 0;
  for (const double one : sums_) sum += one;
  return sum >= patience_ * static_cast<double>(kStakes.size());
}

bool ErrorSurge::Resume(const std::array<double, kNumbers>& numbers) {
  for (const double number : numbers) {
    if (!(number >= 0) || !std::isfinite(number)) return false;
  }
  sums_ = numbers;
  return true;
}

}  // namespace fovea
