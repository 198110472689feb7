// SPDX-License-Identifier: GPL-2.0-or-later
//
// A skip head at work beside held answers: where it is sure, nobody has to be
// run, and it is audited like all others.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "filter/inference_reuse.h"
#include "tests/filter/made_thumbnails.h"
#include "tests/filter/reuse_world.h"

namespace fovea {
namespace {

std::string SaidOf(bool somebody) { return somebody ? "somebody" : "nobody"; }

ModelAnswer AnswerOf(bool somebody) {
  return {{somebody ? kSomebody : kNobody, {}}, SaidOf(somebody), 20'000'000};
}

ReusePredictor WithSkipHead() {
  MadePlace place(1);
  SkipHead head(kNobody);
  EXPECT_TRUE(head.Fit(place.Lessons(300), nullptr));
  ReusePredictor predictor;
  predictor.SetSkip(head);
  return predictor;
}

// Pictures of whose grid nothing can be told but that they differ; thumbnails
// tell whether somebody is there.
class SkipReuseTest : public ::testing::Test {
 protected:
  struct Seen {
    Decision decision;
    bool run = false;
    std::string answer;
  };

  void Open(InferenceReuseOptions options, bool knows_nothing = true) {
    options.predictor = predictor_;
    if (knows_nothing) options.nothing = AnswerOf(false);
    reuse_ = *InferenceReuse::Create(kModel, std::move(options));
  }

  Seen Next(bool somebody, bool with_thumbnail = true) {
    ReuseInput input;
    input.stream = kStream;
    input.index = index_++;
    input.time_ns = static_cast<int64_t>(input.index) * kFrameNs;
    const int level = static_cast<int>(input.index % 2) * 100;
    input.features = {1, 1, {static_cast<int8_t>(level)}};
    const bool looks = somebody && !hidden_;
    if (with_thumbnail) input.thumbnail = place_.Look(looks);
    const ReuseVerdict verdict = reuse_->Decide(input);
    if (!verdict.run) {
      ++given_;
      wrong_ += verdict.answer != SaidOf(somebody);
      return {verdict.decision, false, verdict.answer};
    }
    const auto learnt = reuse_->Ran(AnswerOf(somebody));
    return {learnt.decision, true, SaidOf(somebody)};
  }

  // Somebody comes in one frame of ten.
  void Live(int frames) {
    for (int i = 0; i < frames; ++i) Next(index_ % 10 == 9);
  }

  ReusePredictor predictor_ = WithSkipHead();
  MadePlace place_{1};
  std::unique_ptr<InferenceReuse> reuse_;
  uint64_t index_ = 0;
  int given_ = 0, wrong_ = 0;
  bool hidden_ = false;  // nobody sees who is there but the model
};

TEST_F(SkipReuseTest, TheAnswerOfNothingNeedsNoRunBeforeIt) {
  Open(Everything());
  const Seen first = Next(false);
  EXPECT_FALSE(first.run);
  EXPECT_EQ(first.answer, "nobody");
  EXPECT_EQ(first.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(first.decision.cause, DecisionCause::kGate);
  EXPECT_EQ(first.decision.reference_stream, kStream);
  EXPECT_EQ(first.decision.reference_index, 0u);
  EXPECT_GT(first.decision.distance, 0);
  EXPECT_LT(first.decision.distance, 0.5F);
}

TEST_F(SkipReuseTest, AnotherUsualAnswerIsGivenOnceARunHasSaidIt) {
  Open(Everything(), /*knows_nothing=*/false);
  EXPECT_TRUE(Next(false).run);
  EXPECT_EQ(Next(false).decision.reference_index, 0u);
}

TEST_F(SkipReuseTest, AnotherAnswerOfNothingIsNotTheUsualOne) {
  predictor_.SetSkip(SkipHead(kSomebody));
  for (int i = 0; i < 32; ++i) predictor_.LearnUsual(place_.Lesson(true));
  Open(Everything());
  EXPECT_TRUE(Next(false).run);
}

TEST_F(SkipReuseTest, WithoutAThumbnailItSaysNothing) {
  Open(Everything());
  EXPECT_TRUE(Next(false, /*with_thumbnail=*/false).run);
}

TEST_F(SkipReuseTest, BlindTimeRunsAllTheSame) {
  InferenceReuseOptions options = Everything();
  options.blind_ns = kBlindNs;
  Open(std::move(options));
  int runs = 0;
  for (int i = 0; i < 200; ++i) {
    const Seen seen = Next(false);
    runs += seen.run;
    if (!seen.run) continue;
    EXPECT_EQ(seen.decision.cause, DecisionCause::kBlindTime);
  }
  // Of 0.1 s each, more than two seconds after the last.
  EXPECT_EQ(runs, 9);
}

TEST_F(SkipReuseTest, AuditedItSavesWhatHoldingAloneCannot) {
  Open(Target(0.05));
  Live(4000);
  const int with_head = given_;
  EXPECT_GT(with_head, 1200);
  EXPECT_LT(wrong_, with_head / 20);
  const AuditReport report = reuse_->auditor().Report();
  EXPECT_GT(report.reuse.given, 600);
  EXPECT_GE(report.reuse.most_wrong, 0);
  predictor_ = ReusePredictor();
  given_ = wrong_ = 0;
  Open(Target(0.05));
  Live(4000);
  EXPECT_LT(given_, with_head / 2);
}

// What it cannot see comes to be two of three frames: the auditor bounds what
// went wrong, and nothing of the kind is given for long.
TEST_F(SkipReuseTest, AHeadThatHasGoneBlindIsFoundOut) {
  Open(Target(0.05));
  Live(2000);
  const int before = given_;
  ASSERT_GT(before, 300);
  hidden_ = true;
  for (int i = 0; i < 4000; ++i) Next(index_ % 3 != 0);
  EXPECT_LT(given_ - before, 1000);
  EXPECT_GE(reuse_->auditor().Report().all.most_wrong, wrong_);
}

TEST_F(SkipReuseTest, RunsTeachTheHead) {
  place_.light_ = 30;  // nothing looks as usual any more
  Open(Target(0.05));
  Live(6000);
  EXPECT_GT(given_, 2000);
  EXPECT_LT(wrong_, given_ / 20);
}

TEST_F(SkipReuseTest, TheSameInputsGiveTheSameDecisions) {
  std::vector<Decision> decisions[2];
  for (auto& told : decisions) {
    place_ = MadePlace(1);
    index_ = 0;
    Open(Target(0.05));
    for (int i = 0; i < 1000; ++i) told.push_back(Next(i % 10 == 9).decision);
  }
  EXPECT_EQ(decisions[0], decisions[1]);
}

}  // namespace
}  // namespace fovea
