// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is left of an observation says nothing of what was cut out, and all
// of the rest.

#include "index/observation_cut.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/index/any_observation.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kFrameNs;
using testing::MovingThing;
using testing::ObservationDice;

IndexSpan Frames(uint64_t first, uint64_t end) {
  return {first, end, static_cast<int64_t>(first) * kFrameNs,
          static_cast<int64_t>(end) * kFrameNs};
}

TEST(SpansTouchingTest, WholeSpansAndTheGapsBetweenThem) {
  const std::vector<IndexSpan> held = {
      {10, 20, 100, 200}, {20, 30, 200, 300}, {40, 50, 400, 500}};
  const IndexSpan before = {0, 10, INT64_MIN, 100};
  const IndexSpan gap = {30, 40, 300, 400};
  const IndexSpan after = {50, UINT64_MAX, 500, INT64_MAX};
  EXPECT_THAT(SpansTouching(held, 100, 200), ElementsAre(held[0]));
  EXPECT_THAT(SpansTouching(held, 99, 201),
              ElementsAre(before, held[0], held[1]));
  EXPECT_THAT(SpansTouching(held, 310, 320), ElementsAre(gap));
  EXPECT_THAT(SpansTouching(held, 299, 401),
              ElementsAre(held[1], gap, held[2]));
  EXPECT_THAT(SpansTouching(held, 600, 601), ElementsAre(after));
  EXPECT_THAT(SpansTouching(held, 200, 200), IsEmpty());
  EXPECT_EQ(SpansTouching(held, INT64_MIN, INT64_MAX).size(), 6u);
  EXPECT_THAT(SpansTouching({}, 5, 6),
              ElementsAre(IndexSpan{0, UINT64_MAX, INT64_MIN, INT64_MAX}));
}

TEST(SpansTouchingTest, WhereAClockWasSetBackAGapMayHaveBeenAtAnyTime) {
  const std::vector<IndexSpan> held = {{0, 10, 500, 600}, {12, 20, 100, 200}};
  const IndexSpan gap = {10, 12, 600, 100};
  const IndexSpan after = {20, UINT64_MAX, 200, INT64_MAX};
  EXPECT_THAT(SpansTouching(held, 150, 151), ElementsAre(gap, held[1]));
  EXPECT_THAT(SpansTouching(held, 300, 301), ElementsAre(gap, after));
  EXPECT_THAT(SpansTouching(held, 550, 551), ElementsAre(held[0], gap, after));
}

TEST(WithoutSpansTest, UntouchedOnesStayAsTheyAre) {
  Observation o = MovingThing(7, "car", 1, 100, 199);
  o.attributes.push_back({"colour", "red"});
  EXPECT_THAT(WithoutSpans(o, {}), ElementsAre(o));
  const std::vector<IndexSpan> beside = {Frames(0, 100), Frames(200, 300)};
  EXPECT_THAT(WithoutSpans(o, beside), ElementsAre(o));
}

TEST(WithoutSpansTest, WhollyCoveredOnesGo) {
  const Observation o = MovingThing(7, "car", 1, 100, 199);
  const std::vector<IndexSpan> over = {Frames(100, 200)};
  EXPECT_THAT(WithoutSpans(o, over), IsEmpty());
  const std::vector<IndexSpan> two = {Frames(50, 150), Frames(150, 400)};
  EXPECT_THAT(WithoutSpans(o, two), IsEmpty());
}

TEST(WithoutSpansTest, AMiddleCutLeavesTwoPartsWithTheirOwnTimesAndScores) {
  Observation o = MovingThing(7, "car", 1, 100, 199);
  for (ObservedBox& box : o.boxes) {
    box.score = static_cast<uint8_t>(box.index);
  }
  o.max_score = 65535;
  o.attributes.push_back({"plate", "read in the middle"});
  const std::vector<IndexSpan> middle = {Frames(125, 150)};
  const auto parts = WithoutSpans(o, middle);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].first_index, 100u);
  EXPECT_EQ(parts[0].last_index, 124u);
  EXPECT_EQ(parts[0].start_ns, 100 * kFrameNs);
  EXPECT_EQ(parts[0].end_ns, 125 * kFrameNs - 1);
  EXPECT_EQ(parts[0].max_score, 124 * 257);
  EXPECT_EQ(parts[0].mean_score, 112 * 257);
  EXPECT_EQ(parts[1].first_index, 150u);
  EXPECT_EQ(parts[1].last_index, 199u);
  EXPECT_EQ(parts[1].start_ns, 150 * kFrameNs);
  EXPECT_EQ(parts[1].end_ns, 199 * kFrameNs);
  EXPECT_EQ(parts[1].max_score, 199 * 257);
  for (const Observation& part : parts) {
    EXPECT_THAT(part.attributes, IsEmpty());
    EXPECT_EQ(part.track, o.track);
    EXPECT_EQ(part.label, o.label);
    EXPECT_TRUE(CheckObservation(part).ok()) << CheckObservation(part);
  }
}

TEST(WithoutSpansTest, PartsThatHaveNoBoxLeftGo) {
  Observation o = MovingThing(7, "car", 1, 100, 199);
  o.boxes.erase(o.boxes.begin() + 10, o.boxes.end());  // on 100 to 109
  const std::vector<IndexSpan> middle = {Frames(110, 120)};
  const auto parts = WithoutSpans(o, middle);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].last_index, 109u);
}

TEST(WithoutSpansTest, OnesWithoutBoxesAreCutToo) {
  Observation o = MovingThing(7, "siren", 1, 100, 199);
  o.boxes.clear();
  const std::vector<IndexSpan> end = {Frames(150, 400)};
  const auto parts = WithoutSpans(o, end);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].last_index, 149u);
  EXPECT_EQ(parts[0].end_ns, 150 * kFrameNs - 1);
  EXPECT_EQ(parts[0].max_score, 0) << "unknown";
}

TEST(WithoutSpansTest, AnyCutKeepsExactlyTheBoxesOutsideIt) {
  ObservationDice dice(3);
  for (int round = 0; round < 3000; ++round) {
    const Observation o = dice.Any();
    std::vector<IndexSpan> removed;
    uint64_t at =
        o.first_index - dice.Below(std::min<uint64_t>(o.first_index + 1, 20));
    for (uint64_t n = dice.Below(4); n > 0; --n) {
      IndexSpan span;
      span.first_index = at + dice.Below(30);
      span.end_index = span.first_index + 1 + dice.Below(30);
      span.start_ns = static_cast<int64_t>(dice.Below(1000)) + o.start_ns / 2;
      span.end_ns = span.start_ns / 2;
      at = span.end_index;
      removed.push_back(span);
    }
    const auto is_removed = [&](uint64_t index) {
      return std::ranges::any_of(removed, [&](const IndexSpan& span) {
        return span.first_index <= index && index < span.end_index;
      });
    };
    std::vector<ObservedBox> expected = o.boxes;
    std::erase_if(expected, [&](const ObservedBox& box) {
      return is_removed(box.index);
    });
    std::vector<ObservedBox> left;
    for (const Observation& part : WithoutSpans(o, removed)) {
      ASSERT_TRUE(CheckObservation(part).ok()) << CheckObservation(part);
      EXPECT_FALSE(is_removed(part.first_index));
      EXPECT_FALSE(is_removed(part.last_index));
      EXPECT_GE(part.start_ns, o.start_ns);
      EXPECT_LE(part.end_ns, o.end_ns);
      left.insert(left.end(), part.boxes.begin(), part.boxes.end());
    }
    ASSERT_TRUE(left == expected) << "round " << round;
  }
}

}  // namespace
}  // namespace fovea
