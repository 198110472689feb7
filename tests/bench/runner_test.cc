// SPDX-License-Identifier: GPL-2.0-or-later
//
// A campaign of a few frames on a real recording: stopped, resumed, run on
// two threads.

#include "bench/accuracy/runner.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

class RunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FOVEA_NEED_TEST_DATA(models, "models");
    FOVEA_NEED_TEST_DATA(street, "video/towncentre_street_41f.mp4");
    campaign_.models = models;
    campaign_.clips = {{"tc", street, 6, 2}};
    campaign_.judges = {"fastestdet"};
    campaign_.crfs = {28, 38};
    campaign_.measure_noise = false;
    SetPolicies("plain/aq1/c0,proxy");
  }

  void SetPolicies(const std::string& list) {
    campaign_.policies = *ParsePolicies(list, campaign_.judges);
  }

  // Runs the campaign into `folder`; the trials it took.
  int Run(const std::string& folder) {
    auto file = PointFile::Open(folder, PointFile::Mode::kWrite);
    EXPECT_TRUE(file.ok()) << file.status();
    int trials = 0;
    const absl::Status status = RunCampaign(
        campaign_, file->get(), [&](const std::string&) { ++trials; });
    EXPECT_TRUE(status.ok()) << status;
    return trials;
  }

  std::vector<Point> Points(const std::string& folder) {
    auto file = PointFile::Open(folder, PointFile::Mode::kWrite);
    return *PointsOf(campaign_, **file);
  }

  Campaign campaign_;
  testing::TempDir dir_;
};

TEST_F(RunnerTest, WhatIsThereIsNotRunAgain) {
  EXPECT_EQ(Run(dir_.path()), 4);
  EXPECT_EQ(Run(dir_.path()), 0);
  SetPolicies("plain/aq1/c0,proxy,plain/aq0/c0");
  EXPECT_EQ(Run(dir_.path()), 2);
  campaign_.crfs.push_back(33);
  EXPECT_EQ(Run(dir_.path()), 3);
}

TEST_F(RunnerTest, ASecondJudgeIsAddedToTheFirst) {
  EXPECT_EQ(Run(dir_.path()), 4);
  campaign_.judges = {"fastestdet", "yolo-fastest"};
  EXPECT_EQ(Run(dir_.path()), 4);
  const std::vector<Point> points = Points(dir_.path());
  ASSERT_EQ(points.size(), 8U);
  // The judge does not change what is encoded.
  EXPECT_EQ(points[0].frame_bytes, points[1].frame_bytes);
  EXPECT_NE(points[0].judge, points[1].judge);
}

TEST_F(RunnerTest, OtherFramesAreOtherPoints) {
  EXPECT_EQ(Run(dir_.path()), 4);
  campaign_.clips[0].frames = 4;
  EXPECT_EQ(Points(dir_.path()).size(), 0U);
  EXPECT_EQ(Run(dir_.path()), 4);
  EXPECT_EQ(Points(dir_.path())[0].agreement.size(), 2U);
}

TEST_F(RunnerTest, TwoThreadsFindWhatOneFinds) {
  testing::TempDir other;
  EXPECT_EQ(Run(dir_.path()), 4);
  campaign_.jobs = 2;
  EXPECT_EQ(Run(other.path()), 4);
  const std::vector<Point> one = Points(dir_.path());
  const std::vector<Point> two = Points(other.path());
  ASSERT_EQ(one.size(), two.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].settings, two[i].settings);
    EXPECT_EQ(one[i].frame_bytes, two[i].frame_bytes);
    EXPECT_EQ(Sum(one[i].agreement).F1(), Sum(two[i].agreement).F1());
    EXPECT_EQ(Sum(one[i].agreement).Soft(), Sum(two[i].agreement).Soft());
  }
}

TEST_F(RunnerTest, AMissingClipIsAnErrorThatNamesIt) {
  campaign_.clips[0].path = dir_.File("nothing.mp4");
  auto file = PointFile::Open(dir_.path(), PointFile::Mode::kWrite);
  const absl::Status status =
      RunCampaign(campaign_, file->get(), [](const std::string&) {});
  EXPECT_NE(std::string(status.message()).find("nothing.mp4"),
            std::string::npos);
}

}  // namespace
}  // namespace fovea::bench
