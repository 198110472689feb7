// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/error_bound.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>

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

}  // namespace
}  // namespace fovea
