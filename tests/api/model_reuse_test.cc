// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over a camera, asked only where its answer is not known: what is
// saved, what is logged, and what goes on after a restart.

#include "api/model_reuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "filter/fingerprint.h"
#include "tests/api/any_result.h"
#include "tests/api/reuse_story.h"
#include "tests/support/memory_store.h"

namespace fovea::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr StreamId kStream = 3;
constexpr int64_t kFrameNs = 40'000'000;

class ModelReuseTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  // As after a restart: nothing but the store is left.
  void Open() {
    auto meter = GridMeter::Create(96, 64);
    ASSERT_TRUE(meter.ok()) << meter.status();
    meter_ = *std::move(meter);
    auto opened = ModelReuse::Open(&store_, kStream, &model_, options_, [this] {
      now_ns_ += tick_ns_;
      return now_ns_;
    });
    ASSERT_TRUE(opened.ok()) << opened.status();
    reuse_ = *std::move(opened);
  }

  absl::Status OpenError() {
    return ModelReuse::Open(&store_, kStream, &model_, options_,
                            [] { return int64_t{0}; })
        .status();
  }

  void Reopen() {
    reuse_->Reset();
    Commit();
    Open();
  }

  void Commit() {
    CommitBatch batch;
    const absl::Status put = reuse_->Put(&batch);
    ASSERT_TRUE(put.ok()) << put;
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  absl::StatusOr<ModelReuse::Answered> TryLook(uint64_t index,
                                               int64_t time_ns) {
    const auto grid = meter_->Measure(shows_(static_cast<int>(index)));
    EXPECT_TRUE(grid.ok()) << grid.status();
    return reuse_->GetOrAsk(index, time_ns, **grid, [&] {
      ++asked_;
      now_ns_ += 5'000'000;
      return says_(index);
    });
  }

  ModelReuse::Answered Look(uint64_t index) {
    auto answered = TryLook(index, static_cast<int64_t>(index) * kFrameNs);
    EXPECT_TRUE(answered.ok()) << answered.status();
    return answered.ok() ? *std::move(answered) : ModelReuse::Answered();
  }

  // Every answer there is is the one that the model would give.
  void LookFrom(uint64_t first, uint64_t end) {
    for (uint64_t i = first; i < end; ++i) {
      const auto answered = Look(i);
      if (!answered.answer) continue;
      EXPECT_THAT(answered.answer->detections,
                  SizeIs(says_(i)->detections.size()));
    }
  }

  // Inputs are runs, held, reused or gaps, and each has one decision.
  void ExpectConserved(uint64_t first, uint64_t end) {
    const ReuseReport report = reuse_->Report();
    EXPECT_EQ(report.inputs,
              report.runs + report.held + report.reused + report.gaps);
    Commit();
    EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(first, end));
  }

  std::vector<DecidedInput> Decided() {
    return DecisionsOf(&store_, kStream, model_.id.digest);
  }

  MemoryStore store_;
  ModelDescription model_ = ProgramDescription(1);
  ReuseOptions options_;
  std::function<Frame(int)> shows_ = [](int) {
    return DrawSmallFrame(96, 64, 3);
  };
  std::function<absl::StatusOr<Answer>(uint64_t)> says_ = [](uint64_t) {
    return OneBox();
  };
  int64_t asked_ = 0;
  int64_t now_ns_ = 0, tick_ns_ = 0;
  std::unique_ptr<GridMeter> meter_;
  std::unique_ptr<ModelReuse> reuse_;
};

TEST_F(ModelReuseTest, AStillSceneIsHeldOnceThatIsCertified) {
  LookFrom(0, 600);
  ExpectConserved(0, 600);
  const ReuseReport report = reuse_->Report();
  EXPECT_EQ(report.audit.phase, AuditPhase::kGiving);
  EXPECT_EQ(report.audit.all.caught, 0);
  EXPECT_EQ(report.failed, 0);
  const int64_t after = report.inputs - report.audit.warm_up_runs;
  EXPECT_GT(report.held + report.reused, after * 3 / 4) << after;
  EXPECT_EQ(report.run_ns, report.runs * 5'000'000);
}

TEST_F(ModelReuseTest, ModelsAreRunOftenEnoughToSeeWhatIsNew) {
  options_.blind_ns = 10 * kFrameNs;
  Open();
  uint64_t last_run = 0;
  for (uint64_t i = 0; i < 500; ++i) {
    if (!Look(i).run) continue;
    EXPECT_LE(i - last_run, 11U);
    last_run = i;
  }
  EXPECT_GT(reuse_->Report().held + reuse_->Report().reused, 200);
}

TEST_F(ModelReuseTest, RepeatedAnswersAreToldAsSuch) {
  LookFrom(0, 300);
  int repeated = 0;
  for (uint64_t i = 300; i < 400; ++i) {
    const auto answered = Look(i);
    EXPECT_FALSE(answered.run && answered.repeated);
    repeated += answered.repeated;
  }
  EXPECT_GT(repeated, 70);
}

TEST_F(ModelReuseTest, ARestartGoesOnWithCertificateAndCache) {
  LookFrom(0, 400);
  const AuditReport before = reuse_->Report().audit;
  Reopen();
  const AuditReport after = reuse_->Report().audit;
  EXPECT_EQ(after.phase, AuditPhase::kGiving);
  EXPECT_EQ(after.inputs, before.inputs);
  EXPECT_EQ(after.all.most_wrong, before.all.most_wrong);
  asked_ = 0;
  LookFrom(400, 500);
  EXPECT_LT(asked_, 40);
  ExpectConserved(0, 500);
}

