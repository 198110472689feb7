// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series coded for a model: by a plan of its sensitivities, which a block
// names and needs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "codec/series_block.h"
#include "codec/series_window_plan.h"
#include "tests/codec/window_sensitivity.h"

namespace fovea {
namespace {

using testing::Sensitivity;

constexpr size_t kChannels = 2;
constexpr double kRateHz = 100;

SeriesInfo Series() { return {Sensitivity().channels, kRateHz}; }

std::vector<double> Moving(uint64_t seed, size_t rows) {
  std::mt19937_64 dice(seed);
  std::normal_distribution<double> noise(0, 0.3);
  std::vector<double> values;
  for (size_t t = 0; t < rows; ++t) {
    const double wave =
        std::sin(2 * std::numbers::pi * 1.5 * static_cast<double>(t) / kRateHz);
    values.push_back(9.8 + 2 * wave + noise(dice));
    values.push_back(-wave + noise(dice));
  }
  return values;
}

SeriesBatch Batch(std::vector<double> values) {
  SeriesBatch batch;
  for (size_t i = 0; i < values.size() / kChannels; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i) * 10'000'000);
  }
  batch.values = std::move(values);
  return batch;
}

SeriesWindowPlan Plan(uint64_t seed = 1) {
  const auto bytes =
      MakeSeriesWindowPlan(Sensitivity(), Series(), Moving(seed, 4096));
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  const auto plan = SeriesWindowPlan::Parse(*bytes);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

SeriesCoding By(const SeriesWindowPlan& plan, int strength) {
  SeriesCoding coding;
  coding.windows.plan = &plan;
  coding.windows.strength = strength;
  return coding;
}

std::vector<uint8_t> Encoded(const SeriesBatch& batch,
                             const SeriesCoding& coding) {
  const auto block = EncodeSeriesBlock(batch, kChannels, coding);
  EXPECT_TRUE(block.ok()) << block.status();
  return block.value_or(std::vector<uint8_t>{});
}

double FarthestOff(const SeriesBatch& a, const SeriesBatch& b, size_t channel) {
  double most = 0;
  for (size_t i = channel; i < a.values.size(); i += kChannels) {
    most = std::max(most, std::abs(a.values[i] - b.values[i]));
  }
  return most;
}

// The same of means over a quarter of a second.
double SlowlyOff(const SeriesBatch& a, const SeriesBatch& b, size_t channel) {
  constexpr size_t kReach = 25 * kChannels;
  double most = 0;
  for (size_t i = channel; i + kReach <= a.values.size(); i += kReach) {
    double sum = 0;
    for (size_t j = i; j < i + kReach; j += kChannels) {
      sum += a.values[j] - b.values[j];
    }
    most = std::max(most, std::abs(sum) / 25);
  }
  return most;
}

TEST(SeriesWindowsTest, AreSmallerTheStrongerAndSayWhatTheyCost) {
  const SeriesWindowPlan plan = Plan();
  EXPECT_EQ(plan.window(), 128U);  // of 64 samples at half the rate
  const SeriesBatch batch = Batch(Moving(2, 1024));
  size_t last = Encoded(batch, {}).size();
  float change = 0;
  for (const int strength : {40, 64, 88}) {
    const auto block = Encoded(batch, By(plan, strength));
    EXPECT_LT(block.size(), last);
    last = block.size();
    EXPECT_EQ(NamesOfSeriesBlock(block).plan, plan.id());
    EXPECT_EQ(NamesOfSeriesBlock(block).profile, 0U);
    const auto decoded = DecodeSeriesBlock(block, nullptr, &plan);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->batch.time_ns, batch.time_ns);
    EXPECT_EQ(decoded->verdict.windows, 8U);
    EXPECT_FALSE(decoded->verdict.judged);
    EXPECT_GT(decoded->verdict.margin_change, change);
    change = decoded->verdict.margin_change;
  }
  // 2,048 samples and their times in a small part of the exact block.
  EXPECT_LT(last, 400U);
}

TEST(SeriesWindowsTest, KeepsWhatTheModelLooksAt) {
  const SeriesWindowPlan plan = Plan();
  const SeriesBatch batch = Batch(Moving(2, 1024));
  const auto decoded =
      DecodeSeriesBlock(Encoded(batch, By(plan, 56)), nullptr, &plan);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const double slow = SlowlyOff(decoded->batch, batch, 0);
  EXPECT_LT(3 * slow, SlowlyOff(decoded->batch, batch, 1));
  EXPECT_LT(3 * slow, FarthestOff(decoded->batch, batch, 0));
}

TEST(SeriesWindowsTest, BoundsHoldForEverySample) {
  const SeriesWindowPlan plan = Plan();
  const SeriesBatch batch = Batch(Moving(3, 700));
  SeriesCoding coding = By(plan, 80);
  coding.bounds = {0.05, 0.2};
  const auto block = Encoded(batch, coding);
  EXPECT_EQ(NamesOfSeriesBlock(block).plan, plan.id());
  const auto decoded = DecodeSeriesBlock(block, nullptr, &plan);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->bounds, coding.bounds);
  EXPECT_LE(FarthestOff(decoded->batch, batch, 0), 0.05);
  EXPECT_LE(FarthestOff(decoded->batch, batch, 1), 0.2);
  // Finer than a unit: coded without the plan.
  coding.bounds = {plan.units()[0] / 4, 0.2};
  EXPECT_EQ(NamesOfSeriesBlock(Encoded(batch, coding)).plan, 0U);
  // None for the first channel.
  coding.bounds = {0, 0.2};
  const auto loose = DecodeSeriesBlock(Encoded(batch, coding), nullptr, &plan);
  ASSERT_TRUE(loose.ok()) << loose.status();
  EXPECT_GT(FarthestOff(loose->batch, batch, 0), 0.2);
  EXPECT_LE(FarthestOff(loose->batch, batch, 1), 0.2);
}

