// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model of sensor windows from labelled recordings, as a user makes and
// uses it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>

#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class LearnClassifierVerb : public Cli {
 protected:
  // Six axes at 50 Hz: ten seconds of rest, ten of waving.
  void Record(const std::string& name, double phase) const {
    std::ostringstream csv;
    csv << "t,ax,ay,az,gx,gy,gz,label\n";
    for (int i = 0; i < 1000; ++i) {
      const double wave = i < 500 ? 0 : std::sin(0.4 * i + phase);
      const double hum = 0.1 * std::sin(2.4 * i + phase);
      csv << 0.02 * i << "," << 2 * wave + hum << "," << hum << ",9.8," << wave
          << "," << hum << ",0," << (i < 500 ? "rest" : "waving") << "\n";
    }
    Write(name, csv.str());
  }
};

TEST_F(LearnClassifierVerb, MakesAModelThatProfilesAndRuns) {
  Record("a.csv", 0);
  Record("b.csv", 1);
  Record("c.csv", 2);
  const std::vector<std::string> learn = {
      "learn", "classifier", "a.csv", "b.csv", "c.csv",  "--holdout",
      "c.csv", "--window",   "64",    "-o",    "waving", "--turn"};
  const Json learnt = JsonOf(learn);
  EXPECT_EQ(learnt["schema"], "fovea.learn.classifier/1");
  EXPECT_EQ(learnt["name"], "waving");
  EXPECT_EQ(learnt["recordings_held_out"], 1);
  EXPECT_GT(learnt["asked"], 20);
  EXPECT_GE(learnt["right"].get<int>(), learnt["asked"].get<int>() - 2);
  ASSERT_EQ(learnt["classes"].size(), 2U);
  EXPECT_EQ(learnt["classes"][0]["label"], "rest");
  ExpectOneLine(Fovea(learn), 1, "waving: holds a model already");

  const ProcessResult profile =
      Fovea({"profile", "c.csv", "--model", "waving", "-o", "c.bands"});
  EXPECT_EQ(profile.exit_code, 0) << profile.err;
  EXPECT_TRUE(std::filesystem::exists(dir_.File("c.bands")));
  Write("d.csv", Cli::ImuCsv(500));
  ASSERT_EQ(OnStore({"ingest", "d.csv"}).exit_code, 0);
  const ProcessResult run = OnStore({"run", OnlyStream(), "--model", "waving"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("rest"));
}

TEST_F(LearnClassifierVerb, TellsHowWellInText) {
  Record("a.csv", 0);
  Record("b.csv", 1);
  const ProcessResult all = Fovea(
      {"learn", "classifier", "a.csv", "b.csv", "--epochs", "2", "-o", "one"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("none: how well it does is not known"));
  EXPECT_THAT(all.err, HasSubstr("next: fovea profile"));
  const ProcessResult part =
      Fovea({"learn", "classifier", "a.csv", "b.csv", "--holdout", "b",
             "--epochs", "2", "-o", "two"});
  ASSERT_EQ(part.exit_code, 0) << part.err;
  EXPECT_THAT(part.out, HasSubstr("windows told right"));
}

TEST_F(LearnClassifierVerb, ErrorsBringANextStep) {
  Record("a.csv", 0);
  const auto learn = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"learn", "classifier", "a.csv", "-o",
                                          "model"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Fovea(arguments);
  };
  ExpectOneLine(learn({"--label-column", "class"}), 1, "no column 'class'");
  ExpectOneLine(learn({"--holdout", "b"}), 1, "held out 'b'");
  ExpectOneLine(learn({"--holdout", "a"}), 1, "two classes are needed");
  EXPECT_EQ(learn({"--window", "31"}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(dir_.File("model")));
}

}  // namespace
}  // namespace fovea
