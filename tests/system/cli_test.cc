// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program as its users meet it: verbs, exit codes, one-line errors,
// JSON that parses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "api/camera_priors.h"
#include "api/store.h"
#include "index/observations.h"
#include "tests/support/build_paths.h"
#include "tests/support/process.h"
#include "tests/support/test_data.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

const std::vector<std::string> kVerbs = {
    "sample", "ingest", "ls",     "info", "frames", "series",
    "export", "rm",     "verify", "du",   "doctor", "version"};

TEST_F(Cli, EveryVerbHasHelpOnStandardOutput) {
  for (const std::string& verb : kVerbs) {
    const ProcessResult result = Fovea({verb, "--help"});
    EXPECT_EQ(result.exit_code, 0) << verb;
    EXPECT_THAT(result.out, HasSubstr("--store")) << verb;
    EXPECT_EQ(result.err, "") << verb;
    EXPECT_EQ(Fovea({"help", verb}).out, result.out) << verb;
  }
}

TEST_F(Cli, HelpListsEveryVerb) {
  const ProcessResult result = Fovea({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const std::string& verb : kVerbs) {
    EXPECT_THAT(result.out, HasSubstr("\n  " + verb)) << verb;
  }
}

TEST_F(Cli, MisspeltWordsAreUsageErrorsWithASuggestion) {
  ExpectOneLine(Fovea({"ingst", "a.mp4"}), 2, "did you mean 'ingest'?");
  ExpectOneLine(Fovea({"frames", "cam", "--indx", "3"}), 2,
                "did you mean '--index'?");
  ExpectOneLine(Fovea({"--hlep"}), 2, "did you mean '--help'?");
  ExpectOneLine(Fovea({"xyzzy"}), 2, "'xyzzy' is not a verb");
  ExpectOneLine(Fovea({}), 2, "no verb");
}

TEST_F(Cli, WrongUsageIsExitCodeTwo) {
  ExpectOneLine(Fovea({"ls"}), 2, "FOVEA_STORE");
  ExpectOneLine(OnStore({"ingest"}), 2, "ingest");
  ExpectOneLine(OnStore({"ingest", "a.mp4", "--crf", "99"}), 2, "--crf");
  ExpectOneLine(OnStore({"ingest", "a.mp4", "--crf", "abc"}), 2, "--crf");
  ExpectOneLine(OnStore({"ingest", "a", "b", "--name", "c"}), 2, "--name");
  ExpectOneLine(OnStore({"ingest", "a", "--append", "--resume"}), 2,
                "--append");
  ExpectOneLine(OnStore({"ingest", "a", "--duration", "-1s"}), 2, "-1");
  ExpectOneLine(OnStore({"frames", "cam", "-o", "."}), 2, "--at");
  ExpectOneLine(
      OnStore({"frames", "cam", "-o", ".", "--at", "1s", "--index", "3"}), 2,
      "exactly one");
  ExpectOneLine(OnStore({"frames", "cam", "-o", ".", "--at", "soon"}), 2,
                "'soon' is not a time");
  ExpectOneLine(OnStore({"ls", "--color", "pink"}), 2, "--color");
  ExpectOneLine(Fovea({"sample", "d", "--size", "big"}), 2, "--size");
}

TEST_F(Cli, TheStoreMayComeFromTheEnvironment) {
  IngestImu("walk", 50);
  ProcessOptions options = Options();
  options.environment = {{"FOVEA_STORE", "store"}};
  const ProcessResult result = RunProcess(Command({"ls"}), options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("walk"));
}

TEST_F(Cli, UnwritableStandardOutputIsAFailure) {
  const ProcessResult result = RunProcess(
      {"/bin/sh", "-c", testing::FoveaBinary() + " version > /dev/full"},
      Options());
  ExpectOneLine(result, 1, "standard output");
}

TEST_F(Cli, ColourIsOnlyWhereAskedOrSeen) {
  IngestImu("walk", 50);
  EXPECT_THAT(OnStore({"ls"}).out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(OnStore({"ls", "--color", "always"}).out, HasSubstr("\x1b[1m"));
}

// --- inertial data, from file to file -------------------------------------

TEST_F(Cli, SamplesComeBackAsTheyWent) {
  IngestImu("walk", 1000);
  const ProcessResult result = OnStore({"series", OnlyStream(), "--csv"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::istringstream sent(ImuCsv(1000));
  std::istringstream got(result.out);
  std::string sent_line, got_line;
  std::getline(sent, sent_line);
  std::getline(got, got_line);
  EXPECT_THAT(got_line, StartsWith("time_ns,"));
  while (std::getline(sent, sent_line)) {
    ASSERT_TRUE(std::getline(got, got_line));
    ASSERT_EQ(got_line, sent_line);
  }
  EXPECT_FALSE(std::getline(got, got_line));
}

TEST_F(Cli, SeriesTakesAHalfOpenRange) {
  IngestImu("walk", 1000);
  const ProcessResult result =
      OnStore({"series", OnlyStream(), "--from", "2s", "--to", "2.03"});
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 4);
  EXPECT_THAT(result.out, HasSubstr("\n2000000000,"));
  EXPECT_THAT(result.out, Not(HasSubstr("\n2030000000,")));
}

TEST_F(Cli, EveryReportIsOneDocumentNamingItsSchema) {
  IngestImu("walk", 500);
  const std::string stream = OnlyStream();
  const std::vector<std::vector<std::string>> reports = {
      {"ls"},
      {"info", stream},
      {"info", "store"},
      {"info", "walk.csv"},
      {"series", stream},
      {"verify", "--deep"},
      {"du"},
      {"version"},
      {"rm", stream, "--dry-run"},
      {"export", stream, "-o", "out.csv"}};
  for (const auto& report : reports) {
    const Json json = JsonOf(report);
    EXPECT_EQ(json["schema"], "fovea." + report.front() + "/1");
  }
}

TEST_F(Cli, InfoShowsThatNoSampleVanished) {
  IngestImu("walk", 500);
  const ProcessResult result = OnStore({"info", OnlyStream()});
  EXPECT_THAT(result.out,
              HasSubstr("in 500 = stored 500 + dropped 0 + rejected 0"));
}

// Puts what no verb puts yet.
void Observe(const std::string& path, const std::string& name) {
  auto store = Store::Open({.path = path});
  ASSERT_TRUE(store.ok()) << store.status();
  const auto stream = (*store)->Describe(name);
  ASSERT_TRUE(stream.ok()) << stream.status();
  Observation step;
  step.stream = stream->id;
  step.label = "step";
  step.last_index = 99;
  step.end_ns = 1'000'000'000;
  CameraPrior prior = NewCameraPrior({"detector", {0xab, 0xcd}}, 80, 45);
  prior.frames = 1234;
  CommitBatch batch;
  for (step.track = 0; step.track < 3; ++step.track) {
    ASSERT_TRUE(Observations((*store)->chunks()).Put(step, &batch).ok());
  }
  ASSERT_TRUE(PutPrior((*store)->chunks(), stream->id, prior, &batch).ok());
  ASSERT_TRUE((*store)->chunks()->Commit(std::move(batch)).ok());
}

TEST_F(Cli, InfoAndRmTellOfObservationsAndPriors) {
  IngestImu("walk", 500);
  const std::string stream = OnlyStream();
  EXPECT_THAT(OnStore({"info", stream}).out, Not(HasSubstr("observations")));
  EXPECT_EQ(JsonOf({"info", stream})["stream"]["observations"], Json::array());
  Observe(dir_.File("store"), stream);
  const ProcessResult text = OnStore({"info", stream});
  EXPECT_THAT(text.out, HasSubstr("step 3"));
  EXPECT_THAT(text.out, HasSubstr("detector abcd00000000, 1,234 frames, 80x45 "
                                  "macroblocks"));
  const Json json = JsonOf({"info", stream})["stream"];
  EXPECT_EQ(json["observations"][0]["label"], "step");
  EXPECT_EQ(json["observations"][0]["count"], 3);
  EXPECT_EQ(json["priors"][0]["frames"], 1234);
  const ProcessResult plan = OnStore({"rm", stream, "--dry-run"});
  EXPECT_THAT(plan.out, HasSubstr("and 3 observations"));
  const Json removed = JsonOf({"rm", stream, "--yes"});
  EXPECT_EQ(removed["observations_removed"], 3);
  EXPECT_EQ(removed["priors_removed"], 1);
  EXPECT_EQ(testing::FileHolding(dir_.File("store"), "detector"), "");
}

TEST_F(Cli, AcknowledgementsAreLinesThatCoverTheStream) {
  Write("walk.csv", ImuCsv(1000));
  const ProcessResult result =
      OnStore({"ingest", "walk.csv", "--progress", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::istringstream lines(result.out);
  std::string line;
  int64_t next = 0;
  Json last;
  while (std::getline(lines, line)) {
    ASSERT_TRUE(Json::accept(line)) << line;
    last = Json::parse(line);
    if (!last.contains("ack")) continue;
    EXPECT_EQ(last["ack"]["first_index"], next);
    next = last["ack"]["last_index"].get<int64_t>() + 1;
    EXPECT_EQ(last["ack"]["chunk"].get<std::string>().size(), 64U);
  }
  EXPECT_EQ(next, 1000);
  EXPECT_EQ(last["schema"], "fovea.ingest/1");
}

TEST_F(Cli, DryRunsStoreNothing) {
  Write("walk.csv", ImuCsv(100));
  const ProcessResult first = OnStore({"ingest", "walk.csv", "--dry-run"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_FALSE(std::filesystem::exists(dir_.File("store")));
  IngestImu("run", 100);
  const auto before = StreamNames();
  EXPECT_EQ(OnStore({"ingest", "walk.csv", "--dry-run"}).exit_code, 0);
  EXPECT_EQ(StreamNames(), before);
}

TEST_F(Cli, TakenNamesNeedAppend) {
  IngestImu("walk", 100);
  ExpectErrorLine(OnStore({"ingest", "walk.csv"}), 1, "walk");
  EXPECT_EQ(OnStore({"ingest", "walk.csv", "--append"}).exit_code, 0);
  EXPECT_THAT(OnStore({"info", OnlyStream()}).out, HasSubstr("stored 200"));
}

TEST_F(Cli, RemovingNeedsAYesWhereNobodyCanBeAsked) {
  IngestImu("walk", 500);
  const std::string stream = OnlyStream();
  ExpectOneLine(OnStore({"rm", stream}), 1, "--yes");
  EXPECT_EQ(OnStore({"rm", stream, "--dry-run"}).exit_code, 0);
  EXPECT_EQ(StreamNames().size(), 1U);
  const ProcessResult removed = OnStore({"rm", stream, "--yes"});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_TRUE(StreamNames().empty());
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

TEST_F(Cli, DoctorMakesTheCatalogueAnew) {
  IngestImu("walk", 500);
  const std::string before = OnStore({"series", OnlyStream()}).out;
  const ProcessResult result = OnStore({"doctor", "--rebuild"});
  EXPECT_THAT(result.out, HasSubstr("opens: 1 streams")) << result.err;
  EXPECT_EQ(OnStore({"series", OnlyStream()}).out, before);
}

TEST_F(Cli, MisspeltStreamsGetASuggestion) {
  IngestImu("walk", 50);
  const std::string stream = OnlyStream();
  const std::string typo = "x" + stream;
  ExpectOneLine(OnStore({"series", typo}), 1, stream);
  ExpectOneLine(OnStore({"rm", typo, "--yes"}), 1, stream);
  ExpectOneLine(OnStore({"export", typo, "-o", "x.csv"}), 1, stream);
  ExpectOneLine(OnStore({"frames", typo, "--index", "0", "-o", "."}), 1,
                stream);
}

}  // namespace
}  // namespace fovea
