// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea run, as a user sees it, also when it is interrupted or killed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/small_video.h"
#include "tests/support/script_model.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class RunVerb : public Cli {
 protected:
  static constexpr int kFrames = 60;

  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    WriteModel(testing::kOneBox);
    const ProcessResult result = OnStore({"ingest", "cam.y4m"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  void WriteModel(const std::string& answer) const {
    testing::WriteScriptModel(dir_.File("own"), "watcher",
                              testing::AnsweringScript(answer));
  }

  static std::vector<std::string> Arguments(
      const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"run", "cam", "--model", "own"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  // Begins a run with a look at every frame, lets it go for a while, sends
  // `number`.
  ProcessResult RunAndSignal(int number, std::chrono::milliseconds life) const {
    auto arguments = Arguments({"--every", "1", "--store", "store"});
    Process run(Command(arguments), Options());
    std::this_thread::sleep_for(life);
    run.Signal(number);
    return run.Finish();
  }

  // Looks that are noted, and boxes that are there.
  void ExpectWhole() const {
    const Json dry = JsonOf(Arguments({"--every", "1", "--dry-run"}));
    EXPECT_EQ(dry["models"][0]["inferences"], 0);
    EXPECT_EQ(dry["models"][0]["reused"], kFrames);
    const ProcessResult verified = OnStore({"verify", "--deep"});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  }
};

TEST_F(RunVerb, TellsWhatWasRunAndWhatReused) {
  const ProcessResult first = OnStore(Arguments());
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("inferences 6 run, 0 reused"));
  EXPECT_THAT(first.out, HasSubstr("wheel 1"));
  const ProcessResult second = OnStore(Arguments());
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("inferences 0 run, 6 reused"));
  const ProcessResult again = OnStore(Arguments({"--again"}));
  EXPECT_THAT(again.out, HasSubstr("inferences 6 run, 0 reused"));
  EXPECT_THAT(JsonOf({"info", "cam"}).dump(), HasSubstr("\"label\":\"wheel\""));
}

TEST_F(RunVerb, ARangeAndAStepAreHeeded) {
  const Json json =
      JsonOf(Arguments({"--from", "1s", "--to", "2s", "--every", "5"}));
  EXPECT_EQ(json["schema"], "fovea.run/1");
  EXPECT_EQ(json["frames"], 25);
  EXPECT_EQ(json["models"][0]["inferences"], 5);
  EXPECT_EQ(json["models"][0]["tracks"], 1);
  EXPECT_EQ(json["models"][0]["labels"]["wheel"], 1);
}

TEST_F(RunVerb, ADryRunChangesNothing) {
  const ProcessResult dry = OnStore(Arguments({"--dry-run"}));
  ASSERT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("inferences 6 to run, 0 reused"));
  EXPECT_THAT(OnStore(Arguments()).out, HasSubstr("inferences 6 run"));
}

TEST_F(RunVerb, AModelThatFailsIsExitCodeThree) {
  WriteModel(std::string("[ $n = 4 ] && exit; ") + testing::kOneBox);
  const ProcessResult failed = OnStore(Arguments());
  EXPECT_THAT(failed.out, HasSubstr("inferences 2 run"));
  ExpectErrorLine(failed, 3, "what it saw before frame 20 is stored");
}

TEST_F(RunVerb, UnknownStreamsAndModelsAreNamed) {
  ExpectOneLine(OnStore({"run", "cma", "--model", "own"}), 1, "'cma'");
  ExpectOneLine(OnStore({"run", "cam", "--model", "other"}), 1, "other");
}

TEST_F(RunVerb, SeveralStreamsAreRunOneAfterTheOther) {
  ASSERT_EQ(OnStore({"ingest", "cam.y4m", "--name", "yard"}).exit_code, 0);
  const ProcessResult text = OnStore({"run", "cam", "yard", "--model", "own"});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("cam\n"));
  EXPECT_THAT(text.out, HasSubstr("\nyard\n"));
  EXPECT_THAT(text.out, HasSubstr("inferences 6 run, 0 reused, 0 copied"));
  EXPECT_THAT(text.out, HasSubstr("inferences 0 run, 0 reused, 6 copied"));
  const Json json = JsonOf({"run", "cam", "yard", "--model", "own", "--again"});
  ASSERT_EQ(json["streams"].size(), 2U);
  EXPECT_EQ(json["streams"][1]["stream"], "yard");
  EXPECT_EQ(json["streams"][1]["models"][0]["inferences"], 6);
  ExpectOneLine(OnStore({"run", "cam", "yrad", "--model", "own"}), 1, "'yrad'");
}

