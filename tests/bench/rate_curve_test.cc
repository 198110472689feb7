// SPDX-License-Identifier: GPL-2.0-or-later
//
// Curves whose BD-rates are known by construction.

#include "bench/accuracy/rate_curve.h"

#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace fovea::bench {
namespace {

using Curve = std::vector<RatePoint>;

// Agreement that rises with the logarithm of bytes.
Curve Rising(double scale) {
  Curve curve;
  for (const double bytes : {1000.0, 2000.0, 4000.0, 8000.0, 16000.0}) {
    curve.push_back({bytes * scale, 0.5 + 0.1 * std::log2(bytes / 1000)});
  }
  return curve;
}

constexpr double kAll = -1;  // no floor

TEST(BdRateTest, ACurveAgainstItselfIsZero) {
  EXPECT_NEAR(*BdRate(Rising(1), Rising(1), kAll), 0, 1e-12);
}

TEST(BdRateTest, AFifthFewerBytesIsMinusTwentyPerCent) {
  EXPECT_NEAR(*BdRate(Rising(1), Rising(0.8), kAll), -0.2, 1e-12);
  EXPECT_NEAR(*BdRate(Rising(0.8), Rising(1), kAll), 0.25, 1e-12);
}

TEST(BdRateTest, OnlySharedQualityCounts) {
  const Curve reference = {{1000, 0.5}, {4000, 0.7}, {16000, 0.9}};
  const Curve test = {
      {10, 0.3}, {1000, 0.5}, {4000, 0.7}, {16000, 0.9}, {99000, 0.99}};
  EXPECT_NEAR(*BdRate(reference, test, kAll), 0, 1e-12);
}

TEST(BdRateTest, TheFloorCutsWhatLiesBelow) {
  const Curve reference = {{1000, 0.4}, {2000, 0.6}, {4000, 0.8}};
  const Curve test = {{900, 0.4}, {2000 * 0.5, 0.6}, {4000 * 0.5, 0.8}};
  EXPECT_NEAR(*BdRate(reference, test, 0.6), -0.5, 1e-12);
}

TEST(BdRateTest, AJumpIsTakenFromBothSides) {
  // Vertical in bytes at quality 0.6: bytes double without gain.
  const Curve reference = {{1000, 0.5}, {1000, 0.6}, {1000, 0.7}};
  const Curve test = {{1000, 0.5}, {1000, 0.6}, {2000, 0.6}, {2000, 0.7}};
  EXPECT_NEAR(*BdRate(reference, test, kAll), std::sqrt(2.0) - 1, 1e-12);
}

TEST(BdRateTest, CurvesThatShareNothingHaveNone) {
  const Curve low = {{1000, 0.1}, {2000, 0.2}};
  const Curve high = {{1000, 0.3}, {2000, 0.4}};
  EXPECT_FALSE(BdRate(low, high, kAll).has_value());
  EXPECT_FALSE(BdRate(low, {}, kAll).has_value());
  EXPECT_FALSE(BdRate(low, low, 0.9).has_value());
  EXPECT_FALSE(BdRate({{{1000, 0.5}}}, {{{1000, 0.5}}}, kAll).has_value());
}

TEST(MonotoneCurveTest, ViolatorsArePooledToTheirMean) {
  const Curve curve =
      MonotoneCurve({{4, 0.5}, {1, 0.1}, {2, 0.6}, {3, 0.4}, {5, 0.9}});
  const double expected[] = {0.1, 0.5, 0.5, 0.5, 0.9};
  ASSERT_EQ(curve.size(), 5U);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_DOUBLE_EQ(curve[i].bytes, static_cast<double>(i + 1));
    EXPECT_DOUBLE_EQ(curve[i].quality, expected[i]);
  }
}

TEST(MonotoneCurveTest, NoiseNeverTurnsACurveBack) {
  std::mt19937 chance(7);
  std::uniform_real_distribution<double> any(0, 1);
  for (int round = 0; round < 200; ++round) {
    Curve points;
    double sum = 0;
    for (int i = 0; i < 8; ++i) {
      points.push_back({1 + any(chance), any(chance)});
      sum += points.back().quality;
    }
    const Curve curve = MonotoneCurve(points);
    for (size_t i = 1; i < curve.size(); ++i) {
      EXPECT_LE(curve[i - 1].quality, curve[i].quality);
      EXPECT_LE(curve[i - 1].bytes, curve[i].bytes);
    }
    for (const RatePoint& point : curve) sum -= point.quality;
    EXPECT_NEAR(sum, 0, 1e-9);  // pooling keeps the mean
  }
}

TEST(BytesAtTest, LogBytesAreLinearBetweenPoints) {
  const Curve curve = Rising(1);
  EXPECT_NEAR(*BytesAt(curve, 0.5), 1000, 1e-6);
  EXPECT_NEAR(*BytesAt(curve, 0.65), 1000 * std::pow(2, 1.5), 1e-6);
  EXPECT_NEAR(*BytesAt(curve, 0.9), 16000, 1e-6);
  EXPECT_FALSE(BytesAt(curve, 0.49).has_value());
  EXPECT_FALSE(BytesAt(curve, 0.91).has_value());
}

TEST(ScatterTest, AStraightCurveHasNoneAndNoiseIsFoundAgain) {
  EXPECT_NEAR(ScatterOf(Rising(1))->quality, 0, 1e-12);
  EXPECT_FALSE(ScatterOf({{1, 0.1}, {2, 0.2}, {3, 0.3}}).has_value());
  std::mt19937 chance(11);
  std::normal_distribution<double> noise(0, 0.01);
  Curve curve;
  for (int i = 0; i < 2000; ++i) {
    const double step = i * 1e-3;
    curve.push_back({std::exp(step), 0.5 * step + noise(chance)});
  }
  EXPECT_NEAR(ScatterOf(curve)->quality, 0.01, 0.0005);
  EXPECT_NEAR(ScatterOf(curve)->bytes, std::expm1(0.01 / 0.5), 0.002);
}

}  // namespace
}  // namespace fovea::bench
