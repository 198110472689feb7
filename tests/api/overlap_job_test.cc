// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two cameras of a generated scene, stored, found, reduced, interrupted and
// read back.

#include "api/overlap_job.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "api/scene.h"
#include "store/rows.h"
#include "tests/api/open_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using testing::TempDir;

class OverlapJobTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scene_ = new TempDir;
    SceneOptions options;
    options.width = 480;
    options.height = 272;
    options.fps = 10;
    options.seconds = 6;
    options.second_camera = true;
    options.overlap = 0.75;
    const auto files = WriteScene(options, scene_->path(), nullptr);
    ASSERT_TRUE(files.ok()) << files.status();
  }
  static void TearDownTestSuite() { delete scene_; }

  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  absl::Status Ingest(const std::string& file, const std::string& name,
                      bool copy = false, const std::string& overlap = "") {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.source.copy = copy;
    options.overlap_stream = overlap;
    return store_->Ingest(scene_->File(file), options, nullptr, nullptr)
        .status();
  }

  void IngestBoth() {
    ASSERT_TRUE(Ingest("camera.mp4", "left").ok());
    ASSERT_TRUE(Ingest("camera2.mp4", "right").ok());
    const auto plan = Plan();
    if (absl::IsUnavailable(plan.status())) {
      GTEST_SKIP() << "libfovea_homography.so has not been built";
    }
    ASSERT_TRUE(plan.ok()) << plan.status();
  }

  absl::StatusOr<OverlapPlan> Plan() {
    return PlanOverlap(store_.get(), options_, nullptr, nullptr);
  }
  absl::StatusOr<OverlapReport> Apply(const std::atomic<bool>* stop = nullptr,
                                      const OverlapProgress& progress = {}) {
    return ApplyOverlap(store_.get(), options_, progress, stop);
  }

  bool HasBegun() {
    const auto status = OverlapStatus(store_.get());
    return status.ok() && !status->empty();
  }

  StreamSummary Summary(const std::string& name) {
    auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : StreamSummary();
  }

  int64_t FramesOf(const std::string& name) {
    const FrameSelection all;
    int64_t frames = 0;
    absl::Status status =
        store_
            ->ReadFrames(name, all,
                         [&](const ReadFrame& read) {
                           EXPECT_EQ(read.index, static_cast<uint64_t>(frames));
                           ++frames;
                           return true;
                         })
            .status();
    EXPECT_TRUE(status.ok()) << status;
    return frames;
  }

  void ExpectWhole() {
    EXPECT_EQ(FramesOf("left"), 60);
    EXPECT_EQ(FramesOf("right"), 60);
    const auto report = store_->Verify({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
  }

  static TempDir* scene_;
  TempDir dir_;
  std::unique_ptr<Store> store_;
  OverlapOptions options_;
};

TempDir* OverlapJobTest::scene_ = nullptr;

TEST_F(OverlapJobTest, APlanChangesNothingAndAnApplyKeepsItsWord) {
  IngestBoth();
  if (IsSkipped()) return;
  const uint64_t sequence = store_->chunks()->last_sequence();
  const auto plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(store_->chunks()->last_sequence(), sequence);
  ASSERT_EQ(plan->pairs.size(), 1U);
  const OverlapPairPlan& pair = plan->pairs[0];
  ASSERT_TRUE(pair.admitted) << pair.why_not;
  EXPECT_GE(pair.sample.Saving(), 0.15);
  EXPECT_GT(pair.finding.mask.share(), 0.6);

  const int64_t before = Summary(pair.second).counts.stored_bytes;
  const auto report = Apply();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->streams.size(), 1U);
  const OverlapApplied& applied = report->streams[0];
  EXPECT_TRUE(applied.done);
  EXPECT_EQ(applied.gops_reduced + applied.gops_kept, 3);
  EXPECT_EQ(applied.bytes_before, before);
  EXPECT_LT(applied.bytes_after, before);
  EXPECT_EQ(Summary(pair.second).counts.stored_bytes, applied.bytes_after);
  EXPECT_GT(report->prune.bytes_freed, 0U);
  const auto& note = Summary(pair.second).description.overlap;
  ASSERT_TRUE(note.has_value());
  EXPECT_EQ(note->with, pair.first);
  ExpectWhole();
  Reopen();
  ExpectWhole();
}