TEST_F(RunVerb, AStreamThatFailsIsToldAndTheOthersAreRun) {
  Write("notes", "no camera\n");
  ASSERT_EQ(OnStore({"ingest", "--opaque", "notes"}).exit_code, 0);
  ASSERT_EQ(OnStore({"ingest", "cam.y4m", "--name", "yard"}).exit_code, 0);
  const std::vector<std::string> run = {"run",  "cam",     "notes",
                                        "yard", "--model", "own"};
  const ProcessResult text = OnStore(run);
  EXPECT_THAT(text.out, HasSubstr("\nyard\n"));
  ExpectErrorLine(text, 1, "notes: ");
  std::vector<std::string> as_json = run;
  as_json.push_back("--json");
  const ProcessResult again = OnStore(as_json);
  EXPECT_EQ(again.exit_code, 1);
  const Json streams = Json::parse(again.out)["streams"];
  ASSERT_EQ(streams.size(), 3U);
  EXPECT_EQ(streams[0]["models"][0]["reused"], 6);
  EXPECT_EQ(streams[1]["stream"], "notes");
  EXPECT_THAT(streams[1]["error"].get<std::string>(), HasSubstr("opaque"));
  EXPECT_EQ(streams[2]["models"][0]["reused"], 6);
}

TEST_F(RunVerb, ADecodeBudgetIsSharedByAllStreams) {
  ASSERT_EQ(OnStore({"ingest", "cam.y4m", "--name", "yard"}).exit_code, 0);
  const std::vector<std::string> run = {"run",     "cam", "yard",
                                        "--model", "own", "--decode-budget"};
  const auto with = [&run](std::vector<std::string> more) {
    more.insert(more.begin(), run.begin(), run.end());
    return more;
  };
  const ProcessResult text = OnStore(with({"25%"}));
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("120 in 60 rounds"));
  EXPECT_THAT(text.out, HasSubstr("budget 25 % of all packets"));
  EXPECT_THAT(text.out, HasSubstr("no bound is claimed"));
  const Json again = JsonOf(with({"1", "--again", "--loss", "labels"}));
  EXPECT_EQ(again["total"]["packets"], 2 * kFrames);
  EXPECT_LE(again["total"]["decoded"], kFrames);
  EXPECT_EQ(again["most_decoded"], 1);
  EXPECT_TRUE(again["bound"].is_null());
  EXPECT_EQ(again["cameras"][1]["stream"], "yard");
  for (const Json& camera : again["cameras"]) {
    EXPECT_EQ(camera["looked"].get<int>() + camera["held"].get<int>() +
                  camera["unanswered"].get<int>(),
              kFrames);
    const Json audit = JsonOf({"audit", camera["stream"]});
    EXPECT_THAT(audit.dump(), HasSubstr("watcher"));
  }
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

TEST_F(RunVerb, WhatADecodeBudgetDoesNotGoWithIsRefused) {
  const auto refused = [this](const std::vector<std::string>& more) {
    const ProcessResult result = OnStore(Arguments(more));
    EXPECT_NE(result.exit_code, 0);
    return result.err;
  };
  EXPECT_THAT(refused({"--decode-budget", "1", "--max-error", "0.1"}),
              HasSubstr("--max-error"));
  EXPECT_THAT(refused({"--decode-budget", "1", "--every", "2"}),
              HasSubstr("--every"));
  EXPECT_THAT(refused({"--loss", "labels"}), HasSubstr("--decode-budget"));
  for (const std::string budget : {"0", "-1", "101%", "some", "%", "nan"}) {
    EXPECT_THAT(refused({"--decode-budget=" + budget}),
                HasSubstr("expected pictures a round"))
        << budget;
  }
}

TEST_F(RunVerb, AnInterruptedRunGoesOn) {
  WriteModel("sleep 0.05; " + std::string(testing::kOneBox));
  const ProcessResult result =
      RunAndSignal(SIGINT, std::chrono::milliseconds(800));
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("the same command goes on"));
  ASSERT_EQ(OnStore(Arguments({"--every", "1"})).exit_code, 0);
  ExpectWhole();
}

TEST_F(RunVerb, AKilledRunLeavesOnlyWhatIsTrue) {
  WriteModel("sleep 0.02; " + std::string(testing::kOneBox));
  for (const int life : {150, 400, 700, 1000}) {
    RunAndSignal(SIGKILL, std::chrono::milliseconds(life));
    const Json dry = JsonOf(Arguments({"--every", "1", "--dry-run"}));
    const int left = dry["models"][0]["inferences"];
    EXPECT_EQ(left + static_cast<int>(dry["models"][0]["reused"]), kFrames);
  }
  ASSERT_EQ(OnStore(Arguments({"--every", "1"})).exit_code, 0);
  ExpectWhole();
}

}  // namespace
}  // namespace fovea
