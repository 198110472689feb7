// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any query over any footage has the answer that asking instant by instant
// gives, however it is cut into windows and pages; and what need not be read
// for it is not.

#include "index/find_clips.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/index/brute_force.h"
#include "tests/index/footage.h"
#include "tests/index/footage_query.h"

namespace fovea {

void PrintTo(const Clip& clip, std::ostream* out) {
  *out << "stream " << clip.stream << " [" << clip.span.begin_ns << ", "
       << clip.span.end_ns << ") score " << clip.score;
}

namespace {

using ::testing::AllOf;
using testing::BruteForce;
using ::testing::ElementsAre;
using testing::Footage;
using testing::FootageFacts;
using testing::FootageQueryDice;
using testing::FootageStream;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kFootageTimes;
using testing::Moving;
using ::testing::SizeIs;

constexpr int kRounds = 3000;

std::vector<Clip> AllClips(const Query& query, QueryFacts* facts,
                           const FindClipsOptions& options) {
  std::vector<Clip> clips;
  ClipFinder finder(query, facts, options);
  while (true) {
    const auto clip = finder.Next();
    EXPECT_TRUE(clip.ok()) << clip.status();
    if (!clip.ok() || !clip->has_value()) return clips;
    clips.push_back(**clip);
  }
}

TEST(FindClipsTest, AnyQueryOverAnyFootageInAnyWindows) {
  constexpr uint64_t kSeed = 21;
  std::mt19937_64 engine(kSeed);
  size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(::testing::Message()
                 << "seed " << kSeed << " round " << round);
    const Footage footage = testing::RandomFootage(&engine);
    Query query = FootageQueryDice(&engine).AnyQuery();
    FootageFacts facts(footage);
    auto expected = BruteForce(footage).Clips(query);
    found += expected.size();
    if (engine() % 4 == 0) query.limit = engine() % 6;
    if (query.limit.has_value() && *query.limit < expected.size()) {
      expected.resize(*query.limit);
    }
    for (const int64_t window_ns : {int64_t{3'600'000'000'000}, int64_t{7},
                                    static_cast<int64_t>(1 + engine() % 40)}) {
      FindClipsOptions options;
      options.window_ns = window_ns;
      ASSERT_EQ(AllClips(query, &facts, options), expected)
          << "windows of " << window_ns;
    }
  }
  EXPECT_GT(found, kRounds) << "queries that find nothing test nothing";
}

void Shift(int64_t by_ns, Footage* footage) {
  for (FootageStream& s : footage->streams) {
    for (TimeSpan& held : s.held) {
      held = {held.begin_ns + by_ns, held.end_ns + by_ns};
    }
    for (Observation& o : s.observations) {
      o.start_ns += by_ns;
      o.end_ns += by_ns;
      for (ObservedBox& box : o.boxes) box.time_ns += by_ns;
    }
    for (auto& [name, samples] : s.channels) {
      for (auto& sample : samples) sample.time_ns += by_ns;
    }
  }
}

TEST(FindClipsTest, AnyQueryAtTheEndsOfTime) {
  constexpr uint64_t kSeed = 24;
  std::mt19937_64 engine(kSeed);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(::testing::Message()
                 << "seed " << kSeed << " round " << round);
    Footage footage = testing::RandomFootage(&engine);
    Query query = FootageQueryDice(&engine).AnyQuery();
    query.from_ns = INT64_MIN;
    query.to_ns = INT64_MAX;
    auto expected = BruteForce(footage).Clips(query);
    // Observations begin at -10 at the earliest and end at 130 at the latest.
    const int64_t by_ns = round % 2 == 0 ? INT64_MIN + 11 : INT64_MAX - 130;
    Shift(by_ns, &footage);
    for (Clip& clip : expected) {
      clip.span = {clip.span.begin_ns + by_ns, clip.span.end_ns + by_ns};
    }
    FootageFacts facts(footage);
    FindClipsOptions options;
    if (engine() % 2 == 0) options.window_ns = 13;
    ASSERT_EQ(AllClips(query, &facts, options), expected);
  }
}

