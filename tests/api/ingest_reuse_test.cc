// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models that look along at every frame of an ingest and are run on few: what
// is observed, decided and reported.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/look_book.h"
#include "api/model_folder.h"
#include "index/observation_reader.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/script_model.h"
#include "tests/support/small_model.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kFrames = 300;

// Stops after so many acknowledged frames.
class Stopper : public NoteKeeper {
 public:
  explicit Stopper(uint64_t frames) : frames_(frames) {}
  void OnAcknowledged(const Acknowledgement& ack) override {
    if (ack.last_index + 1 >= frames_) stop = true;
  }
  std::atomic<bool> stop = false;

 private:
  const uint64_t frames_;
};

class IngestReuseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteStillScene(dir_.File("cam.y4m"), kFrames);
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    options_.name = "cam";
    options_.jobs = 1;
    options_.gop_seconds = 0.4;  // 10 frames
    options_.motion = false;
    options_.reuse.emplace();
  }

  ExternalModel* Program(const std::string& answer) {
    const std::string name = "own" + std::to_string(programs_.size());
    WriteScriptModel(dir_.File(name), name, AnsweringScript(answer));
    auto opened = OpenLookingModels({dir_.File(name)}, "", NetworkOptions());
    EXPECT_TRUE(opened.ok()) << opened.status();
    programs_.push_back(std::move(opened->programs[0]));
    return programs_.back().get();
  }

  IngestReport Ingest(ExternalModel* model) {
    options_.external_models = {model};
    return Ingest();
  }
  IngestReport Ingest() {
    const auto report =
        store_->Ingest(dir_.File("cam.y4m"), options_, &notes_, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : IngestReport();
  }

  std::vector<DecidedInput> Decided(const ModelDigest& model) {
    return DecisionsOf(store_->chunks(), store_->Describe("cam")->id, model);
  }
  std::vector<DecidedInput> Decided() {
    return Decided(programs_.back()->description().id.digest);
  }

  std::vector<Observation> Observed() {
    const auto page =
        ListObservations(store_->chunks(), {store_->Describe("cam")->id}, 1000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  std::vector<LookSpan> Looked() {
    const auto book =
        LookBook::Read(store_->chunks(), store_->Describe("cam")->id);
    EXPECT_TRUE(book.ok()) << book.status();
    return book->SpansOf(programs_.back()->description().id.digest);
  }

  static void ExpectConserved(const ReuseReport& report, int64_t inputs) {
    EXPECT_EQ(report.inputs, inputs);
    EXPECT_EQ(report.inputs,
              report.runs + report.held + report.reused + report.gaps);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  IngestOptions options_;
  NoteKeeper notes_;
};

TEST_F(IngestReuseTest, EveryFrameIsDecidedAndTheReportTellsOfIt) {
  const IngestReport report = Ingest(Program(kOneBox));
  EXPECT_FALSE(report.lossy());
  ASSERT_THAT(report.reuse, SizeIs(1));
  EXPECT_EQ(report.reuse[0].stream, "cam");
  const ReuseReport& reuse = report.reuse[0].report;
  EXPECT_EQ(reuse.model, programs_[0]->description().id);
  ExpectConserved(reuse, kFrames);
  EXPECT_LT(reuse.runs, kFrames * 2 / 3);
  EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(0, kFrames));
  EXPECT_THAT(Looked(), ElementsAre(LookSpan{0, kFrames, 1}));
  const auto observed = Observed();
  ASSERT_THAT(observed, SizeIs(1));
  EXPECT_EQ(observed[0].label, "wheel");
  EXPECT_EQ(observed[0].first_index, 0U);
  EXPECT_EQ(observed[0].last_index, kFrames - 1U);
  EXPECT_LT(observed[0].boxes.size(), static_cast<size_t>(kFrames));
}

TEST_F(IngestReuseTest, WithoutAnyErrorItIsSeenAsByALookAtEveryFrame) {
  options_.reuse->max_error = 0;
  ExternalModel* model = Program(kOneBox);
  EXPECT_EQ(Ingest(model).reuse[0].report.runs, kFrames);
  auto never = Observed();
  options_.name = "all";
  options_.reuse.reset();
  options_.gradient_every = 1;
  Ingest(model);
  const StreamId all = store_->Describe("all")->id;
  const auto page = ListObservations(store_->chunks(), {all}, 1000);
  ASSERT_TRUE(page.ok()) << page.status();
  for (Observation& seen : never) seen.stream = all;
  EXPECT_EQ(page->observations, never);
}

TEST_F(IngestReuseTest, WhatIsAddedGoesOnWithWhatWasCertified) {
  ExternalModel* model = Program(kOneBox);
  Ingest(model);
  options_.append = true;
  const IngestReport report = Ingest(model);
  const ReuseReport& reuse = report.reuse[0].report;
  ExpectConserved(reuse, kFrames);
  EXPECT_EQ(reuse.audit.inputs, 2 * kFrames);
  EXPECT_LT(reuse.runs, kFrames / 3);
  EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(0, 2 * kFrames));
}

TEST_F(IngestReuseTest, AnInterruptedIngestIsResumedWithoutAGapInTheLog) {
  options_.external_models = {Program(kOneBox)};
  options_.commit_age_ns = 0;
  Stopper stopper(100);
  const auto first =
      store_->Ingest(dir_.File("cam.y4m"), options_, &stopper, &stopper.stop);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(first->stopped);
  const auto stored =
      static_cast<uint64_t>(store_->Describe("cam")->counts.stored);
  ASSERT_LT(stored, uint64_t{kFrames});
  EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(0, stored));
  options_.resume = true;
  const IngestReport rest = Ingest();
  EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(0, kFrames));
  EXPECT_THAT(Looked(), ElementsAre(LookSpan{0, kFrames, 1}));
  ExpectConserved(rest.reuse[0].report, kFrames - static_cast<int64_t>(stored));
}

