// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/window_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "codec/imu/window_plan.h"
#include "tests/codec/imu/motion.h"

namespace fovea {
namespace {

using imu::testing::Motion;
using Bytes = std::vector<uint8_t>;
using Values = std::vector<int32_t>;

constexpr size_t kWindow = 64;
constexpr size_t kBands = 16;

// Steps that grow with the band by so many octaves in all.
Bytes MakePlan(size_t channels, double octaves, const Values& learned_from) {
  ImuWindowSteps steps{channels, kWindow, kBands, {}};
  for (size_t i = 0; i < channels * kBands; ++i) {
    const double band = static_cast<double>(i % kBands) / kBands;
    steps.energy.push_back(std::exp2(-2 * octaves * band));
  }
  const auto plan = MakeImuWindowPlan(steps, {{learned_from}});
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

ImuWindowCoder MakeCoder(size_t channels, double octaves = 4) {
  auto coder = ImuWindowCoder::Create(MakePlan(
      channels, octaves, Motion(static_cast<int>(channels), 1000, 9, 2)));
  EXPECT_TRUE(coder.ok()) << coder.status();
  return *std::move(coder);
}

DecodedWindows RoundTrip(ImuWindowCoder* coder, const Values& values,
                         const ImuWindowOptions& options,
                         size_t* size = nullptr) {
  const auto block = coder->Encode(values, options);
  EXPECT_TRUE(block.ok()) << block.status();
  if (!block.ok()) return {};
  if (size != nullptr) *size = block->size();
  auto decoded = coder->Decode(*block);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  return decoded.ok() ? *std::move(decoded) : DecodedWindows{};
}

int32_t WorstError(const Values& a, const Values& b) {
  int32_t worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a[i] - b[i]));
  }
  return worst;
}

TEST(ImuWindowCoderTest, StepsOfOneLoseNothing) {
  for (const size_t channels : {1, 3, 6, 64}) {
    ImuWindowCoder coder = MakeCoder(channels, 0);
    for (const size_t rows : {1, 2, 63, 64, 65, 200}) {
      const Values values = Motion(static_cast<int>(channels), rows, 9, 1);
      EXPECT_EQ(RoundTrip(&coder, values, {}).values, values)
          << channels << " channels, " << rows << " rows";
    }
  }
}

TEST(ImuWindowCoderTest, RandomBlocksNeverGrowByMoreThanSixteenBytes) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  ImuWindowCoder coder = MakeCoder(3, 0);
  for (int round = 0; round < 50; ++round) {
    Values values(3 * (1 + random() % 300));
    for (int32_t& value : values) {
      value = static_cast<int16_t>(random());
    }
    size_t size = 0;
    EXPECT_EQ(RoundTrip(&coder, values, {}, &size).values, values);
    EXPECT_LE(size, 2 * values.size() + 16);
  }
}

TEST(ImuWindowCoderTest, AStrongerBlockIsSmallerAndFurtherOff) {
  ImuWindowCoder coder = MakeCoder(6);
  const Values values = Motion(6, 1280, 9, 1);
  size_t before = values.size() * 4;
  int32_t error_before = -1;
  for (const int strength : {0, 24, 48, 72}) {
    size_t size = 0;
    const DecodedWindows decoded =
        RoundTrip(&coder, values, {.strength = strength}, &size);
    const int32_t error = WorstError(decoded.values, values);
    EXPECT_LT(size, before);
    EXPECT_GT(error, error_before);
    before = size;
    error_before = error;
  }
}

TEST(ImuWindowCoderTest, NoSampleIsFurtherOffThanItsBound) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  ImuWindowCoder coder = MakeCoder(3);
  for (int round = 0; round < 60; ++round) {
    const Values values =
        Motion(3, 1 + random() % 300, 9, static_cast<uint32_t>(random()));
    ImuWindowOptions options{.strength = static_cast<int>(random() % 256)};
    options.bounds = {static_cast<int32_t>(random() % 40), -1,
                      static_cast<int32_t>(random() % 3000)};
    const Values decoded = RoundTrip(&coder, values, options).values;
    ASSERT_EQ(decoded.size(), values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (i % 3 == 1) continue;
      ASSERT_LE(std::abs(values[i] - decoded[i]), options.bounds[i % 3]);
    }
  }
}

TEST(ImuWindowCoderTest, EachWindowIsAsCoarseAsItsJudgeAllows) {
  ImuWindowCoder coder = MakeCoder(2);
  const Values values = Motion(2, 4 * kWindow, 9, 1);
  ImuWindowOptions options{.strength = 8};
  // Even windows always, the second not at all, the fourth for three times.
  std::vector<int> asked(4);
  options.judge = [&](size_t window, std::span<const int32_t> rows) {
    EXPECT_EQ(rows.size(), 2 * kWindow);
    ++asked[window];
    const bool good = window % 2 == 0 || (window == 3 && asked[3] <= 3);
    return WindowOpinion{good, good};
  };
  const DecodedWindows decoded = RoundTrip(&coder, values, options);
  EXPECT_EQ(asked, std::vector<int>({16, 1, 16, 4}));
  EXPECT_TRUE(decoded.verdict.judged);
  EXPECT_EQ(decoded.verdict.windows, 4U);
  EXPECT_EQ(decoded.verdict.agreeing, 3U);
}

