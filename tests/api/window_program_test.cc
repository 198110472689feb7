// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/window_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/class_line.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ClassLineTest, IsAScoreAndAClass) {
  EXPECT_EQ(*ParseClassLine("0.25,7"), (ScoredClass{7, 0.25F}));
  EXPECT_EQ(*ParseClassLine("1,0"), (ScoredClass{0, 1}));
  EXPECT_EQ(*ParseClassLine("0,65535"), (ScoredClass{65535, 0}));
  for (const char* line :
       {"", ",", "1", "1,", ",1", "1.01,0", "-0.1,0", "nan,0", "inf,0",
        "0.5,-1", "0.5,65536", "0.5,walking", "0.5,1,2", "7,0.5"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseClassLine(line).status())) << line;
  }
}

// Windows of 3 samples of 2 channels.
class WindowProgramTest : public ::testing::Test {
 protected:
  WindowProgramTest() {
    description_.id.name = "teller";
    description_.card.decoder = DecoderKind::kWindowProgram;
    description_.card.window = 3;
    description_.card.channels = {"a", "b"};
  }

  void Start(const std::string& script) {
    options_.command = {"/bin/sh", "-c", script};
    auto model = WindowProgram::Start(description_, options_);
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *std::move(model);
  }

  absl::StatusOr<Answer> Ask() { return model_->Ask(values_); }

  void ExpectFailure(const std::string& script, absl::StatusCode code,
                     const std::string& text) {
    Start(script);
    const absl::Status status = Ask().status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("model teller: program /bin/sh: "));
    EXPECT_EQ(Ask().status(), status);
  }

  ModelDescription description_;
  ExternalModelOptions options_;
  std::vector<double> values_ = {1, 2.5, -3e-7, 4, 5, 1e22};
  std::unique_ptr<WindowProgram> model_;
};

TEST_F(WindowProgramTest, IsToldSamplesLineByLine) {
  Start(
      "read a; read b; read c; read d; "
      "[ \"$a $b $c $d\" = '1,4 2.5,5 -3e-07,1e+22 ' ] && echo 0.75,2; "
      "echo; read wait");
  const auto answer = Ask();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->scores, ElementsAre(0, 0, 0.75F));
}

TEST_F(WindowProgramTest, AnswersWindowAfterWindow) {
  Start(
      "n=0; while read line; do [ -n \"$line\" ] && continue; n=$((n+1)); "
      "echo 0.5,$n; echo 0.25,0; echo; done");
  for (size_t window = 1; window < 4; ++window) {
    const auto answer = Ask();
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->scores.size(), window + 1);
    EXPECT_EQ(answer->scores[window], 0.5F);
    EXPECT_EQ(answer->scores[0], 0.25F);
  }
}

TEST_F(WindowProgramTest, MayKnowNothing) {
  Start("while read line; do [ -n \"$line\" ] || echo; done");
  EXPECT_THAT(Ask()->scores, IsEmpty());
}

TEST_F(WindowProgramTest, OneThatHangsIsGivenUp) {
  options_.timeout_ns = 200'000'000;
  ExpectFailure("sleep 1000", absl::StatusCode::kDeadlineExceeded, "in time");
}

TEST_F(WindowProgramTest, OneThatDiesIsToldAndStartsAnew) {
  ExpectFailure("read line; exit 3", absl::StatusCode::kDataLoss, "ended");
  ASSERT_TRUE(model_->Restart().ok());
  EXPECT_FALSE(Ask().ok());
}

TEST_F(WindowProgramTest, GarbageIsQuoted) {
  for (const char* line : {"Traceback", "0.5,walking", "2,1"}) {
    ExpectFailure(std::string("read line; echo ") + line + "; sleep 9",
                  absl::StatusCode::kDataLoss,
                  std::string("wrote '") + line + "'; expected 'score,label'");
  }
  ExpectFailure("read line; echo 0.5,1; echo 0.4,1; sleep 9",
                absl::StatusCode::kDataLoss, "told class 1 twice");
  ExpectFailure("read line; seq -f '0.5,%.0f' 0 1024; sleep 9",
                absl::StatusCode::kDataLoss, "told more than 1024 classes");
}

TEST_F(WindowProgramTest, WhatItSaysUnaskedIsAnError) {
  Start(
      "while read line; do [ -n \"$line\" ] && continue; "
      "echo 1,0; echo; echo 1,1; done");
  EXPECT_TRUE(Ask().ok());
  absl::Status status;
  // What comes late is noticed late.
  for (int i = 0; i < 500 && status.ok(); ++i) {
    usleep(10'000);
    status = Ask().status();
  }
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

TEST_F(WindowProgramTest, AnotherNumberOfValuesIsNotAsked) {
  Start("while read line; do [ -n \"$line\" ] || { echo 1,0; echo; }; done");
  values_.pop_back();
  const absl::Status status = Ask().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("expected a window of 6 values, found 5"));
  values_.push_back(0);
  EXPECT_TRUE(Ask().ok());
}

TEST_F(WindowProgramTest, NeedsACommandAndAWindow) {
  EXPECT_EQ(WindowProgram::Start(description_, options_).status().code(),
            absl::StatusCode::kInvalidArgument);
  options_.command = {"/nonexistent/program"};
  EXPECT_EQ(WindowProgram::Start(description_, options_).status().code(),
            absl::StatusCode::kNotFound);
  description_.card.window = 0;
  EXPECT_EQ(WindowProgram::Start(description_, options_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fovea
