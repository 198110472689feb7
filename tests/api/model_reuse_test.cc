// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over a camera, asked only where its answer is not known: what is
// saved, what is logged, and what goes on after a restart.

#include "api/model_reuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "api/answer_traits.h"
#include "filter/skip_head.h"
#include "filter/thumbnail.h"
#include "tests/api/model_reuse_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

TEST_F(ModelReuseTest, AnEmptySceneIsKnownByASkipHeadAlone) {
  const auto frame = [](bool empty, int i) {
    return DrawSmallFrame(96, 64, empty ? 1000 : i % 20);
  };
  const uint64_t nothing = TraitsOf({}, model_.card, options_.loss).vote;
  std::vector<SkipLesson> lessons;
  for (int i = 0; i < 200; ++i) {
    const bool empty = i / 10 % 2 == 0;
    const Frame shown = frame(empty, i);
    const auto grid = meter_->Measure(shown);
    ASSERT_TRUE(grid.ok()) << grid.status();
    lessons.push_back(
        {ThumbnailOf(**grid, shown), empty ? nothing : nothing + 1});
  }
  SkipHead head(nothing);
  ASSERT_TRUE(head.Fit(lessons, nullptr));
  options_.predictor.SetSkip(head);
  options_.offline = true;  // nothing has ever been run
  options_.max_error = 0.1;
  Open();
  shows_ = [&](int i) { return frame(i != 5, i); };
  for (uint64_t i = 0; i < 10; ++i) {
    const auto answered = Look(i);
    EXPECT_FALSE(answered.run);
    if (i == 5) {
      EXPECT_FALSE(answered.answer.has_value());
      continue;
    }
    // Nothing moved but at first and where the thing came and went.
    if (i == 6) continue;
    ASSERT_TRUE(answered.answer.has_value()) << i;
    EXPECT_THAT(answered.answer->detections, IsEmpty());
    EXPECT_EQ(answered.decision.kind, DecisionKind::kReuse);
    EXPECT_EQ(answered.decision.cause, DecisionCause::kGate);
  }
  EXPECT_EQ(asked_, 0);
  ExpectConserved(0, 10);
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

TEST_F(ModelReuseTest, SoDoAnotherSeedConfidenceLossGateAndFilter) {
  LookFrom(0, 400);
  Reopen();
  ReuseOptions other[5];
  other[0].seed = 2;
  other[1].confidence = 0.9;
  other[2].loss = AnswerLoss::kLabels;
  other[3].gate = GateKind::kMse;
  ComparedRuns runs;
  runs.runs.resize(1);
  other[4].predictor.Learn({runs, 1});
  for (const ReuseOptions& options : other) {
    options_ = options;
    Open();
    EXPECT_EQ(reuse_->Report().audit.phase, AuditPhase::kLearning);
  }
}

// Things come and go; whichever gate is in charge, answers hold.
class AnyGateTest : public ModelReuseTest,
                    public ::testing::WithParamInterface<GateKind> {};

INSTANTIATE_TEST_SUITE_P(Gates, AnyGateTest, ::testing::ValuesIn(kGateKinds),
                         [](const auto& gate) {
                           return GateKindName(gate.param);
                         });

TEST_P(AnyGateTest, HoldsWhatStands) {
  const auto comes = [](uint64_t index) { return index / 100 % 2 == 1; };
  shows_ = [&](int index) {
    const auto i = static_cast<uint64_t>(index);
    return comes(i) ? DrawNoise(96, 64, 7) : DrawSmallFrame(96, 64, 3);
  };
  says_ = [&](uint64_t index) -> absl::StatusOr<Answer> {
    return comes(index) ? OneBox() : Answer();
  };
  options_.gate = GetParam();
  Open();
  LookFrom(0, 1200);
  ExpectConserved(0, 1200);
  const ReuseReport report = reuse_->Report();
  if (GetParam() != GateKind::kGrid) {
    EXPECT_EQ(report.reused, 0);
  }
  // One Gaussian a pixel takes both places for the background.
  if (GetParam() == GateKind::kBackground) return;
  EXPECT_GT(report.held, 400);
  // It goes on where it was.
  Reopen();
  EXPECT_EQ(reuse_->Report().audit.phase, AuditPhase::kGiving);
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

}  // namespace
}  // namespace fovea::testing
