// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/look_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Looks = std::vector<LookSpan>;

TEST(LookSpansTest, SpansThatMeetJoinWhereTheirStepIsTheSame) {
  Looks looks;
  AddLooks({10, 20, 5}, &looks);
  AddLooks({30, 40, 5}, &looks);
  AddLooks({20, 30, 5}, &looks);
  EXPECT_THAT(looks, ElementsAre(LookSpan{10, 40, 5}));
  AddLooks({40, 50, 10}, &looks);
  AddLooks({0, 10, 10}, &looks);
  EXPECT_THAT(looks, ElementsAre(LookSpan{0, 10, 10}, LookSpan{10, 40, 5},
                                 LookSpan{40, 50, 10}));
  AddLooks({60, 60, 5}, &looks);
  EXPECT_EQ(looks.size(), 3U);
}

TEST(LookSpansTest, TheNewerStands) {
  Looks looks = {{0, 100, 10}};
  AddLooks({20, 30, 1}, &looks);
  EXPECT_THAT(looks, ElementsAre(LookSpan{0, 20, 10}, LookSpan{20, 30, 1},
                                 LookSpan{30, 100, 10}));
  AddLooks({10, 40, 10}, &looks);
  EXPECT_THAT(looks, ElementsAre(LookSpan{0, 100, 10}));
}

TEST(LookSpansTest, WhatIsCutIsForgotten) {
  Looks looks = {{0, 10, 2}, {10, 30, 5}};
  CutLooks({5, 12}, &looks);
  EXPECT_THAT(looks, ElementsAre(LookSpan{0, 5, 2}, LookSpan{12, 30, 5}));
  CutLooks({14, 16}, &looks);
  CutLooks({16, 16}, &looks);
  EXPECT_THAT(looks, ElementsAre(LookSpan{0, 5, 2}, LookSpan{12, 14, 5},
                                 LookSpan{16, 30, 5}));
  CutLooks({0, UINT64_MAX}, &looks);
  EXPECT_THAT(looks, IsEmpty());
}

TEST(LookSpansTest, OnlyLooksAsCloseAsWantedCount) {
  const Looks looks = {{10, 20, 5}, {30, 40, 10}};
  EXPECT_THAT(
      NotLookedAt(looks, {0, 50}, 10),
      ElementsAre(FrameSpan{0, 10}, FrameSpan{20, 30}, FrameSpan{40, 50}));
  EXPECT_THAT(NotLookedAt(looks, {0, 50}, 5),
              ElementsAre(FrameSpan{0, 10}, FrameSpan{20, 50}));
  EXPECT_THAT(NotLookedAt(looks, {0, 50}, 4), ElementsAre(FrameSpan{0, 50}));
  EXPECT_THAT(NotLookedAt(looks, {12, 18}, 10), IsEmpty());
  EXPECT_THAT(NotLookedAt(looks, {15, 35}, 10), ElementsAre(FrameSpan{20, 30}));
  EXPECT_THAT(NotLookedAt(looks, {5, 5}, 10), IsEmpty());
}

TEST(LookSpansTest, SpansAreJoined) {
  EXPECT_THAT(Joined({{30, 40}, {0, 10}, {10, 12}, {5, 5}, {11, 20}}),
              ElementsAre(FrameSpan{0, 20}, FrameSpan{30, 40}));
}

TEST(LookSpansTest, TheNextLookIsHereOrBehind) {
  EXPECT_EQ(NextLook(0, 10), 0U);
  EXPECT_EQ(NextLook(1, 10), 10U);
  EXPECT_EQ(NextLook(10, 10), 10U);
  EXPECT_EQ(NextLook(11, 10), 20U);
  EXPECT_EQ(NextLook(7, 1), 7U);
}

TEST(LookSpansTest, FramesThatDivideByTheStepAreLookedAt) {
  EXPECT_EQ(LooksIn({0, 0}, 10), 0U);
  EXPECT_EQ(LooksIn({0, 1}, 10), 1U);
  EXPECT_EQ(LooksIn({0, 10}, 10), 1U);
  EXPECT_EQ(LooksIn({0, 11}, 10), 2U);
  EXPECT_EQ(LooksIn({1, 10}, 10), 0U);
  EXPECT_EQ(LooksIn({1, 11}, 10), 1U);
  EXPECT_EQ(LooksIn({5, 9}, 1), 4U);
}

TEST(LookSpansTest, EachFrameIsAsItWasSaidLast) {
  const unsigned seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr uint64_t kFrames = 60;
  std::vector<uint64_t> truth(kFrames, 0);  // 0: not looked at
  Looks looks;
  for (int change = 0; change < 2000; ++change) {
    const uint64_t first = random() % kFrames;
    const uint64_t end = first + random() % (kFrames - first + 1);
    const uint64_t step = random() % 4;
    if (step == 0) {
      CutLooks({first, end}, &looks);
    } else {
      AddLooks({first, end, step}, &looks);
    }
    for (uint64_t i = first; i < end; ++i) truth[i] = step;
    std::vector<uint64_t> said(kFrames, 0);
    uint64_t behind = 0;
    for (const LookSpan& span : looks) {
      ASSERT_LE(behind, span.first_index);
      ASSERT_LT(span.first_index, span.end_index);
      behind = span.end_index;
      for (uint64_t i = span.first_index; i < behind; ++i) said[i] = span.step;
    }
    ASSERT_EQ(said, truth) << change;
  }
}

TEST(LookSpansTest, FramesAreKeptToBoundsAndCutOut) {
  const std::vector<FrameSpan> spans = {{2, 5}, {8, 12}, {20, 21}};
  for (uint64_t first = 0; first < 24; ++first) {
    for (uint64_t end = first; end < 24; ++end) {
      std::vector<FrameSpan> outside = spans;
      CutFrames({first, end}, &outside);
      const std::vector<FrameSpan> inside = Within(spans, {first, end});
      const auto holds = [](const std::vector<FrameSpan>& all, uint64_t i) {
        return std::ranges::count_if(all, [i](const FrameSpan& span) {
          return span.first_index <= i && i < span.end_index;
        });
      };
      for (uint64_t i = 0; i < 24; ++i) {
        const bool bounded = first <= i && i < end;
        ASSERT_EQ(holds(inside, i), bounded ? holds(spans, i) : 0);
        ASSERT_EQ(holds(outside, i), bounded ? 0 : holds(spans, i));
      }
      for (const FrameSpan& span : inside) ASSERT_FALSE(span.empty());
      for (const FrameSpan& span : outside) ASSERT_FALSE(span.empty());
    }
  }
}

}  // namespace
}  // namespace fovea
