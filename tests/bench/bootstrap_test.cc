// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/bootstrap.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace fovea::bench {
namespace {

constexpr size_t kFrames = 60;

// Encodings whose frames all find `share` of ten boxes, give or take.
std::vector<ScoredEncoding> Encodings(double scale, unsigned seed) {
  std::mt19937 chance(seed);
  std::vector<ScoredEncoding> encodings;
  double bytes = 1000 * scale;
  for (const int found : {5, 6, 7, 8, 9}) {
    ScoredEncoding encoding{bytes, {}};
    for (size_t i = 0; i < kFrames; ++i) {
      const int here = found + static_cast<int>(chance() % 3) - 1;
      encoding.frames.push_back({here, 0, 10 - here, 10.0 - here, 10});
    }
    encodings.push_back(encoding);
    bytes *= 2;
  }
  return encodings;
}

TEST(DrawBlocksTest, DrawsRunsOfNeighbours) {
  const auto drawn = DrawBlocks(100, 10, 3);
  ASSERT_EQ(drawn.size(), 100U);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_LT(drawn[i], 100U);
    if (i % 10 != 0) {
      EXPECT_EQ(drawn[i], (drawn[i - 1] + 1) % 100);
    }
  }
  EXPECT_EQ(drawn, DrawBlocks(100, 10, 3));
  EXPECT_NE(drawn, DrawBlocks(100, 10, 4));
}

TEST(DrawBlocksTest, EveryFrameIsDrawnEquallyOften) {
  std::vector<int> count(20);
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    for (const size_t frame : DrawBlocks(20, 5, seed)) ++count[frame];
  }
  const auto [least, most] = std::minmax_element(count.begin(), count.end());
  EXPECT_GT(*least, 4500);
  EXPECT_LT(*most, 5500);
}

TEST(BootstrapTest, AScaledCopyHasNoSpread) {
  const auto reference = Encodings(1, 5), test = Encodings(0.8, 5);
  const Draws draws =
      BootstrapBdRates(reference, test, Measure::kF1, 0, 100, 1);
  ASSERT_EQ(draws.size(), 100U);
  const auto interval = NinetyPercent(draws);
  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->low, -0.2, 1e-9);
  EXPECT_NEAR(interval->high, -0.2, 1e-9);
}

TEST(BootstrapTest, TheIntervalHoldsTheMeasuredValueOfNoisyCurves) {
  const auto reference = Encodings(1, 5), test = Encodings(0.9, 6);
  for (const Measure measure : {Measure::kF1, Measure::kSoft}) {
    const auto rate = BdRate(reference, test, measure, -10);
    const auto interval =
        NinetyPercent(BootstrapBdRates(reference, test, measure, -10, 200, 1));
    ASSERT_TRUE(rate.has_value() && interval.has_value());
    EXPECT_LT(interval->low, interval->high);
    EXPECT_LE(interval->low, *rate);
    EXPECT_GE(interval->high, *rate);
  }
}

TEST(BootstrapTest, MeansAreTakenDrawByDraw) {
  const Draws mean = MeanOf({{1.0, std::nullopt, 3.0}, {3.0, 4.0}});
  EXPECT_EQ(mean, (Draws{2.0, 4.0, 3.0}));
}

TEST(BootstrapTest, FewValuesGiveNoInterval) {
  EXPECT_FALSE(NinetyPercent(Draws(19, 0.5)).has_value());
  EXPECT_TRUE(NinetyPercent(Draws(20, 0.5)).has_value());
  EXPECT_FALSE(NinetyPercent(Draws(40, std::nullopt)).has_value());
}

}  // namespace
}  // namespace fovea::bench
