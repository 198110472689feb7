// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/segment_threshold.h"

#include <gtest/gtest.h>

#include <limits>

namespace fovea {
namespace {

constexpr int64_t kStep = SegmentThreshold::kSegmentNs / 10;

class SegmentThresholdTest : public ::testing::Test {
 protected:
  // A second of ten inputs as far from the first as said; those farther than
  // `harmless` have another answer.
  void Segment(double apart, double harmless, bool run = true) {
    EXPECT_TRUE(segments_.Begins(now_ns_));
    now_ns_ += kStep;
    for (int i = 1; i < 10; ++i, now_ns_ += kStep) {
      EXPECT_FALSE(segments_.Begins(now_ns_));
      const double difference = apart * i / 9;
      segments_.Difference(difference);
      if (run) segments_.Answered(difference <= harmless);
    }
  }
  // What is in force in the next segment.
  double Next() {
    EXPECT_TRUE(segments_.Begins(now_ns_));
    return segments_.threshold();
  }

  SegmentThreshold segments_;
  int64_t now_ns_ = 0;
};

TEST_F(SegmentThresholdTest, NothingIsKnownUntilASegmentWasRunWhole) {
  EXPECT_EQ(segments_.threshold(), 0);
  Segment(0.01, 1, /*run=*/false);
  EXPECT_EQ(Next(), 0);
}

TEST_F(SegmentThresholdTest, WhereAllAgreesAnyChangeIsHarmless) {
  Segment(0.01, 1);
  EXPECT_DOUBLE_EQ(Next(), 0.9);
}

TEST_F(SegmentThresholdTest, TheLargestThresholdIsTakenThatMeetsTheTarget) {
  Segment(0.09, 0.045);  // five agree
  // One candidate in 1.8 lies below the sixth.
  const double threshold = Next();
  EXPECT_GE(threshold, 0.03);
  EXPECT_LT(threshold, 0.06);
}

TEST_F(SegmentThresholdTest, LikeSegmentsHaveTheirOwn) {
  Segment(1e-4, 1);    // still: anything goes
  Segment(0.3, 0.01);  // busy
  Segment(1e-4, 1, /*run=*/false);
  EXPECT_TRUE(segments_.Begins(now_ns_));
  EXPECT_GT(segments_.threshold(), 0.8);
  segments_.Reset();
  Segment(0.3, 0, /*run=*/false);
  EXPECT_LT(Next(), 0.1);
}

TEST_F(SegmentThresholdTest, ASegmentIsAsLongAsFiveInputsTake) {
  EXPECT_TRUE(segments_.Begins(0));
  for (int i = 1; i < 5; ++i) {
    EXPECT_FALSE(segments_.Begins(i * 10 * SegmentThreshold::kSegmentNs));
    segments_.Difference(0.5);
    segments_.Answered(true);
  }
  EXPECT_TRUE(segments_.Begins(50 * SegmentThreshold::kSegmentNs));
  EXPECT_DOUBLE_EQ(segments_.threshold(), 0.9);
}

TEST_F(SegmentThresholdTest, WhatCannotBeComparedIsADifferenceToo) {
  Segment(std::numeric_limits<double>::infinity(), 0);
  EXPECT_GT(Next(), 0);
}

}  // namespace
}  // namespace fovea
