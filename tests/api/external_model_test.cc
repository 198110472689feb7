// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/external_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr char kEmptyAnswer[] = "while read path; do echo; done";

class ExternalModelTest : public ::testing::Test {
 protected:
  ExternalModelTest() {
    auto buffer = FrameBuffer::Allocate(32, 16);
    for (int plane = 0; plane < 3; ++plane) {
      const auto bytes =
          static_cast<size_t>(buffer->stride(plane)) * (plane == 0 ? 16 : 8);
      std::memset(buffer->plane(plane), 128, bytes);
    }
    frame_ = std::move(*buffer).Release();
  }

  void Start(const std::string& script) {
    options_.command = {"/bin/sh", "-c", script};
    auto model = ExternalModel::Start(description_, options_);
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *std::move(model);
  }

  absl::StatusOr<Answer> Ask() { return model_->Ask(frame_, ColorInfo()); }

  void ExpectFailure(const std::string& script, absl::StatusCode code,
                     const std::string& text) {
    Start(script);
    const absl::Status status = Ask().status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("model watcher: program /bin/sh: "));
    EXPECT_EQ(Ask().status(), status);
  }

  const ModelDescription description_ = {{"watcher", {}}, {}, {}};
  ExternalModelOptions options_;
  Frame frame_;
  std::unique_ptr<ExternalModel> model_;
};

TEST_F(ExternalModelTest, TellsBoxesBestFirst) {
  Start(
      "while read path; do echo 1,2,3.5,4,0.25,7; echo 5,6,7,8,0.75,0; "
      "echo; done");
  for (int picture = 0; picture < 3; ++picture) {
    const auto answer = Ask();
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->detections.size(), 2U);
    EXPECT_EQ(answer->detections[0].score, 0.75F);
    EXPECT_EQ(answer->detections[1].label, 7);
    EXPECT_EQ(answer->detections[1].right, 3.5F);
  }
}

TEST_F(ExternalModelTest, IsShownAPicture) {
  Start(
      "while read path; do "
      "head -c 4 \"$path\" | grep -q PNG && echo 0,0,1,1,1,0; echo; done");
  const auto answer = Ask();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->detections.size(), 1U);
}

TEST_F(ExternalModelTest, MaySeeNothing) {
  Start(kEmptyAnswer);
  EXPECT_TRUE(Ask()->detections.empty());
}

TEST_F(ExternalModelTest, OneThatHangsIsGivenUp) {
  options_.timeout_ns = 200'000'000;
  ExpectFailure("sleep 1000", absl::StatusCode::kDeadlineExceeded, "in time");
}

TEST_F(ExternalModelTest, OneThatNeverEndsItsAnswerIsGivenUp) {
  options_.timeout_ns = 300'000'000;
  ExpectFailure("read path; while :; do echo 1,2,3,4,1,0; sleep 0.05; done",
                absl::StatusCode::kDeadlineExceeded, "in time");
}

TEST_F(ExternalModelTest, GarbageIsQuoted) {
  for (const char* line :
       {"Traceback", "1,2,3,4,nan,0", "1,2,3,4,0.5", "1,2,3,4,0.5,car",
        "1,2,3,4,0.5,-1", "1,2,3,4,70,0", "1,2,3,4,-0.5,0"}) {
    ExpectFailure(std::string("read path; echo ") + line + "; sleep 9",
                  absl::StatusCode::kDataLoss,
                  std::string("wrote '") + line + "'; expected 'left,top");
  }
  // Width and height where right and bottom should be.
  ExpectFailure("read path; echo 100,100,20,20,0.5,0; sleep 9",
                absl::StatusCode::kDataLoss, "right,bottom");
  ExpectFailure("read path; printf 'a\\033b\\n'; sleep 9",
                absl::StatusCode::kDataLoss, "'a\\x1b");
}

// Else one answer would be taken for the next one's.
TEST_F(ExternalModelTest, WhatItSaysUnaskedIsAnError) {
  Start(
      "while read path; do echo 1,2,3,4,0.5,0; echo; echo 5,6,7,8,0.5,0; done");
  EXPECT_EQ(Ask()->detections.size(), 1U);
  absl::Status status;
  // What comes late is noticed late.
  for (int i = 0; i < 500 && status.ok(); ++i) {
    usleep(10'000);
    status = Ask().status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

TEST_F(ExternalModelTest, StartedAnewItIsAskedAgain) {
  Start("read path; echo 1,2,3,4,0.5,0; echo");
  EXPECT_TRUE(Ask().ok());
  EXPECT_FALSE(Ask().ok());
  EXPECT_FALSE(Ask().ok());
  ASSERT_TRUE(model_->Restart().ok());
  EXPECT_TRUE(Ask().ok());
  ASSERT_TRUE(model_->Restart().ok());  // it runs: nothing to do
  EXPECT_FALSE(Ask().ok());
}

TEST_F(ExternalModelTest, TheAskerMayWaitForLess) {
  Start("sleep 1000");
  EXPECT_EQ(model_->Ask(frame_, ColorInfo(), 100'000'000).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ExternalModelTest, EndlessOutputIsCut) {
  ExpectFailure("read path; tr '\\0' x < /dev/zero",
                absl::StatusCode::kDataLoss, "1024 bytes");
  ExpectFailure("read path; yes 1,2,3,4,1,0", absl::StatusCode::kDataLoss,
                "4096 boxes");
}

TEST_F(ExternalModelTest, OneThatEndsIsSaidToHave) {
  ExpectFailure("exit 3", absl::StatusCode::kDataLoss, "ended");
}

TEST_F(ExternalModelTest, AMissingProgramIsNamed) {
  options_.command = {"no-such-program"};
  const auto model = ExternalModel::Start(description_, options_);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("no-such-program"));
  options_.command.clear();
  EXPECT_EQ(ExternalModel::Start(description_, options_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// What it has started goes with it.
TEST_F(ExternalModelTest, ItsEndEndsItsChildren) {
  Start("sleep 1000 & while read path; do echo 0,0,1,1,1,$!; echo; done");
  const auto answer = Ask();
  ASSERT_TRUE(answer.ok()) << answer.status();
  const pid_t child = answer->detections[0].label;
  EXPECT_EQ(kill(child, 0), 0);
  model_.reset();
  // Killed; who reaps it is init's affair.
  for (int i = 0; i < 100 && kill(child, 0) == 0; ++i) {
    std::string state;
    if (FILE* file = std::fopen(
            ("/proc/" + std::to_string(child) + "/stat").c_str(), "r")) {
      char text[256] = {};
      if (std::fgets(text, sizeof(text), file) != nullptr) state = text;
      std::fclose(file);
    }
    if (state.find(") Z ") != std::string::npos) return;
    usleep(20'000);
  }
  EXPECT_NE(kill(child, 0), 0);
}

}  // namespace
}  // namespace fovea