TEST(ImuWindowCoderTest, WhatIsJudgedIsWhatIsDecoded) {
  ImuWindowCoder coder = MakeCoder(2);
  const Values values = Motion(2, 3 * kWindow, 9, 1);
  ImuWindowOptions options{.strength = 30, .bounds = {50, 4}};
  Values seen(values.size());  // the last that was good, of each window
  options.judge = [&](size_t window, std::span<const int32_t> rows) {
    std::ranges::copy(rows, &seen[window * rows.size()]);
    return WindowOpinion{true, true};
  };
  EXPECT_EQ(RoundTrip(&coder, values, options).values, seen);
}

TEST(ImuWindowCoderTest, ExpectsMoreOfTheMarginToGoAsErrorsGrow) {
  ImuWindowCoder coder = MakeCoder(2);
  const Values values = Motion(2, 4 * kWindow, 9, 1);
  const auto change = [&](int strength) {
    return RoundTrip(&coder, values, {.strength = strength})
        .verdict.margin_change;
  };
  EXPECT_GT(change(24), 0);
  EXPECT_GT(change(48), 2 * change(24));
}

TEST(ImuWindowCoderTest, AnotherPlanIsToldFromTheBlocks) {
  ImuWindowCoder coder = MakeCoder(2, 4);
  ImuWindowCoder other = MakeCoder(2, 5);
  const auto block = coder.Encode(Motion(2, 100, 9, 1), {.strength = 20});
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(other.Decode(*block).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ImuWindowCoderTest, EveryCutAndFlippedByteIsTold) {
  ImuWindowCoder coder = MakeCoder(2);
  const auto block =
      coder.Encode(Motion(2, 100, 9, 1), {.strength = 20, .bounds = {30, 30}});
  ASSERT_TRUE(block.ok());
  for (size_t size = 0; size < block->size(); ++size) {
    EXPECT_FALSE(coder.Decode(std::span(*block).first(size)).ok()) << size;
  }
  for (size_t at = 0; at < block->size(); ++at) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      Bytes flipped = *block;
      flipped[at] = static_cast<uint8_t>(flipped[at] ^ mask);
      EXPECT_FALSE(coder.Decode(flipped).ok()) << at;
    }
  }
}

TEST(ImuWindowCoderTest, RefusesWhatItCannotCode) {
  ImuWindowCoder coder = MakeCoder(2);
  const auto code = [&](const Values& values, ImuWindowOptions options) {
    return coder.Encode(values, options).status().code();
  };
  constexpr auto kWrong = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code({}, {}), kWrong);
  EXPECT_EQ(code({1, 2, 3}, {}), kWrong);
  EXPECT_EQ(code({1, (1 << 26) + 1}, {}), kWrong);
  EXPECT_EQ(code({1, 2}, {.strength = 256}), kWrong);
  EXPECT_EQ(code({1, 2}, {.strength = -1}), kWrong);
  EXPECT_EQ(code({1, 2}, {.most_coarser = 16}), kWrong);
  EXPECT_EQ(code({1, 2}, {.bounds = {1}}), kWrong);
  EXPECT_EQ(code({1, -(1 << 26)}, {}), absl::StatusCode::kOk);
}

TEST(ImuWindowPlanTest, EveryCutAndFlippedByteIsTold) {
  const Bytes plan = MakePlan(2, 4, {});
  EXPECT_TRUE(imu::ParseWindowPlan(plan));
  for (size_t size = 0; size < plan.size(); ++size) {
    EXPECT_FALSE(imu::ParseWindowPlan(std::span(plan).first(size))) << size;
  }
  for (size_t at = 0; at < plan.size(); ++at) {
    Bytes flipped = plan;
    flipped[at] = static_cast<uint8_t>(flipped[at] ^ 0x10);
    EXPECT_FALSE(imu::ParseWindowPlan(flipped)) << at;
  }
}

TEST(ImuWindowPlanTest, StepsAreTheInverseRootsOfEnergies) {
  const auto bytes = MakeImuWindowPlan({1, 64, 2, {4, 0.25}}, {});
  ASSERT_TRUE(bytes.ok());
  const auto plan = imu::ParseWindowPlan(*bytes);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->loss, 2);
  EXPECT_EQ(imu::StepOf(plan->step[0]), 1U);
  EXPECT_EQ(imu::StepOf(plan->step[1]), 4U);
}

TEST(ImuWindowPlanTest, RefusesWhatNoPlanCanBeOf) {
  const auto code = [](const ImuWindowSteps& steps) {
    return MakeImuWindowPlan(steps, {}).status().code();
  };
  constexpr auto kWrong = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code({0, 64, 1, {}}), kWrong);
  EXPECT_EQ(code({1, 100, 1, {1}}), kWrong);
  EXPECT_EQ(code({1, 64, 65, std::vector<double>(65, 1.0)}), kWrong);
  EXPECT_EQ(code({1, 64, 2, {1}}), kWrong);
  EXPECT_EQ(code({1, 64, 1, {0}}), kWrong);
  EXPECT_EQ(code({1, 64, 1, {-1}}), kWrong);
  EXPECT_EQ(code({1, 64, 1, {std::nan("")}}), kWrong);
}

}  // namespace
}  // namespace fovea
