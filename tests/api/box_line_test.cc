// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measured boxes to few runs: near what was measured, whatever it does, and
// cheap where motion is even.

#include "api/box_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace fovea {
namespace {

constexpr int kMacroblock = 128;  // eighths of a pixel

class BoxLineTest : public ::testing::Test {
 protected:
  static int64_t TimeOf(uint64_t index) {
    return static_cast<int64_t>(index) * 100'000'000 / 3;
  }

  void Measure(uint64_t index, int left, int top, int width, int height,
               int score = 100) {
    const ObservedBox box = {index,
                             TimeOf(index),
                             left,
                             top,
                             left + width,
                             top + height,
                             static_cast<uint8_t>(score)};
    measured_.push_back(box);
    line_.Add(box, &boxes_);
  }

  // Runs a sem row would need: boxes of equal step and equal change.
  size_t Runs() const {
    size_t runs = 0;
    std::vector<int64_t> last_change;
    for (size_t i = 1; i < boxes_.size(); ++i) {
      const ObservedBox &a = boxes_[i - 1], &b = boxes_[i];
      const std::vector<int64_t> change = {
          static_cast<int64_t>(b.index - a.index),
          b.left - a.left,
          b.top - a.top,
          b.right - a.right,
          b.bottom - a.bottom,
          b.score - a.score};
      runs += change != last_change;
      last_change = change;
    }
    return runs;
  }

  // What holds at a measured frame: the last box at or before it.
  const ObservedBox& HeldAt(uint64_t index) const {
    return *std::prev(std::upper_bound(
        boxes_.begin(), boxes_.end(), index,
        [](uint64_t i, const ObservedBox& box) { return i < box.index; }));
  }

  static int Distance(const ObservedBox& a, const ObservedBox& b) {
    return std::max({std::abs(a.left - b.left), std::abs(a.top - b.top),
                     std::abs(a.right - b.right),
                     std::abs(a.bottom - b.bottom)});
  }

  void ExpectNear(int most) const {
    ASSERT_FALSE(boxes_.empty());
    EXPECT_EQ(boxes_.front().index, measured_.front().index);
    EXPECT_EQ(boxes_.back().index, measured_.back().index);
    for (size_t i = 1; i < boxes_.size(); ++i) {
      ASSERT_LT(boxes_[i - 1].index, boxes_[i].index);
      ASSERT_LE(boxes_[i].left, boxes_[i].right);
      ASSERT_LE(boxes_[i].top, boxes_[i].bottom);
    }
    for (const ObservedBox& box : boxes_) {
      ASSERT_NEAR(static_cast<double>(box.time_ns),
                  static_cast<double>(TimeOf(box.index)), 20);
    }
    for (const ObservedBox& box : measured_) {
      ASSERT_LE(Distance(HeldAt(box.index), box), most) << box.index;
    }
  }

  BoxLine line_;
  std::vector<ObservedBox> measured_, boxes_;
};

TEST_F(BoxLineTest, NothingMeasuredIsNothingTold) {
  line_.Finish(&boxes_);
  EXPECT_TRUE(boxes_.empty());
}

TEST_F(BoxLineTest, OneBoxIsToldAtOnceAndOnce) {
  Measure(7, 10, 20, 160, 80);
  line_.Finish(&boxes_);
  line_.Finish(&boxes_);
  ASSERT_EQ(boxes_.size(), 1u);
  EXPECT_EQ(boxes_[0], measured_[0]);
}

TEST_F(BoxLineTest, WhatStandsIsOneRun) {
  for (uint64_t i = 0; i <= 80; ++i) Measure(i, 800, 800, 160, 160);
  line_.Finish(&boxes_);
  ExpectNear(0);
  EXPECT_EQ(Runs(), 1u);
  EXPECT_EQ(boxes_.size(), 11u);  // every eighth
}

TEST_F(BoxLineTest, EdgesThatJumpByMacroblocksAlongALineAreFewRuns) {
  for (uint64_t i = 0; i < 120; ++i) {
    const int left = static_cast<int>(i) * 29 / kMacroblock * kMacroblock;
    Measure(i, left, 1280, 4 * kMacroblock, 6 * kMacroblock);
  }
  line_.Finish(&boxes_);
  ExpectNear(kMacroblock - 1);
  EXPECT_LE(Runs(), 120u / 8);
}

TEST_F(BoxLineTest, AJumpIsFollowed) {
  for (uint64_t i = 0; i < 10; ++i) Measure(i, 0, 0, 160, 160);
  for (uint64_t i = 10; i < 20; ++i) Measure(i, 8000, 4000, 160, 160);
  line_.Finish(&boxes_);
  ExpectNear(kMacroblock - 1);
}

TEST_F(BoxLineTest, BoxesOfMissedFramesHaveTheirTimes) {
  const auto shown = [](uint64_t index) {
    return static_cast<int64_t>(index * index) * 1000;
  };
  for (uint64_t i = 0; i < 40; ++i) {
    if (i % 5 == 1) {
      line_.Skip(shown(i));
    } else {
      line_.Add(
          {i, shown(i), 800 + static_cast<int32_t>(i) * 20, 0, 960, 160, 100},
          &boxes_);
    }
    if (i == 21) line_.Finish(&boxes_);
  }
  line_.Finish(&boxes_);
  for (const ObservedBox& box : boxes_) {
    EXPECT_EQ(box.time_ns, shown(box.index)) << box.index;
  }
}

TEST_F(BoxLineTest, FramesThatWereMissedLieOnTheLine) {
  for (uint64_t i = 0; i < 90; i += 1 + (i % 7)) {
    Measure(i, static_cast<int>(i) * 16, 0, 160, 160);
  }
  line_.Finish(&boxes_);
  ExpectNear(kMacroblock - 1);
  EXPECT_LE(Runs(), 2u);
}

TEST_F(BoxLineTest, ALongPauseBeginsAnew) {
  Measure(0, 0, 0, 160, 160);
  Measure(5000, 80, 0, 160, 160);
  Measure(5001, 80, 0, 160, 160);
  line_.Finish(&boxes_);
  ExpectNear(0);
}

TEST_F(BoxLineTest, ScoresThatWaverBreakNoRun) {
  for (uint64_t i = 0; i < 64; ++i) {
    Measure(i, 800, 800, 160, 160, 100 + static_cast<int>(i % 5) * 5);
  }
  line_.Finish(&boxes_);
  EXPECT_EQ(Runs(), 1u);
  Measure(64, 800, 800, 160, 160, 250);
  line_.Finish(&boxes_);
  EXPECT_EQ(boxes_.back().score, 250);
}

TEST_F(BoxLineTest, AnyBoxesAreHeldWithinAMacroblockUnlessTheyRace) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    line_ = BoxLine();
    measured_.clear();
    boxes_.clear();
    int left = 4000, top = 4000;
    uint64_t index = random() % 100;
    for (int i = 0; i < 200; ++i) {
      left += static_cast<int>(random() % 81) - 40;
      top += static_cast<int>(random() % 41) - 20;
      Measure(index, left, top, static_cast<int>(random() % 200),
              static_cast<int>(random() % 300),
              static_cast<int>(random() % 256));
      index += 1 + (random() % 10 == 0 ? random() % 20 : 0);
      if (random() % 40 == 0) line_.Finish(&boxes_);
    }
    line_.Finish(&boxes_);
    ExpectNear(BoxLine::kTolerance + BoxLine::kMostHeld);
  }
}

}  // namespace
}  // namespace fovea