TEST(SeriesWindowsTest, WhatIsNoNumberIsKeptWithoutThePlan) {
  const SeriesWindowPlan plan = Plan();
  for (const double odd : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(), 1e12}) {
    SeriesBatch batch = Batch(Moving(4, 256));
    batch.values[77] = odd;
    const auto block = Encoded(batch, By(plan, 40));
    EXPECT_EQ(NamesOfSeriesBlock(block).plan, 0U);
    const auto decoded = DecodeSeriesBlock(block);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->verdict.windows, 0U);
    EXPECT_EQ(decoded->batch.values[76], batch.values[76]);
  }
}

TEST(SeriesWindowsTest, TheModelChoosesWindowByWindow) {
  const SeriesWindowPlan plan = Plan();
  const SeriesBatch batch = Batch(Moving(5, 300));
  SeriesCoding coding = By(plan, 40);
  std::vector<size_t> asked;
  coding.windows.judge = [&](size_t first_row, std::span<const double> rows) {
    EXPECT_EQ(rows.size(), plan.window() * kChannels);
    if (asked.empty() || asked.back() != first_row) asked.push_back(first_row);
    return WindowOpinion{first_row != 256, first_row == 0};
  };
  const auto block = Encoded(batch, coding);
  EXPECT_EQ(asked, (std::vector<size_t>{0, 128, 256}));
  const auto decoded = DecodeSeriesBlock(block, nullptr, &plan);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded->verdict.judged);
  EXPECT_EQ(decoded->verdict.windows, 3U);
  EXPECT_EQ(decoded->verdict.agreeing, 2U);
}

TEST(SeriesWindowsTest, AnotherPlanOrNoneIsNamed) {
  const SeriesWindowPlan plan = Plan(), other = Plan(9);
  ASSERT_NE(plan.id(), other.id());
  const auto block = Encoded(Batch(Moving(2, 256)), By(plan, 40));
  const SeriesWindowPlan* const wrong[] = {nullptr, &other};
  for (const SeriesWindowPlan* given : wrong) {
    const absl::Status status =
        DecodeSeriesBlock(block, nullptr, given).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_NE(status.message().find("coded by plan"), std::string::npos);
  }
}

TEST(SeriesWindowsTest, EveryChangeOfABlockOrAPlanIsTold) {
  const SeriesWindowPlan plan = Plan();
  auto block = Encoded(Batch(Moving(2, 200)), By(plan, 60));
  auto bytes = *MakeSeriesWindowPlan(Sensitivity(), Series(), Moving(1, 4096));
  for (const uint8_t mask : std::initializer_list<uint8_t>{0x01, 0x80, 0xff}) {
    for (size_t i = 0; i < block.size(); ++i) {
      block[i] ^= mask;
      EXPECT_FALSE(DecodeSeriesBlock(block, nullptr, &plan).ok()) << i;
      block[i] ^= mask;
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] ^= mask;
      EXPECT_FALSE(SeriesWindowPlan::Parse(bytes).ok()) << i;
      bytes[i] ^= mask;
    }
  }
  const std::span<const uint8_t> whole_block(block), whole_plan(bytes);
  for (size_t size = 0; size < block.size(); ++size) {
    EXPECT_FALSE(
        DecodeSeriesBlock(whole_block.first(size), nullptr, &plan).ok());
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(SeriesWindowPlan::Parse(whole_plan.first(size)).ok());
  }
}

TEST(SeriesWindowsTest, PlansAreRefusedWhereTheModelCannotTell) {
  const auto code = [](const SeriesSensitivity& found,
                       const SeriesInfo& series) {
    return MakeSeriesWindowPlan(found, series, {}).status().code();
  };
  constexpr auto kWrong = absl::StatusCode::kInvalidArgument;
  SeriesInfo series = Series();
  EXPECT_EQ(code(Sensitivity(), series), absl::StatusCode::kOk);
  series.channels[1].unit = "deg/s";
  EXPECT_EQ(code(Sensitivity(), series), kWrong);
  series = Series();
  series.channels.push_back({"mag_x", "uT"});
  EXPECT_EQ(code(Sensitivity(), series), kWrong);
  series = Series();
  series.rate_hz = 0;
  EXPECT_EQ(code(Sensitivity(), series), kWrong);
  series.rate_hz = 6;  // 7.7 rows of a window
  EXPECT_EQ(code(Sensitivity(), series), kWrong);
  series.rate_hz = 7;
  EXPECT_EQ(code(Sensitivity(), series), absl::StatusCode::kOk);
  SeriesSensitivity blind = Sensitivity();
  blind.energy = {0, 0, 0, 0};
  EXPECT_EQ(code(blind, Series()), kWrong);
}

}  // namespace
}  // namespace fovea
