// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over a camera, asked only where its answer is not known: models that
// flicker or fail, clocks that run backward, rows that are damaged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/api/model_reuse_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ModelReuseTest, AnswersThatChangeAllTheTimeAreNeverHeld) {
  const uint32_t seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 chance(seed);
  says_ = [&](uint64_t) {
    return chance() % 2 == 0 ? OneBox() : absl::StatusOr<Answer>(Answer());
  };
  for (uint64_t i = 0; i < 500; ++i) Look(i);
  EXPECT_EQ(asked_, 500);
  ExpectConserved(0, 500);
}

// What was given wrongly meanwhile is within the bound.
TEST_F(ModelReuseTest, AModelThatBecomesUnsteadyIsHeldNoLonger) {
  options_.max_error = 0.02;
  options_.blind_ns = 1'000'000'000'000;
  Open();
  LookFrom(0, 800);
  ASSERT_EQ(reuse_->Report().audit.phase, AuditPhase::kGiving);
  says_ = [](uint64_t i) {
    return i % 2 == 0 ? OneBox() : absl::StatusOr<Answer>(Answer());
  };
  int64_t given = 0, wrong = 0;
  for (uint64_t i = 800; i < 4000; ++i) {
    const auto answered = Look(i);
    ASSERT_TRUE(answered.answer.has_value());
    given += !answered.run;
    wrong += answered.answer->detections.size() != says_(i)->detections.size();
  }
  EXPECT_LT(given, 3200 / 20);
  EXPECT_GT(wrong, 0);
  EXPECT_LE(wrong, reuse_->Report().audit.all.most_wrong);
  ExpectConserved(0, 4000);
}

// The coin has it run though an answer is held.
TEST_F(ModelReuseTest, AFailedRunIsLoggedAndNothingIsHeldBehindIt) {
  options_.use_cache = false;
  options_.max_error = 1;
  options_.blind_ns = 1'000'000'000'000;
  Open();
  LookFrom(0, 10);
  const auto steady = std::exchange(
      says_, [](uint64_t) { return absl::DataLossError("it ended"); });
  uint64_t index = 10;
  auto failed = Look(index);
  while (!failed.run && index < 1000) failed = Look(++index);
  EXPECT_FALSE(failed.answer.has_value());
  EXPECT_TRUE(absl::IsDataLoss(failed.error));
  EXPECT_EQ(failed.decision.kind, DecisionKind::kRunFailed);
  EXPECT_TRUE(failed.decision.shadowed);
  says_ = steady;
  const auto next = Look(index + 1);
  EXPECT_TRUE(next.run);
  EXPECT_EQ(next.decision.cause, DecisionCause::kFirst);
  EXPECT_EQ(reuse_->Report().failed, 1);
  ExpectConserved(0, index + 2);
}

TEST_F(ModelReuseTest, AnAnswerThatCannotBeKeptIsAFailure) {
  says_ = [](uint64_t) {
    Answer answer = *OneBox();
    answer.detections[0].left = std::nanf("");
    return absl::StatusOr<Answer>(answer);
  };
  const auto failed = Look(0);
  EXPECT_TRUE(absl::IsInvalidArgument(failed.error)) << failed.error;
  EXPECT_EQ(failed.decision.kind, DecisionKind::kRunFailed);
  ExpectConserved(0, 1);
}

TEST_F(ModelReuseTest, AClockThatRunsBackwardHoldsNothing) {
  options_.max_error = 1;
  options_.use_cache = false;
  Open();
  LookFrom(0, 10);
  const auto back = TryLook(10, 3 * kFrameNs);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(back->run);
  EXPECT_EQ(back->decision.cause, DecisionCause::kClock);
  const auto next = TryLook(11, 4 * kFrameNs);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->decision.kind, DecisionKind::kHold);
  ExpectConserved(0, 12);
}

TEST_F(ModelReuseTest, IndexesThatDoNotRiseAreAnError) {
  Look(5);
  EXPECT_TRUE(absl::IsInvalidArgument(TryLook(5, 6 * kFrameNs).status()));
}

TEST_F(ModelReuseTest, DecidingThatCostsMoreThanItSavesIsSwitchedOff) {
  options_.max_error = 1;
  tick_ns_ = 200'000'000;  // deciding takes far longer than a run
  Open();
  for (uint64_t i = 0; i < 300; ++i) Look(i);
  EXPECT_TRUE(reuse_->Report().too_dear);
  EXPECT_TRUE(Look(300).run);
  EXPECT_EQ(Look(301).decision.cause, DecisionCause::kTooDear);
}

TEST_F(ModelReuseTest, WhatComesElsewhereFollowsOnNothing) {
  options_.max_error = 1;
  options_.use_cache = false;
  Open();
  LookFrom(0, 10);
  reuse_->Reset();
  EXPECT_EQ(Look(10).decision.cause, DecisionCause::kFirst);
}

TEST_F(ModelReuseTest, ADamagedAuditIsNamed) {
  LookFrom(0, 10);
  Commit();
  const std::string key = AuditKey(kStream, model_.id.digest, 0);
  const std::string stored = *store_.Get(Family::kMeta, key);
  AuditRow row = *DecodeAuditRow(stored);
  row.state.back() ^= 1;
  for (const std::string& damaged :
       {stored.substr(0, stored.size() - 1), EncodeAuditRow(row)}) {
    CommitBatch batch;
    batch.PutRow(Family::kMeta, key, damaged);
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
    const absl::Status error = OpenError();
    EXPECT_TRUE(absl::IsDataLoss(error)) << error;
    EXPECT_THAT(std::string(error.message()),
                HasSubstr("audit of model 'own' in stream 3: "));
  }
}

// What the coins of the first audit have chosen is in the cache: thrown again
// they would choose what cannot be wrong.
TEST_F(ModelReuseTest, AnAuditThatIsBegunAnewThrowsCoinsOfItsOwn) {
  options_.use_cache = false;  // so that all else is equal
  const auto checked = [this] {
    LookFrom(0, 600);
    Commit();
    std::vector<uint64_t> indexes;
    for (const DecidedInput& decided : Decided()) {
      if (decided.decision.shadowed) indexes.push_back(decided.index);
    }
    EXPECT_FALSE(indexes.empty());
    return indexes;
  };
  std::set<std::vector<uint64_t>> ways;
  for (const double max_error : {0.2, 0.21, 0.2}) {
    options_.max_error = max_error;
    Open();
    ways.insert(checked());
  }
  EXPECT_EQ(ways.size(), 3U);
}

TEST_F(ModelReuseTest, AnEmptySceneIsASceneToo) {
  says_ = [](uint64_t) { return Answer(); };
  LookFrom(0, 400);
  EXPECT_LT(asked_, 300);
  const auto answered = Look(400);
  ASSERT_TRUE(answered.answer.has_value());
  EXPECT_THAT(answered.answer->detections, IsEmpty());
  ExpectConserved(0, 401);
}

TEST_F(ModelReuseTest, WhatIsPutIsPutOnce) {
  LookFrom(0, 50);
  Commit();
  CommitBatch batch;
  ASSERT_TRUE(reuse_->Put(&batch).ok());
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace fovea::testing
