// SPDX-License-Identifier: GPL-2.0-or-later
//
// As a user does it: what coding and reuse changed against the originals, and
// answers that outlive a model's upgrade, or do not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/reuse_story.h"
#include "tests/api/small_video.h"
#include "tests/support/script_model.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class UpgradeVerbs : public Cli {
 protected:
  static constexpr int kFrames = 260;

  void SetUp() override {
    testing::WriteStillScene(dir_.File("cam.y4m"), kFrames);
    WriteModel("own", testing::kOneBox);
  }

  void WriteModel(const std::string& folder, const std::string& answer) const {
    testing::WriteScriptModel(dir_.File(folder), folder,
                              testing::AnsweringScript(answer));
  }

  void Do(const std::vector<std::string>& arguments) const {
    const ProcessResult result = OnStore(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  // The old answers, about "cam".
  void IngestAndRun() const {
    Do({"ingest", "cam.y4m", "--no-motion"});
    Do({"run", "cam", "--model", "own", "--every", "1", "--max-error", "0.05"});
  }

  static std::vector<std::string> Revalidate(
      const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"cache", "revalidate", "--from",
                                          "own",   "--model",    "newer"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST_F(UpgradeVerbs, TheAuditTellsOfTheOriginals) {
  Do({"ingest", "cam.y4m", "--no-motion", "--model", "own", "--audit-originals",
      "0.3", "--audit-seed", "4"});
  const Json before = JsonOf({"audit", "cam"});
  ASSERT_EQ(before["originals"].size(), 1U) << before;
  const Json& waiting = before["originals"][0];
  EXPECT_EQ(waiting["share"], 0.3);
  EXPECT_EQ(waiting["seed"], 4);
  EXPECT_EQ(waiting["not_given"], waiting["kept"]);
  Do({"run", "cam", "--model", "own", "--every", "1", "--max-error", "0.05"});
  const Json after = JsonOf({"audit", "cam", "--loss", "boxes"});
  const Json& judged = after["originals"][0];
  EXPECT_EQ(judged["loss"], "boxes");
  EXPECT_EQ(judged["all"]["compared"], judged["kept"]);
  EXPECT_EQ(judged["all"]["differ"], 0);
  EXPECT_LT(judged["all"]["bound"].get<double>(), 0.1);
  EXPECT_EQ(judged["coding"]["compared"].get<int>() +
                judged["reuse"]["compared"].get<int>(),
            judged["kept"].get<int>());
  const ProcessResult text = OnStore({"audit", "cam"});
  for (const char* part :
       {"originals kept by counts", "against the original", "coding alone",
        "held, reused", "0 of ", " differ, at most ", " at 95 %"}) {
    EXPECT_THAT(text.out, HasSubstr(part));
  }
}

TEST_F(UpgradeVerbs, OriginalsNeedAModelAndAShare) {
  ExpectOneLine(OnStore({"ingest", "cam.y4m", "--audit-originals", "0.1"}), 2,
                "--audit-originals");
  for (const char* share : {"0", "1.5", "nan"}) {
    ExpectOneLine(OnStore({"ingest", "cam.y4m", "--model", "own",
                           "--audit-originals", share}),
                  2, "a share above 0, to 1");
  }
}

TEST_F(UpgradeVerbs, AnswersThatHoldAreCarriedOverAndMarked) {
  IngestAndRun();
  WriteModel("newer", "true; " + std::string(testing::kOneBox));
  const Json dry = JsonOf(Revalidate({"--dry-run"}));
  EXPECT_EQ(dry["dry_run"], true);
  EXPECT_EQ(JsonOf({"cache", "stats"})["models"].size(), 1U);
  const ProcessResult text = OnStore(Revalidate({"cam"}));
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("CARRIED OVER"));
  EXPECT_THAT(text.err, HasSubstr("no more differ than AT MOST, at 95 %"));
  const Json stats = JsonOf({"cache", "stats"});
  ASSERT_EQ(stats["models"].size(), 2U);
  const int old = stats["models"][0]["results"].get<int>();
  EXPECT_EQ(stats["models"][1]["results"], old);
  const Json again = JsonOf(Revalidate());
  EXPECT_EQ(again["streams"][0]["known"], old);
  EXPECT_EQ(again["streams"][0]["answers"], 0);
}

TEST_F(UpgradeVerbs, AnswersThatDoNotHoldAreNotAndItIsSaid) {
  IngestAndRun();
  WriteModel("newer", "echo");  // nothing to be seen
  const Json report = JsonOf(Revalidate({"--loss", "labels"}));
  const Json& cam = report["streams"][0];
  EXPECT_EQ(report["loss"], "labels");
  EXPECT_EQ(cam["passed"], false);
  EXPECT_EQ(cam["differ"], cam["sampled"]);
  EXPECT_EQ(cam["carried"], 0);
  const ProcessResult text = OnStore(Revalidate());
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.err, HasSubstr("cam: nothing carried over"));
  EXPECT_EQ(JsonOf({"cache", "stats"})["models"].size(), 1U);
}

// Whatever the moment was, of each model there are all answers or none.
TEST_F(UpgradeVerbs, KilledItCarriesOverAllOrNothing) {
  testing::WriteSmallVideo(dir_.File("walk.y4m"), 96, 64, 150);
  Do({"ingest", "walk.y4m", "--no-motion"});
  Do({"run", "walk", "--model", "own", "--every", "1", "--max-error", "0.05"});
  const int old = JsonOf({"cache", "stats"})["models"][0]["results"].get<int>();
  ASSERT_GT(old, 20);
  const uint32_t seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 chance(seed);
  for (int cycle = 0; cycle < 12; ++cycle) {
    WriteModel("newer", "true " + std::to_string(cycle) + "; " +
                            std::string(testing::kOneBox));
    std::vector<std::string> arguments = Revalidate({"--store", "store"});
    Process work(Command(arguments), Options());
    std::this_thread::sleep_for(std::chrono::milliseconds(chance() % 1000));
    work.Signal(SIGKILL);
    work.Finish();
    const Json stats = JsonOf({"cache", "stats"});
    for (const Json& model : stats["models"]) {
      EXPECT_EQ(model["results"], old) << cycle;
    }
  }
  Do(Revalidate());
}

TEST_F(UpgradeVerbs, OldModelsAreCalledAsStatsCallThem) {
  IngestAndRun();
  WriteModel("newer", "true; " + std::string(testing::kOneBox));
  const std::string digest =
      JsonOf({"cache", "stats"})["models"][0]["digest"].get<std::string>();
  Do({"cache", "revalidate", "--from", digest.substr(0, 12), "--model",
      "newer"});
  ExpectOneLine(
      OnStore({"cache", "revalidate", "--from", "none", "--model", "newer"}), 1,
      "no answers of another model 'none'");
  ExpectOneLine(
      OnStore({"cache", "revalidate", "--from", "own", "--model", "own"}), 1,
      "no answers of another model 'own'");
  ExpectOneLine(OnStore(Revalidate({"cm"})), 1, "cm");
}

TEST_F(UpgradeVerbs, WhyNamesStreams) {
  IngestAndRun();
  const ProcessResult why =
      OnStore({"cache", "why", "cam@250", "--model", "own"});
  ASSERT_EQ(why.exit_code, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("cam@"));
}

}  // namespace
}  // namespace fovea
