// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program as a model, as a user adds it and ingests under it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/api/small_video.h"
#include "tests/support/script_model.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class ExternalModelVerbs : public Cli {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, 30);
    WriteModel(testing::kOneBox);
  }

  void WriteModel(const std::string& answer) const {
    testing::WriteScriptModel(dir_.File("own"), "watcher",
                              testing::AnsweringScript(answer));
  }

  // A verb with the test's own folder of models.
  ProcessResult Model(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "model");
    arguments.insert(arguments.end(), {"--models", "models"});
    return Fovea(arguments);
  }
};

TEST_F(ExternalModelVerbs, IsAddedCheckedListedAndRemoved) {
  const ProcessResult added = Model({"add", "own"});
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_THAT(added.err, HasSubstr("next: fovea ingest FILE --model watcher"));
  std::filesystem::remove_all(dir_.File("own"));
  const ProcessResult checked = Model({"check", "watcher"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("1 box on a picture of noise"));
  EXPECT_THAT(
      checked.out,
      HasSubstr("answers only: no gradients; maps come from its boxes"));
  const Json json = Json::parse(Model({"check", "watcher", "--json"}).out);
  EXPECT_EQ(json["check"]["boxes"], 1);
  EXPECT_EQ(json["check"]["differentiable"], false);
  EXPECT_EQ(json["model"]["decoder"], "program");
  EXPECT_THAT(std::string(json["model"]["command"][0]),
              HasSubstr("models/watcher/detect.sh"));
  EXPECT_THAT(Model({"list"}).out, HasSubstr("watcher"));
  EXPECT_EQ(Model({"rm", "watcher"}).exit_code, 0);
  EXPECT_THAT(Model({"list"}).out, Not(HasSubstr("watcher")));
}

TEST_F(ExternalModelVerbs, OneThatDoesNotAnswerIsNotAdded) {
  WriteModel("echo Traceback");
  ExpectOneLine(Model({"add", "own"}), 1, "wrote 'Traceback'");
  ExpectOneLine(Model({"check", "own"}), 1, "wrote 'Traceback'");
  EXPECT_FALSE(std::filesystem::exists(dir_.File("models/watcher")));
}

TEST_F(ExternalModelVerbs, HasNothingToProfile) {
  ExpectOneLine(
      Fovea({"profile", "cam.y4m", "--model", "own", "-o", "out.fsen"}), 1,
      "model watcher: a program only answers, it has no gradients; use 'fovea "
      "ingest --model'");
  EXPECT_FALSE(std::filesystem::exists(dir_.File("out.fsen")));
}

TEST_F(ExternalModelVerbs, LooksAlongWhileIngesting) {
  const ProcessResult result = OnStore({"ingest", "cam.y4m", "--model", "own"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json info = JsonOf({"info", "cam"});
  EXPECT_THAT(info.dump(), HasSubstr("\"label\":\"wheel\""));
  EXPECT_THAT(info.dump(), HasSubstr("watcher sha256:"));
}

TEST_F(ExternalModelVerbs, ItsFailureIsToldAndCostsNoFootage) {
  WriteModel(std::string("[ $n = 3 ] && exit; ") + testing::kOneBox);
  const ProcessResult result =
      OnStore({"ingest", "cam.y4m", "--model", "own", "--gradient-every", "5"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("cam comes in without this model from frame 5 on"));
  const Json ingest = JsonOf({"ingest", "cam.y4m", "--model", "own", "--name",
                              "again", "--gradient-every", "5"});
  const Json& source = ingest["sources"][0];
  EXPECT_EQ(source["streams"][0]["counts"]["stored"], 30) << source;
  EXPECT_EQ(source["failed_models"][0]["index"], 5);
  EXPECT_EQ(source["failed_models"][0]["model"], "watcher");
  EXPECT_EQ(source["lossy"], true);
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

}  // namespace
}  // namespace fovea
