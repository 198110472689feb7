// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program over a stored series: what becomes observations, what is not asked
// twice, and what is learnt of it.

#include "api/run_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/learn_windows.h"
#include "api/model_folder.h"
#include "api/query_text.h"
#include "api/sensor_tree_file.h"
#include "api/window_reuse.h"
#include "filter/sensor_features.h"
#include "filter/sensor_tree.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/support/activity.h"
#include "tests/support/test_data.h"
#include "tests/support/window_model.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDwell = 500;  // 10 s

class RunWindowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    Ingest(0, 3000);
    UseModel(ActivityScript());
  }

  void Ingest(int64_t first, int64_t end, bool append = false) {
    const std::string path = dir_.File("body.csv");
    WriteFileText(path, ActivityCsv(first, end, kDwell));
    IngestOptions options;
    options.append = append;
    NoteKeeper notes;
    const auto ingested = store_->Ingest(path, options, &notes, nullptr);
    ASSERT_TRUE(ingested.ok()) << ingested.status();
    stream_ = store_->Streams()->front().name;
  }

  void UseModel(const std::string& script, const std::string& more = "") {
    WriteWindowProgram(dir_.File("own"), "activity", script, more);
    const auto files = ReadModel(dir_.File("own"), "");
    ASSERT_TRUE(files.ok()) << files.status();
    auto model = fovea::WindowModel::Open(*files, NetworkOptions());
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *std::move(model);
    options_.model = model_.get();
  }

  RunWindowsReport Run() {
    auto report = RunWindows(store_.get(), stream_, options_, nullptr, &stop_);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : RunWindowsReport();
  }

  absl::Status RunError(const std::string& stream) {
    return RunWindows(store_.get(), stream, options_, nullptr, &stop_).status();
  }

  struct Span {
    double from_s, to_s;
  };
  std::vector<Span> Find(const std::string& label) {
    const auto query = ParseQueryText(label);
    EXPECT_TRUE(query.ok()) << query.status();
    const auto answer = store_->QueryPage(*query);
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::vector<Span> found;
    for (const QueryClip& clip : answer->clips) {
      found.push_back(
          {static_cast<double>(clip.from_ns - kActivityStartNs) / 1e9,
           static_cast<double>(clip.to_ns - kActivityStartNs) / 1e9});
    }
    return found;
  }

  // He walks from 10 to 20 s, and so on; a window's edge off at most.
  void ExpectWalks(int times) {
    const std::vector<Span> found = Find("walking");
    ASSERT_EQ(found.size(), static_cast<size_t>(times));
    for (size_t i = 0; i < found.size(); ++i) {
      const double begins = 10 + 20 * static_cast<double>(i);
      EXPECT_NEAR(found[i].from_s, begins, 0.6);
      EXPECT_NEAR(found[i].to_s, begins + 10, 0.6);
    }
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::string stream_;
  std::unique_ptr<fovea::WindowModel> model_;
  RunWindowsOptions options_;
  std::atomic<bool> stop_ = false;
};

TEST_F(RunWindowsTest, WhatItTellsIsFoundByQueries) {
  const RunWindowsReport report = Run();
  EXPECT_EQ(report.counts.windows, 119);  // 60 s, every half second
  EXPECT_EQ(report.inferences, 119);
  EXPECT_EQ(report.labels.at("walking").spans, 3);
  EXPECT_NEAR(static_cast<double>(report.labels.at("standing").time_ns), 30e9,
              3e9);
  ExpectWalks(3);
  EXPECT_TRUE(store_->Verify(VerifyOptions()).ok());
}

TEST_F(RunWindowsTest, NothingIsAskedTwice) {
  Run();
  const RunWindowsReport again = Run();
  EXPECT_EQ(again.inferences, 0);
  EXPECT_EQ(again.looked_at, 119);
  options_.hop = 50;  // more seldom than before
  EXPECT_EQ(Run().inferences, 0);
  options_.hop = 10;  // anew, and in the place of what there was
  const RunWindowsReport dense = Run();
  EXPECT_GT(dense.inferences, 280);
  EXPECT_GT(dense.replaced, 0);
  ExpectWalks(3);
}

TEST_F(RunWindowsTest, WhatComesLaterIsAskedAlone) {
  Run();
  Ingest(3000, 4000, /*append=*/true);
  const RunWindowsReport later = Run();
  EXPECT_EQ(later.looked_at, 119);
  EXPECT_EQ(later.inferences, 40);
  ExpectWalks(4);
}

TEST_F(RunWindowsTest, AgainReplacesAndADryRunChangesNothing) {
  options_.dry_run = true;
  EXPECT_EQ(Run().inferences, 119);
  options_.dry_run = false;
  EXPECT_EQ(Run().inferences, 119);
  options_.again = true;
  const RunWindowsReport again = Run();
  EXPECT_EQ(again.inferences, 119);
  EXPECT_EQ(again.replaced, 6);
  ExpectWalks(3);
}

