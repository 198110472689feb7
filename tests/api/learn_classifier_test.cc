// SPDX-License-Identifier: GPL-2.0-or-later
//
// A classifier learnt from labelled recordings is a model like any other.

#include "api/learn_classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "api/model_folder.h"
#include "api/window_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LearnClassifierTest : public ::testing::Test {
 protected:
  LearnClassifierTest() {
    options_.window = 64;
    options_.epochs = 8;
  }

  // Eight seconds each of rest, and of slow and fast waving, at 50 Hz. A
  // tenth of a second between them has no label.
  std::string Record(const std::string& name, uint64_t seed,
                     const std::string& column = "label") {
    const std::string path = dir_.File(name);
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    std::ofstream csv(path);
    csv << "t,ax,ay,az," << column << "\n";
    std::mt19937_64 dice(seed);
    std::normal_distribution<double> noise(0, 0.2);
    const char* const labels[] = {"rest", "slow", "fast"};
    const double turns[] = {0, 0.3, 1.2};
    for (int i = 0; i < 1200; ++i) {
      const int kind = i / 400;
      const double wave = kind == 0 ? 0 : 2 * std::sin(turns[kind] * i);
      csv << 0.02 * i << "," << wave + noise(dice) << "," << noise(dice) << ","
          << 9.8 + noise(dice) << "," << (i % 400 < 5 ? "" : labels[kind])
          << "\n";
    }
    options_.recordings.push_back(path);
    return path;
  }

  absl::StatusOr<LearntClassifier> Learn() {
    return LearnClassifier(options_, progress_, &stop_);
  }

  std::string Fault() {
    const absl::Status status = Learn().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }

  testing::TempDir dir_;
  LearnClassifierOptions options_;
  LearnProgress progress_;
  std::atomic<bool> stop_ = false;
};

TEST_F(LearnClassifierTest, TellsRecordingsThatDidNotTeach) {
  Record("anna/a.csv", 1);
  Record("anna/b.csv", 2);
  Record("berta/a.csv", 3);
  options_.held_out = {"berta"};
  int64_t recordings = 0, epochs = 0;
  progress_.recordings = [&](int64_t done, int64_t) { recordings = done; };
  progress_.epochs = [&](int64_t done, int64_t) { epochs = done; };
  const auto learnt = Learn();
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  EXPECT_EQ(recordings, 3);
  EXPECT_EQ(epochs, 8);
  EXPECT_EQ(learnt->recordings_held_out, 1);
  ASSERT_EQ(learnt->classes.size(), 3u);
  EXPECT_EQ(learnt->classes[0].label, "fast");
  EXPECT_EQ(learnt->classes[1].label, "rest");
  // 1,200 samples: a window every 8 or 32.
  EXPECT_EQ(learnt->lessons + learnt->mixed, 2 * 143);
  EXPECT_EQ(learnt->asked + learnt->mixed_held_out, 36);
  EXPECT_GE(learnt->asked, 30);
  EXPECT_GE(learnt->right, learnt->asked - 1);
  EXPECT_THAT(learnt->card.channels,
              ElementsAre("accel_x", "accel_y", "accel_z"));
  EXPECT_NEAR(learnt->card.rate_hz, 50, 1e-6);
  EXPECT_NEAR(learnt->card.channel_mean[2], 9.8, 0.1);
}

TEST_F(LearnClassifierTest, WhatIsWrittenRuns) {
  Record("a.csv", 1);
  options_.name = "waving";
  const auto learnt = Learn();
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  const std::string folder = dir_.File("models/waving");
  ASSERT_TRUE(WriteClassifier(*learnt, folder).ok());
  const auto files = ReadModel(folder, "");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->card.name, "waving");
  EXPECT_THAT(files->labels, ElementsAre("fast", "rest", "slow"));
  const auto model = WindowModel::Open(*files, NetworkOptions());
  ASSERT_TRUE(model.ok()) << model.status();
  std::mt19937_64 dice(2);
  std::normal_distribution<double> noise(0, 0.2);
  std::vector<double> rest(3 * 64);
  for (size_t i = 0; i < rest.size(); ++i) {
    rest[i] = (i < 128 ? 0 : 9.8) + noise(dice);
  }
  const auto answer = (*model)->Ask(rest);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(std::ranges::max_element(answer->scores),
            answer->scores.begin() + 1);
  // The model that is there is not overwritten.
  EXPECT_EQ(WriteClassifier(*learnt, folder).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(LearnClassifierTest, OneSeedGivesOneModel) {
  Record("a.csv", 1);
  const auto first = Learn();
  const auto again = Learn();
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->network, again->network);
  options_.turn = true;
  const auto turned = Learn();
  ASSERT_TRUE(turned.ok()) << turned.status();
  EXPECT_NE(first->network, turned->network);
}

TEST_F(LearnClassifierTest, ErrorsNameWhatIsWrong) {
  EXPECT_THAT(Fault(), HasSubstr("no recordings"));
  const std::string path = Record("a.csv", 1);
  options_.label_column = "class";
  EXPECT_THAT(Fault(), HasSubstr(path + ": no column 'class'"));
  options_.label_column = "label";
  options_.held_out = {"b.csv"};
  EXPECT_THAT(Fault(), HasSubstr("held out 'b.csv'"));
  options_.held_out = {};
  options_.window = 31;
  EXPECT_THAT(Fault(), HasSubstr("windows of 31"));
  options_.window = 64;
  options_.name = "two words";
  EXPECT_THAT(Fault(), HasSubstr("'two words'"));
  options_.name = "one";
  const std::string other = dir_.File("other.csv");
  std::ofstream(other) << "t,gx,gy,gz,label\n0,1,2,3,rest\n0.02,1,2,3,rest\n";
  options_.recordings.push_back(other);
  EXPECT_THAT(Fault(), HasSubstr(other));
}

TEST_F(LearnClassifierTest, OneClassTeachesNothing) {
  Record("a.csv", 1);
  options_.source.max_duration_ns = 7'000'000'000;
  EXPECT_EQ(Learn().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LearnClassifierTest, StopsWhenTold) {
  Record("a.csv", 1);
  progress_.epochs = [&](int64_t, int64_t) { stop_ = true; };
  EXPECT_EQ(Learn().status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace fovea