TEST_F(ModelReuseTest, AnotherTargetBeginsAnew) {
  LookFrom(0, 400);
  options_.max_error = 0.04;
  Reopen();
  EXPECT_EQ(reuse_->Report().audit.phase, AuditPhase::kLearning);
  asked_ = 0;
  LookFrom(400, 450);
  EXPECT_EQ(asked_, 50);
}

TEST_F(ModelReuseTest, SoDoAnotherSeedConfidenceAndLoss) {
  LookFrom(0, 400);
  Reopen();
  ReuseOptions other[3];
  other[0].seed = 2;
  other[1].confidence = 0.9;
  other[2].loss = AnswerLoss::kLabels;
  for (const ReuseOptions& options : other) {
    options_ = options;
    Open();
    EXPECT_EQ(reuse_->Report().audit.phase, AuditPhase::kLearning);
  }
}

TEST_F(ModelReuseTest, AnotherModelGetsNoOldAnswer) {
  options_.max_error = 1;
  Open();
  LookFrom(0, 100);
  Commit();
  model_ = ProgramDescription(2);
  says_ = [](uint64_t) { return Answer(); };
  Open();
  const auto first = Look(100);
  EXPECT_TRUE(first.run);
  EXPECT_EQ(first.decision.cause, DecisionCause::kFirst);
  LookFrom(101, 200);
}

TEST_F(ModelReuseTest, AnotherStreamGetsThem) {
  options_.max_error = 1;
  Open();
  LookFrom(0, 100);
  Commit();
  auto other = ModelReuse::Open(&store_, kStream + 1, &model_, options_,
                                [] { return int64_t{0}; });
  ASSERT_TRUE(other.ok()) << other.status();
  reuse_ = *std::move(other);
  const auto first = Look(100);
  EXPECT_FALSE(first.run);
  EXPECT_EQ(first.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(first.decision.reference_stream, kStream);
  ASSERT_TRUE(first.answer.has_value());
  EXPECT_THAT(first.answer->detections, SizeIs(1));
}

TEST_F(ModelReuseTest, WithoutTheCacheNothingIsReused) {
  options_.use_cache = false;
  options_.max_error = 1;
  Open();
  LookFrom(0, 100);
  Reopen();
  EXPECT_TRUE(Look(100).run);
  EXPECT_EQ(reuse_->Report().reused, 0);
}

TEST_F(ModelReuseTest, OfflineNoModelIsCalledAndGapsAreSaid) {
  options_.max_error = 1;
  Open();
  LookFrom(0, 20);
  Commit();
  options_.offline = true;
  asked_ = 0;
  Open();
  for (uint64_t i = 20; i < 30; ++i) EXPECT_TRUE(Look(i).answer.has_value());
  ExpectConserved(0, 30);
  shows_ = [](int i) { return DrawNoise(96, 64, static_cast<uint32_t>(i)); };
  Open();
  for (uint64_t i = 30; i < 40; ++i) {
    const auto answered = Look(i);
    EXPECT_FALSE(answered.answer.has_value());
    EXPECT_TRUE(answered.error.ok());
    EXPECT_EQ(answered.decision.kind, DecisionKind::kGap);
  }
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(reuse_->Report().gaps, 10);
  ExpectConserved(0, 40);
}

TEST_F(ModelReuseTest, OfNothingStoredAllAreGaps) {
  options_.offline = true;
  Open();
  LookFrom(0, 10);
  EXPECT_EQ(reuse_->Report().gaps, 10);
  ExpectConserved(0, 10);
}

// What was certified is not for an offline run to forget.
TEST_F(ModelReuseTest, OfflineLeavesTheAuditAlone) {
  options_.max_error = 0.1;
  Open();
  LookFrom(0, 300);
  options_ = ReuseOptions();
  options_.offline = true;
  Reopen();
  LookFrom(300, 320);
  options_ = ReuseOptions();
  options_.max_error = 0.1;
  Reopen();
  EXPECT_EQ(reuse_->Report().audit.phase, AuditPhase::kGiving);
}

TEST_F(ModelReuseTest, WithoutAnyErrorEverythingIsRun) {
  options_.max_error = 0;
  Open();
  LookFrom(0, 300);
  EXPECT_EQ(asked_, 300);
  EXPECT_EQ(reuse_->Report().audit.phase, AuditPhase::kNever);
  ExpectConserved(0, 300);
}

TEST_F(ModelReuseTest, WhereAllMayBeWrongAllAreGivenButForChecks) {
  options_.max_error = 1;
  Open();
  LookFrom(0, 300);
  EXPECT_LT(asked_, 60);
  EXPECT_GT(reuse_->Report().audit.all.checks, 0);
  ExpectConserved(0, 300);
}

TEST_F(ModelReuseTest, WhatIsNoShareIsRefused) {
  for (const double share : {-0.1, 1.1, 2.0, std::nan(""),
                             std::numeric_limits<double>::infinity()}) {
    options_ = ReuseOptions();
    options_.max_error = share;
    EXPECT_THAT(OpenError().ToString(),
                AllOf(HasSubstr("INVALID_ARGUMENT"),
                      HasSubstr("expected a share of 0 to 1")))
        << share;
  }
  for (const double confidence : {0.0, 1.0, std::nan("")}) {
    options_ = ReuseOptions();
    options_.confidence = confidence;
    EXPECT_THAT(OpenError().ToString(),
                HasSubstr("more than 0 and less than 1"));
  }
  options_ = ReuseOptions();
  options_.blind_ns = -1;
  EXPECT_TRUE(absl::IsInvalidArgument(OpenError()));
}

TEST_F(ModelReuseTest, ModelsWhoseAnswersCannotBeKeptAreNamed) {
  model_.card.decoder = DecoderKind::kSegmentation;
  EXPECT_THAT(OpenError().ToString(),
              AllOf(HasSubstr("UNIMPLEMENTED"), HasSubstr("model 'own'")));
}

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
