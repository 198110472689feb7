// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program of sensor windows, as a user adds it, runs it over a stored
// recording, finds what it told and asks what it saved.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/activity.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class WindowVerbs : public Cli {
 protected:
  static constexpr int64_t kDwell = 500;  // 10 s

  void Ingest(int64_t samples = 3000) {
    Write("body.csv", testing::ActivityCsv(0, samples, kDwell));
    const ProcessResult result = OnStore({"ingest", "body.csv"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    stream_ = OnlyStream();
    WriteProgram(testing::ActivityScript());
  }

  void WriteProgram(const std::string& script) const {
    testing::WriteWindowProgram(dir_.File("own"), "activity", script);
  }

  std::vector<std::string> Run(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"run", stream_, "--model", "own"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  std::string stream_;
};

TEST_F(WindowVerbs, WhatItTellsIsStoredAndFound) {
  Ingest();
  const ProcessResult run = OnStore(Run());
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* part :
       {"119 windows of 1 s, every 0.5 s", "119 run, 0 reused", "LABEL",
        "standing", "walking"}) {
    EXPECT_THAT(run.out, HasSubstr(part));
  }
  const Json found = JsonOf({"query", "walking"});
  EXPECT_EQ(found["clips"].size(), 3U) << found;
  EXPECT_EQ(found["clips"][0]["stream"], stream_);
  EXPECT_THAT(JsonOf({"labels"}).dump(), HasSubstr("walking"));
  const ProcessResult again = OnStore(Run());
  EXPECT_THAT(again.out, HasSubstr("0 run, 119 reused"));
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

TEST_F(WindowVerbs, WindowAndHopAreChosen) {
  Ingest();
  const Json json =
      JsonOf(Run({"--window", "100", "--hop", "20", "--to", "1700000020s"}));
  EXPECT_EQ(json["schema"], "fovea.run/1");
  const Json& model = json["models"][0];
  EXPECT_EQ(model["window"], 100);
  EXPECT_EQ(model["hop"], 20);
  EXPECT_EQ(model["inferences"], 46);
  EXPECT_EQ(model["labels"]["walking"]["spans"], 1);
  for (const char* key :
       {"name", "digest", "rate_hz", "samples", "samples_passed_over",
        "stretches", "windows", "windows_repeated", "reused", "replaced",
        "observations"}) {
    EXPECT_TRUE(model.contains(key)) << key;
  }
}

TEST_F(WindowVerbs, ATargetSavesRunsAndTheAuditTells) {
  Ingest(60'000);
  const Json json = JsonOf(Run({"--max-error", "0.1"}));
  const Json& reuse = json["models"][0]["reuse"];
  EXPECT_EQ(reuse["inputs"], 2399);
  EXPECT_EQ(reuse["inputs"].get<int>(), reuse["runs"].get<int>() +
                                            reuse["held"].get<int>() +
                                            reuse["reused"].get<int>());
  EXPECT_GT(reuse["held"].get<int>() + reuse["reused"].get<int>(), 500);
  const Json audit = JsonOf({"audit", stream_, "--model", "own"});
  EXPECT_EQ(audit["models"][0]["inputs"], 2399);
  EXPECT_EQ(OnStore({"audit", stream_, "--log", "--limit", "3"}).exit_code, 0);
  const Json offline = JsonOf(Run({"--offline", "--again"}));
  EXPECT_EQ(offline["models"][0]["inferences"], 0);
}

TEST_F(WindowVerbs, AFilterIsLearntWhereItHelps) {
  Ingest(30'000);
  const Json learnt =
      JsonOf({"learn", "filter", stream_, "--model", "own", "-o", "body.tree"});
  EXPECT_EQ(learnt["windows"], 1199);
  EXPECT_EQ(learnt["classes"], 2);
  const bool written = std::filesystem::exists(dir_.File("body.tree"));
  EXPECT_EQ(learnt["learnt"], written);
  Write("no.tree", "weights 1 2 3");
  ExpectOneLine(OnStore(Run({"--max-error", "0.1", "--filter", "no.tree"})), 1,
                "no.tree: is no filter of sensor windows");
}

TEST_F(WindowVerbs, AProgramThatFailsIsExitCodeThree) {
  Ingest();
  WriteProgram(testing::ActivityScript("[ $n = 30 ] && exit"));
  const ProcessResult died = OnStore(Run());
  EXPECT_THAT(died.out, HasSubstr("29 run"));
  ExpectErrorLine(died, 3, "what it told before sample 725 is stored");
  WriteProgram(testing::ActivityScript("echo walking"));
  ExpectErrorLine(OnStore(Run()), 3, "wrote 'walking'");
}

TEST_F(WindowVerbs, AModelThatIsNotThereKeepsNoOtherFromBeingRun) {
  Ingest();
  const ProcessResult run =
      OnStore({"run", stream_, "--model", "none", "--model", "own", "--json"});
  ExpectErrorLine(run, 1, "none");
  const Json models = Json::parse(run.out)["models"];
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0]["name"], "none");
  EXPECT_TRUE(models[0].contains("error"));
  EXPECT_EQ(models[1]["inferences"], 119);
}

TEST_F(WindowVerbs, IsAddedAndChecked) {
  WriteProgram(testing::ActivityScript());
  const auto model = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "model");
    arguments.insert(arguments.end(), {"--models", "models"});
    return Fovea(arguments);
  };
  const ProcessResult added = model({"add", "own"});
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_THAT(added.err, HasSubstr("next: fovea run STREAM --model activity"));
  const ProcessResult checked = model({"check", "activity"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("1 class of a window of noise"));
  const Json json = Json::parse(model({"check", "activity", "--json"}).out);
  EXPECT_EQ(json["check"]["classes"], 1);
  EXPECT_EQ(json["model"]["decoder"], "window-program");
}

TEST_F(WindowVerbs, WhatIsOfTheOtherKindIsRefused) {
  Ingest(200);
  ExpectOneLine(OnStore(Run({"--moving"})), 1, "is no camera");
  ExpectOneLine(OnStore(Run({"--max-error", "0.1", "--loss", "boxes"})), 1,
                "--loss boxes");
  ExpectOneLine(OnStore({"learn", "filter", stream_, "--model", "own", "-o",
                         "w", "--loss", "boxes"}),
                1, "--loss boxes");
  WriteProgram("#!/bin/sh\n");
  Write("own/model.yaml", "name: eye\ncommand: [./tell.sh]\n");
  ExpectOneLine(OnStore(Run()), 1, "model eye: takes pictures");
}

// Phone in the pocket, with somebody who sits, walks and turns. Channels that
// are in other words than the card's are found, too.
TEST_F(WindowVerbs, ARealRecordingIsToldApart) {
  FOVEA_NEED_TEST_DATA(path, "imu/har_sp_sw/s05/s05_05_sw.csv");
  const ProcessResult ingested = OnStore({"ingest", path, "--name", "watch"});
  // Its labels are text, which is told as not stored.
  ASSERT_EQ(ingested.exit_code, 3) << ingested.err;
  stream_ = OnlyStream();
  // The turn about y: above 1 rad/s somewhere in the window.
  testing::WriteWindowProgram(
      dir_.File("own"), "turner",
      "#!/bin/sh\nclass=0\nwhile read line; do case $line in\n"
      "*,*,*,*,[1-9].[0-9]*,*|*,*,*,*,-[1-9].[0-9]*,*) class=1;;\n"
      "'') echo 1,$class; echo; class=0;;\nesac; done\n");
  Write("own/model.yaml",
        "name: turner\ncommand: [./tell.sh]\nlabels: labels.txt\n"
        "input: {window: 104, rate: 100, hop: 26, channels: [Accel.X, accel_y, "
        "accel_z, gyro_x, gyro_y, gyro_z]}\n");
  const Json json = JsonOf(Run({"--max-error", "0.2"}));
  const Json& model = json["models"][0];
  EXPECT_GT(model["windows"].get<int>(), 20) << json;
  EXPECT_EQ(model["reuse"]["inputs"], model["windows"]);
  for (const char* label : {"walking", "standing"}) {
    const Json& time_ns = model["labels"][label]["time_ns"];
    EXPECT_GT(std::stoll(time_ns.get<std::string>()), 1'000'000'000) << json;
  }
  EXPECT_GE(JsonOf({"query", "walking"})["clips"].size(), 1U);
}

}  // namespace
}  // namespace fovea
