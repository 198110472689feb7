// SPDX-License-Identifier: GPL-2.0-or-later
//
// A filter learnt of a camera: text that options take, and never worse than
// what there was.

#include "api/learn_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "api/model_folder.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/small_model.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class LearnFilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    WriteSmallModel(dir_.File("small"), "small");
    WriteFileText(
        dir_.File("small/model.yaml"),
        "name: small\nnetwork: network.onnx\nlabels: labels.txt\n"
        "decoder: classifier\ninput: {width: 48, height: 32, deviation: 2}\n");
    auto model = OpenModel(dir_.File("small"), "", NetworkOptions());
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *std::move(model);
    options_.model = model_.get();
  }

  // Something passes every second or so.
  void Ingest(int frames) {
    WriteScene(dir_.File("cam.y4m"), frames, [](int i) {
      return DrawSmallFrame(96, 64, i % 60 < 24 ? i % 60 : 1000);
    });
    IngestOptions ingest;
    ingest.motion = false;
    NoteKeeper notes;
    ASSERT_TRUE(
        store_->Ingest(dir_.File("cam.y4m"), ingest, &notes, nullptr).ok());
  }

  absl::StatusOr<LearntFilter> Learn(const std::string& stream = "cam") {
    return LearnFilter(store_.get(), stream, options_, progress_, &stop_);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<fovea::Model> model_;
  LearnFilterOptions options_;
  std::function<void(int64_t, int64_t)> progress_;
  std::atomic<bool> stop_ = false;
};

TEST_F(LearnFilterTest, GivesTextThatCanBeReadAndIsNoWorse) {
  Ingest(240);
  int64_t done = 0, total = 0;
  progress_ = [&](int64_t now, int64_t all) {
    EXPECT_EQ(now, done + 1);
    done = now;
    total = all;
  };
  const auto learnt = Learn();
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  EXPECT_EQ(learnt->frames, 240);
  EXPECT_EQ(learnt->frames_held_out, 96);
  EXPECT_EQ(done, 240);
  EXPECT_EQ(total, 240);
  EXPECT_EQ(learnt->learnt, learnt->avoided_after > learnt->avoided_before);
  EXPECT_GE(learnt->avoided_before, 0);
  EXPECT_LE(learnt->avoided_after, 1);
  EXPECT_EQ(learnt->predictor == ReusePredictor(), !learnt->learnt);
  const auto parsed = ReusePredictor::Parse(learnt->predictor.Text());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->Text(), learnt->predictor.Text());
}

TEST_F(LearnFilterTest, HeadsAreTriedInTurnAndThoseThatGainAreKept) {
  Ingest(240);
  const auto learnt = Learn();
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  ASSERT_THAT(learnt->heads, SizeIs(3));
  double before = learnt->avoided_before;
  for (const HeadTrial& trial : learnt->heads) {
    EXPECT_EQ(trial.before, before) << FilterHeadName(trial.head);
    EXPECT_EQ(trial.kept, trial.after > trial.before);
    if (trial.kept) before = trial.after;
  }
  EXPECT_EQ(learnt->avoided_after, before);
  EXPECT_EQ(learnt->predictor.compares_thumbnails(), learnt->heads[1].kept);
  EXPECT_EQ(learnt->predictor.skip().has_value(), learnt->heads[2].kept);
}

TEST_F(LearnFilterTest, TheSameSeedLearnsTheSame) {
  Ingest(150);
  const auto first = Learn(), second = Learn();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->predictor, second->predictor);
}

TEST_F(LearnFilterTest, RangeAndNumberOfFramesAreHeeded) {
  Ingest(240);
  options_.most_frames = 110;
  EXPECT_EQ(Learn()->frames, 110);
  options_.range = {100 * 40'000'000LL, 201 * 40'000'000LL};
  EXPECT_EQ(Learn()->frames, 101);
}

TEST_F(LearnFilterTest, TooFewFramesAreRefused) {
  Ingest(99);
  const auto refused = Learn();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("99 frames to learn from; 100 or more"));
}

TEST_F(LearnFilterTest, WhatCannotBeLearntFromIsNamed) {
  Ingest(5);
  EXPECT_TRUE(absl::IsNotFound(Learn("cma").status()));
  options_.model = nullptr;
  EXPECT_TRUE(absl::IsInvalidArgument(Learn().status()));
}

TEST_F(LearnFilterTest, AnInterruptIsTold) {
  Ingest(120);
  progress_ = [&](int64_t done, int64_t) { stop_ = done == 10; };
  EXPECT_TRUE(absl::IsCancelled(Learn().status()));
}

}  // namespace
}  // namespace fovea::testing