// No frame comes behind it that could tell.
TEST_F(IngestReuseTest, DecisionsThatTheLastCommitCannotPutAreAnError) {
  ExternalModel* model = Program(kOneBox);
  Ingest(model);
  std::string last;
  ASSERT_TRUE(store_->chunks()
                  ->Scan(Family::kDec, "", "",
                         [&last](std::string_view key, std::string_view) {
                           last = std::string(key);
                           return true;
                         })
                  .ok());
  CommitBatch damage;
  damage.PutRow(Family::kDec, last, "\x01");
  ASSERT_TRUE(store_->chunks()->Commit(std::move(damage)).ok());
  options_.append = true;
  options_.commit_age_ns = INT64_MAX;
  options_.commit_bytes = SIZE_MAX;
  const auto report =
      store_->Ingest(dir_.File("cam.y4m"), options_, &notes_, nullptr);
  EXPECT_TRUE(absl::IsDataLoss(report.status())) << report.status();
  EXPECT_EQ(store_->Describe("cam")->counts.stored, kFrames);
}

TEST_F(IngestReuseTest, AFailureIsToldOnceLoggedAndCostsNoFootage) {
  const IngestReport report =
      Ingest(Program(std::string("[ $n = 40 ] && exit; ") + kOneBox));
  EXPECT_TRUE(report.lossy());
  ASSERT_THAT(report.failed_models, SizeIs(1));
  EXPECT_EQ(store_->Describe("cam")->counts.stored, kFrames);
  const auto decided = Decided();
  EXPECT_EQ(IndexesOf(decided), IndexesFrom(0, kFrames));
  EXPECT_EQ(decided.back().decision.kind, DecisionKind::kRunFailed);
  const auto failed_at = static_cast<uint64_t>(report.failed_models[0].index);
  EXPECT_EQ(Looked().back().end_index, failed_at);
  EXPECT_EQ(Observed().back().last_index, failed_at - 1);
}

TEST_F(IngestReuseTest, NothingIsObservedByOneThatFailedThoughMuchIsKnown) {
  options_.reuse->max_error = 1;
  Ingest(Program(kOneBox));
  options_.append = true;
  const std::string fails = std::string("[ $n -ge 5 ] && exit; ") + kOneBox;
  ExternalModel* weak = Program(fails);
  const IngestReport report = Ingest(weak);
  ASSERT_THAT(report.failed_models, SizeIs(1));
  const uint64_t failed_at =
      kFrames + static_cast<uint64_t>(report.failed_models[0].index);
  for (const Observation& seen : Observed()) {
    if (seen.model != weak->description().id.digest) continue;
    EXPECT_LT(seen.last_index, failed_at);
  }
  for (const LookSpan& span : Looked()) EXPECT_LE(span.end_index, failed_at);
}

TEST_F(IngestReuseTest, ADryRunStoresNothing) {
  ExternalModel* model = Program(kOneBox);
  options_.dry_run = true;
  Ingest(model);
  for (const Family family : {Family::kMeta, Family::kRes, Family::kDec}) {
    std::vector<std::string> keys;
    const auto visit = [&](std::string_view key, std::string_view) {
      if (family != Family::kMeta || key.substr(0, 1) == "a") {
        keys.emplace_back(key);
      }
      return true;
    };
    ASSERT_TRUE(store_->chunks()->Scan(family, "", "", visit).ok());
    EXPECT_THAT(keys, IsEmpty());
  }
}

TEST_F(IngestReuseTest, ANetworkIsRunOnFewFramesAndStillMakesMaps) {
  WriteSmallModel(dir_.File("small"), "small");
  WriteFileText(
      dir_.File("small/model.yaml"),
      "name: small\nnetwork: network.onnx\nlabels: labels.txt\n"
      "decoder: classifier\ninput: {width: 48, height: 32, deviation: 2}\n");
  const auto model = OpenModel(dir_.File("small"), "", NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  options_.models = {model->get()};
  const IngestReport report = Ingest();
  ExpectConserved(report.reuse[0].report, kFrames);
  EXPECT_LT(report.reuse[0].report.runs, kFrames * 2 / 3);
  EXPECT_EQ(IndexesOf(Decided((*model)->id().digest)), IndexesFrom(0, kFrames));
  const auto observed = Observed();
  ASSERT_FALSE(observed.empty());
  EXPECT_EQ(observed.back().last_index, kFrames - 1U);
}

TEST_F(IngestReuseTest, SharesThatAreNoneAreRefused) {
  options_.external_models = {Program(kOneBox)};
  options_.reuse->max_error = 2;
  const auto refused =
      store_->Ingest(dir_.File("cam.y4m"), options_, &notes_, nullptr);
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
}

}  // namespace
}  // namespace fovea::testing
