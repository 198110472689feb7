// SPDX-License-Identifier: GPL-2.0-or-later
//
// Window blocks, of their own and of series, against a reader that was written
// from codec/FORMAT.md alone (second_reader/).

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codec/imu/window_block.h"
#include "codec/imu/window_plan.h"
#include "codec/series_block.h"
#include "codec/series_window_plan.h"
#include "tests/codec/imu/motion.h"
#include "tests/codec/imu/second_reader/series_block.h"
#include "tests/codec/window_sensitivity.h"

namespace fovea {
namespace {

using imu::testing::Motion;
using imu::testing::RingingDevice;
using testing::Sensitivity;
using Bytes = std::vector<uint8_t>;
using Values = std::vector<int32_t>;

// Both read the same promise of a model's answers.
void ExpectSameVerdict(const second_reader::Windows& theirs,
                       const WindowVerdict& ours) {
  EXPECT_EQ(theirs.windows, ours.windows);
  EXPECT_EQ(theirs.judged, ours.judged);
  EXPECT_EQ(theirs.judged ? theirs.windows - theirs.other : 0, ours.agreeing);
  EXPECT_EQ(static_cast<float>(theirs.change), ours.margin_change);
}

struct PlanShape {
  size_t channels, window, bands;
  double octaves;  // by which steps grow with the band
};

Bytes MakePlan(const PlanShape& shape, const Values& recording) {
  ImuWindowSteps steps{shape.channels, shape.window, shape.bands, {}};
  for (size_t i = 0; i < shape.channels * shape.bands; ++i) {
    const double band =
        static_cast<double>(i % shape.bands) / static_cast<double>(shape.bands);
    steps.energy.push_back(std::exp2(-2 * shape.octaves * band));
  }
  const auto plan = MakeImuWindowPlan(steps, {{recording}});
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.value_or(Bytes{});
}

// A block of `values`, read by both. Raises `coded` by its windows.
void ExpectSameBlock(const Bytes& plan, const Values& values,
                     const ImuWindowOptions& options, size_t* coded) {
  auto coder = ImuWindowCoder::Create(plan);
  ASSERT_TRUE(coder.ok()) << coder.status();
  const auto block = coder->Encode(values, options);
  ASSERT_TRUE(block.ok()) << block.status();
  const auto ours = coder->Decode(*block);
  ASSERT_TRUE(ours.ok()) << ours.status();
  second_reader::Windows theirs;
  ASSERT_NO_THROW(theirs = second_reader::ReadWindowBlock(
                      *block, second_reader::WindowPlanBytes::Read(plan)));
  EXPECT_EQ(theirs.values, ours->values);
  *coded += theirs.windows;
  ExpectSameVerdict(theirs, ours->verdict);
}

// Finds answers as they were up to some coarseness, which windows differ in.
WindowJudge PatientJudge() {
  return [asked = std::vector<int>(10'000)](size_t window,
                                            std::span<const int32_t>) mutable {
    const bool good = ++asked[window] <= static_cast<int>(window * 7 % 16);
    return WindowOpinion{good, good};
  };
}

// How many windows were coded: short blocks fall back to raw values.
size_t ExpectSameBlocks(const Bytes& plan, const Values& values,
                        std::vector<int32_t> bounds) {
  size_t coded = 0;
  for (const int strength : {0, 5, 40, 90, 255}) {
    for (const bool judged : {false, true}) {
      for (const bool bounded : {false, true}) {
        SCOPED_TRACE(::testing::Message()
                     << "strength " << strength << judged << bounded);
        ImuWindowOptions options{.strength = strength};
        if (judged) options.judge = PatientJudge();
        if (bounded) options.bounds = bounds;
        ExpectSameBlock(plan, values, options, &coded);
      }
    }
  }
  return coded;
}

TEST(SecondReaderWindowsTest, WindowsOfAnyPlan) {
  constexpr PlanShape kShapes[] = {{6, 64, 16, 4},
                                   {6, 8, 8, 6},
                                   {6, 16, 1, 0},
                                   {6, 32, 5, 3},
                                   {6, 128, 7, 9}};
  for (const PlanShape& shape : kShapes) {
    SCOPED_TRACE(::testing::Message() << "window " << shape.window);
    const Bytes plan = MakePlan(shape, RingingDevice(2000, 3));
    size_t coded = 0;
    for (const size_t rows : {1, 2, 63, 65, 500}) {
      coded += ExpectSameBlocks(plan, RingingDevice(rows, 4),
                                {0, 3, -1, 50, 400, 9});
    }
    EXPECT_GT(coded, 0u);
  }
}

TEST(SecondReaderWindowsTest, WindowsThatNothingWasLearnedOf) {
  const Bytes plan = MakePlan({3, 64, 16, 4}, {});
  EXPECT_GT(ExpectSameBlocks(plan, Motion(3, 500, 9, 1), {30, -1, 2}), 0u);
}

TEST(SecondReaderWindowsTest, ValuesOfAnySize) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const Bytes plan = MakePlan({2, 32, 8, 3}, Motion(2, 640, 9, 2));
  size_t coded = 0;
  for (int round = 0; round < 30; ++round) {
    Values values(2 * (1 + random() % 200));
    const int shift = static_cast<int>(random() % 27);
    for (int32_t& value : values) {
      value = static_cast<int32_t>(random() >> 5) - (1 << 26);
      value >>= shift;
    }
    coded += ExpectSameBlocks(plan, values,
                              {static_cast<int32_t>(random() % 9), 70});
  }
  EXPECT_GT(coded, 0u);
}

std::vector<double> Moving(uint32_t seed, size_t rows) {
  std::vector<double> values;
  for (const int32_t count : Motion(2, rows, 90, seed)) {
    values.push_back(count / 417.0);
  }
  return values;
}

// A block of `batch`, read by both, by windows or, of a series whose samples
// no plan codes, without.
void ExpectSameSeries(const SeriesBatch& batch, const Bytes& plan_bytes,
                      SeriesCoding coding, bool by_windows = true) {
  const auto plan = SeriesWindowPlan::Parse(plan_bytes);
  ASSERT_TRUE(plan.ok()) << plan.status();
  coding.windows.plan = &*plan;
  const auto block = EncodeSeriesBlock(batch, 2, coding);
  ASSERT_TRUE(block.ok()) << block.status();
  const auto ours = DecodeSeriesBlock(*block, nullptr, &*plan);
  ASSERT_TRUE(ours.ok()) << ours.status();
  const auto second_plan =
      second_reader::SeriesWindowPlanBytes::Read(plan_bytes);
  second_reader::Series theirs;
  ASSERT_NO_THROW(
      theirs =
          second_reader::SeriesReader(*block, nullptr, &second_plan).Read());
  EXPECT_EQ(theirs.plan, by_windows ? plan->id() : 0);
  EXPECT_EQ(theirs.metadata, coding.metadata);
  EXPECT_EQ(theirs.times, ours->batch.time_ns);
  EXPECT_EQ(theirs.bounds, ours->bounds);
  ASSERT_EQ(theirs.values.size(), ours->batch.values.size());
  for (size_t i = 0; i < theirs.values.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint64_t>(theirs.values[i]),
              std::bit_cast<uint64_t>(ours->batch.values[i]))
        << i;
  }
  ExpectSameVerdict(theirs.windows, ours->verdict);
}

TEST(SecondReaderWindowsTest, SeriesCodedForAModel) {
  const auto plan = MakeSeriesWindowPlan(
      Sensitivity(), {Sensitivity().channels, 100}, Moving(1, 4096));
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (const size_t rows : {1, 2, 200, 1024}) {
    SeriesBatch batch;
    batch.values = Moving(2, rows);
    for (size_t i = 0; i < rows; ++i) {
      batch.time_ns.push_back(static_cast<int64_t>(i) * 10'000'000);
    }
    for (const int strength : {0, 40, 88}) {
      SCOPED_TRACE(::testing::Message() << rows << ", " << strength);
      SeriesCoding coding{.metadata = 5, .bounds = {}};
      coding.windows.strength = strength;
      ExpectSameSeries(batch, *plan, coding);
      coding.bounds = {0.05, 0};
      ExpectSameSeries(batch, *plan, coding);
      coding.windows.judge = [](size_t first_row, std::span<const double>) {
        return WindowOpinion{first_row < 500, first_row < 500};
      };
      ExpectSameSeries(batch, *plan, coding);
      coding.bounds = {};
      ExpectSameSeries(batch, *plan, coding);
      batch.values[1] = std::nan("");
      ExpectSameSeries(batch, *plan, coding, false);
      batch.values[1] = 0.5;
    }
  }
}

}  // namespace
}  // namespace fovea
