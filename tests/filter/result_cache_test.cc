// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a result cache answers, and whose results it takes.

#include "filter/result_cache.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/result_cache_fixture.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- answers --------------------------------------------------------------

TEST_F(ResultCacheTest, AnEmptyOneHasNoAnswer) {
  Open();
  EXPECT_EQ(Find(0, kWithin10).outcome, LookupOutcome::kEmpty);
  EXPECT_EQ(Find(0, kWithin10).result, nullptr);
  EXPECT_THAT(Explain(0, kWithin10),
              HasSubstr("nothing is cached of model ab"));
}

TEST_F(ResultCacheTest, TheSameInputAnswersAlone) {
  Open();
  PutAll(1, {20}, 7);
  const Lookup lookup = Find(20, {});
  EXPECT_EQ(lookup.outcome, LookupOutcome::kFound);
  EXPECT_EQ(lookup.result->answer, "answer 7");
  EXPECT_EQ(lookup.distance, 0);
}

TEST_F(ResultCacheTest, TheSameInputNeedsNoAgreementOfNeighbours) {
  Open();
  PutAll(1, {20}, 7);
  PutAll(2, {21, 21, 21, 60}, 8);
  EXPECT_EQ(Find(20, kWithin10).result->vote, 7U);
  EXPECT_EQ(Find(20, kWithin10).outcome, LookupOutcome::kFound);
}

TEST_F(ResultCacheTest, OneWithinTheTightDistanceAnswersAloneOneBeyondDoesNot) {
  Open();
  PutAll(1, {20}, 7);
  EXPECT_EQ(Find(21, kWithin10).outcome, LookupOutcome::kFound);
  EXPECT_EQ(Find(22, kWithin10).outcome, LookupOutcome::kTooFew);
  EXPECT_THAT(Explain(22, kWithin10), HasSubstr("1@1 is 2 away"));
}

TEST_F(ResultCacheTest, ThreeThatAgreeAnswerTwoDoNot) {
  Open();
  PutAll(1, {22, 23}, 7);
  Put(MakeResult(9, 29, 8));  // draws the mean beyond the others
  EXPECT_EQ(Find(20, kWithin10).outcome, LookupOutcome::kTooFew);
  PutAll(3, {24}, 7);
  const Lookup lookup = Find(20, kWithin10);
  EXPECT_EQ(lookup.outcome, LookupOutcome::kFound);
  EXPECT_EQ(lookup.neighbours, 4U);
  EXPECT_EQ(lookup.survivors, 3U);
  EXPECT_EQ(lookup.votes, 3U);
  EXPECT_EQ(lookup.theta, 1);
  EXPECT_EQ(lookup.result->index, 1U);
  EXPECT_THAT(Explain(20, kWithin10),
              HasSubstr("the answer of 1@1, 2 away: 3 of 4 neighbours"));
}

TEST_F(ResultCacheTest, NoneBeyondTheCapIsLookedAt) {
  Open();
  PutAll(1, {31, 32, 33}, 7);
  EXPECT_EQ(Find(20, kWithin10).outcome, LookupOutcome::kNoneNear);
  EXPECT_EQ(Find(20, kWithin10).result, nullptr);
  EXPECT_THAT(Explain(20, kWithin10),
              HasSubstr("the nearest of 3 entries, 1@1, is 11 away"));
  EXPECT_EQ(Find(21, kWithin10).neighbours, 1U);
}

TEST_F(ResultCacheTest, OtherShapesAreNoNeighbours) {
  Open();
  PutAll(1, {20}, 7);
  const Features other = {5, 2, std::vector<int8_t>(10, 20)};
  EXPECT_EQ(cache_->Find({}, other, 0, kWithin10).outcome,
            LookupOutcome::kNoneNear);
  EXPECT_THAT(cache_->Explain({}, other, 0, kWithin10),
              HasSubstr("of another"));
}

TEST_F(ResultCacheTest, PoisonedEntriesLoseByVote) {
  Open();
  PutAll(1, {23, 24, 25, 26}, 7);
  PutAll(11, {22}, 666);        // nearer than any
  PutAll(21, {28, 29, 30}, 7);  // draw the mean beyond the others
  const Lookup lookup = Find(20, kWithin10);
  EXPECT_EQ(lookup.outcome, LookupOutcome::kFound);
  EXPECT_EQ(lookup.result->vote, 7U);
  EXPECT_EQ(lookup.distance, 3);
  EXPECT_DOUBLE_EQ(lookup.theta, 3 / std::sqrt(10.0));
}