TEST_F(OverlapJobTest, AReducedStreamHasOneRole) {
  IngestBoth();
  if (IsSkipped()) return;
  ASSERT_TRUE(Apply().ok());
  const uint64_t sequence = store_->chunks()->last_sequence();
  const auto again = Apply();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->streams.empty());
  EXPECT_EQ(store_->chunks()->last_sequence(), sequence);
  const auto plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->pairs.size(), 1U);
  EXPECT_FALSE(plan->pairs[0].admitted);
  EXPECT_NE(plan->pairs[0].why_not.find("reduced"), std::string::npos)
      << plan->pairs[0].why_not;
}

TEST_F(OverlapJobTest, WhatDoesNotSaveEnoughIsLeftAlone) {
  IngestBoth();
  if (IsSkipped()) return;
  options_.admission.min_saving = 0.9;
  const uint64_t sequence = store_->chunks()->last_sequence();
  const auto report = Apply();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->streams.empty());
  EXPECT_EQ(store_->chunks()->last_sequence(), sequence);
  ExpectWhole();
}

TEST_F(OverlapJobTest, CopiedBytesStay) {
  ASSERT_TRUE(Ingest("camera.mp4", "left", /*copy=*/true).ok());
  ASSERT_TRUE(Ingest("camera2.mp4", "right", /*copy=*/true).ok());
  const auto plan = Plan();
  if (absl::IsUnavailable(plan.status())) GTEST_SKIP() << plan.status();
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->pairs.size(), 1U);
  EXPECT_FALSE(plan->pairs[0].admitted);
  EXPECT_NE(plan->pairs[0].why_not.find("--copy"), std::string::npos)
      << plan->pairs[0].why_not;
}

TEST_F(OverlapJobTest, AStoppedJobGoesOnWhereItWas) {
  IngestBoth();
  if (IsSkipped()) return;
  std::atomic<bool> stop = false;
  const auto stop_in_the_middle = [&](int64_t, int64_t) { stop = HasBegun(); };
  const auto report = Apply(&stop, stop_in_the_middle);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->stopped);
  auto status = OverlapStatus(store_.get());
  ASSERT_TRUE(status.ok()) << status.status();
  ASSERT_EQ(status->size(), 1U);
  EXPECT_FALSE((*status)[0].done);
  EXPECT_EQ((*status)[0].gops_reduced + (*status)[0].gops_kept, 1);
  Reopen();
  ExpectWhole();

  const auto rest = Apply();
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_EQ(rest->streams.size(), 1U);
  EXPECT_TRUE(rest->streams[0].done);
  EXPECT_EQ(rest->streams[0].gops_reduced + rest->streams[0].gops_kept, 3);
  ExpectWhole();
}

// A kill between the two commits of a GOP leaves the new form beside the old.
TEST_F(OverlapJobTest, WhatAKillLeftIsRemoved) {
  IngestBoth();
  if (IsSkipped()) return;
  std::atomic<bool> stop = false;
  ASSERT_TRUE(Apply(&stop, [&](int64_t, int64_t) { stop = HasBegun(); }).ok());
  const auto status = OverlapStatus(store_.get());
  ASSERT_TRUE(status.ok() && status->size() == 1);
  const StreamId id = Summary((*status)[0].second).id;
  const std::string key = GopKey(id, 0, 40), beside = GopKey(id, 1, 40);
  const auto gop = store_->chunks()->Get(Family::kGop, key);
  const auto table = store_->chunks()->Get(Family::kFtab, key);
  ASSERT_TRUE(gop.ok() && table.ok());
  CommitBatch batch;
  GopRow row = *DecodeGopRow(*gop);
  const std::vector<uint8_t> other(1000, 7);
  row.chunk = batch.PutChunk(other, beside);
  row.size = other.size();
  batch.PutRow(Family::kGop, beside, EncodeGopRow(row));
  batch.PutRow(Family::kFtab, beside, *table);
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  Reopen();
  EXPECT_EQ(FramesOf((*status)[0].second), 60);

  ASSERT_TRUE(Apply().ok());
  EXPECT_TRUE(
      absl::IsNotFound(store_->chunks()->Get(Family::kGop, beside).status()));
  EXPECT_FALSE(store_->chunks()->ReadChunk(row.chunk).ok());
  ExpectWhole();
}

