// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/error_bound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace fovea {
namespace {

// Term by term from the other end, where a long double reaches.
double Slowly(int64_t k, int64_t n, double p) {
  long double sum = 0;
  long double term = std::pow(1 - static_cast<long double>(p), n);
  for (int64_t i = 0; i <= k; ++i) {
    sum += term;
    term *= static_cast<long double>(n - i) / static_cast<long double>(i + 1) *
            p / (1 - p);
  }
  return static_cast<double>(sum);
}

TEST(BinomialTest, IsTheSumOfItsTerms) {
  for (const int64_t n : {1, 2, 7, 60, 500}) {
    for (const double p : {0.001, 0.05, 0.3, 0.5, 0.9}) {
      for (int64_t k = 0; k < n; k += 1 + n / 9) {
        EXPECT_NEAR(BinomialAtMost(k, n, p), Slowly(k, n, p), 1e-9)
            << k << " of " << n << " at " << p;
      }
    }
  }
}

TEST(BinomialTest, Ends) {
  EXPECT_EQ(BinomialAtMost(5, 5, 0.5), 1);
  EXPECT_EQ(BinomialAtMost(0, 0, 0.5), 1);
  EXPECT_EQ(BinomialAtMost(3, 10, 0), 1);
  EXPECT_EQ(BinomialAtMost(3, 10, 1), 0);
  EXPECT_NEAR(BinomialAtMost(500'000, 1'000'000, 0.5), 0.5004, 1e-4);
  // Where the last term alone is below all doubles.
  EXPECT_EQ(BinomialAtMost(5'000, 10'000, 0.05), 1);
  EXPECT_EQ(BinomialAtMost(999'999, 1'000'000, 1e-6), 1);
  EXPECT_EQ(BinomialAtMost(0, 1'000'000, 0.5), 0);
}

TEST(MostErrorsTest, OfNoneCaught) {
  EXPECT_EQ(MostErrors(0, 10'000, 0.01, 0.05), 298);
  EXPECT_EQ(MostErrors(0, 10'000, 0.02, 0.05), 148);
  EXPECT_EQ(MostErrors(0, 10'000, 0.05, 0.05), 58);
  EXPECT_EQ(MostErrors(0, 10'000, 0.10, 0.05), 28);
}

TEST(MostErrorsTest, AllAreCheckedOrNone) {
  EXPECT_EQ(MostErrors(3, 100, 1, 0.05), 3);
  EXPECT_EQ(MostErrors(0, 100, 1e-9, 0.05), 100);
  EXPECT_EQ(MostErrors(0, 0, 0.5, 0.05), 0);
}

// Whatever the number of errors, the bound falls below it seldom enough.
TEST(MostErrorsTest, IsTooSmallAsSeldomAsItSays) {
  constexpr int kRuns = 4000;
  constexpr double kAlpha = 0.05;
  std::mt19937_64 dice(11);
  for (const int64_t errors : {1, 20, 75, 200, 1000}) {
    std::binomial_distribution<int64_t> caught(errors, 0.05);
    int wrong = 0;
    for (int run = 0; run < kRuns; ++run) {
      wrong += MostErrors(caught(dice), 5000, 0.05, kAlpha) < errors;
    }
    // Four deviations above.
    EXPECT_LT(wrong, kRuns * kAlpha + 4 * std::sqrt(kRuns * kAlpha)) << errors;
  }
}

TEST(GreatestRateTest, IsClopperAndPearsons) {
  // Errors that leave 5 % (2 %) at 95 % confidence.
  const int64_t trials[] = {59, 93, 124, 153};
  for (int64_t errors = 0; errors < 4; ++errors) {
    EXPECT_LE(GreatestRate(errors, trials[errors], 0.05), 0.05);
    EXPECT_GT(GreatestRate(errors, trials[errors] - 1, 0.05), 0.05);
  }
  EXPECT_LE(GreatestRate(0, 149, 0.05), 0.02);
  EXPECT_GT(GreatestRate(0, 148, 0.05), 0.02);
  EXPECT_EQ(GreatestRate(0, 0, 0.05), 1);
  EXPECT_EQ(GreatestRate(7, 7, 0.05), 1);
}

double Choose(int64_t n, int64_t k) {
  double ways = 1;
  for (int64_t i = 0; i < k; ++i) {
    ways *= static_cast<double>(n - i) / static_cast<double>(i + 1);
  }
  return ways;
}

// Probability to draw `k` bad ones.
double DrawnBad(int64_t k, int64_t sampled, int64_t bad, int64_t population) {
  if (sampled - k > population - bad) return 0;
  return Choose(bad, k) * Choose(population - bad, sampled - k) /
         Choose(population, sampled);
}

// By every way to draw them.
TEST(MostAmongTest, IsTooSmallNoMoreOftenThanItSays) {
  constexpr double kAlpha = 0.05;
  for (const int64_t population : {1, 2, 10, 37, 60}) {
    for (int64_t sampled = 0; sampled <= population;
         sampled += 1 + population / 12) {
      for (int64_t bad = 0; bad <= population; ++bad) {
        double too_small = 0;
        for (int64_t k = 0; k <= std::min(bad, sampled); ++k) {
          if (sampled - k > population - bad) continue;
          const int64_t most = MostAmong(k, sampled, population, kAlpha);
          ASSERT_GE(most, k);
          ASSERT_LE(most, population - (sampled - k));
          if (most >= bad) continue;
          too_small += DrawnBad(k, sampled, bad, population);
        }
        ASSERT_LE(too_small, kAlpha + 1e-9)
            << bad << " of " << population << ", " << sampled << " drawn";
      }
    }
  }
}

TEST(MostAmongTest, AllAreDrawnOrNoneOrFewOfVeryMany) {
  EXPECT_EQ(MostAmong(3, 100, 100, 0.05), 3);
  EXPECT_EQ(MostAmong(0, 0, 100, 0.05), 100);
  EXPECT_EQ(MostAmong(0, 0, 0, 0.05), 0);
  EXPECT_EQ(MostAmong(7, 7, 50, 0.05), 50);
  // 816 of the thousand that were not drawn, and 1.64 deviations of them.
  EXPECT_NEAR(static_cast<double>(MostAmong(40'000, 49'000, 50'000, 0.05)),
              40'836, 4);
  // Of very many it is that of a rate.
  for (const int64_t errors : {0, 1, 5}) {
    EXPECT_NEAR(
        static_cast<double>(MostAmong(errors, 150, 100'000'000, 0.05)) / 1e8,
        GreatestRate(errors, 150, 0.05), 1e-5);
  }
  // 59 of 1000 that are right leave 5 %; of fewer, fewer would do.
  EXPECT_LE(MostAmong(0, 59, 1000, 0.05), 50);
  EXPECT_LE(MostAmong(0, 45, 100, 0.05), 5);
}

// At a confidence of 90 % and more.
TEST(GreatestRateTest, HoldsOfDrawsWithoutReplacementToo) {
  for (const double alpha : {0.05, 0.1}) {
    for (const int64_t population : {5, 20, 60}) {
      for (int64_t sampled = 1; sampled <= population; sampled += 3) {
        for (int64_t bad = 0; bad <= population; ++bad) {
          double too_small = 0;
          for (int64_t k = 0; k <= std::min(bad, sampled); ++k) {
            const double share =
                static_cast<double>(bad) / static_cast<double>(population);
            if (share <= GreatestRate(k, sampled, alpha) + 1e-12) continue;
            too_small += DrawnBad(k, sampled, bad, population);
          }
          ASSERT_LE(too_small, alpha + 1e-9)
              << bad << " of " << population << ", " << sampled << " drawn";
        }
      }
    }
  }
}

// Against one who sees the checks and goes to the limit: a wrong decision at
// every turn until the bound is passed or 400 were missed, the coin as rare as
// he likes.
TEST(ErrorBoundTest, MostMissedHoldsAtEveryMoment) {
  std::mt19937_64 dice(5);
  std::uniform_real_distribution<double> uniform;
  int passed = 0;
  constexpr int kWalks = 400;
  for (int walk = 0; walk < kWalks; ++walk) {
    std::vector<CheckTally> tallies = {{0.2, 0, 0, 0}, {0.05, 0, 0, 0}};
    int64_t missed = 0;
    bool beyond = false;
    while (!beyond && missed < 400) {
      CheckTally& tally = tallies[tallies[0].caught > 2 ? 1 : 0];
      ++tally.decisions;
      if (uniform(dice) < tally.q) {
        ++tally.checks;
        ++tally.caught;
      } else {
        ++missed;
        beyond = missed > MostMissed(tallies, 0.05);
      }
    }
    passed += beyond;
  }
  EXPECT_LE(passed, 33);  // 20 expected at most; more: 0.3 %
  EXPECT_GE(passed, 2);   // not for being far too wide
}

TEST(ErrorBoundTest, MostMissedCountsWhatIsHidden) {
  EXPECT_EQ(MostMissed({}, 0.05), 0);
  const std::vector<CheckTally> all_checked = {{1, 500, 500, 100}};
  EXPECT_EQ(MostMissed(all_checked, 0.05), 0);
  // Certain checks cost the others nothing.
  std::vector<CheckTally> tallies = {{0.05, 2000, 100, 0}};
  const int64_t alone = MostMissed(tallies, 0.05);
  EXPECT_GE(alone, MostErrors(0, 2000, 0.05, 0.05));
  EXPECT_LE(alone, 90);
  tallies.push_back({1, 500, 500, 100});
  EXPECT_EQ(MostMissed(tallies, 0.05), alone);
  // No more than there is room for, and the rarest coin hides most.
  tallies = {{0.05, 20, 1, 1}};
  EXPECT_EQ(MostMissed(tallies, 0.05), 19);
  tallies = {{0.05, 2000, 100, 0}, {0.01, 50, 0, 0}};
  EXPECT_GT(MostMissed(tallies, 0.05), alone);
  EXPECT_LT(MostMissed(tallies, 0.05), alone + 50);
}

}  // namespace
}  // namespace fovea
