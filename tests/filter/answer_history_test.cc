// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/answer_history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace fovea {
namespace {

constexpr int64_t kQuarter = 250'000'000;  // ns, what age is counted in
constexpr int kNumberMost = std::numeric_limits<int>::max();
constexpr int kNumberLeast = std::numeric_limits<int>::min();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Pictures of 4 x 2 macroblocks, each of one level all over.
class AnswerHistoryTest : public ::testing::Test {
 protected:
  static constexpr int kColumns = 4, kRows = 2;

  static Features Level(int level) {
    return {kColumns, kRows,
            std::vector<int8_t>(kColumns * kRows, static_cast<int8_t>(level))};
  }
  // Where each macroblock differs from the input before by so many quarters
  // of a level.
  static Grid Changed(std::vector<uint8_t> quarters) {
    Grid grid;
    grid.columns = kColumns;
    grid.rows = kRows;
    grid.has_previous = true;
    grid.difference = std::move(quarters);
    return grid;
  }
  static Grid ChangedBy(uint8_t quarters) {
    return Changed(std::vector<uint8_t>(kColumns * kRows, quarters));
  }

  void See(int level, uint8_t quarters = 0, int64_t step_ns = kQuarter) {
    time_ns_ += step_ns;
    history_.See(ChangedBy(quarters), Level(level), time_ns_);
  }
  void Ran(uint64_t vote, std::vector<DoubtfulBox> doubtful = {}) {
    history_.Ran({vote, std::move(doubtful)});
  }
  ComparedRuns Compare() const { return history_.Compare(); }
  PairTraits Last() const { return Compare().runs.at(0); }
  double Of(size_t trait) const { return std::expm1(Last().values[trait]); }

