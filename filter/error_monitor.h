// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a rate of errors stays below a limit, told while decisions come in
// and at any moment, from those that a coin chose to check.

#ifndef FOVEA_FILTER_ERROR_MONITOR_H_
#define FOVEA_FILTER_ERROR_MONITOR_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace fovea {

// Bets against what it is to show: five stakes, each multiplied at every
// checked decision, more where the decision was right (or, for the alarm,
// wrong); the wealth is their mean (Waudby-Smith and Ramdas, "Estimating
// means of bounded random variables by betting", 2024). Were the errors
// among all decisions so far at least `limit` of them (for the alarm: at
// most), the wealth would ever exceed 1 / alpha with probability alpha at
// most (Ville): so it may be looked at after each decision, and decisions may
// depend on checks before them. It claims something about the average so
// far, nothing about the next decision. Not thread-safe.
class ErrorMonitor {
 public:
  // 0 < limit < 1. `least_q` is the least probability of a check there will
  // be, 0 < least_q <= 1: checks that were likelier count for less.
  ErrorMonitor(double limit, double least_q);

  // A decision that was checked, and whether it was wrong; least_q <= q <= 1
  // is the probability with which it was to be checked, set before the coin
  // was thrown. Decisions that were not checked need not be told.
  void Add(bool wrong, double q);

  // That the average is below the limit, or that it is above: the logarithm
  // of the greatest wealth so far.
  double below() const { return below_.greatest; }
  double above() const { return above_.greatest; }

  // Whether that is shown at confidence 1 - alpha.
  bool IsBelow(double alpha) const;
  bool IsAbove(double alpha) const;

  // What Add() changed, to be kept beyond the process and set again in a
  // monitor of the same limits: five logarithms and the greatest, of either
  // wealth. False, changing nothing: one is NaN or infinite.
  static constexpr size_t kNumbers = 12;
  std::array<double, kNumbers> Numbers() const;
  bool Resume(const std::array<double, kNumbers>& numbers);

 private:
  static constexpr std::array<double, 5> kStakes = {0.1, 0.25, 0.5, 0.75, 0.9};

  struct Wealth {
    std::array<double, kStakes.size()> logs = {};
    double greatest = 0;
    void Bet(double outcome, double most);
  };

  double limit_;
  double least_q_;
  Wealth below_, above_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_ERROR_MONITOR_H_