TEST_F(RunWindowsTest, AProgramThatDiesKeepsWhatItTold) {
  UseModel(ActivityScript("[ $n = 70 ] && exit"));
  const RunWindowsReport failed = Run();
  EXPECT_EQ(failed.inferences, 69);
  EXPECT_EQ(failed.failed_index, 69U * 25);
  EXPECT_TRUE(absl::IsDataLoss(failed.error)) << failed.error;
  EXPECT_EQ(Find("walking").size(), 2U);
  const RunWindowsReport more = Run();
  EXPECT_EQ(more.looked_at, 69);
}

TEST_F(RunWindowsTest, AProgramThatHangsIsGivenUp) {
  UseModel(ActivityScript("[ $n = 3 ] && sleep 1000"), "timeout: 0.3\n");
  const RunWindowsReport failed = Run();
  EXPECT_TRUE(absl::IsDeadlineExceeded(failed.error)) << failed.error;
  EXPECT_EQ(failed.inferences, 2);
}

TEST_F(RunWindowsTest, AStoppedRunGoesOn) {
  int64_t asked = 0;
  const auto progress = [&](int64_t done, int64_t) {
    asked = done;
    stop_ = done == 30;
  };
  const auto first =
      RunWindows(store_.get(), stream_, options_, progress, &stop_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->stopped);
  EXPECT_EQ(first->inferences, 30);
  stop_ = false;
  EXPECT_EQ(Run().inferences, 89);
  ExpectWalks(3);
}

