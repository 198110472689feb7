// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations and priors beside a stream: found, told, verified, and gone
// with the time they were made on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/camera_priors.h"
#include "api/derived_report.h"
#include "api/removal_plan.h"
#include "api/store.h"
#include "index/observation_pack.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/index/any_observation.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using testing::FileHolding;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MovingThing;
using testing::TempDir;

constexpr int64_t kSecond = 1'000'000'000;

ModelId Model(const std::string& name, uint8_t byte) {
  ModelId model{name, {}};
  model.digest.fill(byte);
  return model;
}

class DerivedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 64, 64, 100);
    Open();
    Ingest(dir_.File("cam.y4m"), "cam");
  }

  void Open() {
    store_.reset();
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  // Four GOPs of 25 frames, a second each.
  void Ingest(const std::string& path, const std::string& name) {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.gop_seconds = 1;
    options.motion = false;  // what is observed here is put by hand
    const auto report = store_->Ingest(path, options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  StreamId IdOf(const std::string& name) {
    const auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? summary->id : 0;
  }

  ChunkStore* chunks() { return store_->chunks(); }

  void Put(const std::vector<Observation>& observations) {
    CommitBatch batch;
    for (const Observation& o : observations) {
      ASSERT_TRUE(Observations(chunks()).Put(o, &batch).ok());
    }
    ASSERT_TRUE(chunks()->Commit(std::move(batch)).ok());
  }

  void PutPriorOf(StreamId camera, const ModelId& model, double level) {
    CameraPrior prior = NewCameraPrior(model, 4, 4);
    ASSERT_TRUE(AddToPrior(std::vector<double>(16, level), &prior).ok());
    CommitBatch batch;
    ASSERT_TRUE(PutPrior(chunks(), camera, prior, &batch).ok());
    ASSERT_TRUE(chunks()->Commit(std::move(batch)).ok());
  }

  std::vector<Observation> Listed(StreamId stream) {
    const auto page = ListObservations(chunks(), {stream}, 1000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  RemoveReport Remove(const std::string& stream, TimeRange range) {
    const auto report = store_->Remove(stream, range);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : RemoveReport();
  }

  std::string Holding(const std::string& text) {
    return FileHolding(dir_.File("store"), text);
  }

  std::vector<std::string> Problems() {
    std::vector<std::string> problems;
    const auto report = store_->Verify({.deep = true});
    EXPECT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      problems.push_back(problem.object + ": " + problem.what);
    }
    return problems;
  }

  void Rebuild() {
    store_.reset();
    ASSERT_TRUE(ChunkStore::Rebuild(dir_.File("store"), {}).ok());
    Open();
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(DerivedTest, RemovedTimeTakesAllThatWasObservedThen) {
  const StreamId cam = IdOf("cam");
  const Observation before = MovingThing(cam, "car", 1, 0, 24);
  const Observation inside = MovingThing(cam, "xsecretx", 2, 30, 40);
  Observation across = MovingThing(cam, "car", 3, 10, 89);
  across.attributes.push_back({"plate", "xplatex"});
  across.boxes[40].left -= 333;  // on frame 50
  Put({before, inside, across});
  PutPriorOf(cam, Model("xmodelx", 1), 0.5);
  const std::string old_track = EncodeObservation(across);
  ASSERT_NE(Holding(old_track), "");
  ASSERT_NE(Holding("xplatex"), "");

  const TimeRange range = {kSecond, 3 * kSecond};  // frames 25 to 74
  const auto plan = PlanRemoval(store_.get(), "cam", range);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->observations, 2);
  const RemoveReport report = Remove("cam", range);
  EXPECT_EQ(report.samples_removed, 50);
  EXPECT_EQ(report.observations_removed, 1);
  EXPECT_EQ(report.observations_trimmed, 1);
  EXPECT_EQ(report.priors_removed, 1);

  const auto check = [&] {
    const auto left = Listed(cam);
    ASSERT_EQ(left.size(), 3u);
    EXPECT_EQ(left[0], before);
    EXPECT_EQ(left[1].first_index, 10u);
    EXPECT_EQ(left[1].last_index, 24u);
    EXPECT_EQ(left[1].end_ns, kSecond - 1);
    EXPECT_EQ(left[2].first_index, 75u);
    EXPECT_EQ(left[2].last_index, 89u);
    EXPECT_EQ(left[2].start_ns, 3 * kSecond);
    EXPECT_THAT(*ListPriors(chunks(), cam), IsEmpty());
    EXPECT_THAT(Problems(), IsEmpty());
    for (const std::string& gone :
         {std::string("xsecretx"), std::string("xplatex"),
          std::string("xmodelx"), old_track}) {
      EXPECT_EQ(Holding(gone), "");
    }
  };
  check();
  Rebuild();
  check();
}

TEST_F(DerivedTest, ARemovedStreamTakesItsOwnAndNoOthers) {
  Ingest(dir_.File("cam.y4m"), "other");
  const StreamId cam = IdOf("cam");
  const StreamId other = IdOf("other");
  Put({MovingThing(cam, "xsecretx", 1, 0, 24),
       MovingThing(other, "kept", 1, 0, 24)});
  PutPriorOf(cam, Model("xmodelx", 1), 0.5);
  PutPriorOf(other, Model("keptmodel", 1), 0.5);
  const RemoveReport report = Remove("cam", {});
  EXPECT_EQ(report.observations_removed, 1);
  EXPECT_EQ(report.priors_removed, 1);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Holding("xsecretx"), "");
    EXPECT_EQ(Holding("xmodelx"), "");
    EXPECT_THAT(Listed(cam), IsEmpty());
    EXPECT_EQ(Listed(other).size(), 1u);
    EXPECT_EQ(ListPriors(chunks(), other)->size(), 1u);
    EXPECT_THAT(Problems(), IsEmpty());
    Rebuild();
  }
}

TEST_F(DerivedTest, TimeWithoutFramesTakesNothing) {
  const StreamId cam = IdOf("cam");
  const Observation o = MovingThing(cam, "car", 1, 0, 99);
  Put({o});
  PutPriorOf(cam, Model("m", 1), 0.5);
  const RemoveReport report = Remove("cam", {10 * kSecond, 20 * kSecond});
  EXPECT_EQ(report.observations_removed + report.observations_trimmed, 0);
  EXPECT_EQ(report.priors_removed, 0);
  EXPECT_THAT(Listed(cam), ElementsAre(o));
}

TEST_F(DerivedTest, WhatWasObservedOnFramesNotStoredGoesWithTheirTime) {
  const StreamId cam = IdOf("cam");
  Put({MovingThing(cam, "car", 1, 110, 120)});  // the stream ends at 100
  const RemoveReport report = Remove("cam", {4 * kSecond, INT64_MAX});
  EXPECT_EQ(report.samples_removed, 0);
  EXPECT_EQ(report.observations_removed, 1);
  EXPECT_THAT(Listed(cam), IsEmpty());
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(DerivedTest, ObservationsOfSampleStreamsAreCutByBlocks) {
  {
    std::ofstream csv(dir_.File("s.csv"));
    csv << "time_ns,a\n";
    for (int64_t i = 0; i < 500; ++i) csv << i * 10'000'000 << ",1\n";
  }
  Ingest(dir_.File("s.csv"), "s");
  const auto streams = store_->Streams();
  ASSERT_TRUE(streams.ok());
  const StreamSummary& series = streams->back();
  ASSERT_NE(series.description.kind, StreamKind::kCamera);
  Observation walk;
  walk.stream = series.id;
  walk.label = "walk";
  walk.end_ns = 5 * kSecond;
  walk.last_index = 499;
  Put({walk});
  const RemoveReport report = Remove(series.name, {2 * kSecond, 3 * kSecond});
  EXPECT_EQ(report.observations_trimmed, 1);
  const auto left = Listed(series.id);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_LE(left[0].end_ns, 2 * kSecond);
  EXPECT_GE(left[1].start_ns, 3 * kSecond - 10'000'000);
  EXPECT_EQ(500 - report.samples_removed,
            static_cast<int64_t>(left[0].last_index + 1 +
                                 (500 - left[1].first_index)));
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(DerivedTest, APriorIsUsedForItsModelAndSizeOnly) {
  const StreamId cam = IdOf("cam");
  const ModelId model = Model("m", 1);
  PutPriorOf(cam, model, 0.5);
  const auto found = FindPrior(chunks(), cam, model.digest, 4, 4);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->frames, 1u);
  EXPECT_EQ((*found)->mean, std::vector<double>(16, 0.5));
  EXPECT_FALSE(FindPrior(chunks(), cam, model.digest, 4, 5)->has_value());
  EXPECT_FALSE(
      FindPrior(chunks(), cam, Model("m", 2).digest, 4, 4)->has_value());
  EXPECT_FALSE(FindPrior(chunks(), cam + 1, model.digest, 4, 4)->has_value());
}

TEST_F(DerivedTest, APriorUnderAnotherModelsKeyIsDamage) {
  const StreamId cam = IdOf("cam");
  PutPriorOf(cam, Model("m", 1), 0.5);
  const auto row = chunks()->Prior(cam, Model("m", 1).digest);
  ASSERT_TRUE(row.ok());
  CommitBatch batch;
  batch.PutRow(Family::kPrior, PriorKey(cam, Model("m", 2).digest),
               EncodePriorRow(*row));
  ASSERT_TRUE(chunks()->Commit(std::move(batch)).ok());
  const absl::Status status =
      FindPrior(chunks(), cam, Model("m", 2).digest, 4, 4).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.ToString(), HasSubstr("made for another model"));
  EXPECT_TRUE(FindPrior(chunks(), cam, Model("m", 1).digest, 4, 4).ok());
}

TEST_F(DerivedTest, VerifyNamesBodiesThatCannotBeRead) {
  const StreamId cam = IdOf("cam");
  CommitBatch batch;
  batch.PutRow(Family::kPrior, PriorKey(cam, Model("m", 1).digest),
               EncodePriorRow({1, "\1"}));
  batch.PutRow(Family::kSem, ObservationKey(cam, "car", 0, 1),
               EncodeObservationRow({1, "\3 of another release"}));
  ASSERT_TRUE(chunks()->Commit(std::move(batch)).ok());
  EXPECT_THAT(
      Problems(),
      ElementsAre(
          AllOf(HasSubstr("stream 'cam' observation: "),
                HasSubstr("of version 3; this build reads versions 1 and 2")),
          AllOf(HasSubstr("stream 'cam' priors: "),
                HasSubstr("prior: ends early"))));
}

TEST_F(DerivedTest, TheReportCountsByLabelAndNamesModels) {
  const StreamId cam = IdOf("cam");
  EXPECT_THAT(ReportDerived(chunks(), cam)->observations, IsEmpty());
  Put({MovingThing(cam, "car", 1, 0, 9), MovingThing(cam, "car", 2, 0, 9),
       MovingThing(cam, "dog", 1, 0, 9)});
  PutPriorOf(cam, Model("detector", 0xab), 0.5);
  const auto report = ReportDerived(chunks(), cam);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->observations,
              ElementsAre(LabelCount{"car", 2}, LabelCount{"dog", 1}));
  ASSERT_EQ(report->priors.size(), 1u);
  EXPECT_EQ(report->priors[0].model, "detector");
  EXPECT_EQ(report->priors[0].digest.substr(0, 6), "ababab");
  EXPECT_EQ(report->priors[0].frames, 1u);
}

TEST_F(DerivedTest, AReadOnlyStoreTellsTheSame) {
  const StreamId cam = IdOf("cam");
  Put({MovingThing(cam, "car", 1, 0, 9)});
  PutPriorOf(cam, Model("m", 1), 0.5);
  store_.reset();
  StoreOptions options;
  options.read_only = true;
  options.path = dir_.File("store");
  auto store = Store::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  EXPECT_EQ(Listed(cam).size(), 1u);
  EXPECT_EQ(ListPriors(chunks(), cam)->size(), 1u);
  EXPECT_THAT(Problems(), IsEmpty());
}

}  // namespace
}  // namespace fovea
