// SPDX-License-Identifier: GPL-2.0-or-later
//
// What moves, as a user sees it: as a label, in lists of frames, and as what
// a model's run is kept to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/api/small_video.h"
#include "tests/support/script_model.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class MotionVerbs : public Cli {
 protected:
  static constexpr int kFrames = 200;

  // Something comes and goes before a still camera.
  void SetUp() override {
    const ProcessResult scene =
        Fovea({"sample", "scene", "--seconds", "20", "--size", "320x180",
               "--fps", "10", "--seed", "21", "--still-camera", "--roam", "6"});
    ASSERT_EQ(scene.exit_code, 0) << scene.err;
    Ingest({"--name", "yard"});
  }

  void Ingest(std::vector<std::string> more) const {
    more.insert(more.begin(), {"ingest", "scene/camera.mp4"});
    const ProcessResult result = OnStore(more);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  // Tells one box of whatever it is shown.
  void WriteModel() const {
    testing::WriteScriptModel(dir_.File("own"), "watcher",
                              testing::AnsweringScript(testing::kOneBox));
  }
};

TEST_F(MotionVerbs, MotionIsALabelThatQueriesAnswerWithoutDecoding) {
  EXPECT_THAT(OnStore({"labels"}).out, HasSubstr("motion  yard"));
  const ProcessResult asked = OnStore({"query", "motion", "--explain"});
  ASSERT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("yard"));
  EXPECT_THAT(asked.err, HasSubstr("200 frames by motion rows; 0 decoded"));
  const Json json = JsonOf({"query", "motion score >= 0.5", "--explain"});
  EXPECT_EQ(json["explain"]["motion"]["motion_rows"], kFrames);
  EXPECT_EQ(json["explain"]["motion"]["unknown"], 0);
  EXPECT_EQ(JsonOf({"query", "anything", "--explain"})["explain"]["motion"],
            nullptr);
}

TEST_F(MotionVerbs, FramesAreListedWithWhatMoves) {
  const Json list = JsonOf({"frames", "yard", "--list"});
  ASSERT_EQ(list["frames"].size(), kFrames);
  int moving = 0;
  for (const Json& frame : list["frames"]) {
    EXPECT_GT(frame["bytes"], 0);
    EXPECT_EQ(frame["fingerprint64"].get<std::string>().size(), 16U);
    const Json& motion = frame["motion"];
    EXPECT_EQ(motion["camera_moves"], false);
    EXPECT_EQ(motion["share"] == 0, motion["cells"].empty());
    moving += motion["share"] > 0;
  }
  EXPECT_GT(moving, 10);
  EXPECT_LT(moving, kFrames);
  const Json seen = JsonOf({"inspect", "yard"});
  ASSERT_EQ(seen["frames"].size(), kFrames);
  for (size_t i = 0; i < kFrames; ++i) {
    EXPECT_EQ(seen["frames"][i]["motion"], list["frames"][i]["motion"]) << i;
  }
  const ProcessResult text =
      OnStore({"frames", "yard", "--list", "--from", "1s", "--to", "2s"});
  EXPECT_EQ(std::count(text.out.begin(), text.out.end(), '\n'), 11) << text.out;
  EXPECT_THAT(text.out, HasSubstr("MOVES"));
}

TEST_F(MotionVerbs, AListWritesNoPicturesAndPicturesNeedAFolder) {
  EXPECT_EQ(OnStore({"frames", "yard", "--list", "-o", "out"}).exit_code, 2);
  EXPECT_EQ(OnStore({"frames", "yard", "--index", "1"}).exit_code, 2);
  EXPECT_EQ(OnStore({"frames", "yard", "--list", "--index", "1"}).exit_code, 2);
}

TEST_F(MotionVerbs, AModelRunsOnlyWhereSomethingMoves) {
  WriteModel();
  const Json all = JsonOf({"run", "yard", "--model", "own", "--dry-run"});
  EXPECT_EQ(all["frames_passed_over"], 0);
  for (const std::vector<std::string>& kept :
       {std::vector<std::string>{"--only", "motion"}, {"--moving"}}) {
    std::vector<std::string> arguments = {"run", "yard",    "--model",
                                          "own", "--every", "1"};
    arguments.insert(arguments.end(), kept.begin(), kept.end());
    const Json run = JsonOf(arguments);
    const int frames = run["frames"];
    EXPECT_GT(frames, 10);
    EXPECT_LT(frames, kFrames);
    EXPECT_EQ(frames + run["frames_passed_over"].get<int>(), kFrames);
    EXPECT_EQ(run["models"][0]["inferences"].get<int>() +
                  run["models"][0]["reused"].get<int>(),
              frames);
  }
  const Json rest =
      JsonOf({"run", "yard", "--model", "own", "--every", "1", "--dry-run"});
  EXPECT_GT(rest["models"][0]["inferences"], 0);
}

TEST_F(MotionVerbs, WhereIngestDidNotLookAnythingMayMove) {
  WriteModel();
  Ingest({"--name", "blind", "--no-motion"});
  EXPECT_EQ(JsonOf({"frames", "blind", "--list"})["frames"][0]["motion"],
            nullptr);
  const ProcessResult run =
      OnStore({"run", "blind", "--model", "own", "--moving", "--dry-run"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("200 frames not looked at at ingest"));
  const Json guessed = JsonOf(
      {"run", "blind", "--model", "own", "--moving", "--guess", "--dry-run"});
  EXPECT_EQ(guessed["moving"]["picture_sizes"], kFrames);
  EXPECT_EQ(OnStore({"run", "blind", "--model", "own", "--guess"}).exit_code,
            2);
}

TEST_F(MotionVerbs, AFaultyQueryIsShownWhereItIs) {
  WriteModel();
  const ProcessResult run =
      OnStore({"run", "yard", "--model", "own", "--only", "motion adn car"});
  ExpectErrorLine(run, 1, "query");
  EXPECT_THAT(run.err, HasSubstr("did you mean 'and'?"));
}

}  // namespace
}  // namespace fovea
