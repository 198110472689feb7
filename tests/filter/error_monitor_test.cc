// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/error_monitor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>

namespace fovea {
namespace {

constexpr double kLimit = 0.05;
constexpr double kAlpha = 0.05;
constexpr int kDecisions = 10'000;

// Makes decisions: whether each is wrong, told the checks so far.
struct Decider {
  std::function<bool(int at, int caught)> wrong;
  std::function<double(int at, int caught)> q = [](int, int) { return 0.1; };
  double least_q = 0.1;
};

// What is claimed holds at the moment at which it is first shown.
struct Claims {
  bool below = false, above = false;
  bool below_while_not = false;  // "below" at a moment it was not so
  bool above_while_not = false;
  int certified_after = 0;  // checks; 0: never
};

Claims Watch(const Decider& run, uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::uniform_real_distribution<double> coin;
  ErrorMonitor monitor(kLimit, run.least_q);
  Claims claims;
  int errors = 0;
  int checks = 0;
  int caught = 0;
  for (int i = 0; i < kDecisions; ++i) {
    const double q = run.q(i, caught);
    const bool wrong = run.wrong(i, caught);
    errors += wrong;
    if (coin(dice) >= q) continue;
    ++checks;
    caught += wrong;
    monitor.Add(wrong, q);
    const double rate = static_cast<double>(errors) / (i + 1);
    if (!claims.below && monitor.IsBelow(kAlpha)) {
      claims.below = true;
      claims.below_while_not = rate >= kLimit;
      claims.certified_after = checks;
    }
    if (!claims.above && monitor.IsAbove(kAlpha)) {
      claims.above = true;
      claims.above_while_not = rate <= kLimit;
    }
  }
  return claims;
}

// Of 400 runs, the share that claims what is not so.
double ShareOf(bool Claims::*wrongly, const Decider& run) {
  constexpr int kRuns = 400;
  int wrong = 0;
  for (int seed = 0; seed < kRuns; ++seed) {
    wrong += Watch(run, static_cast<uint64_t>(seed)).*wrongly;
  }
  return static_cast<double>(wrong) / kRuns;
}
double WronglyBelow(const Decider& run) {
  return ShareOf(&Claims::below_while_not, run);
}
double WronglyAbove(const Decider& run) {
  return ShareOf(&Claims::above_while_not, run);
}

TEST(ErrorMonitorTest, GoodDecisionsAreShownToBe) {
  const Claims claims = Watch({[](int, int) { return false; }}, 1);
  EXPECT_GT(claims.certified_after, 59);
  EXPECT_LT(claims.certified_after, 600);
  EXPECT_FALSE(claims.above);
}

TEST(ErrorMonitorTest, ConstantCoinsWeighAsTheyCome) {
  // 0.9 of the stake, 59 clean checks and more.
  ErrorMonitor monitor(kLimit, 1);
  int checks = 0;
  while (!monitor.IsBelow(kAlpha)) {
    monitor.Add(false, 1);
    ++checks;
  }
  EXPECT_GE(checks, 59);
  EXPECT_LE(checks, 100);
  for (int i = 0; i < 100; ++i) monitor.Add(true, 1);
  EXPECT_TRUE(monitor.IsAbove(kAlpha));
}

TEST(ErrorMonitorTest, BadDecisionsRaiseTheAlarm) {
  ErrorMonitor monitor(kLimit, 1);
  int checks = 0;
  while (!monitor.IsAbove(kAlpha) && checks < 1000) {
    monitor.Add(checks % 4 == 0, 1);
    ++checks;
  }
  EXPECT_LT(checks, 60);
  EXPECT_FALSE(monitor.IsBelow(kAlpha));
}

TEST(ErrorMonitorTest, AtTheLimitClaimsAreSeldom) {
  EXPECT_LE(WronglyBelow({[](int i, int) { return i % 20 == 0; }}), 0.08);
}

TEST(ErrorMonitorTest, AtTheLimitFalseAlarmsAreSeldom) {
  const Decider at_limit{[](int i, int) { return i % 20 == 19; }};
  EXPECT_LE(WronglyAbove(at_limit), 0.08);
  EXPECT_GT(WronglyAbove(at_limit), 0);  // not for being far too wide
}

TEST(ErrorMonitorTest, BurstsDoNotDeceive) {
  EXPECT_LE(WronglyBelow({[](int i, int) { return i % 1000 < 50; }}), 0.08);
  EXPECT_LE(WronglyAbove({[](int i, int) { return i % 1000 >= 950; }}), 0.08);
}

// One who decides worse once checks have said that all is well.
TEST(ErrorMonitorTest, DecisionsMayDependOnChecks) {
  const Decider adaptive{
      [](int i, int caught) { return caught < 2 ? i % 19 == 0 : i % 21 == 0; },
      [](int, int) { return 0.1; }};
  EXPECT_LE(WronglyBelow(adaptive), 0.08);
}

TEST(ErrorMonitorTest, CoinsMayChange) {
  Decider rarer{[](int i, int) { return i % 20 == 0; }};
  rarer.q = [](int i, int caught) {
    return caught > 3 ? 0.01 : i < 500 ? 1.0 : 0.05;
  };
  rarer.least_q = 0.01;
  EXPECT_LE(WronglyBelow(rarer), 0.08);
}

}  // namespace
}  // namespace fovea