TEST_F(RunWindowsTest, ARangeIsKeptTo) {
  options_.range = {kActivityStartNs + 15'000'000'000,
                    kActivityStartNs + 25'000'000'000};
  EXPECT_EQ(Run().inferences, 19);
  const auto walks = Find("walking");
  ASSERT_EQ(walks.size(), 1U);
  EXPECT_NEAR(walks[0].from_s, 15.25, 0.1);
}

TEST_F(RunWindowsTest, WhatIsRemovedTakesItsAnswersAlong) {
  options_.reuse.emplace().reuse.max_error = 0.05;
  Run();
  ASSERT_TRUE(store_
                  ->Remove(stream_, {kActivityStartNs,
                                     kActivityStartNs + 30'000'000'000})
                  .ok());
  const auto walks = Find("walking");
  EXPECT_EQ(walks.size(), 2U);
  EXPECT_EQ(Run().inferences, 0);
  const auto verified = store_->Verify(VerifyOptions());
  ASSERT_TRUE(verified.ok()) << verified.status();
}

TEST_F(RunWindowsTest, WithATargetFewerAreAsked) {
  Ingest(3000, 60'000, /*append=*/true);  // 20 minutes
  options_.reuse.emplace().reuse.max_error = 0.1;
  const RunWindowsReport report = Run();
  ASSERT_TRUE(report.reuse.has_value());
  EXPECT_EQ(report.reuse->inputs, report.counts.windows);
  EXPECT_GT(report.reuse->held + report.reuse->reused,
            report.counts.windows / 5);
  EXPECT_EQ(report.inferences, report.reuse->runs);
  EXPECT_GT(Find("walking").size(), 50U);
}

TEST_F(RunWindowsTest, OfflineAnswersWhatIsKnown) {
  options_.reuse.emplace().reuse.max_error = 0.1;
  Run();
  const ModelDescription absent = model_->description();
  options_.model = nullptr;
  EXPECT_EQ(RunError(stream_).code(), absl::StatusCode::kInvalidArgument);
  options_.absent = &absent;
  EXPECT_EQ(RunError(stream_).code(), absl::StatusCode::kInvalidArgument);
  options_.reuse->reuse.offline = true;
  options_.again = true;
  const RunWindowsReport report = Run();
  EXPECT_EQ(report.inferences, 0);
  EXPECT_GT(report.reuse->reused, 0);
  EXPECT_EQ(report.reuse->inputs, report.reuse->reused + report.reuse->gaps);
}

TEST_F(RunWindowsTest, StreamsAndHopsThatDoNotFitAreRefused) {
  EXPECT_TRUE(absl::IsNotFound(RunError("bdy")));
  options_.hop = 70'000;
  EXPECT_EQ(RunError(stream_).code(), absl::StatusCode::kInvalidArgument);
  options_.hop = 0;
  WriteFileText(dir_.File("heat.csv"), "time_ns,heat\n0,1\n20000000,2\n");
  NoteKeeper notes;
  ASSERT_TRUE(
      store_->Ingest(dir_.File("heat.csv"), IngestOptions(), &notes, nullptr)
          .ok());
  const auto streams = store_->Streams();
  ASSERT_TRUE(streams.ok()) << streams.status();
  for (const StreamSummary& stream : *streams) {
    if (stream.name == stream_) continue;
    EXPECT_THAT(std::string(RunError(stream.name).message()),
                HasSubstr("takes channel 'accel_x', which is missing"));
  }
}

TEST_F(RunWindowsTest, AProgramMayBeShownLongerWindows) {
  const auto files = ReadModel(dir_.File("own"), "");
  const auto longer = WithWindow(*files, 100);
  ASSERT_TRUE(longer.ok()) << longer.status();
  EXPECT_NE(longer->digest, files->digest);
  EXPECT_EQ(WithWindow(*files, 50)->digest, files->digest);
  EXPECT_FALSE(WithWindow(*files, 0).ok());
  auto model = fovea::WindowModel::Open(*longer, NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  options_.model = model->get();
  const RunWindowsReport report = Run();
  EXPECT_EQ(report.window, 100);
  EXPECT_EQ(report.hop, 50);
  EXPECT_EQ(report.inferences, 59);
}

TEST_F(RunWindowsTest, ANetworkIsAskedAsAProgramIs) {
  WriteWindowModel(dir_.File("net"), "har");
  const auto files = ReadModel(dir_.File("net"), "");
  ASSERT_TRUE(files.ok()) << files.status();
  auto model = fovea::WindowModel::Open(*files, NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  options_.model = model->get();
  const RunWindowsReport report = Run();
  EXPECT_EQ(report.window, 64);
  EXPECT_EQ(report.inferences, 92);
  int64_t told_ns = 0;
  for (const auto& [label, told] : report.labels) {
    EXPECT_THAT(label, ::testing::AnyOf("still", "walking"));
    told_ns += told.time_ns;
  }
  EXPECT_EQ(told_ns, int64_t{92} * 640'000'000);
  EXPECT_FALSE(WithWindow(*files, 100).ok());
}

TEST_F(RunWindowsTest, LearningTellsHowGoodItIs) {
  Ingest(3000, 30'000, /*append=*/true);
  LearnWindowsOptions learn;
  learn.model = model_.get();
  const auto learnt =
      LearnWindows(store_.get(), stream_, learn, nullptr, nullptr);
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  EXPECT_EQ(learnt->windows, 1199);
  EXPECT_EQ(learnt->classes, 2U);
  EXPECT_GE(learnt->avoided_after, 0.5);
  EXPECT_EQ(learnt->tree.has_value(),
            learnt->avoided_after > learnt->avoided_before);
  LearnWindowsOptions few = learn;
  few.most_windows = 99;
  EXPECT_EQ(LearnWindows(store_.get(), stream_, few, nullptr, nullptr)
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
}

// Of who walks and stands by turns distance tells as much, and LearnWindows()
// keeps none.
SensorTree TreeOf(const SensorLayout& layout) {
  std::vector<Features> windows;
  std::vector<SensorPair> pairs;
  for (int64_t i = 0; i < 400; ++i) {
    const std::vector<double> values = ActivityWindow(i * 25, 50, kDwell);
    windows.push_back(*SensorFeaturesOf(layout, {values, kActivityRateHz, {}}));
  }
  const auto walks = [](int64_t i) {
    return Walks(i * 25, kDwell) || Walks(i * 25 + 49, kDwell);
  };
  for (int64_t i = 40; i < 400; ++i) {
    const int64_t then = i - 1 - i * 7 % 39;
    pairs.push_back({&windows[static_cast<size_t>(i)],
                     &windows[static_cast<size_t>(then)], walks(then) ? 1 : 0,
                     walks(i) != walks(then)});
  }
  SensorTreeOptions options;
  options.answers = 2;
  return *SensorTree::Train(pairs, options, FilterLimits());
}

TEST_F(RunWindowsTest, ATreeIsKeptAndUsed) {
  Ingest(3000, 60'000, /*append=*/true);
  const auto layout =
      WindowLayoutOf(model_->description().card, *store_->Describe(stream_));
  ASSERT_TRUE(layout.ok()) << layout.status();
  const SensorTree tree = TreeOf(*layout);
  const std::string path = dir_.File("body.tree");
  ASSERT_TRUE(WriteSensorTree(path, tree).ok());
  const auto read = ReadSensorTree(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, tree);
  options_.reuse.emplace().reuse.max_error = 0.1;
  options_.reuse->tree = std::make_shared<const SensorTree>(*read);
  const RunWindowsReport run = Run();
  EXPECT_GT(run.reuse->held + run.reuse->reused, 1000);
}

TEST(SensorTreeFileTest, WhatIsNoTreeIsNamed) {
  const TempDir dir;
  EXPECT_FALSE(ReadSensorTree(dir.File("none")).ok());
  for (const std::string text :
       {"", "FVSTREE", "weights 1 2 3", "FVSTREE\n\x07", "FVSTREE\n\x01\x20"}) {
    WriteFileText(dir.File("bad"), text);
    const absl::Status status = ReadSensorTree(dir.File("bad")).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr("learn filter"));
  }
}

}  // namespace
}  // namespace fovea::testing