TEST_F(ResultCacheTest, OfTwoMindsThereIsNoAnswer) {
  Open();
  PutAll(1, {22, 24}, 7);
  PutAll(11, {23, 25}, 8);
  PutAll(21, {28, 29, 30}, 9);
  EXPECT_EQ(Find(20, kWithin10).outcome, LookupOutcome::kOfTwoMinds);
  EXPECT_THAT(Explain(20, kWithin10), HasSubstr("2 say the same"));
}

TEST_F(ResultCacheTest, ThetaMustBeMoreThanItsLimit) {
  Open();
  PutAll(1, {22, 23, 24, 29, 30}, 7);
  LookupLimits limits = kWithin10;
  limits.theta = 1;
  EXPECT_EQ(Find(20, limits).outcome, LookupOutcome::kOfTwoMinds);
  limits.theta = std::nextafter(1.0, 0.0);
  EXPECT_EQ(Find(20, limits).outcome, LookupOutcome::kFound);
}

TEST_F(ResultCacheTest, OfTheEquallyNearTheLaterAnswers) {
  for (const uint64_t index : {1U, 5U}) {
    Open();
    Put(MakeResult(index, 20, 7));
    Put(MakeResult(3, 22, 7));
    EXPECT_EQ(Find(21, kWithin10).result->index, std::max<uint64_t>(index, 3));
  }
}

// What a look at each result finds.
struct SlowLookup {
  size_t neighbours = 0, survivors = 0, most = 0;
  double theta = 0;
  std::map<uint64_t, std::vector<const Result*>> votes;  // nearest first
};

SlowLookup LookAtEach(const std::vector<Result>& all, const Features& asked,
                      const LookupLimits& limits) {
  std::vector<std::tuple<float, int64_t, const Result*>> order;
  for (const Result& result : all) {
    const float distance = FeatureDistance(asked, result.features);
    if (distance > limits.most_distance) continue;
    order.emplace_back(distance, -result.time_ns, &result);
  }
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), limits.most_neighbours));
  double mean = 0;
  for (const auto& [distance, time, result] : order) {
    mean += static_cast<double>(distance) / static_cast<double>(order.size());
  }
  SlowLookup slow;
  slow.neighbours = order.size();
  for (const auto& [distance, time, result] : order) {
    const float nearest = std::get<0>(order[0]);
    if (distance == nearest || (nearest > 0 && distance < mean)) {
      slow.votes[result->vote].push_back(result);
    }
  }
  double squares = 0;
  for (const auto& [vote, results] : slow.votes) {
    slow.survivors += results.size();
    slow.most = std::max(slow.most, results.size());
    squares += std::pow(static_cast<double>(results.size()), 2);
  }
  slow.theta = static_cast<double>(slow.most) / std::sqrt(squares);
  return slow;
}

void ExpectSame(const Lookup& lookup, const SlowLookup& slow) {
  ASSERT_EQ(lookup.outcome == LookupOutcome::kNoneNear, slow.votes.empty());
  if (slow.votes.empty()) return;
  EXPECT_EQ(lookup.neighbours, slow.neighbours);
  EXPECT_EQ(lookup.survivors, slow.survivors);
  EXPECT_EQ(lookup.votes, slow.most);
  EXPECT_NEAR(lookup.theta, slow.theta, 1e-12);
  const auto winners = slow.votes.find(lookup.result->vote);
  ASSERT_NE(winners, slow.votes.end());
  ASSERT_EQ(winners->second.size(), slow.most);
  EXPECT_EQ(InputKeyOf(*lookup.result), InputKeyOf(*winners->second[0]));
  const bool enough = slow.survivors >= 3 || lookup.distance <= 2;
  EXPECT_EQ(lookup.outcome == LookupOutcome::kFound,
            enough && slow.theta > 0.8);
}

// `near` with so much noise.
Features Noisy(const Features& near, int noise, std::mt19937* random) {
  Features features = near;
  for (int8_t& cell : features.cells) {
    cell =
        static_cast<int8_t>(cell + static_cast<int>((*random)() % 61) % noise);
  }
  return features;
}

// 40 scenes of 12 pictures each, of two answers.
std::vector<Result> ManyScenes(std::mt19937* random) {
  const Features blank{16, 9, std::vector<int8_t>(16 * 9, -30)};
  std::vector<Result> all;
  for (uint64_t scene = 0; scene < 40; ++scene) {
    const Features middle = Noisy(blank, 60, random);
    const uint64_t hash = (uint64_t{(*random)()} << 32) | (*random)();
    for (uint64_t i = 0; i < 12; ++i) {
      Result result = MakeResult(scene * 100 + i, 0, (*random)() % 8 == 0);
      result.features = Noisy(middle, 2 + static_cast<int>(i), random);
      result.fingerprint = {hash ^ (uint64_t{1} << (*random)() % 64), {}};
      all.push_back(result);
    }
  }
  return all;
}

