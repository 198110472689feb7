// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over stored footage, run only where its answer is not known: the
// same is observed, less is run, and every frame has its decision.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/look_book.h"
#include "api/model_folder.h"
#include "api/run_model.h"
#include "index/observation_reader.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kFrames = 400;
constexpr int64_t kFrameNs = 40'000'000;

// The wheel rolls off at frame 250.
constexpr int kGoneAt = 250;
Frame Rolls(int index) {
  return DrawSmallFrame(96, 64, index < kGoneAt ? 3 : 1000);
}
// Pictures without it are smaller as files. Asked first of noise.
constexpr char kSeesTheWheel[] =
    "s=$(wc -c < \"$path\"); [ $n = 2 ] && with=$s; "
    "if [ $n = 1 ] || [ $((s * 5)) -gt $((with * 4)) ]; then "
    "echo 16,16,40,40,0.9,1; fi; echo";

class RunReuseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    options_.every = 1;
    options_.reuse.emplace();
  }

  void Ingest(const std::string& name, const std::function<Frame(int)>& draw,
              int frames = kFrames) {
    WriteScene(dir_.File(name + ".y4m"), frames, draw);
    IngestOptions options;
    options.jobs = 1;
    options.motion = false;
    NoteKeeper notes;
    const auto report =
        store_->Ingest(dir_.File(name + ".y4m"), options, &notes, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }
  void IngestStill(const std::string& name, int frames = kFrames) {
    Ingest(
        name, [](int) { return DrawSmallFrame(96, 64, 3); }, frames);
  }

  ExternalModel* Program(const std::string& name, const std::string& answer) {
    WriteScriptModel(dir_.File(name), name, AnsweringScript(answer));
    auto opened = OpenLookingModels({dir_.File(name)}, "", NetworkOptions());
    EXPECT_TRUE(opened.ok()) << opened.status();
    programs_.push_back(std::move(opened->programs[0]));
    return programs_.back().get();
  }

  RunReport Run(const std::string& stream) {
    auto report = RunModels(store_.get(), stream, options_, progress_, &stop_);
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) return *std::move(report);
    RunReport none;
    none.models.resize(2);
    return none;
  }
  RunReport Run(const std::string& stream, ExternalModel* model) {
    options_.external_models = {model};
    return Run(stream);
  }

  StreamId IdOf(const std::string& name) { return store_->Describe(name)->id; }

  std::vector<Observation> Observed(const std::string& name) {
    const auto page = ListObservations(store_->chunks(), {IdOf(name)}, 10000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  std::vector<DecidedInput> Decided(const std::string& name,
                                    const ExternalModel* model) {
    return DecisionsOf(store_->chunks(), IdOf(name),
                       model->description().id.digest);
  }

  std::vector<LookSpan> Looked(const std::string& name,
                               const ExternalModel* model) {
    const auto book = LookBook::Read(store_->chunks(), IdOf(name));
    EXPECT_TRUE(book.ok()) << book.status();
    return book->SpansOf(model->description().id.digest);
  }

  static void ExpectConserved(const ModelRun& run, int64_t inputs) {
    ASSERT_TRUE(run.reuse.has_value());
    const ReuseReport& reuse = *run.reuse;
    EXPECT_EQ(reuse.inputs, inputs);
    EXPECT_EQ(reuse.inputs,
              reuse.runs + reuse.held + reuse.reused + reuse.gaps);
    EXPECT_EQ(run.inferences, reuse.runs - reuse.failed);
  }

  // Tracks and times; boxes stand where the model was run.
  static void ExpectSeenAlike(const std::vector<Observation>& seen,
                              const std::vector<Observation>& run_all) {
    ASSERT_EQ(seen.size(), run_all.size());
    for (size_t i = 0; i < seen.size(); ++i) {
      EXPECT_EQ(seen[i].label, run_all[i].label);
      EXPECT_EQ(seen[i].first_index, run_all[i].first_index);
      EXPECT_EQ(seen[i].last_index, run_all[i].last_index);
      EXPECT_EQ(seen[i].start_ns, run_all[i].start_ns);
      EXPECT_EQ(seen[i].end_ns, run_all[i].end_ns);
      EXPECT_EQ(seen[i].mean_score, run_all[i].mean_score);
      EXPECT_LE(seen[i].boxes.size(), run_all[i].boxes.size());
    }
  }

  std::vector<Observation> RunAll(const std::string& name,
                                  ExternalModel* model) {
    const auto reuse = std::exchange(options_.reuse, std::nullopt);
    options_.again = true;
    Run(name, model);
    options_.again = false;
    options_.reuse = reuse;
    return Observed(name);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  RunOptions options_;
  std::function<void(int64_t, int64_t)> progress_;
  std::atomic<bool> stop_ = false;
};

TEST_F(RunReuseTest, AStillSceneSavesRunsAndIsSeenAlike) {
  IngestStill("cam");
  ExternalModel* model = Program("own", kOneBox);
  const RunReport report = Run("cam", model);
  EXPECT_FALSE(report.lossy());
  ExpectConserved(report.models[0], kFrames);
  EXPECT_LT(report.models[0].inferences, kFrames * 3 / 5);
  EXPECT_EQ(IndexesOf(Decided("cam", model)), IndexesFrom(0, kFrames));
  EXPECT_THAT(Looked("cam", model), ElementsAre(LookSpan{0, kFrames, 1}));
  const auto saved = Observed("cam");
  ASSERT_THAT(saved, SizeIs(1));
  EXPECT_EQ(saved[0].last_index, kFrames - 1U);
  const auto run_all = RunAll("cam", model);
  EXPECT_THAT(run_all[0].boxes, SizeIs(kFrames));
  EXPECT_LT(saved[0].boxes.size(), size_t{kFrames});
  ExpectSeenAlike(saved, run_all);
}

TEST_F(RunReuseTest, WhatGoesIsSeenToTheEndOfItsTime) {
  Ingest("cam", Rolls);
  ExternalModel* model = Program("own", kSeesTheWheel);
  const auto run_all = RunAll("cam", model);
  ASSERT_THAT(run_all, SizeIs(1));
  ASSERT_EQ(run_all[0].last_index, kGoneAt - 1U);
  options_.again = true;
  EXPECT_LT(Run("cam", model).models[0].inferences, kFrames * 3 / 5);
  ExpectSeenAlike(Observed("cam"), run_all);
}

TEST_F(RunReuseTest, TheSecondRunIsFree) {
  IngestStill("cam", 100);
  ExternalModel* model = Program("own", kOneBox);
  Run("cam", model);
  const auto seen = Observed("cam");
  const RunReport second = Run("cam", model);
  EXPECT_EQ(second.models[0].inferences, 0);
  EXPECT_EQ(second.models[0].reused, 100);
  EXPECT_EQ(second.frames_decoded, 0);
  EXPECT_EQ(Observed("cam"), seen);
}

TEST_F(RunReuseTest, WithoutAnyErrorItIsTheRunOfAll) {
  Ingest("cam", Rolls, 300);
  ExternalModel* model = Program("own", kSeesTheWheel);
  options_.reuse->max_error = 0;
  const RunReport report = Run("cam", model);
  EXPECT_EQ(report.models[0].inferences, 300);
  ExpectConserved(report.models[0], 300);
  const auto never = Observed("cam");
  EXPECT_EQ(RunAll("cam", model), never);
}

TEST_F(RunReuseTest, AnyErrorAllowedItStillChecks) {
  IngestStill("cam", 200);
  ExternalModel* model = Program("own", kOneBox);
  options_.reuse->max_error = 1;
  const RunReport report = Run("cam", model);
  EXPECT_LT(report.models[0].inferences, 60);
  EXPECT_GT(report.models[0].reuse->audit.all.checks, 0);
  EXPECT_EQ(Observed("cam")[0].last_index, 199U);
}

TEST_F(RunReuseTest, AnotherStreamOfTheSameSceneNeedsFewRuns) {
  IngestStill("one");
  IngestStill("two", 50);
  ExternalModel* model = Program("own", kOneBox);
  options_.reuse->max_error = 1;
  Run("one", model);
  const RunReport report = Run("two", model);
  EXPECT_LT(report.models[0].inferences, 25);
  EXPECT_EQ(Decided("two", model)[0].decision.kind, DecisionKind::kReuse);
}

TEST_F(RunReuseTest, AStoppedRunGoesOnWithWhatWasCertified) {
  IngestStill("cam");
  ExternalModel* model = Program("own", kOneBox);
  progress_ = [&](int64_t done, int64_t) { stop_ = done == 250; };
  EXPECT_TRUE(Run("cam", model).stopped);
  progress_ = nullptr;
  stop_ = false;
  store_.reset();
  store_ = OpenStore(dir_.File("store"));
  const RunReport rest = Run("cam", model);
  const ModelRun& run = rest.models[0];
  EXPECT_EQ(run.reused + run.reuse->inputs, kFrames);
  EXPECT_EQ(run.reuse->audit.phase, AuditPhase::kGiving);
  EXPECT_LT(run.inferences, run.reuse->inputs / 2);
  EXPECT_EQ(IndexesOf(Decided("cam", model)), IndexesFrom(0, kFrames));
}

TEST_F(RunReuseTest, AModelThatFailsKeepsTheSampleAndIsLossy) {
  IngestStill("cam", 60);
  ExternalModel* model =
      Program("own", std::string("[ $n = 31 ] && exit; ") + kOneBox);
  const RunReport report = Run("cam", model);
  EXPECT_TRUE(report.lossy());
  const ModelRun& run = report.models[0];
  EXPECT_EQ(run.failed_index, 29U);  // asked of noise before
  EXPECT_EQ(run.inferences, 29);
  EXPECT_EQ(run.reuse->failed, 1);
  const auto decided = Decided("cam", model);
  EXPECT_EQ(IndexesOf(decided), IndexesFrom(0, 30));
  EXPECT_EQ(decided.back().decision.kind, DecisionKind::kRunFailed);
  EXPECT_THAT(Looked("cam", model), ElementsAre(LookSpan{0, 29, 1}));
  EXPECT_EQ(store_->Describe("cam")->counts.stored, 60);
  // It goes on at the frame it failed at, whose decision is another then.
  Run("cam", model);
  EXPECT_NE(Decided("cam", model)[29].decision.kind, DecisionKind::kRunFailed);
}

TEST_F(RunReuseTest, OfflineNothingIsRunAndNothingNoted) {
  IngestStill("known", 50);
  IngestStill("like", 30);
  Ingest(
      "odd", [](int i) { return DrawNoise(96, 64, static_cast<uint32_t>(i)); },
      20);
  ExternalModel* model = Program("own", kOneBox);
  options_.reuse->max_error = 1;
  Run("known", model);
  options_.external_models.clear();
  options_.absent_models = {&model->description()};
  options_.reuse->offline = true;
  const RunReport like = Run("like");
  EXPECT_EQ(like.models[0].inferences, 0);
  EXPECT_EQ(like.models[0].reuse->gaps, 0);
  EXPECT_THAT(Observed("like"), SizeIs(1));
  EXPECT_THAT(Looked("like", model), IsEmpty());
  const RunReport odd = Run("odd");
  EXPECT_EQ(odd.models[0].reuse->gaps, 20);
  ExpectConserved(odd.models[0], 20);
  EXPECT_THAT(Observed("odd"), IsEmpty());
  EXPECT_THAT(Looked("odd", model), IsEmpty());
  EXPECT_EQ(Decided("odd", model)[3].decision.kind, DecisionKind::kGap);
  EXPECT_FALSE(odd.lossy());
}

TEST_F(RunReuseTest, AModelThatIsNotThereAnswersOfflineAlone) {
  IngestStill("cam", 5);
  const ModelDescription model = ProgramDescription(1);
  options_.absent_models = {&model};
  const auto error = [&] {
    return RunModels(store_.get(), "cam", options_, nullptr, nullptr).status();
  };
  EXPECT_TRUE(absl::IsInvalidArgument(error())) << error();
  options_.reuse.reset();
  EXPECT_TRUE(absl::IsInvalidArgument(error())) << error();
}

TEST_F(RunReuseTest, SharesThatAreNoneAreRefusedBeforeAnythingChanges) {
  IngestStill("cam", 20);
  ExternalModel* model = Program("own", kOneBox);
  const auto seen = RunAll("cam", model);
  options_.external_models = {model};
  options_.again = true;
  for (const double share : {-0.01, 2.0, std::nan("")}) {
    options_.reuse->max_error = share;
    const auto refused =
        RunModels(store_.get(), "cam", options_, nullptr, nullptr).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("share of 0 to 1"));
  }
  EXPECT_EQ(Observed("cam"), seen);
  EXPECT_THAT(Looked("cam", model), ElementsAre(LookSpan{0, 20, 1}));
}

TEST_F(RunReuseTest, ADryRunLeavesNoTrace) {
  IngestStill("cam", 20);
  ExternalModel* model = Program("own", kOneBox);
  options_.dry_run = true;
  EXPECT_EQ(Run("cam", model).models[0].inferences, 20);
  EXPECT_THAT(Decided("cam", model), IsEmpty());
  EXPECT_THAT(Observed("cam"), IsEmpty());
}

TEST_F(RunReuseTest, TwoModelsAreHeldByThemselves) {
  IngestStill("cam", 300);
  ExternalModel* steady = Program("steady", kOneBox);
  ExternalModel* fickle =
      Program("fickle", "[ $((n % 3)) = 0 ] && echo 16,16,40,40,0.9,1; echo");
  options_.external_models = {steady, fickle};
  const RunReport report = Run("cam");
  ASSERT_THAT(report.models, SizeIs(2));
  EXPECT_LT(report.models[0].inferences, 200);
  EXPECT_EQ(report.models[1].inferences, 300);
  for (const ExternalModel* model : {steady, fickle}) {
    EXPECT_EQ(IndexesOf(Decided("cam", model)), IndexesFrom(0, 300));
  }
}

TEST_F(RunReuseTest, PartsThatLieApartFollowOnNothing) {
  IngestStill("cam", 100);
  ExternalModel* model = Program("own", kOneBox);
  options_.reuse->max_error = 1;
  options_.reuse->use_cache = false;
  options_.ranges = {{0, 10 * kFrameNs}, {60 * kFrameNs, 70 * kFrameNs}};
  Run("cam", model);
  const auto decided = Decided("cam", model);
  ASSERT_THAT(decided, SizeIs(20));
  EXPECT_EQ(decided[10].index, 60U);
  EXPECT_EQ(decided[10].decision.cause, DecisionCause::kFirst);
  EXPECT_THAT(Observed("cam"), SizeIs(2));
}

TEST_F(RunReuseTest, AllGoesWithTheStream) {
  IngestStill("cam", 60);
  ExternalModel* model = Program("own", kOneBox);
  Run("cam", model);
  const StreamId id = IdOf("cam");
  const std::string key = AuditKey(id, model->description().id.digest, 0);
  ASSERT_TRUE(store_->chunks()->Get(Family::kMeta, key).ok());
  const auto removed = store_->Remove("cam", TimeRange());
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_TRUE(
      absl::IsNotFound(store_->chunks()->Get(Family::kMeta, key).status()));
  for (const Family family : {Family::kRes, Family::kDec}) {
    int64_t rows = 0;
    const auto count = [&rows](std::string_view, std::string_view) {
      ++rows;
      return true;
    };
    ASSERT_TRUE(store_->chunks()->Scan(family, "", "", count).ok());
    EXPECT_EQ(rows, 0);
  }
}

}  // namespace
}  // namespace fovea::testing