  AnswerHistory history_;
  int64_t time_ns_ = 0;
};

TEST_F(AnswerHistoryTest, BeforeAnyRunThereIsNothingToCompareWith) {
  EXPECT_TRUE(history_.empty());
  EXPECT_TRUE(Compare().runs.empty());
  See(5);
  EXPECT_TRUE(history_.empty());
  const ComparedRuns compared = Compare();
  EXPECT_TRUE(compared.runs.empty());
  EXPECT_EQ(compared.present.values[PresentTraits::kOne], 1);
  EXPECT_EQ(compared.present.values[PresentTraits::kDistance], 0);
}

TEST_F(AnswerHistoryTest, TheInputJustRunIsNoWayFromItself) {
  See(5, 40);
  Ran(7);
  EXPECT_FALSE(history_.empty());
  EXPECT_EQ(Last().vote, 7u);
  EXPECT_EQ(Last().distance, 0);
  for (const size_t trait :
       {PairTraits::kDistance, PairTraits::kCells, PairTraits::kAge,
        PairTraits::kChange, PairTraits::kDoubt, PairTraits::kDoubtfulChange}) {
    EXPECT_EQ(Last().values[trait], 0) << trait;
  }
  EXPECT_EQ(Last().values[PairTraits::kIsLast], 1);
}

TEST_F(AnswerHistoryTest, DistanceAgeAndChangeCountFromTheRun) {
  See(5);
  Ran(1);
  See(8, 12);  // quarters: 3 levels
  See(9, 4);
  EXPECT_FLOAT_EQ(Last().distance, 4);
  EXPECT_NEAR(Of(PairTraits::kDistance), 4, 1e-4);
  EXPECT_NEAR(Of(PairTraits::kAge), 2, 1e-5);
  EXPECT_NEAR(Of(PairTraits::kChange), 4, 1e-5);
  EXPECT_EQ(Of(PairTraits::kCells), 0);
  const auto& present = Compare().present.values;
  EXPECT_EQ(present[PresentTraits::kAge], Last().values[PairTraits::kAge]);
  EXPECT_EQ(present[PresentTraits::kChange],
            Last().values[PairTraits::kChange]);
}

TEST_F(AnswerHistoryTest, AFirstPictureHasNotChanged) {
  See(5);
  Ran(1);
  Grid grid = ChangedBy(255);
  grid.has_previous = false;
  history_.See(grid, Level(5), time_ns_);
  EXPECT_EQ(Of(PairTraits::kChange), 0);
  history_.See(Grid(), {}, time_ns_);  // nor one of which nothing is known
  EXPECT_EQ(Of(PairTraits::kChange), 0);
}

TEST(CellsApartTest, MoreThanTenLevelsIsAnotherThing) {
  const auto level = [](int8_t at) { return Features{2, 1, {at, 0}}; };
  EXPECT_EQ(CellsApart(level(0), level(10)), 0);
  EXPECT_EQ(CellsApart(level(0), level(11)), 1);
  EXPECT_EQ(CellsApart(level(0), level(-11)), 1);
  EXPECT_EQ(CellsApart({2, 1, {-127, -127}}, {2, 1, {127, 127}}), 2);
  EXPECT_EQ(CellsApart({}, {}), 0);
}

TEST(CellsApartTest, OtherShapesShareNothing) {
  EXPECT_EQ(CellsApart({2, 1, {0, 0}}, {1, 2, {0, 0}}), 2);
  EXPECT_EQ(CellsApart({2, 1, {0, 0}}, {3, 1, {0, 0, 0}}), 3);
  EXPECT_EQ(CellsApart({}, {3, 1, {0, 0, 0}}), 3);
}

TEST_F(AnswerHistoryTest, APictureOfAnotherSizeIsAsFarAsCanBe) {
  See(5);
  Ran(1);
  history_.See(Grid(), {1, 1, {5}}, time_ns_);
  EXPECT_TRUE(std::isinf(Last().distance));
  EXPECT_NEAR(Of(PairTraits::kDistance), 255, 1e-2);
  EXPECT_NEAR(Of(PairTraits::kCells), kColumns * kRows, 1e-4);
}

TEST(DoubtTest, FallsFromTheThresholdEitherWay) {
  EXPECT_EQ(DoubtOf(0), 1);
  EXPECT_NEAR(DoubtOf(0.07F), std::exp(-0.5), 1e-6);
  EXPECT_EQ(DoubtOf(0.1F), DoubtOf(-0.1F));
  EXPECT_GT(DoubtOf(0.2F), 0);
  EXPECT_EQ(DoubtOf(0.22F), 0);  // below a hundredth
  EXPECT_EQ(DoubtOf(std::numeric_limits<float>::infinity()), 0);
  EXPECT_EQ(DoubtOf(kNaN), 0);
}

TEST_F(AnswerHistoryTest, WhatDoubtfulBoxesChangeByIsWeighedByTheirDoubt) {
  See(5);
  // The left half, and a single macroblock of the right one.
  Ran(1, {{{0, 0, 32, 32}, 0.5F}, {{48, 16, 64, 32}, 0.25F}});
  EXPECT_FLOAT_EQ(Last().values[PairTraits::kDoubt], 0.75F);
  EXPECT_FLOAT_EQ(Last().values[PairTraits::kLastDoubt], 0.75F);
  history_.See(Changed({8, 8, 0, 0, 8, 8, 0, 16}), Level(5), time_ns_);
  EXPECT_NEAR(Of(PairTraits::kDoubtfulChange), 0.5 * 8 + 0.25 * 16, 1e-4);
  history_.See(Changed({0, 0, 255, 255, 0, 0, 255, 0}), Level(5), time_ns_);
  EXPECT_NEAR(Of(PairTraits::kDoubtfulChange), 8, 1e-4);  // none of theirs
}

TEST_F(AnswerHistoryTest, BoxesThatOverlapAddUp) {
  See(5);
  Ran(1, {{{0, 0, 16, 16}, 1}, {{0, 0, 16, 16}, 1}});
  history_.See(Changed({8, 0, 0, 0, 0, 0, 0, 0}), Level(5), time_ns_);
  EXPECT_NEAR(Of(PairTraits::kDoubtfulChange), 16, 1e-4);
}

TEST_F(AnswerHistoryTest, OfBoxesCountsWhatLiesInThePicture) {
  struct Case {
    MotionBox box;
    double change;  // of 8 quarters everywhere
  };
  const Case cases[] = {
      {{kNumberLeast, kNumberLeast, kNumberMost, kNumberMost}, 8},
      {{-16, -16, 1, 1}, 8},                            // a corner
      {{63, 31, kNumberMost, kNumberMost}, 8},          // the other one
      {{64, 0, 80, 16}, 0},                             // beside it
      {{kNumberMost, 0, kNumberMost, 16}, 0},           // far beside it
      {{kNumberLeast, 0, kNumberLeast, 16}, 0},         // on the other side
      {{32, 16, 16, 32}, 0},                            // turned inside out
      {{kNumberMost, kNumberMost, kNumberLeast, 0}, 0}  // so much so
  };
  for (const Case& one : cases) {
    history_.Reset();
    See(5);
    Ran(1, {{one.box, 1}});
    history_.See(ChangedBy(8), Level(5), time_ns_);
    EXPECT_NEAR(Of(PairTraits::kDoubtfulChange), one.change, 1e-4)
        << one.box.left << " " << one.box.top << " " << one.box.right << " "
        << one.box.bottom;
    EXPECT_EQ(Last().values[PairTraits::kDoubt], 1);
  }
}

TEST_F(AnswerHistoryTest, AGridThatShrankLosesItsCells) {
  See(5);
  Ran(1, {{{0, 0, 64, 32}, 1}});
  Grid smaller;
  smaller.columns = smaller.rows = 1;
  smaller.has_previous = true;
  smaller.difference = {8};
  history_.See(smaller, {1, 1, {0}}, time_ns_);
  EXPECT_NEAR(Of(PairTraits::kDoubtfulChange), 1, 1e-4);
}

TEST_F(AnswerHistoryTest, ARunBeforeAnyInputHasNoCells) {
  Ran(1, {{{0, 0, 64, 32}, 1}});
  See(5, 8);
  EXPECT_EQ(Of(PairTraits::kDoubtfulChange), 0);
  EXPECT_EQ(Last().values[PairTraits::kDoubt], 1);
}

TEST_F(AnswerHistoryTest, TheLatestRunsAreKeptLatestFirst) {
  for (uint64_t i = 0; i < AnswerHistory::kRuns + 2; ++i) {
    See(static_cast<int>(i));
    Ran(i, {{{0, 0, 16, 16}, 0.5F}});
  }
  const ComparedRuns compared = Compare();
  ASSERT_EQ(compared.runs.size(), AnswerHistory::kRuns);
  for (size_t i = 0; i < compared.runs.size(); ++i) {
    EXPECT_EQ(compared.runs[i].vote, AnswerHistory::kRuns + 1 - i);
    EXPECT_FLOAT_EQ(compared.runs[i].distance, static_cast<float>(i));
    EXPECT_EQ(compared.runs[i].values[PairTraits::kIsLast], i == 0);
    EXPECT_EQ(compared.runs[i].values[PairTraits::kLastDoubt],
              i == 0 ? 0.5F : 0);
  }
}

TEST_F(AnswerHistoryTest, TurnsAreTheShareOfLateAnswersUnlikeTheOneBefore) {
  const auto turns = [&] {
    return Compare().present.values[PresentTraits::kTurns];
  };
  See(0);
  Ran(1);
  EXPECT_EQ(turns(), 0.5F);  // nothing is known yet
  Ran(1);
  EXPECT_EQ(turns(), 0);
  Ran(2);
  EXPECT_EQ(turns(), 0.5F);
  Ran(2);
  Ran(1);
  EXPECT_EQ(turns(), 0.5F);
  for (int i = 0; i < 6; ++i) Ran(1);  // older ones count no more
  EXPECT_EQ(turns(), 0);
}

TEST_F(AnswerHistoryTest, TimesMayBeAnyAndAgeNeverRunsBackward) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  history_.See(ChangedBy(0), Level(1), kLeast);
  Ran(1);
  history_.See(ChangedBy(0), Level(1), kMost);
  EXPECT_NEAR(Of(PairTraits::kAge) / (std::ldexp(1, 64) / 250e6), 1, 1e-4);
  Ran(2);
  history_.See(ChangedBy(0), Level(1), kLeast);
  EXPECT_EQ(Of(PairTraits::kAge), 0);
}