TEST_F(ResultCacheTest, FindsWhatALookAtEachFinds) {
  constexpr uint32_t kSeed = 20260611;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const LookupLimits limits = {.most_distance = 9, .tight_distance = 2};
  Open();
  const std::vector<Result> all = ManyScenes(&random);
  for (const Result& result : all) Put(result);
  std::set<LookupOutcome> outcomes;
  for (int i = 0; i < 500; ++i) {
    const Result& like = all[random() % all.size()];
    const Features asked = Noisy(like.features, 1 + i % 28, &random);
    const Lookup lookup =
        cache_->Find(like.fingerprint, asked, like.time_ns, limits);
    outcomes.insert(lookup.outcome);
    ExpectSame(lookup, LookAtEach(all, asked, limits));
    ASSERT_FALSE(HasFailure()) << "look-up " << i;
  }
  // The test saw each.
  EXPECT_EQ(outcomes.size(), 4U);
}

// --- whose results --------------------------------------------------------

TEST_F(ResultCacheTest, ResultsOfAnotherModelOrKindAreRefusedByName) {
  Open();
  Result result = MakeResult(5, 0, 1);
  result.model = kOtherModel;
  const absl::Status other = cache_->Put(result).status();
  EXPECT_EQ(other.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(other.message()), HasSubstr("1@5 is of model cd02"));
  EXPECT_THAT(std::string(other.message()),
              HasSubstr("this cache of model ab01"));
  result.model = kModel;
  result.kind = InputKind::kWindow;
  EXPECT_EQ(cache_->Put(result).status().code(),
            absl::StatusCode::kInvalidArgument);
  Put(MakeResult(1, 0, 1));
  EXPECT_EQ(cache_->size(), 1U);
  EXPECT_THAT(store_.Indexes(), ElementsAre(1));
}

TEST_F(ResultCacheTest, TheSameInputReplaces) {
  Open();
  EXPECT_EQ(Put(MakeResult(1, 20, 7)), Admission::kAdded);
  EXPECT_EQ(Put(MakeResult(1, 40, 8)), Admission::kReplaced);
  EXPECT_EQ(cache_->size(), 1U);
  EXPECT_EQ(Find(20, {}).outcome, LookupOutcome::kNoneNear);
  EXPECT_EQ(Find(40, {}).result->vote, 8U);
  Result region = MakeResult(1, 40, 9);
  region.region = 1;
  EXPECT_EQ(Put(region), Admission::kAdded);
}

TEST_F(ResultCacheTest, WhatSaysTheSameReplacesAndInheritsUses) {
  Open();
  Put(MakeResult(1, 20, 7));
  cache_->CountUse({kStream, 1, 0});
  EXPECT_EQ(Put(MakeResult(2, 20, 7)), Admission::kReplaced);
  EXPECT_EQ(cache_->size(), 1U);
  EXPECT_EQ(Find(20, {}).result->index, 2U);
  EXPECT_EQ(Find(20, {}).result->uses, 1U);
  EXPECT_THAT(store_.Indexes(), ElementsAre(2));
  // Of another vote it does not: then there are two, and no answer.
  EXPECT_EQ(Put(MakeResult(3, 20, 8)), Admission::kAdded);
  EXPECT_EQ(Find(20, {}).outcome, LookupOutcome::kOfTwoMinds);
}

TEST_F(ResultCacheTest, RemovedEntriesAreGone) {
  Open();
  PutAll(1, {20, 40, 60}, 7);
  ASSERT_TRUE(cache_->Remove({kStream, 1, 0}).ok());
  ASSERT_TRUE(cache_->Remove({kStream, 1, 0}).ok());
  EXPECT_EQ(Find(20, {}).outcome, LookupOutcome::kNoneNear);
  EXPECT_EQ(Find(40, {}).outcome, LookupOutcome::kFound);
  EXPECT_EQ(Find(60, {}).outcome, LookupOutcome::kFound);
  ASSERT_TRUE(cache_->RemoveAll().ok());
  EXPECT_EQ(Find(40, {}).outcome, LookupOutcome::kEmpty);
  EXPECT_EQ(cache_->bytes(), 0U);
  EXPECT_THAT(store_.Indexes(), IsEmpty());
}

}  // namespace
}  // namespace fovea
