// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a result cache keeps, and what of it is stored.

#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "filter/result_cache.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/result_cache_fixture.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;

using ResultCacheRoomTest = ResultCacheTest;

// --- what is kept ---------------------------------------------------------

TEST_F(ResultCacheRoomTest, TheOldestOfEqualsMakesRoom) {
  Open({.most_entries = 3});
  PutAll(1, {10, 20, 30, 40}, 7);
  EXPECT_EQ(cache_->size(), 3U);
  EXPECT_THAT(store_.Indexes(), ElementsAre(2, 3, 4));
}

TEST_F(ResultCacheRoomTest, TheNeverUsedMakeRoomForTheUsed) {
  Open({.most_entries = 3});
  PutAll(1, {10, 20, 30}, 7);
  cache_->CountUse({kStream, 1, 0});
  PutAll(4, {40, 50}, 7);
  EXPECT_THAT(store_.Indexes(), ElementsAre(1, 4, 5));
  EXPECT_TRUE(Has(1));
}

TEST_F(ResultCacheRoomTest, WhatIsNotUsedAnyMoreSinks) {
  Open({.most_entries = 3});
  PutAll(1, {10}, 7);
  for (int i = 0; i < 3; ++i) cache_->CountUse({kStream, 1, 0});
  uint64_t index = 2;
  while (store_.rows.contains({kStream, 1, 0}) && index < 100) {
    PutAll(index, {static_cast<int>(index)}, 7);
    ++index;
  }
  // Four times the worth of the others, so it outlives about four rounds.
  EXPECT_GT(index, 8U);
  EXPECT_LT(index, 16U);
}

TEST_F(ResultCacheRoomTest, CheapAnswersMakeRoomForDearOnes) {
  Open({.most_entries = 2});
  PutAll(1, {10}, 7);
  Result cheap = MakeResult(2, 20, 7);
  cheap.cost_ns = 1000;
  Put(cheap);
  PutAll(3, {30}, 7);
  EXPECT_THAT(store_.Indexes(), ElementsAre(1, 3));
}

TEST_F(ResultCacheRoomTest, LargeAnswersMakeRoomForSmallOnes) {
  Open({.most_entries = 2});
  Result large = MakeResult(1, 10, 7);
  large.answer = std::string(10'000, 'x');
  PutAll(2, {20}, 7);
  Put(large);
  PutAll(3, {30}, 7);
  EXPECT_THAT(store_.Indexes(), ElementsAre(2, 3));
}

TEST_F(ResultCacheRoomTest, WhatSavesLessThanAllOthersDoesNotComeIn) {
  Open({.most_entries = 2});
  PutAll(1, {10, 20}, 7);
  Result free = MakeResult(3, 30, 7);
  free.cost_ns = 0;
  EXPECT_EQ(Put(free), Admission::kRefused);
  free.cost_ns = -5;  // of a clock that was set back
  EXPECT_EQ(Put(free), Admission::kRefused);
  EXPECT_THAT(store_.Indexes(), ElementsAre(1, 2));
  EXPECT_EQ(Find(30, {}).outcome, LookupOutcome::kNoneNear);
}

TEST_F(ResultCacheRoomTest, BytesAreThoseOfItsEntriesAndBounded) {
  Open();
  PutAll(1, {10}, 7);
  const size_t one = cache_->bytes();
  Result large = MakeResult(2, 20, 7);
  large.answer = std::string(1000, 'x');
  large.answer.reserve(5000);
  large.features.cells.reserve(5000);
  Put(large);
  EXPECT_EQ(cache_->bytes(), 2 * one + 1001);
  ASSERT_TRUE(cache_->Remove({kStream, 2, 0}).ok());
  EXPECT_EQ(cache_->bytes(), one);

  for (const size_t room : {3 * one, 3 * one + 1, 4 * one - 1}) {
    store_.rows.clear();
    Open({.most_bytes = room});
    PutAll(1, {10, 20, 30, 40, 50}, 7);
    EXPECT_EQ(cache_->size(), 3U);
    EXPECT_EQ(cache_->bytes(), 3 * one);
  }
}

TEST_F(ResultCacheRoomTest, WhatIsLargerThanAllRoomMovesNobody) {
  Open({.most_bytes = 4000});
  PutAll(1, {10, 20}, 7);
  Result huge = MakeResult(3, 30, 7);
  huge.answer = std::string(4000, 'x');
  EXPECT_EQ(Put(huge), Admission::kRefused);
  EXPECT_THAT(store_.Indexes(), ElementsAre(1, 2));
  Open({.most_entries = 0});
  EXPECT_EQ(Put(MakeResult(1, 10, 7)), Admission::kRefused);
  EXPECT_EQ(cache_->size(), 0U);
}

TEST_F(ResultCacheRoomTest, TheTooOldAreNotFoundAndGo) {
  Open({.most_age_ns = 16 * kSecond});
  PutAll(0, {10}, 7);
  const auto outcome_at = [&](int64_t time_ns) {
    return cache_->Find({}, Level(10), time_ns, {}).outcome;
  };
  EXPECT_EQ(outcome_at(std::numeric_limits<int64_t>::min()),
            LookupOutcome::kFound);
  EXPECT_EQ(outcome_at(16 * kSecond), LookupOutcome::kFound);
  EXPECT_EQ(outcome_at(16 * kSecond + 1), LookupOutcome::kNoneNear);
  EXPECT_EQ(outcome_at(std::numeric_limits<int64_t>::max()),
            LookupOutcome::kNoneNear);
  PutAll(17, {20}, 7);
  EXPECT_EQ(cache_->size(), 2U);
  PutAll(18, {30}, 7);
  EXPECT_THAT(store_.Indexes(), ElementsAre(17, 18));
}

TEST_F(ResultCacheRoomTest, TimesAtTheEndsOfTheirRangeDoNotOverflow) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const int64_t age : {int64_t{-1}, int64_t{0}, kSecond, kMost}) {
    store_.rows.clear();
    Open({.most_age_ns = age});
    Result result = MakeResult(1, 10, 7);
    for (const int64_t time : {kLeast, int64_t{0}, kMost, kLeast}) {
      result.time_ns = time;
      ++result.index;
      result.features = Level(static_cast<int>(result.index));
      Put(result);
    }
    // The greatest age spans half the range: the first is older.
    EXPECT_EQ(cache_->size(), age == -1 ? 4U : age == kMost ? 3U : 2U) << age;
  }
}

