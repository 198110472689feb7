// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/error_bound.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

constexpr int kHalvings = 60;

// Terms of the binomial distribution from `k` down, while they count.
double LowerTail(int64_t k, int64_t n, double p) {
  const auto trials = static_cast<double>(n);
  const auto at = static_cast<double>(k);
  const double last = std::lgamma(trials + 1) - std::lgamma(at + 1) -
                      std::lgamma(trials - at + 1) + at * std::log(p) +
                      (trials - at) * std::log1p(-p);
  double sum = 0;
  double term = 1;  // relative to the last
  for (int64_t i = k; i >= 0; --i) {
    sum += term;
    const auto successes = static_cast<double>(i);
    term *= successes * (1 - p) / ((trials - successes + 1) * p);
    if (successes <= trials * p && term < sum * 1e-12) break;
  }
  return std::min(1.0, std::exp(last) * sum);
}

}  // namespace

double BinomialAtMost(int64_t k, int64_t n, double p) {
  if (k >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  return LowerTail(k, n, p);
}

int64_t MostErrors(int64_t caught, int64_t decisions, double q, double alpha) {
  // The tail falls as errors are added: the last one at which it is at least
  // alpha.
  int64_t low = std::min(caught, decisions);
  int64_t high = decisions;
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (BinomialAtMost(caught, middle, q) >= alpha) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

double GreatestRate(int64_t errors, int64_t trials, double alpha) {
  if (errors >= trials) return 1;
  double low = 0;
  double high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (BinomialAtMost(errors, trials, middle) >= alpha ? low : high) = middle;
  }
  return high;
}

}  // namespace fovea
