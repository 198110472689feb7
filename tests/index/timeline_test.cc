// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sets of instants say what a bitmap of the same instants says, and stop at
// the ends of time.

#include "index/timeline.h"

#include <bitset>
#include <cstdint>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kMin = INT64_MIN;
constexpr int64_t kMax = INT64_MAX;

// The instants 0 to 39, one by one.
constexpr int64_t kInstants = 40;
using Bits = std::bitset<kInstants>;

Bits BitsOf(const Timeline& timeline) {
  Bits bits;
  for (int64_t t = 0; t < kInstants; ++t) {
    bits[static_cast<size_t>(t)] = timeline.Contains(t);
  }
  return bits;
}

// The one form a set may have.
void ExpectSound(const Timeline& timeline) {
  const auto runs = timeline.runs();
  for (size_t i = 0; i < runs.size(); ++i) {
    EXPECT_LT(runs[i].begin_ns, runs[i].end_ns);
    if (i > 0) {
      EXPECT_LT(runs[i - 1].end_ns, runs[i].begin_ns);
    }
  }
}

class TimelineDice {
 public:
  explicit TimelineDice(uint64_t seed) : engine_(seed) {}

  int64_t Below(int64_t end) {
    return static_cast<int64_t>(engine_() % static_cast<uint64_t>(end));
  }

  // Some reversed or empty, within the instants.
  std::vector<TimeSpan> Spans() {
    std::vector<TimeSpan> spans(static_cast<size_t>(Below(8)));
    for (TimeSpan& span : spans) {
      span = {Below(kInstants + 1), Below(kInstants + 1)};
    }
    return spans;
  }

 private:
  std::mt19937_64 engine_;
};

Bits BitsOf(const std::vector<TimeSpan>& spans) {
  Bits bits;
  for (const TimeSpan& span : spans) {
    for (int64_t t = span.begin_ns; t < span.end_ns; ++t) {
      bits.set(static_cast<size_t>(t));
    }
  }
  return bits;
}

// Length of the run that `t` is in.
int64_t RunAround(const Bits& bits, int64_t t) {
  const auto at = [&](int64_t i) {
    return i >= 0 && i < kInstants && bits[static_cast<size_t>(i)];
  };
  if (!at(t)) return 0;
  int64_t first = t;
  while (at(first - 1)) --first;
  int64_t end = t;
  while (at(end)) ++end;
  return end - first;
}

template <typename Rule>
Bits Where(Rule rule) {
  Bits bits;
  for (int64_t t = 0; t < kInstants; ++t) {
    bits[static_cast<size_t>(t)] = rule(t);
  }
  return bits;
}

TEST(TimelineTest, AnySetsAreAsTheirBitmaps) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(::testing::Message() << "seed " << kSeed);
  TimelineDice dice(kSeed);
  for (int round = 0; round < 3000; ++round) {
    const auto a_spans = dice.Spans();
    const auto b_spans = dice.Spans();
    const Timeline a(a_spans);
    const Timeline b(b_spans);
    const Bits a_bits = BitsOf(a_spans);
    const Bits b_bits = BitsOf(b_spans);
    ASSERT_EQ(BitsOf(a), a_bits);
    ASSERT_EQ(BitsOf(a | b), a_bits | b_bits);
    ASSERT_EQ(BitsOf(a & b), a_bits & b_bits);
    ASSERT_EQ(BitsOf(a - b), a_bits & ~b_bits);
    const TimeSpan span = {dice.Below(kInstants), dice.Below(kInstants)};
    ASSERT_EQ(BitsOf(a.Within(span)), a_bits & BitsOf(std::vector{span}));
    for (const Timeline& set : {a, b, a | b, a & b, a - b, a.Within(span)}) {
      ExpectSound(set);
    }
  }
}

TEST(TimelineTest, AnyRunsAreWidenedClosedAndLeftOutAsBitmapsSay) {
  constexpr uint64_t kSeed = 12;
  SCOPED_TRACE(::testing::Message() << "seed " << kSeed);
  TimelineDice dice(kSeed);
  for (int round = 0; round < 3000; ++round) {
    const auto spans = dice.Spans();
    const Timeline a(spans);
    const Bits bits = BitsOf(spans);
    const int64_t least = dice.Below(12);
    ASSERT_EQ(BitsOf(a.Lasting(least)), Where([&](int64_t t) {
                return bits[static_cast<size_t>(t)] &&
                       RunAround(bits, t) >= least;
              }));
    const int64_t before = dice.Below(5);
    const int64_t after = dice.Below(5);
    ASSERT_EQ(BitsOf(a.Widened(before, after)), Where([&](int64_t t) {
                for (int64_t i = t - after; i <= t + before; ++i) {
                  if (RunAround(bits, i) > 0) return true;
                }
                return false;
              }));
    const Bits hull = BitsOf(std::vector{a.Hull()});
    ASSERT_EQ(BitsOf(a.Closed(least)), Where([&](int64_t t) {
                if (!hull[static_cast<size_t>(t)]) return false;
                const int64_t gap = RunAround(~bits, t);
                return gap == 0 || gap <= least;
              }));
    ExpectSound(a.Lasting(least));
    ExpectSound(a.Widened(before, after));
    ExpectSound(a.Closed(least));
  }
}