TEST_F(AnswerHistoryTest, ResetForgetsAll) {
  See(5, 200);
  Ran(1);
  history_.Reset();
  EXPECT_TRUE(history_.empty());
  EXPECT_TRUE(Compare().runs.empty());
  See(6, 4);
  Ran(2);
  ASSERT_EQ(Compare().runs.size(), 1u);
  EXPECT_EQ(Of(PairTraits::kChange), 0);
}

TEST_F(AnswerHistoryTest, TraitsAreFiniteWhateverCame) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 dice(seed);
    history_.Reset();
    for (int i = 0; i < 200; ++i) {
      Features features = dice() % 8 == 0 ? Features() : Level(0);
      for (int8_t& cell : features.cells) cell = static_cast<int8_t>(dice());
      history_.See(ChangedBy(static_cast<uint8_t>(dice())), features,
                   static_cast<int64_t>(dice()));
      const auto edge = [&] { return static_cast<int>(dice()); };
      if (dice() % 2 == 0) {
        Ran(dice() % 3, {{{edge(), edge(), edge(), edge()}, 0.5F}});
      }
      const ComparedRuns compared = Compare();
      for (const float v : compared.present.values) {
        ASSERT_TRUE(std::isfinite(v));
      }
      for (const PairTraits& pair : compared.runs) {
        for (const float v : pair.values) ASSERT_TRUE(std::isfinite(v));
      }
    }
  }
}

}  // namespace
}  // namespace fovea