TEST(FindClipsTest, AnyLimitOfMemoryIsKeptToOrNamed) {
  constexpr uint64_t kSeed = 25;
  std::mt19937_64 engine(kSeed);
  int answered = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(::testing::Message()
                 << "seed " << kSeed << " round " << round);
    const Footage footage = testing::RandomFootage(&engine);
    const Query query = FootageQueryDice(&engine).AnyQuery();
    FootageFacts facts(footage);
    FindClipsOptions options;
    options.limits.max_boxes = engine() % 12;
    const auto page = FindClips(query, "", &facts, UINT64_MAX, "", options);
    if (absl::IsResourceExhausted(page.status())) continue;
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_EQ(page->clips, BruteForce(footage).Clips(query));
    ++answered;
  }
  EXPECT_GT(answered, kRounds / 4);
  EXPECT_LT(answered, kRounds);
}

TEST(FindClipsTest, PagesOfAnySizesAreOneList) {
  constexpr uint64_t kSeed = 22;
  std::mt19937_64 engine(kSeed);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(::testing::Message()
                 << "seed " << kSeed << " round " << round);
    const Footage footage = testing::RandomFootage(&engine);
    Query query = FootageQueryDice(&engine).AnyQuery();
    FootageFacts facts(footage);
    auto expected = BruteForce(footage).Clips(query);
    if (engine() % 4 == 0) query.limit = engine() % 9;
    if (query.limit.has_value() && *query.limit < expected.size()) {
      expected.resize(*query.limit);
    }
    std::vector<Clip> clips;
    std::string cursor;
    do {
      FindClipsOptions options;
      options.window_ns = static_cast<int64_t>(1 + engine() % 60);
      const uint64_t size = 1 + engine() % 4;
      const auto page =
          FindClips(query, "digest", &facts, size, cursor, options);
      ASSERT_TRUE(page.ok()) << page.status();
      ASSERT_LE(page->clips.size(), size);
      clips.insert(clips.end(), page->clips.begin(), page->clips.end());
      cursor = page->next;
    } while (!cursor.empty());
    ASSERT_EQ(clips, expected);
  }
}

TEST(GreatestScoresTest, AreThoseOfTheSpansThatTouchARun) {
  const std::vector<TimeSpan> runs = {{0, 10}, {20, 30}, {40, 50}};
  EXPECT_THAT(GreatestScores(runs, {}), ElementsAre(0, 0, 0));
  EXPECT_THAT(GreatestScores(runs, {{{10, 20}, 9}, {{30, 41}, 5}}),
              ElementsAre(0, 0, 5));
  EXPECT_THAT(GreatestScores(runs, {{{0, 50}, 3}, {{25, 26}, 7}, {{9, 45}, 4}}),
              ElementsAre(4, 7, 4));
}

// Streams "cam0" to "camN", recorded for a day each. A second is 1000 ns
// here.
class ManyStreamsTest : public ::testing::Test {
 protected:
  static constexpr int64_t kHour = 3'600'000;

  void Record(int streams) {
    for (int i = 0; i < streams; ++i) {
      FootageStream s;
      s.stream = {static_cast<StreamId>(i), "cam" + std::to_string(i), true,
                  100, 50};
      s.held = {{0, 24 * kHour}};
      footage_.streams.push_back(s);
    }
    options_.window_ns = kHour;
  }

  // Of some observation for a second.
  void See(size_t stream, const std::string& label, int64_t at) {
    auto& seen = footage_.streams[stream].observations;
    Observation o = Moving(label, seen.size(), at, 1000, {{80, 80}, {80, 80}});
    o.end_ns -= 1;
    seen.push_back(o);
  }

  absl::StatusOr<ClipPage> Find(const Query& query, uint64_t size,
                                const std::string& cursor = "") {
    FootageFacts facts(footage_);
    return FindClips(query, "digest", &facts, size, cursor, options_);
  }

  static Query Ask(const std::string& label) {
    CountCondition c;
    c.object.labels = {label};
    Query query;
    query.condition = {c};
    return query;
  }

  Footage footage_;
  FindClipsOptions options_;
};

