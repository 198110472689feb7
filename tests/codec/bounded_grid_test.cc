// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/bounded_grid.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "codec/series_block.h"

namespace fovea {
namespace {

SeriesBatch Batch(const std::vector<double>& values, size_t channels) {
  SeriesBatch batch;
  for (size_t i = 0; i < values.size() / channels; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i) * 2'500'000);
  }
  batch.values = values;
  return batch;
}

// Encodes within `bounds`, decodes, checks every sample; the block's size.
size_t CheckWithin(const std::vector<double>& values,
                   const std::vector<double>& bounds) {
  const size_t channels = bounds.size();
  SeriesCoding coding;
  coding.bounds = bounds;
  const auto block =
      EncodeSeriesBlock(Batch(values, channels), channels, coding);
  EXPECT_TRUE(block.ok()) << block.status();
  if (!block.ok()) return 0;
  const auto decoded = DecodeSeriesBlock(*block);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (!decoded.ok()) return 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double back = decoded->batch.values[i];
    const double bound = bounds[i % channels];
    if (std::isfinite(values[i]) && bound > 0) {
      EXPECT_LE(std::abs(back - values[i]), bound) << i;
    } else {
      EXPECT_EQ(std::bit_cast<uint64_t>(back),
                std::bit_cast<uint64_t>(values[i]))
          << i;
    }
  }
  return block->size();
}

TEST(BoundedGridTest, StepsOfASensorAreTakenWhole) {
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back((i * 37 % 201) / 417.0);
  const GridFit exact = *FitGrid({.divisor = 417}, values);
  // One step either way: every third point stands for three.
  const auto fit = FitBounded(values, 1.001 / 417, exact);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->grid.step, 3 / 417.0, 1e-12);
  EXPECT_TRUE(fit->exceptions.empty());
  // A bound of one step to the last bit is less than rounding leaves.
  EXPECT_NEAR(FitBounded(values, 1 / 417.0, exact)->grid.step, 2 / 417.0,
              1e-12);
  // Less than one step: nothing is gained over the exact numbers.
  EXPECT_NEAR(FitBounded(values, 0.4 / 417, exact)->grid.step, 1 / 417.0,
              1e-12);
  EXPECT_NEAR(FitBounded(values, 1.6 / 417, exact)->grid.step, 3.2 / 417,
              1e-12);
}

TEST(BoundedGridTest, NoBoundIsNoGrid) {
  const std::vector<double> values = {1, 2, 3};
  for (const double bound :
       {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(FitBounded(values, bound, std::nullopt).has_value()) << bound;
  }
}

TEST(BoundedGridTest, EverySampleOfRandomBlocksIsWithin) {
  std::mt19937_64 random(11);
  for (int block = 0; block < 400; ++block) {
    const size_t channels = 1 + random() % 4;
    std::vector<double> bounds;
    for (size_t c = 0; c < channels; ++c) {
      bounds.push_back(
          random() % 4 == 0
              ? 0
              : std::ldexp(1 + static_cast<double>(random() % 1000),
                           static_cast<int>(random() % 24) - 20));
    }
    std::vector<double> values;
    double at = static_cast<double>(random() % 1000) - 500;
    const double step = random() % 2 == 0 ? 1 / 417.0 : std::sqrt(2.0) / 1000;
    const size_t count = channels * (1 + random() % 200);
    for (size_t i = 0; i < count; ++i) {
      at += static_cast<double>(random() % 101) - 50;
      values.push_back(at * step);
      if (random() % 300 == 0) values.back() = std::nan("3");
      if (random() % 300 == 0) values.back() *= 1e12;
    }
    CheckWithin(values, bounds);
  }
}

TEST(BoundedGridTest, AnExactChannelBehindOneWithinABoundIsKept) {
  // Both have twelve decimals; the numbers of the second are beyond 32 bits.
  std::vector<double> values;
  std::mt19937_64 random(13);
  for (int i = 0; i < 600; ++i) {
    values.push_back(static_cast<double>(random() % 1'000'000'000'000) / 1e12);
  }
  for (const std::vector<double>& bounds :
       {std::vector<double>{0.01, 0}, {0, 0.01}, {0.01, 0, 0}}) {
    CheckWithin(values, bounds);
  }
}

TEST(BoundedGridTest, ALargerBoundIsASmallerBlock) {
  std::mt19937_64 random(12);
  std::vector<double> values;
  for (int i = 0; i < 2000; ++i) {
    values.push_back(static_cast<double>(random() % 4001) * 0.0123456789);
  }
  EXPECT_LT(CheckWithin(values, {0.2, 0.2}), CheckWithin(values, {0.02, 0.02}));
  EXPECT_LT(CheckWithin(values, {0.02, 0.02}), CheckWithin(values, {0, 0}));
}

TEST(BoundedGridTest, BlocksSayTheirBounds) {
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(std::sqrt(i));
  SeriesCoding coding;
  coding.bounds = {0.25, 0, 0.5};
  const auto block = EncodeSeriesBlock(Batch(values, 3), 3, coding);
  ASSERT_TRUE(block.ok()) << block.status();
  EXPECT_EQ(DecodeSeriesBlock(*block)->bounds, coding.bounds);
  EXPECT_TRUE(DecodeSeriesBlock(*EncodeSeriesBlock(Batch(values, 3), 3))
                  ->bounds.empty());
  for (const std::vector<double>& unsound :
       {std::vector<double>{1}, std::vector<double>{1, -1, 1},
        std::vector<double>{1, std::nan(""), 1}}) {
    coding.bounds = unsound;
    EXPECT_EQ(EncodeSeriesBlock(Batch(values, 3), 3, coding).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace fovea
