// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs that are kept to what a query answers, or to what moves: no look
// elsewhere, and no note of one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/look_book.h"
#include "api/model_folder.h"
#include "api/query_text.h"
#include "api/run_model.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using testing::kOneBox;

constexpr int kFrames = 62;
constexpr uint64_t kEvery = 4;
constexpr int kLooks = 16;
constexpr int64_t kFrameNs = 40'000'000;

class RunOnlyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    options_.every = kEvery;
  }

  void Ingest(const std::string& name, bool motion) {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.gop_seconds = 0.2;  // 5 frames
    options.motion = motion;
    const auto report =
        store_->Ingest(dir_.File("cam.y4m"), options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  // Sees one thing that is called a wheel wherever it looks. Scripts that
  // differ are models of their own.
  ExternalModel* Watcher(const std::string& name) {
    testing::WriteScriptModel(
        dir_.File(name), name,
        testing::AnsweringScript(": " + name + "; " + kOneBox));
    auto opened = OpenLookingModels({dir_.File(name)}, "", NetworkOptions());
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return nullptr;
    programs_.push_back(std::move(opened->programs[0]));
    return programs_.back().get();
  }

  RunReport Run(const std::string& stream, ExternalModel* model) {
    options_.external_models = {model};
    const auto report =
        RunModels(store_.get(), stream, options_, nullptr, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) return *report;
    RunReport none;
    none.models.emplace_back();
    return none;
  }

  // Wheels on frames `first` to `last` and nowhere else.
  void SeeWheels(const std::string& stream, int64_t first, int64_t last) {
    options_.ranges = {{first * kFrameNs, (last + 1) * kFrameNs}};
    Run(stream, Watcher("first"));
    options_.ranges.clear();
  }

  std::vector<LookSpan> Looked(const std::string& stream,
                               const ExternalModel* model) {
    const auto summary = store_->Describe(stream);
    EXPECT_TRUE(summary.ok()) << summary.status();
    const auto book = LookBook::Read(store_->chunks(), summary->id);
    EXPECT_TRUE(book.ok()) << book.status();
    return book->SpansOf(model->description().id.digest);
  }

  static Query Asked(const std::string& text) {
    const auto query = ParseQueryText(text, nullptr);
    EXPECT_TRUE(query.ok()) << query.status();
    return *query;
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  RunOptions options_;
};

TEST_F(RunOnlyTest, ItLooksWhereTheQueryHoldsAndNotesNoOtherLook) {
  Ingest("cam", /*motion=*/false);
  SeeWheels("cam", 20, 28);
  options_.only = Asked("wheel");
  ExternalModel* second = Watcher("second");
  const RunReport part = Run("cam", second);
  EXPECT_EQ(part.frames, 9);
  EXPECT_EQ(part.frames_passed_over, kFrames - 9);
  EXPECT_EQ(part.models[0].inferences, 3);
  EXPECT_THAT(Looked("cam", second), ElementsAre(LookSpan{20, 29, kEvery}));

  options_.only.reset();
  const RunReport rest = Run("cam", second);
  EXPECT_EQ(rest.frames_passed_over, 0);
  EXPECT_EQ(rest.models[0].inferences, kLooks - 3);
  EXPECT_EQ(rest.models[0].reused, 3);
}

TEST_F(RunOnlyTest, ARangeCutsWhatTheQueryAnswers) {
  Ingest("cam", /*motion=*/false);
  SeeWheels("cam", 20, 40);
  options_.only = Asked("wheel");
  options_.ranges = {{36 * kFrameNs, 62 * kFrameNs}, {0, 25 * kFrameNs}};
  ExternalModel* second = Watcher("second");
  const RunReport part = Run("cam", second);
  EXPECT_THAT(Looked("cam", second),
              ElementsAre(LookSpan{20, 25, kEvery}, LookSpan{36, 41, kEvery}));
  EXPECT_EQ(part.frames, 10);
  EXPECT_EQ(part.frames_passed_over, 25 + 26 - 10);
}

TEST_F(RunOnlyTest, WhereNothingMatchesNothingIsDone) {
  Ingest("cam", /*motion=*/false);
  options_.only = Asked("wheel");
  ExternalModel* model = Watcher("watcher");
  const RunReport none = Run("cam", model);
  EXPECT_EQ(none.frames, 0);
  EXPECT_EQ(none.frames_passed_over, kFrames);
  EXPECT_EQ(none.frames_decoded, 0);
  EXPECT_EQ(none.models[0].inferences, 0);
  EXPECT_THAT(Looked("cam", model), ElementsAre());
}

TEST_F(RunOnlyTest, ClipsOfOtherStreamsAreNotThisOnes) {
  Ingest("cam", /*motion=*/false);
  Ingest("yard", /*motion=*/false);
  SeeWheels("yard", 20, 28);
  options_.only = Asked("wheel among *");
  EXPECT_EQ(Run("cam", Watcher("second")).frames, 0);
}

TEST_F(RunOnlyTest, FramesInWhichNothingMovesArePassedOver) {
  Ingest("cam", /*motion=*/true);  // the square has left by frame 24
  options_.moving.emplace();
  ExternalModel* model = Watcher("watcher");
  const RunReport report = Run("cam", model);
  EXPECT_EQ(report.motion.noted, kFrames);
  EXPECT_EQ(report.motion.unknown, 0U);
  EXPECT_EQ(report.frames + report.frames_passed_over, kFrames);
  EXPECT_GE(report.frames, 20);
  EXPECT_LE(report.frames, 40);
  for (const LookSpan& span : Looked("cam", model)) {
    EXPECT_LE(span.end_index, 40U);
  }
}

TEST_F(RunOnlyTest, WhereMotionWasNotLookedForAnythingMayMove) {
  Ingest("cam", /*motion=*/false);
  options_.moving.emplace();
  const RunReport report = Run("cam", Watcher("watcher"));
  EXPECT_EQ(report.motion.unknown, kFrames);
  EXPECT_EQ(report.frames, kFrames);
  EXPECT_EQ(report.models[0].inferences, kLooks);
}

TEST_F(RunOnlyTest, WhatIsGuessedFromSizesIsTold) {
  Ingest("cam", /*motion=*/false);
  options_.moving.emplace();
  options_.moving->guess = true;
  options_.dry_run = true;
  const RunReport report = Run("cam", Watcher("watcher"));
  EXPECT_EQ(report.motion.sizes, kFrames);
  EXPECT_EQ(report.motion.unknown, 0U);
}

}  // namespace
}  // namespace fovea