TEST_F(ManyStreamsTest, TheFirstFewReadLittle) {
  Record(1000);
  for (size_t stream = 0; stream < 1000; ++stream) {
    for (int64_t hour = 0; hour < 24; ++hour) {
      const auto offset = static_cast<int64_t>((stream * 7919) % 3000);
      See(stream, "car", hour * kHour + 1000 * offset);
    }
  }
  const auto page = Find(Ask("car"), 10);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->clips, SizeIs(10));
  EXPECT_LE(page->work.windows, 11u) << "of 24,000";
  Query latest = Ask("car");
  latest.order = QueryOrder::kLatest;
  const auto last = Find(latest, 10);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_THAT(last->clips, SizeIs(10));
  EXPECT_EQ(last->clips[0].span.begin_ns, 23 * kHour + 2997 * 1000);
  EXPECT_LE(last->work.windows, 11u);
}

TEST_F(ManyStreamsTest, WhereNothingCanMatchNothingIsRead) {
  Record(3);
  See(1, "dog", 5 * kHour);
  See(1, "car", 20 * kHour);
  const auto page = Find(Ask("car"), 10);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(
      page->clips,
      ElementsAre(Clip{1, {20 * kHour, 20 * kHour + 1000}, UINT16_MAX}));
  EXPECT_EQ(page->work.streams, 3u);
  EXPECT_EQ(page->work.windows, 1u);
  EXPECT_GT(page->work.skipped_ns, 3 * 24 * kHour - 2000);
  EXPECT_THAT(page->next, IsEmpty());
}

TEST_F(ManyStreamsTest, CamerasAreAskedUnlessStreamsAreNamed) {
  Record(2);
  footage_.streams[1].stream.camera = false;
  See(0, "car", 0);
  See(1, "car", 0);
  EXPECT_THAT(Find(Ask("car"), 9)->clips, SizeIs(1));
  Query named = Ask("car");
  named.streams = {"nothing", "cam?"};
  EXPECT_THAT(Find(named, 9)->clips, SizeIs(2));
}

TEST_F(ManyStreamsTest, WindowsWithTooMuchAreHalved) {
  Record(1);
  for (int64_t i = 0; i < 1000; ++i) See(0, "car", 3000 * i);
  const auto expected = Find(Ask("car"), 5000)->clips;
  EXPECT_THAT(expected, SizeIs(1000));
  options_.limits.max_boxes = 10;
  const auto found = Find(Ask("car"), 5000);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->clips, expected);
  EXPECT_GT(found->work.windows, 100u);
}

TEST_F(ManyStreamsTest, TooMuchAtOneInstantIsNamed) {
  Record(2);
  for (int i = 0; i < 11; ++i) See(1, "car", 7000);
  options_.limits.max_boxes = 10;
  const auto refused = Find(Ask("car"), 10).status();
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(refused.ToString(),
              AllOf(HasSubstr("stream cam1 from 7000 to 7001 ns: "),
                    HasSubstr("ask for fewer labels")));
}

TEST_F(ManyStreamsTest, ACursorOfAnotherQueryOrNoneIsRefused) {
  Record(1);
  See(0, "car", 0);
  See(0, "car", 5000);
  const auto page = Find(Ask("car"), 1);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_NE(page->next, "");
  EXPECT_TRUE(Find(Ask("car"), 1, page->next).ok());
  Query other = Ask("car");
  other.order = QueryOrder::kLatest;
  EXPECT_THAT(Find(other, 1, page->next).status().ToString(),
              HasSubstr("INVALID_ARGUMENT: the cursor belongs to another"));
  EXPECT_THAT(Find(Ask("car"), 1, "hello").status().ToString(),
              HasSubstr("INVALID_ARGUMENT: no cursor of a list of clips"));
}

TEST_F(ManyStreamsTest, ItStopsWhenItIsTold) {
  Record(1);
  for (int64_t i = 0; i < 1000; ++i) See(0, "car", 3000 * i);
  std::atomic<bool> stop = false;
  options_.stop = &stop;
  FootageFacts facts(footage_);
  facts.before_each_visit = [&] { stop = true; };
  const auto page = FindClips(Ask("car"), "", &facts, 10, "", options_);
  EXPECT_TRUE(absl::IsCancelled(page.status())) << page.status();
  EXPECT_EQ(facts.visits, 1);
}

TEST_F(ManyStreamsTest, WhatTheFactsLackIsTold) {
  Record(1);
  FootageFacts facts(footage_);
  facts.failure = absl::DataLossError("a row is damaged");
  const auto page = FindClips(Ask("car"), "", &facts, 10, "", options_);
  EXPECT_EQ(page.status(), facts.failure);
}

}  // namespace
}  // namespace fovea
