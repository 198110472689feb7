// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers of a model before its upgrade: none is given before they have
// passed, nor after they have failed, and what passed is audited as ever.

#include "api/revalidation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/answer_bytes.h"
#include "api/cache_report.h"
#include "api/model_folder.h"
#include "api/run_model.h"
#include "api/stored_results.h"
#include "store/result_rows.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kFrames = 120;
constexpr int kOld = 1;  // digest of the model before

class RevalidationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    WriteStillScene(dir_.File("cam.y4m"), kFrames);
    options_.from = Model(kOld);
    options_.samples = 60;
    options_.max_error = 0.05;
  }

  void Ingest(const std::string& name, const std::string& file = "cam.y4m") {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.motion = false;
    options.gop_seconds = 0.4;  // 10 frames
    NoteKeeper notes;
    const auto report =
        store_->Ingest(dir_.File(file), options, &notes, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  ExternalModel* Program(const std::string& answer) {
    const std::string name = "own" + std::to_string(programs_.size());
    WriteScriptModel(dir_.File(name), name, AnsweringScript(answer));
    auto opened = OpenLookingModels({dir_.File(name)}, "", NetworkOptions());
    EXPECT_TRUE(opened.ok()) << opened.status();
    programs_.push_back(std::move(opened->programs[0]));
    options_.model = {nullptr, programs_.back().get(), nullptr};
    return programs_.back().get();
  }

  StreamId IdOf(const std::string& name) { return store_->Describe(name)->id; }

  static std::string Bytes(int wheels) {
    Answer answer;
    for (int i = 0; i < wheels; ++i) {
      answer.detections.push_back({1, 0.9F, 16, 16, 40, 40});
    }
    return *EncodeAnswer(answer, ProgramDescription(kOld).card);
  }

  // The old model said one wheel of each frame, and two of every `odd`-th.
  void Answered(const std::string& name, int odd = 0, int frames = kFrames) {
    StoredResults results(store_->chunks());
    for (int i = 0; i < frames; ++i) {
      Result result = AnyResult(kOld, IdOf(name), static_cast<uint64_t>(i));
      result.answer = Bytes(odd > 0 && i % odd == 0 ? 2 : 1);
      ASSERT_TRUE(results.Put(result).ok());
    }
    CommitBatch batch;
    ASSERT_TRUE(results.MoveTo(&batch).ok());
    ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  }

  absl::StatusOr<RevalidationReport> Try(
      const std::atomic<bool>* stop = nullptr) {
    return Revalidate(store_.get(), options_, nullptr, stop);
  }
  RevalidationReport Do() {
    const auto report = Try();
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : RevalidationReport();
  }
  RevalidatedStream DoOne() {
    const RevalidationReport report = Do();
    EXPECT_THAT(report.streams, SizeIs(1));
    return report.streams.size() == 1 ? report.streams[0] : RevalidatedStream();
  }

  // Results of the model, by index.
  std::vector<ResultRow> Rows(const ExternalModel* model,
                              const std::string& name) {
    std::vector<ResultRow> rows;
    const ModelDigest& digest = model->description().id.digest;
    EXPECT_TRUE(store_->chunks()
                    ->Scan(Family::kRes, ResultPrefix(digest, IdOf(name)),
                           ResultPrefix(digest, IdOf(name) + 1),
                           [&](std::string_view, std::string_view value) {
                             rows.push_back(*DecodeResultRow(value));
                             return true;
                           })
                    .ok());
    return rows;
  }

  static int64_t Carried(const std::vector<ResultRow>& rows) {
    return std::ranges::count_if(
        rows, [](const ResultRow& row) { return row.carried.has_value(); });
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  RevalidationOptions options_;
};

TEST_F(RevalidationTest, OldAnswersThatHoldAreCarriedOver) {
  Ingest("cam");
  Answered("cam");
  ExternalModel* model = Program(kOneBox);
  EXPECT_THAT(Rows(model, "cam"), IsEmpty());
  const RevalidatedStream cam = DoOne();
  EXPECT_EQ(cam.answers, kFrames);
  EXPECT_EQ(cam.sampled, 60);
  EXPECT_EQ(cam.differ, 0);
  EXPECT_TRUE(cam.passed);
  EXPECT_LE(cam.bound, 0.05);
  EXPECT_EQ(cam.replaced, 60);
  EXPECT_EQ(cam.carried, kFrames - 60);
  const auto rows = Rows(model, "cam");
  ASSERT_THAT(rows, SizeIs(kFrames));
  EXPECT_EQ(Carried(rows), kFrames - 60);
  for (const ResultRow& row : rows) {
    if (!row.carried) continue;
    EXPECT_EQ(row.carried->from, Model(kOld));
    EXPECT_EQ(row.carried->most_differ, cam.bound);
    EXPECT_EQ(row.carried->confidence, 0.95);
    EXPECT_EQ(row.answer, Bytes(1));
    EXPECT_EQ(row.uses, 0U);
  }
  EXPECT_EQ(ListCachedModels(store_.get())->size(), 2U)
      << "the old ones stay where they are";
}

TEST_F(RevalidationTest, OldAnswersThatDifferStayUnreachable) {
  Ingest("cam");
  Answered("cam", 4);
  ExternalModel* model = Program(kOneBox);
  const RevalidatedStream cam = DoOne();
  EXPECT_FALSE(cam.passed);
  EXPECT_GT(cam.differ, 0);
  EXPECT_GE(cam.most_differ, kFrames / 4);
  EXPECT_EQ(cam.carried, 0);
  EXPECT_THAT(Rows(model, "cam"), IsEmpty()) << "none, not even the sampled";
}

TEST_F(RevalidationTest, SampledAnswersThatDifferAreReplaced) {
  Ingest("cam");
  Answered("cam", 10);
  options_.max_error = 0.5;
  ExternalModel* model = Program(kOneBox);
  const RevalidatedStream cam = DoOne();
  ASSERT_TRUE(cam.passed);
  ASSERT_GT(cam.differ, 0);
  int64_t twice = 0;
  for (const ResultRow& row : Rows(model, "cam")) {
    const bool differs = row.answer == Bytes(2);
    twice += differs;
    EXPECT_TRUE(!differs || row.carried.has_value());
  }
  EXPECT_EQ(twice, kFrames / 10 - cam.differ);
}

TEST_F(RevalidationTest, NoStaleAnswerIsGivenBeforeOrAfterAFailure) {
  Ingest("cam");
  Ingest("later");
  Answered("cam", 1);  // two wheels, always
  ExternalModel* model = Program(kOneBox);
  RunOptions run;
  run.every = 1;
  run.again = true;  // of equal pictures nothing is copied
  run.reuse.emplace();
  run.reuse->offline = true;
  run.reuse->max_error = 1;
  const ModelDescription absent = model->description();
  run.absent_models = {&absent};
  const auto gaps = [&] {
    const auto report = RunModels(store_.get(), "later", run, nullptr, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->models[0].reuse->gaps : -1;
  };
  EXPECT_EQ(gaps(), kFrames);
  EXPECT_FALSE(DoOne().passed);
  EXPECT_EQ(gaps(), kFrames);
}

TEST_F(RevalidationTest, WhatIsGivenOfThemIsAuditedByTheUsualCoin) {
  WriteStillScene(dir_.File("long.y4m"), 400);
  Ingest("cam");
  Ingest("later", "long.y4m");
  RunOptions run;
  run.every = 1;
  run.reuse.emplace();
  run.again = true;  // of equal pictures nothing is copied
  ExternalModel* before = Program(kOneBox);
  run.external_models = {before};
  ASSERT_TRUE(RunModels(store_.get(), "cam", run, nullptr, nullptr).ok());
  options_.from = before->description().id.digest;
  const int64_t old = static_cast<int64_t>(Rows(before, "cam").size());
  ASSERT_GT(old, 0);
  ExternalModel* after = Program("true; " + std::string(kOneBox));
  const RevalidatedStream cam = DoOne();
  ASSERT_TRUE(cam.passed);
  EXPECT_EQ(cam.carried + cam.replaced, old);
  run.external_models = {after};
  const auto report = RunModels(store_.get(), "later", run, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  const ReuseReport& reuse = *report->models[0].reuse;
  EXPECT_GE(reuse.runs, 59) << "a new model begins to learn anew";
  EXPECT_GT(reuse.audit.all.checks, 0);
}

TEST_F(RevalidationTest, TheMarkOutlivesThatItIsGivenAgain) {
  Ingest("cam");
  Answered("cam");
  ExternalModel* model = Program(kOneBox);
  DoOne();
  const ModelDigest& digest = model->description().id.digest;
  StoredResults results(store_->chunks());
  std::vector<Result> all;
  ASSERT_TRUE(results
                  .Load(digest, InputKind::kFrame, 0,
                        [&](Result result) {
                          all.push_back(std::move(result));
                          return true;
                        })
                  .ok());
  ASSERT_THAT(all, SizeIs(kFrames));
  for (Result& result : all) {
    result.uses = 1;
    ASSERT_TRUE(results.PutUses(result).ok());
  }
  CommitBatch batch;
  ASSERT_TRUE(results.MoveTo(&batch).ok());
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  EXPECT_EQ(Carried(Rows(model, "cam")), kFrames - 60);
  // The model has been asked itself.
  for (Result& result : all) {
    result.uses = 0;
    ASSERT_TRUE(results.Put(result).ok());
  }
  CommitBatch anew;
  ASSERT_TRUE(results.MoveTo(&anew).ok());
  ASSERT_TRUE(store_->chunks()->Commit(std::move(anew)).ok());
  EXPECT_EQ(Carried(Rows(model, "cam")), 0);
}

TEST_F(RevalidationTest, StreamsAreJudgedByThemselvesAndClaimedTogether) {
  Ingest("good");
  Ingest("bad");
  Ingest("none");
  Answered("good");
  Answered("bad", 2);
  ExternalModel* model = Program(kOneBox);
  options_.samples = 100;
  const RevalidationReport both = Do();
  ASSERT_THAT(both.streams, SizeIs(2));
  EXPECT_NEAR(both.each, 0.975, 1e-12) << "two claims";
  EXPECT_EQ(both.streams[0].name, "bad");
  EXPECT_FALSE(both.streams[0].passed);
  EXPECT_TRUE(both.streams[1].passed);
  EXPECT_EQ(both.passed(), 1);
  EXPECT_THAT(Rows(model, "bad"), IsEmpty());
  EXPECT_THAT(Rows(model, "good"), SizeIs(kFrames));
  options_.streams = {"none"};
  const RevalidatedStream none = DoOne();
  EXPECT_EQ(none.answers, 0);
  EXPECT_EQ(none.carried, 0);
}

TEST_F(RevalidationTest, ADryRunAsksAndLeavesNoTrace) {
  Ingest("cam");
  Answered("cam");
  ExternalModel* model = Program(kOneBox);
  options_.dry_run = true;
  const RevalidatedStream cam = DoOne();
  EXPECT_TRUE(cam.passed);
  EXPECT_EQ(cam.carried, 0);
  EXPECT_THAT(Rows(model, "cam"), IsEmpty());
}

TEST_F(RevalidationTest, TheSeedChoosesAndTheSameOneChoosesTheSame) {
  Ingest("cam");
  Answered("cam", 3);
  Program(kOneBox);
  options_.dry_run = true;
  options_.samples = 30;
  const int64_t first = DoOne().differ;
  EXPECT_EQ(DoOne().differ, first);
  bool other = false;
  for (uint64_t seed = 2; seed < 12; ++seed) {
    options_.seed = seed;
    other = other || DoOne().differ != first;
  }
  EXPECT_TRUE(other);
}

// Whatever share differs: with every seed a new sample, few bounds are below.
TEST_F(RevalidationTest, TheBoundIsTooSmallAsSeldomAsItSays) {
  Ingest("cam");
  Answered("cam", 12);  // 10 of 120
  Program(kOneBox);
  options_.dry_run = true;
  options_.samples = 12;
  constexpr int kRuns = 40;
  int too_small = 0;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    options_.seed = seed;
    too_small += DoOne().most_differ < 10;
  }
  EXPECT_LT(too_small, kRuns * 0.05 + 4 * std::sqrt(kRuns * 0.05));
}

TEST_F(RevalidationTest, ASecondCallHasNothingLeftToDo) {
  Ingest("cam");
  Answered("cam");
  ExternalModel* model = Program(kOneBox);
  DoOne();
  const auto rows = Rows(model, "cam");
  const RevalidatedStream again = DoOne();
  EXPECT_EQ(again.answers, 0);
  EXPECT_EQ(again.known, kFrames);
  EXPECT_EQ(again.sampled, 0);
  EXPECT_EQ(Rows(model, "cam"), rows);
}

TEST_F(RevalidationTest, OnlyFramesThatAreStoredCountAndDamageIsNamed) {
  Ingest("cam");
  Answered("cam", 0, kFrames + 5);  // five of frames that never came
  CommitBatch batch;
  const auto key = [&](uint64_t index) {
    return ResultKey({Model(kOld), IdOf("cam"), index, 0, 0});
  };
  batch.PutRow(Family::kRes, key(7), "\1bad");
  ResultRow row = *RowOf(AnyResult(kOld, IdOf("cam"), 8));
  row.answer = "no answer";
  batch.PutRow(Family::kRes, key(8), EncodeResultRow(row));
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  Program(kOneBox);
  const auto report = Do();
  ASSERT_THAT(report.streams, SizeIs(1));
  const RevalidatedStream& cam = report.streams[0];
  EXPECT_EQ(cam.gone, 5);
  EXPECT_EQ(cam.damaged, 2);
  EXPECT_THAT(std::string(cam.damage.message()), HasSubstr("cam@7"));
  EXPECT_EQ(cam.answers, kFrames - 2);
  EXPECT_TRUE(report.lossy());
  EXPECT_TRUE(cam.passed);
}

TEST_F(RevalidationTest, AModelThatFailsCarriesNothingOver) {
  Ingest("cam");
  Answered("cam");
  // Asked of one picture when it is opened.
  ExternalModel* model =
      Program("[ $n = 20 ] && exit; " + std::string(kOneBox));
  const auto report = Try();
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("cam@"));
  EXPECT_THAT(Rows(model, "cam"), IsEmpty());
}

TEST_F(RevalidationTest, StoppedItLeavesNothingHalf) {
  Ingest("cam");
  Answered("cam");
  ExternalModel* model = Program(kOneBox);
  const std::atomic<bool> stop = true;
  EXPECT_TRUE(absl::IsCancelled(Try(&stop).status()));
  EXPECT_THAT(Rows(model, "cam"), IsEmpty());
}

TEST_F(RevalidationTest, WhatCannotBeIsRefused) {
  Ingest("cam");
  ExternalModel* model = Program(kOneBox);
  const auto refused = [&](const std::string& what) {
    const auto report = Try();
    EXPECT_TRUE(absl::IsInvalidArgument(report.status())) << report.status();
    EXPECT_THAT(std::string(report.status().message()), HasSubstr(what));
  };
  const RevalidationOptions good = options_;
  options_.max_error = std::nan("");
  refused("share of 0 to 1");
  options_ = good;
  options_.confidence = 1;
  refused("between 0 and 1");
  options_ = good;
  options_.samples = 0;
  refused("1 or more");
  options_ = good;
  options_.from = model->description().id.digest;
  refused("itself");
  options_ = good;
  options_.streams = {"cm"};
  EXPECT_TRUE(absl::IsNotFound(Try().status()));
}

TEST(FindCachedModelTest, IsCalledByNameOrDigestButNotItself) {
  std::vector<CachedModel> models(3);
  for (int i = 0; i < 3; ++i) {
    CachedModel& model = models[static_cast<size_t>(i)];
    model.digest = Model(0xA0 + i);
    model.name = i < 2 ? "yolox" : "other";
    model.results = 1;
  }
  EXPECT_EQ(*FindCachedModel(models, "other", Model(9)), Model(0xA2));
  EXPECT_EQ(*FindCachedModel(models, "a1a1a1", Model(9)), Model(0xA1));
  EXPECT_EQ(*FindCachedModel(models, "A1A1A1A1a1", Model(9)), Model(0xA1));
  EXPECT_EQ(*FindCachedModel(models, "yolox", Model(0xA0)), Model(0xA1))
      << "the new one has the same name";
  const auto several = FindCachedModel(models, "yolox", Model(9));
  EXPECT_TRUE(absl::IsInvalidArgument(several.status()));
  EXPECT_THAT(std::string(several.status().message()),
              HasSubstr("a0a0a0a0a0a0, a1a1a1a1a1a1"));
  for (const char* unknown : {"a1a1a", "nobody", ""}) {
    EXPECT_TRUE(
        absl::IsNotFound(FindCachedModel(models, unknown, Model(9)).status()))
        << unknown;
  }
}

}  // namespace
}  // namespace fovea::testing
