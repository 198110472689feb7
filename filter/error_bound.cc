// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/error_bound.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace fovea {
namespace {

constexpr int kHalvings = 60;
constexpr int kSlopeHalvings = 20;

// Of a tail's last term, a logarithm, and the sum relative to it. Far above
// the mean the one is below all doubles and the other above: it is 1 then.
double FromLast(double last, double sum) {
  return std::min(1.0, std::exp(last + std::log(sum)));
}

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
  return FromLast(last, sum);
}

double LogChoose(double of, double chosen) {
  return std::lgamma(of + 1) - std::lgamma(chosen + 1) -
         std::lgamma(of - chosen + 1);
}

// The same of draws without replacement: `bad` among `population`, of which
// `sampled` are drawn, `k` bad ones or fewer. Requires that k bad ones can be.
double LowerTailOfDraws(int64_t k, int64_t sampled, int64_t bad,
                        int64_t population) {
  const auto n = static_cast<double>(sampled);
  const auto worse = static_cast<double>(bad);
  const auto better = static_cast<double>(population - bad);
  const auto at = static_cast<double>(k);
  const double last = LogChoose(worse, at) + LogChoose(better, n - at) -
                      LogChoose(worse + better, n);
  double sum = 0;
  double term = 1;  // relative to the last
  for (double i = at; i >= 0 && n - i <= better; --i) {
    sum += term;
    term *= i * (better - n + i) / ((worse - i + 1) * (n - i + 1));
    if (term < sum * 1e-12 && i <= n * worse / (worse + better)) break;
  }
  return FromLast(last, sum);
}

// Bets that coins of probability q came up as of ratio * q, and their shares.
// Those above 1 keep wrong ones from being thought few where many were caught
// and counted elsewhere.
struct Bet {
  double ratio, share;
};
constexpr std::array<Bet, 8> kBets = {{{0, 0.22},
                                       {0.15, 0.14},
                                       {0.35, 0.14},
                                       {0.55, 0.13},
                                       {0.75, 0.11},
                                       {1.3, 0.12},
                                       {1.8, 0.09},
                                       {3, 0.05}}};

// The bets on one tally's coins, as functions of how many wrong ones it hides.
class Wager {
 public:
  explicit Wager(const CheckTally& tally)
      : room_(static_cast<double>(tally.decisions - tally.checks)) {
    for (size_t i = 0; i < kBets.size(); ++i) {
      const double ratio = std::min(kBets[i].ratio, (1 + 1 / tally.q) / 2);
      starts_[i] = std::log(kBets[i].share);
      if (tally.caught > 0) {
        starts_[i] += static_cast<double>(tally.caught) * std::log(ratio);
      }
      gains_[i] = std::log1p(-ratio * tally.q) - std::log1p(-tally.q);
    }
  }

  double room() const { return room_; }

  // The logarithm of the wealth, and its slope in `missed`: convex.
  struct Wealth {
    double log, slope;
  };
  Wealth At(double missed) const {
    double greatest = -INFINITY;
    std::array<double, kBets.size()> logs;
    for (size_t i = 0; i < kBets.size(); ++i) {
      logs[i] = starts_[i] + missed * gains_[i];
      greatest = std::max(greatest, logs[i]);
    }
    double sum = 0;
    double slope = 0;
    for (size_t i = 0; i < kBets.size(); ++i) {
      const double part = std::exp(logs[i] - greatest);
      sum += part;
      slope += part * gains_[i];
    }
    return {greatest + std::log(sum), slope / sum};
  }

  // Where the wealth begins to rise faster than `slope`.
  double Until(double slope) const {
    double low = 0;
    double high = room_;
    for (int i = 0; i < kHalvings && high - low > 0.1; ++i) {
      const double middle = (low + high) / 2;
      (At(middle).slope < slope ? low : high) = middle;
    }
    return high;
  }

 private:
  double room_;
  std::array<double, kBets.size()> starts_, gains_;
};

// The same number of one tally alone.
int64_t HiddenBelow(const Wager& wager, double bar) {
  double low = wager.Until(0);
  double high = wager.room();
  if (wager.At(high).log < bar) return static_cast<int64_t>(high);
  for (int i = 0; i < kHalvings && high - low > 0.1; ++i) {
    const double middle = (low + high) / 2;
    (wager.At(middle).log < bar ? low : high) = middle;
  }
  return static_cast<int64_t>(std::ceil(high));
}

// Of all ways to hide wrong ones that leave the same wealth, the most are
// hidden where one more costs as much everywhere.
struct Hidden {
  double missed = 0, log = 0;
};
Hidden HiddenAt(const std::vector<Wager>& wagers, double slope) {
  Hidden all;
  for (const Wager& wager : wagers) {
    const double missed = wager.Until(slope);
    all.missed += missed;
    all.log += wager.At(missed).log;
  }
  return all;
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

int64_t MostAmong(int64_t errors, int64_t sampled, int64_t population,
                  double alpha) {
  // As of MostErrors(), up to where too few right ones would be left to draw.
  int64_t low = errors;
  int64_t high = population - (sampled - errors);
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (LowerTailOfDraws(errors, sampled, middle, population) >= alpha) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

int64_t MostMissed(std::span<const CheckTally> tallies, double alpha) {
  std::vector<Wager> wagers;
  int64_t room = 0;
  for (const CheckTally& tally : tallies) {
    // Certain checks leave nothing to doubt.
    if (tally.q >= 1 || tally.decisions <= tally.checks) continue;
    wagers.emplace_back(tally);
    room += tally.decisions - tally.checks;
  }
  const double bar = -std::log(alpha);
  if (wagers.size() == 1) return HiddenBelow(wagers[0], bar);
  double low = 0;
  double high = 0;
  for (const Wager& wager : wagers) {
    high = std::max(high, wager.At(wager.room()).slope);
  }
  if (HiddenAt(wagers, high).log < bar) return room;
  for (int i = 0; i < kSlopeHalvings; ++i) {
    const double middle = (low + high) / 2;
    (HiddenAt(wagers, middle).log < bar ? low : high) = middle;
  }
  return std::min(
      room, static_cast<int64_t>(std::ceil(HiddenAt(wagers, high).missed)));
}

}  // namespace fovea