TEST_F(OverlapJobTest, AKnownCameraComesInCoarse) {
  IngestBoth();
  if (IsSkipped()) return;
  ASSERT_TRUE(Ingest("camera2.mp4", "coarse", false, "left").ok());
  const StreamSummary coarse = Summary("coarse");
  ASSERT_TRUE(coarse.description.overlap.has_value());
  EXPECT_TRUE(coarse.description.overlap->at_ingest);
  EXPECT_EQ(coarse.description.overlap->with, "left");
  EXPECT_LT(coarse.counts.stored_bytes,
            0.8 * static_cast<double>(Summary("right").counts.stored_bytes));
  EXPECT_EQ(FramesOf("coarse"), 60);
  // Depth 1: it is coarse itself.
  EXPECT_TRUE(absl::IsFailedPrecondition(
      Ingest("camera2.mp4", "third", false, "coarse")));
  EXPECT_TRUE(
      absl::IsNotFound(Ingest("camera2.mp4", "third", false, "nobody")));
}

TEST_F(OverlapJobTest, UnknownAndOtherStreamsAreRefused) {
  options_.streams = {"nobody", "left"};
  EXPECT_TRUE(absl::IsNotFound(Plan().status()));
}

TEST(AdmissionTest, EachRuleRefusesByItself) {
  OverlapTrial good;
  good.first_bytes = 1000;
  good.bytes_before = 1000;
  good.bytes_after = 500;
  good.agreements = {{100, 0, 0, 0, 100}};
  good.pixels_kept = good.pixels_overlap = 1000;
  good.squares_kept = 1000 * 10;      // 38 dB
  good.squares_overlap = 1000 * 100;  // 28 dB
  const AdmissionRules rules;
  EXPECT_EQ(WhyNotAdmitted(good, rules), "");

  OverlapTrial bad = good;
  bad.bytes_after = 750;  // 12.5 % of both
  EXPECT_NE(WhyNotAdmitted(bad, rules).find("saves 12.5 %"), std::string::npos);
  bad.bytes_after = 1200;
  EXPECT_NE(WhyNotAdmitted(bad, rules).find("saves -10.0 %"),
            std::string::npos);
  bad = good;
  bad.agreements.push_back({90, 0, 10, 0, 100});
  EXPECT_NE(WhyNotAdmitted(bad, rules).find("models lose"), std::string::npos);
  bad = good;
  bad.squares_kept = 1000 * 100;
  EXPECT_NE(WhyNotAdmitted(bad, rules).find("where no other camera looks"),
            std::string::npos);
  bad = good;
  bad.squares_overlap = 1000 * 1000;
  EXPECT_NE(WhyNotAdmitted(bad, rules).find("in the overlap"),
            std::string::npos);
  EXPECT_NE(WhyNotAdmitted(OverlapTrial(), rules), "");
}

TEST(AdmissionTest, TrialsAddUp) {
  OverlapTrial sum;
  sum += {100, 50, 40, {{1, 0, 0, 0, 1}}, 1, 2, 3, 4};
  sum += {100, 50, 10, {{1, 0, 2, 0, 1}}, 1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(sum.Saving(), 50.0 / 300);
  EXPECT_DOUBLE_EQ(sum.Loss(), 1 - 4.0 / 6);
  EXPECT_EQ(sum.pixels_overlap, 8);
}

}  // namespace
}  // namespace fovea