// --- the store ------------------------------------------------------------

TEST_F(ResultCacheRoomTest, WhatIsStoredComesBack) {
  Open();
  PutAll(1, {20, 40}, 7);
  cache_->CountUse({kStream, 2, 0});
  cache_->CountUse({kStream, 2, 0});
  cache_->CountUse({kStream, 99, 0});
  EXPECT_EQ(store_.rows.at({kStream, 2, 0}).uses, 0U);
  ASSERT_TRUE(cache_->WriteUses().ok());
  EXPECT_EQ(store_.rows.at({kStream, 2, 0}).uses, 2U);
  const size_t bytes = cache_->bytes();

  Open();
  ASSERT_TRUE(cache_->Load(kStream).ok());
  EXPECT_EQ(cache_->size(), 2U);
  EXPECT_EQ(cache_->bytes(), bytes);
  EXPECT_EQ(Find(20, {}).result->answer, "answer 7");
  EXPECT_EQ(Find(40, {}).result->uses, 2U);
  // Again: what is there stays.
  ASSERT_TRUE(cache_->Load(kStream).ok());
  EXPECT_EQ(cache_->size(), 2U);
}

TEST_F(ResultCacheRoomTest, LoadTakesItsOwnStreamsLatestAndThenOthers) {
  Open();
  PutAll(1, {10, 20, 30}, 7);
  for (uint64_t index : {4U, 5U}) {
    Result other = MakeResult(index, static_cast<int>(index) * 10, 7);
    other.stream = 2;
    Put(other);
  }
  const auto loaded = [&](size_t most) {
    Open({.most_entries = most});
    EXPECT_TRUE(cache_->Load(kStream).ok());
    std::vector<int> levels;
    for (const int level : {10, 20, 30, 40, 50}) {
      if (Find(level, {}).result != nullptr) levels.push_back(level);
    }
    return levels;
  };
  EXPECT_THAT(loaded(2), ElementsAre(20, 30));
  EXPECT_THAT(loaded(3), ElementsAre(10, 20, 30));
  EXPECT_THAT(loaded(4), ElementsAre(10, 20, 30, 40));
  EXPECT_THAT(loaded(9), ElementsAre(10, 20, 30, 40, 50));
  EXPECT_EQ(store_.rows.size(), 5U);
}

TEST_F(ResultCacheRoomTest, FailuresOfTheStoreAreTold) {
  Open();
  PutAll(1, {10}, 7);
  cache_->CountUse({kStream, 1, 0});
  store_.status = absl::ResourceExhaustedError("disk full");
  EXPECT_EQ(cache_->Put(MakeResult(2, 20, 7)).status(), store_.status);
  EXPECT_EQ(cache_->size(), 2U);
  EXPECT_EQ(cache_->WriteUses(), store_.status);
  EXPECT_EQ(cache_->Remove({kStream, 2, 0}), store_.status);
  EXPECT_EQ(cache_->size(), 1U);
  store_.status = absl::OkStatus();
  ASSERT_TRUE(cache_->WriteUses().ok());
  EXPECT_EQ(store_.rows.at({kStream, 1, 0}).uses, 1U);
}

TEST_F(ResultCacheRoomTest, WithoutAStoreItKeepsAll) {
  ResultCache cache(kModel, InputKind::kFrame, {}, nullptr);
  ASSERT_TRUE(cache.Load(kStream).ok());
  ASSERT_TRUE(cache.Put(MakeResult(1, 10, 7)).ok());
  ASSERT_TRUE(cache.WriteUses().ok());
  EXPECT_EQ(cache.Find({}, Level(10), 0, {}).outcome, LookupOutcome::kFound);
}

TEST_F(ResultCacheRoomTest, TheSameCallsGiveTheSame) {
  const auto run = [&] {
    std::mt19937 random(23);
    store_.rows.clear();
    Open({.most_entries = 50});
    std::vector<std::tuple<LookupOutcome, InputKey, double>> seen;
    for (uint64_t i = 0; i < 2000; ++i) {
      const int level = static_cast<int>(random() % 200) - 100;
      const Lookup lookup = Find(level, kWithin10);
      seen.emplace_back(lookup.outcome,
                        lookup.result ? InputKeyOf(*lookup.result) : InputKey(),
                        lookup.theta);
      if (lookup.outcome == LookupOutcome::kFound) {
        cache_->CountUse(InputKeyOf(*lookup.result));
      } else {
        Result result = MakeResult(i, level, random() % 3);
        result.cost_ns = random() % 1000;
        Put(result);
      }
    }
    EXPECT_LE(cache_->size(), 50U);
    EXPECT_EQ(store_.rows.size(), cache_->size());
    return seen;
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace fovea