TEST(TimelineTest, InstantsAreFoundByHowManySpansHold) {
  constexpr uint64_t kSeed = 13;
  SCOPED_TRACE(::testing::Message() << "seed " << kSeed);
  TimelineDice dice(kSeed);
  for (int round = 0; round < 3000; ++round) {
    auto spans = dice.Spans();
    std::erase_if(spans, [](const TimeSpan& s) { return s.empty(); });
    const Timeline within(dice.Spans());
    const auto wanted = static_cast<size_t>(dice.Below(3));
    const bool more = dice.Below(2) == 0;
    const auto accepts = [&](size_t count) {
      return more ? count > wanted : count == wanted;
    };
    const Timeline found = WhereCount(spans, within, accepts);
    ExpectSound(found);
    ASSERT_EQ(BitsOf(found), Where([&](int64_t t) {
                size_t count = 0;
                for (const TimeSpan& s : spans) {
                  count += s.begin_ns <= t && t < s.end_ns;
                }
                return within.Contains(t) && accepts(count);
              }));
  }
}

TEST(TimelineTest, SpansThatTouchAreOneRun) {
  EXPECT_THAT(Timeline({{5, 9}, {0, 5}, {20, 10}, {12, 12}}).runs(),
              ElementsAre(TimeSpan{0, 9}));
}

TEST(TimelineTest, OneThatEndsWhereAnotherBeginsChangesNoCount) {
  const auto one = [](size_t count) { return count == 1; };
  EXPECT_THAT(WhereCount({{0, 5}, {5, 9}}, Timeline::All(), one).runs(),
              ElementsAre(TimeSpan{0, 9}));
}

TEST(TimelineTest, NoSpansAtAllStillCount) {
  const auto none = [](size_t count) { return count == 0; };
  EXPECT_EQ(WhereCount({}, Timeline::All(), none), Timeline::All());
  EXPECT_EQ(WhereCount({TimeSpan::All()}, Timeline::All(), none), Timeline());
}

TEST(TimelineTest, ArithmeticStopsAtTheEndsOfTime) {
  EXPECT_EQ(SaturatedSum(kMax, 1), kMax);
  EXPECT_EQ(SaturatedSum(kMin, -1), kMin);
  EXPECT_EQ(SaturatedSum(kMin, kMax), -1);
  EXPECT_EQ((TimeSpan{kMin, kMax}.length_ns()), kMax);
  EXPECT_EQ((TimeSpan{kMin, -1}.length_ns()), kMax);
  EXPECT_EQ((TimeSpan{kMin, -2}.length_ns()), kMax - 1);
  EXPECT_EQ((TimeSpan{7, 3}.length_ns()), 0);
  const Timeline ends({{kMin, kMin + 2}, {kMax - 2, kMax}});
  EXPECT_THAT(ends.Widened(kMax, 1).runs(),
              ElementsAre(TimeSpan{kMin, kMin + 3}, TimeSpan{-2, kMax}));
  EXPECT_THAT(ends.Widened(3, 3).runs(),
              ElementsAre(TimeSpan{kMin, kMin + 5}, TimeSpan{kMax - 5, kMax}));
  EXPECT_EQ(ends.Closed(kMax), Timeline::All());
  EXPECT_EQ(Timeline::All().Lasting(kMax), Timeline::All());
  EXPECT_THAT((Timeline::All() - ends).runs(),
              ElementsAre(TimeSpan{kMin + 2, kMax - 2}));
  EXPECT_TRUE(ends.Contains(kMin));
  EXPECT_TRUE(ends.Contains(kMax - 1));
  EXPECT_FALSE(ends.Contains(kMax));
}

TEST(TimelineTest, NothingIsInNothing) {
  EXPECT_THAT(Timeline().runs(), IsEmpty());
  EXPECT_EQ(Timeline().Hull(), TimeSpan());
  EXPECT_FALSE(Timeline().Contains(0));
  EXPECT_EQ(Timeline() - Timeline::All(), Timeline());
}

}  // namespace
}  // namespace fovea
