// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures that are in the store twice, where answers are held and reused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "tests/api/copied_looks_fixture.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

using CopiedAnswersTest = CopiedLooksTest;

TEST_F(CopiedAnswersTest, WithReuseTheLogTellsWhereAnAnswerCameFrom) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace();
  Run("first");
  const ModelRun run = Run("second");
  EXPECT_EQ(run.copied, kLooks);
  ASSERT_TRUE(run.reuse.has_value());
  EXPECT_EQ(run.reuse->inputs, 0);
  const auto decisions = Decisions("second");
  ASSERT_THAT(decisions, SizeIs(kLooks));
  for (const DecidedInput& input : decisions) {
    EXPECT_EQ(input.decision.kind, DecisionKind::kReuse);
    EXPECT_EQ(input.decision.cause, DecisionCause::kStored);
    EXPECT_EQ(input.decision.reference_stream, IdOf("first"));
    EXPECT_EQ(input.decision.reference_index, input.index);
  }
  EXPECT_EQ(BoxesOf("second"), BoxesOf("first"));
}

TEST_F(CopiedAnswersTest, AnswersThatMayBeWrongerThanAskedForAreNotCopied) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace().max_error = 0.2;
  Run("first");
  options_.reuse->max_error = 0.1;
  EXPECT_EQ(Run("second").copied, 0);
  Ingest("third");
  options_.reuse.reset();
  EXPECT_EQ(Run("third").copied, 0);
}

TEST_F(CopiedAnswersTest, AStricterTargetLaterDoesNotBetterThem) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace().max_error = 0.2;
  options_.ranges = {{0, 20 * kFrameNs}};
  Run("first");
  options_.reuse->max_error = 0.1;
  options_.ranges.clear();
  EXPECT_GT(Run("first").inferences, 0);
  EXPECT_EQ(Run("second").copied, 0);
}

TEST_F(CopiedAnswersTest, OnceAllIsAskedAnewItIsCopiedAgain) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace().max_error = 0.2;
  Run("first");
  options_.reuse.reset();
  options_.again = true;
  EXPECT_EQ(Run("first").inferences, kLooks);
  options_.again = false;
  EXPECT_EQ(Run("second").copied, kLooks);
}

TEST_F(CopiedAnswersTest, OfflineStoredAnswersAreCopiedToo) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace();
  Run("first");
  options_.reuse->offline = true;
  options_.external_models.clear();
  const ModelDescription absent = model_->description();
  options_.absent_models = {&absent};
  const auto report =
      RunModels(store_.get(), "second", options_, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->models[0].copied, kLooks);
  EXPECT_THAT(Looked("second"), ElementsAre(LookSpan{0, kFrames, kEvery}));
  // But are no better than they were.
  Ingest("third");
  options_.reuse.reset();
  options_.absent_models.clear();
  options_.external_models = {model_};
  EXPECT_EQ(Run("third").copied, 0);
}

// The clip's first box was given once and held from there on.
TEST_F(CopiedAnswersTest, ABoxThatWasHeldIsGivenWhereTheCopyBegins) {
  FOVEA_NEED_FFMPEG();
  options_.every = 1;
  options_.external_models = {model_};
  options_.reuse.emplace();
  IngestCopies("whole", "rest");
  const ModelId& model = model_->description().id;
  Observation held;
  held.stream = IdOf("whole");
  held.label = "wheel";
  held.model = model.digest;
  held.last_index = kFrames - 1;
  held.end_ns = kFrames * kFrameNs - 1;
  held.boxes = {{0, 0, 8, 8, 80, 80, 200}};
  auto looks = LookBook::Read(store_->chunks(), held.stream);
  ASSERT_TRUE(looks.ok()) << looks.status();
  ASSERT_TRUE(looks->Enter(model).ok());
  held.track = static_cast<uint64_t>(looks->FirstTrack(model.digest, 0));
  looks->Add(model.digest, {0, kFrames, 1});
  DecisionBook decisions(store_->chunks(), held.stream);
  for (uint64_t i = 0; i < kFrames; ++i) {
    DecidedInput input{model.digest, InputKind::kFrame, i, 0, Decision()};
    input.decision.kind = i == 0 ? DecisionKind::kRun : DecisionKind::kHold;
    ASSERT_TRUE(decisions.Add(input).ok());
  }
  CommitBatch batch;
  looks->Put(&batch);
  ASSERT_TRUE(decisions.Put(&batch).ok());
  ASSERT_TRUE(Observations(store_->chunks()).Put(held, &batch).ok());
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  EXPECT_EQ(Run("rest").copied, kFrames - 25);
  const auto copied = Observed("rest");
  ASSERT_THAT(copied, SizeIs(1));
  EXPECT_EQ(copied[0].first_index, 0U);
  EXPECT_EQ(copied[0].last_index, kFrames - 25 - 1U);
  EXPECT_EQ(copied[0].start_ns, 0);
  EXPECT_EQ(copied[0].end_ns, (kFrames - 25) * kFrameNs - 1);
  ASSERT_THAT(copied[0].boxes, SizeIs(1));
  EXPECT_EQ(copied[0].boxes[0].index, 0U);
  EXPECT_EQ(copied[0].boxes[0].right, 80);
}

}  // namespace
}  // namespace fovea
