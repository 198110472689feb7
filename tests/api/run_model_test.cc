// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models over footage that is stored: what they see, what is reused, and
// what a run that broke off leaves.

#include "api/run_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/look_book.h"
#include "api/model_folder.h"
#include "codec/formats/image_writer.h"
#include "index/observation_reader.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/build_paths.h"
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

constexpr int kFrames = 62;
constexpr int kEvery = 4;
constexpr int kLooks = 16;
constexpr int64_t kFrameNs = 40'000'000;

// Moves four pixels a look, and is unsure of it now and then.
constexpr char kMoving[] =
    "s=0.9; [ $((n % 5)) = 0 ] && s=0.3; x=$((n * 4)); "
    "echo $x,16,$((x + 24)),40,$s,1; echo";

class RunModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    options_.every = kEvery;
    options_.commit_gops = 2;
  }

  // A program that answers so, anew.
  ExternalModel* Program(const std::string& name, const std::string& answer) {
    testing::WriteScriptModel(dir_.File(name), name,
                              testing::AnsweringScript(answer));
    auto opened = OpenLookingModels({dir_.File(name)}, "", NetworkOptions());
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return nullptr;
    programs_.push_back(std::move(opened->programs[0]));
    return programs_.back().get();
  }

  IngestOptions Ingested(const std::string& name) const {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.gop_seconds = 0.2;  // 5 frames
    options.gradient_every = kEvery;
    options.motion = false;
    return options;
  }

  void Ingest(const IngestOptions& options) {
    const auto report =
        store_->Ingest(dir_.File("cam.y4m"), options, &notes_, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  RunReport Run(const std::string& stream) {
    const auto report =
        RunModels(store_.get(), stream, options_, progress_, &stop_);
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) return *report;
    RunReport none;
    none.models.resize(options_.models.size() +
                       options_.external_models.size());
    return none;
  }

  RunReport Run(const std::string& stream, ExternalModel* model) {
    options_.external_models = {model};
    return Run(stream);
  }

  StreamId IdOf(const std::string& name) {
    const auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? summary->id : 0;
  }

  std::vector<Observation> Observed(const std::string& name) {
    const auto page = ListObservations(store_->chunks(), {IdOf(name)}, 10000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  std::vector<uint64_t> BoxIndexes(const std::string& name) {
    std::vector<uint64_t> indexes;
    for (const Observation& seen : Observed(name)) {
      for (const ObservedBox& box : seen.boxes) indexes.push_back(box.index);
    }
    std::ranges::sort(indexes);
    return indexes;
  }

  std::vector<LookSpan> Looked(const std::string& name,
                               const ExternalModel* model) {
    const auto book = LookBook::Read(store_->chunks(), IdOf(name));
    EXPECT_TRUE(book.ok()) << book.status();
    return book->SpansOf(model->description().id.digest);
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  RunOptions options_;
  std::function<void(int64_t, int64_t)> progress_;
  std::atomic<bool> stop_ = false;
  testing::NoteKeeper notes_;
};

std::vector<uint64_t> Every(uint64_t step, uint64_t from, uint64_t to) {
  std::vector<uint64_t> indexes;
  for (uint64_t i = from; i < to; i += step) indexes.push_back(i);
  return indexes;
}

TEST_F(RunModelTest, WhatItSeesIsWhatItWouldHaveSeenAtOnce) {
  IngestOptions along = Ingested("along");
  along.external_models = {Program("watcher", kMoving)};
  Ingest(along);
  Ingest(Ingested("later"));
  const RunReport report = Run("later", Program("watcher", kMoving));
  EXPECT_FALSE(report.lossy());
  EXPECT_EQ(report.frames, kFrames);
  EXPECT_EQ(report.models[0].inferences, kLooks);
  EXPECT_EQ(report.models[0].reused, 0);
  std::vector<Observation> at_once = Observed("along");
  ASSERT_THAT(at_once, SizeIs(1));
  EXPECT_THAT(at_once[0].boxes, SizeIs(kLooks));
  for (Observation& seen : at_once) seen.stream = IdOf("later");
  EXPECT_EQ(Observed("later"), at_once);
  EXPECT_EQ(report.models[0].observations, 1);
  EXPECT_EQ(report.models[0].tracks, 1);
  EXPECT_EQ(report.models[0].labels.at("wheel"), 1);
}

TEST_F(RunModelTest, NoModelIsAskedTwice) {
  Ingest(Ingested("cam"));
  ExternalModel* model = Program("watcher", kOneBox);
  EXPECT_EQ(Run("cam", model).models[0].inferences, kLooks);
  const auto before = Observed("cam");
  const RunReport second = Run("cam", model);
  EXPECT_EQ(second.models[0].inferences, 0);
  EXPECT_EQ(second.models[0].reused, kLooks);
  EXPECT_EQ(second.frames_decoded, 0);
  EXPECT_EQ(Observed("cam"), before);
}

TEST_F(RunModelTest, LooksAtIngestCount) {
  IngestOptions along = Ingested("cam");
  along.external_models = {Program("watcher", kOneBox)};
  Ingest(along);
  EXPECT_THAT(Looked("cam", programs_[0].get()),
              ElementsAre(LookSpan{0, kFrames, kEvery}));
  const RunReport report = Run("cam", programs_[0].get());
  EXPECT_EQ(report.models[0].inferences, 0);
  EXPECT_EQ(report.models[0].reused, kLooks);
}

TEST_F(RunModelTest, WhatFailedAtIngestIsMadeUpFor) {
  IngestOptions along = Ingested("cam");
  along.external_models = {
      Program("watcher", std::string("[ $n = 5 ] && exit; ") + kOneBox)};
  Ingest(along);  // noise, frames 0, 4, 8, then none
  EXPECT_THAT(Looked("cam", programs_[0].get()),
              ElementsAre(LookSpan{0, 12, kEvery}));
  EXPECT_THAT(BoxIndexes("cam"), ElementsAre(0, 4, 8));
}

TEST_F(RunModelTest, OnlyFramesUpToTheLastLookAreDecoded) {
  Ingest(Ingested("cam"));
  options_.every = 20;  // the first of every fourth GOP
  const RunReport report = Run("cam", Program("watcher", kOneBox));
  EXPECT_EQ(report.models[0].inferences, 4);
  EXPECT_EQ(report.frames_decoded, 4);
}

TEST_F(RunModelTest, AgainReplacesWhatWasSaid) {
  Ingest(Ingested("cam"));
  ExternalModel* model = Program("watcher", kOneBox);
  Run("cam", model);
  const auto before = Observed("cam");
  options_.again = true;
  const RunReport again = Run("cam", model);
  EXPECT_EQ(again.models[0].inferences, kLooks);
  EXPECT_EQ(again.models[0].reused, 0);
  EXPECT_EQ(again.models[0].replaced, 1);
  EXPECT_EQ(Observed("cam"), before);
}

TEST_F(RunModelTest, ACloserLookReplacesAndAWiderOneIsThere) {
  Ingest(Ingested("cam"));
  ExternalModel* model = Program("watcher", kOneBox);
  Run("cam", model);
  options_.every = 2;
  const RunReport closer = Run("cam", model);
  EXPECT_EQ(closer.models[0].inferences, kFrames / 2);
  EXPECT_EQ(closer.models[0].replaced, 1);
  EXPECT_EQ(BoxIndexes("cam"), Every(2, 0, kFrames));
  options_.every = 3;
  EXPECT_EQ(Run("cam", model).models[0].inferences, 0);
}

TEST_F(RunModelTest, ARangeIsLookedAtFromTheLookItHoldsFrom) {
  Ingest(Ingested("cam"));
  ExternalModel* model = Program("watcher", kOneBox);
  options_.ranges = {{22 * kFrameNs, 31 * kFrameNs}};
  const RunReport part = Run("cam", model);
  EXPECT_EQ(part.models[0].inferences, 3);
  EXPECT_THAT(BoxIndexes("cam"), ElementsAre(20, 24, 28));
  options_.ranges = {{31 * kFrameNs, 32 * kFrameNs}};
  EXPECT_EQ(Run("cam", model).models[0].inferences, 0);
  options_.ranges.clear();
  const RunReport rest = Run("cam", model);
  EXPECT_EQ(rest.models[0].inferences, kLooks - 3);
  EXPECT_EQ(rest.models[0].reused, 3);
  EXPECT_EQ(BoxIndexes("cam"), Every(kEvery, 0, kFrames));
}

TEST_F(RunModelTest, ARangeInsideAGopIsLookedAt) {
  IngestOptions options = Ingested("cam");
  options.gop_seconds = 10;
  Ingest(options);
  options_.ranges = {{8 * kFrameNs, 13 * kFrameNs},
                     {40 * kFrameNs, 45 * kFrameNs}};
  const RunReport report = Run("cam", Program("watcher", kOneBox));
  EXPECT_EQ(report.models[0].inferences, 4);
  EXPECT_THAT(BoxIndexes("cam"), ElementsAre(8, 12, 40, 44));
  EXPECT_EQ(report.frames_decoded, 45);
  EXPECT_THAT(Observed("cam"), SizeIs(2));
}

TEST_F(RunModelTest, TracksDoNotRunThroughWhatIsNotLookedAt) {
  Ingest(Ingested("cam"));
  options_.ranges = {{0, 5 * kFrameNs}, {40 * kFrameNs, 45 * kFrameNs}};
  Run("cam", Program("watcher", kOneBox));
  const auto observed = Observed("cam");
  ASSERT_THAT(observed, SizeIs(2));
  EXPECT_EQ(observed[0].last_index, 4U);
  EXPECT_EQ(observed[1].first_index, 40U);
  EXPECT_NE(observed[0].track, observed[1].track);
}

TEST_F(RunModelTest, ADryRunCountsAlone) {
  Ingest(Ingested("cam"));
  ExternalModel* model = Program("watcher", kOneBox);
  options_.ranges = {{0, 20 * kFrameNs}};
  Run("cam", model);
  const auto before = Observed("cam");
  options_.ranges.clear();
  options_.dry_run = true;
  const RunReport dry = Run("cam", model);
  EXPECT_EQ(dry.models[0].inferences, kLooks - 5);
  EXPECT_EQ(dry.models[0].reused, 5);
  EXPECT_EQ(dry.frames_decoded, 0);
  EXPECT_EQ(Observed("cam"), before);
  options_.dry_run = false;
  EXPECT_EQ(Run("cam", model).models[0].inferences, kLooks - 5);
}

TEST_F(RunModelTest, AStoppedRunGoesOnWhereItWas) {
  Ingest(Ingested("cam"));
  ExternalModel* model = Program("watcher", kOneBox);
  int64_t inferences = 0;
  for (int runs = 0; runs < 20 && inferences < kLooks; ++runs) {
    int64_t looks = 0;
    progress_ = [&](int64_t, int64_t) { stop_ = ++looks == 3; };
    stop_ = false;
    const RunReport report = Run("cam", model);
    EXPECT_LE(report.models[0].inferences, 3);
    EXPECT_EQ(report.models[0].reused, inferences);
    inferences += report.models[0].inferences;
    const auto indexes = BoxIndexes("cam");
    EXPECT_EQ(indexes,
              Every(kEvery, 0, kEvery * static_cast<uint64_t>(inferences)));
  }
  EXPECT_EQ(inferences, kLooks);
  EXPECT_THAT(Looked("cam", model), ElementsAre(LookSpan{0, kFrames, kEvery}));
}

TEST_F(RunModelTest, AModelThatFailsLeavesWhatItSaw) {
  Ingest(Ingested("cam"));
  ExternalModel* model =
      Program("watcher", std::string("[ $n = 6 ] && exit; ") + kOneBox);
  const RunReport report = Run("cam", model);
  EXPECT_TRUE(report.lossy());
  const ModelRun& run = report.models[0];
  EXPECT_THAT(std::string(run.error.message()), HasSubstr("ended"));
  EXPECT_EQ(run.failed_index, 16U);
  EXPECT_EQ(run.inferences, 4);
  EXPECT_THAT(BoxIndexes("cam"), ElementsAre(0, 4, 8, 12));
  EXPECT_THAT(Looked("cam", model), ElementsAre(LookSpan{0, 16, kEvery}));
  // Started anew it goes on there; five answers further it fails again.
  const RunReport second = Run("cam", model);
  EXPECT_EQ(second.models[0].reused, 4);
  EXPECT_EQ(second.models[0].inferences, 5);
  EXPECT_EQ(second.models[0].failed_index, 36U);
}

TEST_F(RunModelTest, OneThatFailsDoesNotHoldUpAnother) {
  Ingest(Ingested("cam"));
  options_.external_models = {
      Program("weak", std::string("[ $n = 3 ] && exit; ") + kOneBox),
      Program("strong", kOneBox)};
  const RunReport report = Run("cam");
  ASSERT_THAT(report.models, SizeIs(2));
  EXPECT_FALSE(report.models[0].error.ok());
  EXPECT_EQ(report.models[0].inferences, 1);
  EXPECT_TRUE(report.models[1].error.ok());
  EXPECT_EQ(report.models[1].inferences, kLooks);
}

TEST_F(RunModelTest, TwoModelsShareTheDecodingAndNoTrack) {
  Ingest(Ingested("cam"));
  options_.external_models = {Program("one", kOneBox),
                              Program("two", std::string("true; ") + kOneBox)};
  const RunReport report = Run("cam");
  EXPECT_LE(report.frames_decoded, kFrames);
  const auto observed = Observed("cam");
  ASSERT_THAT(observed, SizeIs(2));
  EXPECT_EQ(observed[0].start_ns, observed[1].start_ns);
  EXPECT_EQ(observed[0].label, observed[1].label);
  EXPECT_NE(observed[0].track, observed[1].track);
  EXPECT_LT(observed[1].track, uint64_t{1} << 53);
  // Of one alone nothing else goes.
  options_.external_models.pop_back();
  options_.again = true;
  EXPECT_EQ(Run("cam").models[0].replaced, 1);
  EXPECT_EQ(Observed("cam"), observed);
}

TEST_F(RunModelTest, ANetworkRunsToo) {
  testing::WriteSmallModel(dir_.File("small"), "small");
  testing::WriteFileText(
      dir_.File("small/model.yaml"),
      "name: small\nnetwork: network.onnx\nlabels: labels.txt\n"
      "decoder: classifier\ninput: {width: 48, height: 32, deviation: 2}\n");
  const auto model = OpenModel(dir_.File("small"), "", NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  Ingest(Ingested("cam"));
  options_.models = {model->get()};
  const RunReport report = Run("cam");
  EXPECT_EQ(report.models[0].inferences, kLooks);
  ASSERT_GT(report.models[0].observations, 0);
  const auto observed = Observed("cam");
  ASSERT_FALSE(observed.empty());
  EXPECT_EQ(observed[0].model, (*model)->id().digest);
  EXPECT_THAT(observed[0].boxes, IsEmpty());
  EXPECT_EQ(Run("cam").models[0].inferences, 0);
}

TEST_F(RunModelTest, StillsAreLookedAt) {
  std::filesystem::create_directory(dir_.File("stills"));
  for (int i = 0; i < 5; ++i) {
    const auto png = EncodePng(testing::DrawSmallFrame(96, 64, i), ColorInfo());
    ASSERT_TRUE(png.ok()) << png.status();
    testing::WriteFileBytes(dir_.File("stills/" + std::to_string(i) + ".png"),
                            *png);
  }
  IngestOptions options = Ingested("stills");
  const auto ingested =
      store_->Ingest(dir_.File("stills"), options, &notes_, nullptr);
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  options_.every = 2;
  const RunReport report = Run("stills", Program("watcher", kOneBox));
  EXPECT_EQ(report.frames_decoded, 3);
  EXPECT_THAT(BoxIndexes("stills"), ElementsAre(0, 2, 4));
}

TEST_F(RunModelTest, LooksGoWithTheirFrames) {
  Ingest(Ingested("cam"));
  ExternalModel* model = Program("watcher", kOneBox);
  Run("cam", model);
  ASSERT_TRUE(store_->Remove("cam", {10 * kFrameNs, 19 * kFrameNs}).ok());
  EXPECT_THAT(Looked("cam", model), ElementsAre(LookSpan{0, 10, kEvery},
                                                LookSpan{20, kFrames, kEvery}));
  EXPECT_EQ(Run("cam", model).models[0].inferences, 0);
  ASSERT_TRUE(store_->Remove("cam", TimeRange()).ok());
  int64_t rows = 0;
  ASSERT_TRUE(store_->chunks()
                  ->Scan(Family::kMeta, "m", "n",
                         [&](std::string_view, std::string_view) {
                           ++rows;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(rows, 0);
}

TEST_F(RunModelTest, WhatCannotBeRunIsSaid) {
  Ingest(Ingested("cam"));
  EXPECT_EQ(RunModels(store_.get(), "cam", options_, nullptr, nullptr)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  options_.external_models = {Program("watcher", kOneBox)};
  EXPECT_EQ(RunModels(store_.get(), "cma", options_, nullptr, nullptr)
                .status()
                .code(),
            absl::StatusCode::kNotFound);
  options_.every = 0;
  EXPECT_EQ(RunModels(store_.get(), "cam", options_, nullptr, nullptr)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(RunModelTest, ARealDetectorFollowsCars) {
  FOVEA_NEED_TEST_DATA(clip, "video/uadetrac_intersection_b.mp4");
  FOVEA_NEED_TEST_DATA(network, "models/FastestDet.onnx");
  FOVEA_NEED_TEST_DATA(labels, "models/coco.names");
  std::filesystem::create_directory(dir_.File("fastestdet"));
  std::filesystem::copy(
      testing::SourceDir() + "/bench/accuracy/cards/fastestdet.yaml",
      dir_.File("fastestdet/model.yaml"));
  std::filesystem::copy(network, dir_.File("fastestdet/FastestDet.onnx"));
  std::filesystem::copy(labels, dir_.File("fastestdet/coco.names"));
  const auto model = OpenModel(dir_.File("fastestdet"), "", NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  IngestOptions copied;
  copied.name = "street";
  copied.source.copy = true;
  ASSERT_TRUE(store_->Ingest(clip, copied, &notes_, nullptr).ok());
  options_.models = {model->get()};
  options_.every = 5;
  const RunReport report = Run("street");
  EXPECT_FALSE(report.lossy());
  EXPECT_GT(report.models[0].labels.at("car"), 0);
  size_t longest = 0, boxes = 0;
  for (const Observation& seen : Observed("street")) {
    longest = std::max(longest, seen.boxes.size());
    boxes += seen.boxes.size();
  }
  EXPECT_GE(longest, 5U);
  EXPECT_GT(boxes, 2 * static_cast<size_t>(report.models[0].tracks));
  EXPECT_EQ(Run("street").models[0].inferences, 0);
}

}  // namespace
}  // namespace fovea
