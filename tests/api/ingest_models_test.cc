// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models that look along while a camera is ingested: tracks, the camera's
// prior, and whose sensitivities a GOP was encoded under.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/camera_priors.h"
#include "api/inspect.h"
#include "api/model_folder.h"
#include "api/store.h"
#include "index/observation_reader.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/small_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TempDir;

class IngestModelsTest : public ::testing::Test {
 protected:
  static constexpr int kFrames = 60;

  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  Model* OpenSmall(const std::string& name,
                   const std::string& deviation = "2") {
    testing::WriteSmallModel(dir_.File(name), name);
    // Louder input, so that it is sure of its first class.
    std::ofstream(dir_.File(name) + "/model.yaml")
        << "name: " << name
        << "\nnetwork: network.onnx\nlabels: labels.txt\ndecoder: classifier\n"
           "input: {width: 48, height: 32, deviation: "
        << deviation << "}\n";
    auto model = OpenModel(dir_.File(name), "", NetworkOptions());
    EXPECT_TRUE(model.ok()) << model.status();
    models_.push_back(*std::move(model));
    return models_.back().get();
  }

  // GOPs of 25 frames.
  static IngestOptions Named(const std::string& name) {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.gop_seconds = 1;
    options.motion = false;
    return options;
  }

  absl::StatusOr<IngestReport> Ingest(const IngestOptions& options) {
    return store_->Ingest(dir_.File("cam.y4m"), options, &notes_, nullptr);
  }

  StreamSummary Summary(const std::string& name) {
    auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : StreamSummary();
  }

  std::vector<CameraPrior> PriorsOf(const std::string& name) {
    auto priors = ListPriors(store_->chunks(), Summary(name).id);
    EXPECT_TRUE(priors.ok()) << priors.status();
    return priors.ok() ? *priors : std::vector<CameraPrior>();
  }

  std::vector<Observation> ObservedIn(const std::string& name) {
    auto page = ListObservations(store_->chunks(), {Summary(name).id}, 1000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  std::vector<FoundSideData> SideDataOf(const std::string& name) {
    auto inspection =
        InspectStream(store_.get(), name, InspectOptions(), nullptr, nullptr);
    EXPECT_TRUE(inspection.ok()) << inspection.status();
    return inspection.ok() ? inspection->side_data
                           : std::vector<FoundSideData>();
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  Models models_;
  testing::NoteKeeper notes_;
};

TEST_F(IngestModelsTest, WhatTheModelSaysBecomesTracks) {
  IngestOptions options = Named("cam");
  options.models = {OpenSmall("small")};
  options.gradient_every = 10;
  ASSERT_TRUE(Ingest(options).ok());
  const auto observed = ObservedIn("cam");
  ASSERT_FALSE(observed.empty());
  for (const Observation& o : observed) {
    EXPECT_EQ(o.model, models_[0]->id().digest);
    EXPECT_EQ(o.first_index % 10, 0U);
    EXPECT_LE(o.first_index, o.last_index);
    EXPECT_LT(o.last_index, static_cast<uint64_t>(kFrames));
    EXPECT_EQ(o.start_ns, static_cast<int64_t>(o.first_index) * 40'000'000);
  }
}

TEST_F(IngestModelsTest, TwoModelsKeepTheirTracksApart) {
  IngestOptions options = Named("cam");
  options.models = {OpenSmall("one"), OpenSmall("two", "2.000001")};
  ASSERT_TRUE(Ingest(options).ok());
  // Nearly twins: what the one saw the other saw, under a number of its own.
  const auto observed = ObservedIn("cam");
  ASSERT_FALSE(observed.empty());
  ASSERT_THAT(observed.size() % 2, 0U);
  std::set<uint64_t> tracks;
  for (const Observation& o : observed) tracks.insert(o.track);
  EXPECT_EQ(tracks.size(), observed.size());
}

TEST_F(IngestModelsTest, GopsTellUnderWhoseSensitivitiesTheyWereEncoded) {
  IngestOptions options = Named("cam");
  options.models = {OpenSmall("small")};
  ASSERT_TRUE(Ingest(options).ok());
  EXPECT_THAT(Summary("cam").description.sensitivity,
              StartsWith("small sha256:"));
  const auto side_data = SideDataOf("cam");
  ASSERT_THAT(side_data, SizeIs(3));  // a keyframe each
  for (const FoundSideData& found : side_data) {
    EXPECT_THAT(found.data.models, ElementsAre(models_[0]->id()));
    EXPECT_TRUE(found.data.map.has_value());
  }
}

TEST_F(IngestModelsTest, ThePriorGrowsAndServesTheNextIngest) {
  IngestOptions options = Named("cam");
  options.models = {OpenSmall("small")};
  options.gradient_every = 10;
  ASSERT_TRUE(Ingest(options).ok());
  ASSERT_THAT(PriorsOf("cam"), SizeIs(1));
  EXPECT_EQ(PriorsOf("cam")[0].frames, 6U);
  EXPECT_EQ(PriorsOf("cam")[0].model, models_[0]->id());

  options.append = true;
  ASSERT_TRUE(Ingest(options).ok());
  EXPECT_EQ(PriorsOf("cam")[0].frames, 12U);
  EXPECT_THAT(notes_.notes, Not(Contains(HasSubstr("prior"))));

  options.models.clear();
  ASSERT_TRUE(Ingest(options).ok());
  EXPECT_THAT(notes_.notes, Contains(HasSubstr("prior of small (12 frames)")));
  EXPECT_EQ(PriorsOf("cam")[0].frames, 12U);
}

TEST_F(IngestModelsTest, APriorOfAnotherStreamCanBeNamed) {
  IngestOptions options = Named("cam");
  options.models = {OpenSmall("small")};
  ASSERT_TRUE(Ingest(options).ok());
  IngestOptions other = Named("other");
  other.prior_stream = "cam";
  ASSERT_TRUE(Ingest(other).ok());
  EXPECT_THAT(Summary("other").description.sensitivity,
              StartsWith("prior of small sha256:"));
  IngestOptions proxy = Named("proxy");
  ASSERT_TRUE(Ingest(proxy).ok());
  EXPECT_THAT(Summary("proxy").description.sensitivity, StartsWith("proxy:"));
  EXPECT_THAT(SideDataOf("other"), SizeIs(3));
  EXPECT_THAT(SideDataOf("proxy"), IsEmpty());  // a guess has no digest
  EXPECT_NE(Summary("proxy").counts.stored_bytes,
            Summary("other").counts.stored_bytes);
}

TEST_F(IngestModelsTest, APriorThatIsNotThereIsAnErrorOnlyWhenNamed) {
  IngestOptions options = Named("cam");
  ASSERT_TRUE(Ingest(options).ok());
  options = Named("other");
  options.prior_stream = "cam";
  const auto none = Ingest(options);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(none.status().message()),
              HasSubstr("no prior of 6x4 macroblocks"));
  options.prior_stream = "camm";
  EXPECT_EQ(Ingest(options).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(IngestModelsTest, ADryRunStoresNothingOfIt) {
  ASSERT_TRUE(Ingest(Named("cam")).ok());
  IngestOptions options = Named("cam");
  options.models = {OpenSmall("small")};
  options.append = true;
  options.dry_run = true;
  ASSERT_TRUE(Ingest(options).ok());
  EXPECT_THAT(PriorsOf("cam"), IsEmpty());
  EXPECT_THAT(ObservedIn("cam"), IsEmpty());
}

}  // namespace
}  // namespace fovea
