// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ingest while a program looks along: what it says is kept, and footage does
// not suffer from it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/camera_priors.h"
#include "api/model_folder.h"
#include "api/store.h"
#include "index/observation_reader.h"
#include "store/chunk_id.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/script_model.h"
#include "tests/support/small_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kOneBox;
using ::testing::SizeIs;

constexpr int kFrames = 30;
constexpr int kEvery = 4;

class ExternalIngestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    options_.jobs = 1;
    options_.gop_seconds = 0.2;  // 5 frames
    options_.gradient_every = kEvery;
    options_.motion = false;
  }

  void Add(const std::string& answer, const std::string& more = "") {
    testing::WriteScriptModel(dir_.File("watcher"), "watcher",
                              testing::AnsweringScript(answer), more);
    Open({dir_.File("watcher")});
  }

  void Open(const std::vector<std::string>& specs) {
    auto models = OpenLookingModels(specs, "", NetworkOptions());
    ASSERT_TRUE(models.ok()) << models.status();
    models_ = *std::move(models);
    for (const auto& model : models_.networks) {
      options_.models.push_back(model.get());
    }
    for (const auto& model : models_.programs) {
      options_.external_models.push_back(model.get());
    }
  }

  IngestReport Ingest(const std::string& name) {
    options_.name = name;
    const auto report =
        store_->Ingest(dir_.File("cam.y4m"), options_, &notes_, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : IngestReport();
  }

  StreamSummary Summary(const std::string& name) {
    const auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : StreamSummary();
  }

  std::vector<Observation> Observed(const std::string& name) {
    const auto page =
        ListObservations(store_->chunks(), {Summary(name).id}, 1000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  ModelDigest Digest() { return models_.programs[0]->description().id.digest; }

  // That a program which does `fault` at its third frame costs nothing but
  // its own answers from there on. Before the first it is shown noise.
  void ExpectFootageUnharmed(const std::string& fault,
                             const std::string& said) {
    Add("[ $n = 4 ] && { " + fault + "; }; " + kOneBox, "timeout: 3600\n");
    const IngestReport report = Ingest("cam");
    ASSERT_THAT(report.streams, SizeIs(1));
    EXPECT_EQ(report.streams[0].counts.stored, kFrames);
    EXPECT_TRUE(report.source_error.ok()) << report.source_error;
    EXPECT_TRUE(report.lossy());
    ASSERT_THAT(report.failed_models, SizeIs(1));
    const FailedModel& failed = report.failed_models[0];
    EXPECT_EQ(failed.stream, "cam");
    EXPECT_EQ(failed.index, 2 * kEvery);
    EXPECT_EQ(failed.model, (ModelId{"watcher", Digest()}));
    EXPECT_THAT(std::string(failed.error.message()), HasSubstr(said));
    ASSERT_THAT(notes_.notes, SizeIs(1));
    EXPECT_THAT(notes_.notes[0],
                AllOf(HasSubstr("detect.sh"), HasSubstr(said),
                      HasSubstr("cam comes in without this model from frame 8 "
                                "on")));
    const auto observed = Observed("cam");
    ASSERT_THAT(observed, SizeIs(1));
    EXPECT_EQ(observed[0].last_index, uint64_t{kEvery});
    const auto verified = store_->Verify({.deep = true});
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_THAT(verified->problems, IsEmpty());
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
  LookingModels models_;
  IngestOptions options_;
  testing::NoteKeeper notes_;
};

TEST_F(ExternalIngestTest, AnswersBecomeObservations) {
  Add(std::string("echo 60,16,70,40,0.4,0; ") + kOneBox);
  const IngestReport report = Ingest("cam");
  EXPECT_FALSE(report.lossy());
  EXPECT_THAT(report.failed_models, IsEmpty());
  EXPECT_THAT(notes_.notes, IsEmpty());
  const auto observed = Observed("cam");
  ASSERT_THAT(observed, SizeIs(1));  // 0.4 is below the threshold
  EXPECT_EQ(observed[0].label, "wheel");
  EXPECT_EQ(observed[0].model, Digest());
  EXPECT_EQ(observed[0].first_index, 0U);
  EXPECT_EQ(observed[0].last_index, 28U);
  ASSERT_THAT(observed[0].boxes, SizeIs(8));
  EXPECT_EQ(observed[0].boxes[1],
            ToObservedBox(4, 160'000'000, 16, 16, 40, 40, double{0.9F}));
  EXPECT_THAT(Summary("cam").description.sensitivity,
              HasSubstr("watcher sha256:" + ChunkId{Digest()}.ToHex()));
  EXPECT_THAT(*ListPriors(store_->chunks(), Summary("cam").id), IsEmpty());
}

TEST_F(ExternalIngestTest, MapsComeFromItsBoxes) {
  const auto plain = [&] {
    IngestOptions options = options_;
    options.name = "plain";
    options.map.origin = MapOrigin::kPlain;
    const auto report =
        store_->Ingest(dir_.File("cam.y4m"), options, nullptr, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->streams[0].bytes : 0;
  }();
  Add("echo");
  EXPECT_LT(Ingest("nothing").streams[0].bytes, plain);
  options_.external_models.clear();
  Add("echo 0,0,96,64,1,0; echo");
  EXPECT_EQ(Ingest("everything").streams[0].bytes, plain);
}

TEST_F(ExternalIngestTest, GradientsOfOthersCount) {
  testing::WriteSmallModel(dir_.File("small"), "small");
  testing::WriteScriptModel(dir_.File("watcher"), "watcher",
                            testing::AnsweringScript("echo"));
  Open({dir_.File("watcher"), dir_.File("small")});
  ASSERT_THAT(models_.networks, SizeIs(1));
  ASSERT_THAT(models_.programs, SizeIs(1));
  const uint64_t both = Ingest("both").streams[0].bytes;
  options_.models.clear();
  EXPECT_LT(Ingest("boxes").streams[0].bytes, both);
  const auto priors = ListPriors(store_->chunks(), Summary("both").id);
  ASSERT_TRUE(priors.ok()) << priors.status();
  ASSERT_THAT(*priors, SizeIs(1));
  EXPECT_EQ((*priors)[0].model.name, "small");
}

TEST_F(ExternalIngestTest, OneThatHangsIsLeftBehind) {
  options_.longest_answer_ns = 3'000'000'000;
  ExpectFootageUnharmed("sleep 1000", "gave no answer in time");
}

TEST_F(ExternalIngestTest, OneThatWritesGarbageIsLeftBehind) {
  ExpectFootageUnharmed("echo Traceback", "wrote 'Traceback'");
}

TEST_F(ExternalIngestTest, OneThatDiesIsLeftBehind) {
  ExpectFootageUnharmed("exit 1", "ended");
}

TEST_F(ExternalIngestTest, OneThatSeesTooMuchIsLeftBehind) {
  ExpectFootageUnharmed("yes 1,2,3,4,1,0", "4096 boxes");
}

TEST_F(ExternalIngestTest, TheNextSourceHasItAgain) {
  Add(std::string("[ $n = 3 ] && exit; ") + kOneBox);
  for (const char* name : {"one", "two"}) {
    const IngestReport report = Ingest(name);
    ASSERT_THAT(report.failed_models, SizeIs(1));
    EXPECT_GE(report.failed_models[0].index, kEvery);
    EXPECT_THAT(Observed(name), SizeIs(1));
  }
}

TEST_F(ExternalIngestTest, OneThatCannotAnswerAtAllIsAnErrorBefore) {
  testing::WriteScriptModel(dir_.File("watcher"), "watcher",
                            testing::AnsweringScript("echo Traceback"));
  const auto models =
      OpenLookingModels({dir_.File("watcher")}, "", NetworkOptions());
  EXPECT_EQ(models.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(models.status().message()), HasSubstr("Traceback"));
}

TEST_F(ExternalIngestTest, ADryRunAsksAndKeepsNothing) {
  Add(kOneBox);
  options_.dry_run = true;
  EXPECT_EQ(Ingest("cam").streams[0].counts.stored, kFrames);
  EXPECT_THAT(*store_->Streams(), IsEmpty());
}

}  // namespace
}  // namespace fovea
