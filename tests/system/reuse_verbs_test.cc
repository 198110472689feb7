// SPDX-License-Identifier: GPL-2.0-or-later
//
// Holding and reusing answers as a user does it: run and ingest with
// --max-error, audit, cache and learn.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/api/reuse_story.h"
#include "tests/support/script_model.h"
#include "tests/support/small_model.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class ReuseVerbs : public Cli {
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

  void Ingest() const {
    const ProcessResult result = OnStore({"ingest", "cam.y4m", "--no-motion"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  static std::vector<std::string> Run(
      const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"run", "cam",     "--model",
                                          "own", "--every", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  // All of it answered.
  void IngestAndRun() const {
    Ingest();
    const ProcessResult result = OnStore(Run({"--max-error", "0.05"}));
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  static void ExpectConserved(const Json& reuse) {
    EXPECT_EQ(reuse["inputs"].get<int>(),
              reuse["runs"].get<int>() + reuse["held"].get<int>() +
                  reuse["reused"].get<int>() + reuse["gaps"].get<int>());
  }
};

TEST_F(ReuseVerbs, RunTellsWhatItSaved) {
  Ingest();
  const ProcessResult result = OnStore(Run({"--max-error", "0.05"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part :
       {" of 260 frames, ", " % saved", " held, ", "after warm-up", "giving",
        "at most ", "at 95.0 %", "target 5.0 %"}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
  const Json json = JsonOf(Run({"--max-error", "0.05", "--again"}));
  const Json& reuse = json["models"][0]["reuse"];
  for (const char* key :
       {"model",    "digest",       "inputs",     "runs",   "held",
        "reused",   "failed",       "gaps",       "run_ns", "decide_ns",
        "too_dear", "max_error",    "confidence", "phase",  "warm_up_runs",
        "bound",    "meets_target", "saved",      "tax",    "all",
        "hold",     "reuse",        "alarms"}) {
    EXPECT_TRUE(reuse.contains(key)) << key;
  }
  EXPECT_EQ(reuse["inputs"], kFrames);
  EXPECT_EQ(reuse["max_error"], 0.05);
  EXPECT_EQ(reuse["phase"], "giving");
  ExpectConserved(reuse);
}

TEST_F(ReuseVerbs, WithoutMaxErrorNothingIsSaidOfReuse) {
  Ingest();
  const Json json = JsonOf({"run", "cam", "--model", "own"});
  EXPECT_FALSE(json["models"][0].contains("reuse"));
  const ProcessResult audit = OnStore({"audit", "cam"});
  EXPECT_EQ(audit.exit_code, 0);
  EXPECT_THAT(audit.err, HasSubstr("'fovea run --max-error' does"));
  const ProcessResult stats = OnStore({"cache", "stats"});
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_THAT(stats.err, HasSubstr("'fovea run --max-error' keeps them"));
}

TEST_F(ReuseVerbs, OfflineNeedsNoProgramAndSaysTheGaps) {
  IngestAndRun();
  std::filesystem::copy_file(dir_.File("cam.y4m"), dir_.File("twin.y4m"));
  ASSERT_EQ(OnStore({"ingest", "twin.y4m", "--no-motion"}).exit_code, 0);
  const Json json = JsonOf({"run", "twin", "--model", "own", "--offline"});
  const Json& run = json["models"][0];
  EXPECT_EQ(run["inferences"], 0);
  EXPECT_EQ(run["reuse"]["runs"], 0);
  ExpectConserved(run["reuse"]);
  WriteModel("other", "true; " + std::string(testing::kOneBox));
  const ProcessResult unknown =
      OnStore({"run", "cam", "--model", "other", "--offline"});
  EXPECT_EQ(unknown.exit_code, 0) << unknown.err;
  EXPECT_THAT(unknown.out, HasSubstr("26 frames without an answer"));
}

TEST_F(ReuseVerbs, AModelThatFailsIsExitCodeThree) {
  Ingest();
  WriteModel("own", std::string("[ $n = 20 ] && exit; ") + testing::kOneBox);
  const ProcessResult failed = OnStore(Run({"--max-error", "0.05"}));
  EXPECT_THAT(failed.out, HasSubstr("1 run, no answer"));
  ExpectErrorLine(failed, 3, "what it saw before frame 18 is stored");
}

TEST_F(ReuseVerbs, IngestTakesItToo) {
  const Json json = JsonOf({"ingest", "cam.y4m", "--no-motion", "--model",
                            "own", "--max-error", "0.05"});
  const Json& reuse = json["sources"][0]["reuse"][0];
  EXPECT_EQ(reuse["stream"], "cam");
  EXPECT_EQ(reuse["inputs"], kFrames);
  EXPECT_LT(reuse["runs"], kFrames);
  ExpectConserved(reuse);
  const Json audit = JsonOf({"audit", "cam"});
  EXPECT_EQ(audit["models"][0]["inputs"], kFrames);
}

TEST_F(ReuseVerbs, AuditTellsWhatWasSavedAndBounds) {
  IngestAndRun();
  const ProcessResult text = OnStore({"audit", "cam"});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  for (const char* part :
       {"MODEL", "SAVED", "AFTER WARM-UP", "AT MOST", "own", "260"}) {
    EXPECT_THAT(text.out, HasSubstr(part));
  }
  const Json json = JsonOf({"audit", "cam"});
  EXPECT_EQ(json["schema"], "fovea.audit/1");
  EXPECT_EQ(json["stream"], "cam");
  EXPECT_EQ(json["confidence"], 0.95);
  const Json& model = json["models"][0];
  EXPECT_EQ(model["model"], "own");
  EXPECT_EQ(model["first_index"], 0);
  EXPECT_EQ(model["last_index"], kFrames - 1);
  EXPECT_EQ(model["inputs"].get<int>(),
            model["runs"].get<int>() + model["all"]["given"].get<int>());
  int counted = 0;
  for (const auto& [kind, causes] : model["counts"].items()) {
    for (const auto& [cause, count] : causes.items()) {
      counted += count.get<int>();
    }
  }
  EXPECT_EQ(counted, kFrames);
  const Json surer = JsonOf({"audit", "cam", "--confidence", "0.999"});
  EXPECT_GE(surer["models"][0]["all"]["bound"].get<double>(),
            model["all"]["bound"].get<double>());
}

TEST_F(ReuseVerbs, TheLogHasEveryDecision) {
  IngestAndRun();
  const Json log = JsonOf({"audit", "cam", "--log", "--limit", "1000"});
  ASSERT_EQ(log["decisions"].size(), static_cast<size_t>(kFrames)) << log;
  for (int i = 0; i < kFrames; ++i) EXPECT_EQ(log["decisions"][i]["index"], i);
  for (const char* key : {"model", "kind", "cause", "checked", "wrong",
                          "reference_stream", "reference_index", "distance",
                          "check_probability", "threshold_version"}) {
    EXPECT_TRUE(log["decisions"][0].contains(key)) << key;
  }
  EXPECT_EQ(log["decisions"][0]["cause"], "first");
  EXPECT_EQ(log["more_follow"], false);
  EXPECT_EQ(JsonOf({"audit", "cam", "--log"})["more_follow"], true);
  const ProcessResult few =
      OnStore({"audit", "cam", "--log", "--from-index", "200", "--limit", "3"});
  EXPECT_THAT(few.out, HasSubstr("DECISION"));
  EXPECT_THAT(few.out, HasSubstr("202"));
  EXPECT_THAT(few.out, Not(HasSubstr("203")));
}

TEST_F(ReuseVerbs, TheCacheIsCountedExplainedAndPruned) {
  IngestAndRun();
  const Json stats = JsonOf({"cache", "stats"});
  EXPECT_EQ(stats["schema"], "fovea.cache/1");
  for (const char* key : {"digest", "name", "results", "imported", "streams",
                          "bytes", "uses", "saved_ns"}) {
    EXPECT_TRUE(stats["models"][0].contains(key)) << key;
  }
  EXPECT_EQ(stats["models"][0]["name"], "own");
  EXPECT_EQ(stats["models"][0]["streams"], 1);
  EXPECT_THAT(OnStore({"cache", "stats"}).out, HasSubstr("GIVEN AGAIN"));
  const ProcessResult why =
      OnStore({"cache", "why", "cam@100", "--model", "own"});
  EXPECT_EQ(why.exit_code, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("the answer of "));
  EXPECT_EQ(JsonOf({"cache", "why", "cam@100", "--model", "own"})["frame"],
            "cam@100");
  const int results = stats["models"][0]["results"];
  const Json dry = JsonOf({"cache", "prune", "--dry-run"});
  EXPECT_EQ(dry["results"], results);
  EXPECT_EQ(dry["dry_run"], true);
  EXPECT_EQ(JsonOf({"cache", "prune", "--imported"})["results"], 0);
  EXPECT_THAT(OnStore({"cache", "prune", "--stream", "cam"}).out,
              HasSubstr("gone"));
  EXPECT_EQ(JsonOf({"cache", "stats"})["models"].size(), 0U);
}

TEST_F(ReuseVerbs, AnswersTravelBetweenStores) {
  IngestAndRun();
  const ProcessResult saved = OnStore({"cache", "export", "answers"});
  ASSERT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_THAT(saved.out, HasSubstr("of 1 model"));
  ASSERT_EQ(
      Fovea({"ingest", "cam.y4m", "--no-motion", "--store", "other"}).exit_code,
      0);
  const ProcessResult loaded =
      Fovea({"cache", "import", "answers", "--store", "other", "--json"});
  ASSERT_EQ(loaded.exit_code, 0) << loaded.err;
  const Json json = Json::parse(loaded.out);
  EXPECT_EQ(json["origin"], "store");
  EXPECT_GT(json["imported"], 0);
  EXPECT_EQ(json["damaged"], 0);
  EXPECT_THAT(Fovea({"cache", "import", "answers", "--store", "other"}).out,
              HasSubstr("imported  0 answers of store"));
  const Json offline =
      Json::parse(Fovea({"run", "cam", "--model", "own", "--offline",
                         "--max-error", "0.3", "--store", "other", "--json"})
                      .out);
  const Json reuse = offline["models"][0]["reuse"];
  EXPECT_EQ(reuse["runs"], 0);
  EXPECT_GT(reuse["reused"].get<int>() + reuse["held"].get<int>(), 0);
}

TEST_F(ReuseVerbs, WhatIsNoFileOfAnswersIsNamed) {
  Ingest();
  Write("notes.txt", "no answers here\n");
  ExpectOneLine(OnStore({"cache", "import", "notes.txt"}), 1,
                "'fovea cache export' writes such files");
  ExpectOneLine(OnStore({"cache", "import", "none.bin"}), 1, "none.bin");
}

TEST_F(ReuseVerbs, ADamagedFileIsImportedAsFarAsItGoes) {
  IngestAndRun();
  ASSERT_EQ(OnStore({"cache", "export", "answers"}).exit_code, 0);
  std::filesystem::resize_file(
      dir_.File("answers"),
      std::filesystem::file_size(dir_.File("answers")) / 2);
  const ProcessResult half =
      Fovea({"ingest", "cam.y4m", "--no-motion", "--store", "other"});
  ASSERT_EQ(half.exit_code, 0) << half.err;
  ExpectErrorLine(Fovea({"cache", "import", "answers", "--store", "other"}), 3,
                  "answers");
}

TEST_F(ReuseVerbs, LearnWritesWeightsThatRunTakes) {
  Ingest();
  testing::WriteSmallModel(dir_.File("small"), "small");
  const ProcessResult learnt = OnStore(
      {"learn", "filter", "cam", "--model", "small", "-o", "weights.txt"});
  ASSERT_EQ(learnt.exit_code, 0) << learnt.err;
  EXPECT_THAT(learnt.out, HasSubstr("260, the last 104 held out"));
  EXPECT_THAT(learnt.out, HasSubstr("weights.txt"));
  const Json json = JsonOf({"learn", "filter", "cam", "--model", "small", "-o",
                            "weights.txt", "--most-frames", "120"});
  EXPECT_EQ(json["schema"], "fovea.learn/1");
  EXPECT_EQ(json["frames"], 120);
  for (const char* key : {"stream", "loss", "file", "frames_held_out",
                          "avoided_before", "avoided_after", "learnt"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(OnStore(Run({"--max-error", "0.05", "--filter", "weights.txt"}))
                .exit_code,
            0);
  Write("weights.txt", "no weights\n");
  ExpectOneLine(
      OnStore(Run({"--max-error", "0.05", "--filter", "weights.txt"})), 1,
      "weights.txt");
  ExpectOneLine(OnStore(Run({"--max-error", "0.05", "--filter", "none.txt"})),
                1, "none.txt");
  ExpectOneLine(
      OnStore({"learn", "filter", "cam", "--model", "own", "-o", "w.txt"}), 1,
      "own");
  ExpectOneLine(OnStore({"learn", "filter", "cam", "--model", "small", "-o",
                         "w.txt", "--hop", "5"}),
                1, "--hop");
}

TEST_F(ReuseVerbs, UnknownStreamsAndModelsAreNamed) {
  Ingest();
  ExpectOneLine(OnStore({"audit", "cma"}), 1, "'cma'");
  ExpectOneLine(OnStore({"audit", "cam", "--model", "none"}), 1, "none");
  ExpectOneLine(OnStore({"cache", "why", "cma@1", "--model", "own"}), 1, "cma");
  ExpectOneLine(OnStore({"cache", "why", "cam@999", "--model", "own"}), 1,
                "0 to 259");
  ExpectOneLine(OnStore({"cache", "prune", "--stream", "cma"}), 1, "cma");
  ExpectOneLine(OnStore({"cache", "export", "f", "--stream", "cma"}), 1, "cma");
  ExpectOneLine(
      OnStore({"learn", "filter", "cma", "--model", "own", "-o", "w"}), 1,
      "'cma'");
}

TEST_F(ReuseVerbs, BadArgumentsAreUsageErrors) {
  for (const char* share : {"-0.1", "1.1", "2", "nan", "inf", "some"}) {
    ExpectOneLine(OnStore(Run({"--max-error=" + std::string(share)})), 2,
                  "--max-error");
    ExpectOneLine(OnStore({"ingest", "cam.y4m", "--model", "own",
                           "--max-error=" + std::string(share)}),
                  2, "--max-error");
  }
  for (const char* confidence : {"0", "1", "nan"}) {
    ExpectOneLine(
        OnStore(Run({"--max-error", "0.05", "--confidence", confidence})), 2,
        "--confidence");
    ExpectOneLine(OnStore({"audit", "cam", "--confidence", confidence}), 2,
                  "--confidence");
  }
  ExpectOneLine(OnStore(Run({"--loss", "boxes"})), 2, "--max-error");
  ExpectOneLine(OnStore(Run({"--max-error", "0.1", "--loss", "all"})), 2,
                "--loss");
  ExpectOneLine(OnStore({"ingest", "cam.y4m", "--max-error", "0.05"}), 2,
                "needs a --model");
  ExpectOneLine(OnStore({"audit"}), 2, "stream");
  ExpectOneLine(OnStore({"audit", "cam", "--limit", "3"}), 2, "--log");
  ExpectOneLine(OnStore({"cache"}), 2, "cache");
  ExpectOneLine(OnStore({"cache", "clear"}), 2, "'clear'");
  ExpectOneLine(OnStore({"cache", "why", "cam", "--model", "own"}), 2,
                "STREAM@INDEX");
  ExpectOneLine(OnStore({"cache", "why", "cam@x", "--model", "own"}), 2,
                "STREAM@INDEX");
  ExpectOneLine(OnStore({"cache", "why", "cam@1"}), 2, "--model");
  ExpectOneLine(OnStore({"cache", "prune", "--imported", "--stream", "cam"}), 2,
                "--stream");
  ExpectOneLine(OnStore({"learn", "filter", "cam", "--model", "own"}), 2,
                "--output");
}

TEST_F(ReuseVerbs, HelpTellsOfEachOption) {
  const auto help = [&](std::vector<std::string> verb,
                        const std::vector<std::string>& parts) {
    verb.push_back("--help");
    const ProcessResult result = Fovea(verb);
    EXPECT_EQ(result.exit_code, 0);
    for (const std::string& part : parts) {
      EXPECT_THAT(result.out, HasSubstr(part));
    }
  };
  const std::vector<std::string> reuse = {
      "--max-error SHARE", "--confidence P", "--loss",       "--blind-time",
      "--audit-seed",      "--no-cache",     "--filter FILE"};
  help({"run"}, reuse);
  help({"run"}, {"--offline"});
  help({"ingest"}, reuse);
  help({"audit"}, {"--log", "--confidence", "--from-index", "--limit"});
  help({"cache"}, {"stats", "why", "prune", "export", "import"});
  help({"cache", "prune"}, {"--unused", "--before", "--dry-run"});
  help({"learn", "filter"}, {"--output FILE", "--most-frames", "--seed"});
}

}  // namespace
}  // namespace fovea
