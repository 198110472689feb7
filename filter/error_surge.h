// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether errors have lately come more often than they may, however well all
// went before: an average since the beginning would need as long again.

#ifndef FOVEA_FILTER_ERROR_SURGE_H_
#define FOVEA_FILTER_ERROR_SURGE_H_

#include <array>
#include <cstddef>

namespace fovea {

// Bets, begun anew at every check and all kept running, that errors are more
// frequent than the limit; their sum is an e-detector (Shin, Ramdas, Rinaldo,
// "E-detectors", 2024). As long as each check is wrong with probability
// `limit` at most, given all before, the first false alarm is after
// `patience` checks or more on average. At a limit of 5 % and a patience of
// 500 it tells of 10 % of errors after 101 checks in the median (19 of 20 times
// within 266), of 50 % after 8 (17).
// Not thread-safe.
class ErrorSurge {
 public:
  // 0 < limit < 1, patience > 1.
  ErrorSurge(double limit, double patience);

  void Add(bool wrong);
  bool IsOn() const;
  void Reset() { sums_ = {}; }

  // What Add() changed, and to set it again. False, changing nothing: one is
  // negative, NaN or infinite.
  static constexpr size_t kNumbers = 6;
  const std::array<double, kNumbers>& Numbers() const { return sums_; }
  bool Resume(const std::array<double, kNumbers>& numbers);

 private:
  double limit_, patience_;
  std::array<double, kNumbers> sums_ = {};
};

}  // namespace fovea

#endif  // FOVEA_FILTER_ERROR_SURGE_H_
