// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/error_monitor.h"

#include <algorithm>
#include <cmath>

namespace fovea {

ErrorMonitor::ErrorMonitor(double limit, double least_q)
    : limit_(limit), least_q_(least_q) {}

// `outcome` is what one unit of stake gains, at least -`most`.
void ErrorMonitor::Wealth::Bet(double outcome, double most) {
  for (size_t i = 0; i < kStakes.size(); ++i) {
    logs[i] += std::log1p(kStakes[i] / most * outcome);
  }
  const double richest = *std::ranges::max_element(logs);
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - richest);
  greatest = std::max(
      greatest, richest + std::log(sum / static_cast<double>(kStakes.size())));
}

void ErrorMonitor::Add(bool wrong, double q) {
  const double weight = least_q_ / q;
  const double error = wrong ? 1 : 0;
  below_.Bet(weight * (limit_ - error), 1 - limit_);
  above_.Bet(weight * (error - limit_), limit_);
}

bool ErrorMonitor::IsBelow(double alpha) const {
  return below_.greatest >= -std::log(alpha);
}

bool ErrorMonitor::IsAbove(double alpha) const {
  return above_.greatest >= -std::log(alpha);
}

std::array<double, ErrorMonitor::kNumbers> ErrorMonitor::Numbers() const {
  std::array<double, kNumbers> numbers;
  auto* out = std::copy(below_.logs.begin(), below_.logs.end(), numbers.data());
  *out++ = below_.greatest;
  out = std::copy(above_.logs.begin(), above_.logs.end(), out);
  *out = above_.greatest;
  return numbers;
}

bool ErrorMonitor::Resume(const std::array<double, kNumbers>& numbers) {
  for (const double number : numbers) {
    if (!std::isfinite(number)) return false;
  }
  constexpr size_t kStakesOfOne = kStakes.size();
  const double* in = numbers.data();
  std::copy(in, in + kStakesOfOne, below_.logs.begin());
  below_.greatest = in[kStakesOfOne];
  in += kStakesOfOne + 1;
  std::copy(in, in + kStakesOfOne, above_.logs.begin());
  above_.greatest = in[kStakesOfOne];
  return true;
}

}  // namespace fovea
