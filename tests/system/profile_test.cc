// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea model and fovea profile with models of sensor windows, as a user
// runs them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/small_model.h"
#include "tests/support/window_model.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

using testing::WindowModel;

class WindowModelVerbs : public Cli {
 protected:
  void SetUp() override {
    testing::WriteWindowModel(dir_.File("own"), "har");
    testing::WriteSmallModel(dir_.File("pictures"), "pictures");
    Write("walk.csv", ImuCsv(1000));
    const ProcessResult added = Model("add", "own");
    if (added.err.find("libfovea_torch") != std::string::npos) {
      GTEST_SKIP() << "this build cannot run networks";
    }
    ASSERT_EQ(added.exit_code, 0) << added.err;
  }

  ProcessResult Model(const std::string& action, const std::string& what) {
    return Fovea({"model", action, what, "--models", "models"});
  }

  ProcessResult Profile(const std::string& input,
                        std::vector<std::string> more = {},
                        const std::string& model = "har") {
    more.insert(more.begin(), {"profile", input, "--model", model, "--models",
                               "models", "-o", "out.bands"});
    return OnStore(more);
  }

  void ExpectRefused(const std::string& input,
                     const std::vector<std::string>& more,
                     const std::string& what, const std::string& model) {
    ExpectOneLine(Profile(input, more, model), 1, what);
    EXPECT_FALSE(std::filesystem::exists(dir_.File("out.bands")));
  }
};

TEST_F(WindowModelVerbs, AModelIsChecked) {
  const ProcessResult result = Model("check", "har");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("imu-classifier"));
  EXPECT_THAT(result.out, HasSubstr("finite and not zero"));
}

TEST_F(WindowModelVerbs, ATableShowsChannelsByBands) {
  const ProcessResult result = Profile("walk.csv");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("14 of 64 samples at 50 Hz"));
  EXPECT_THAT(result.out, HasSubstr("accel_x [m/s2]"));
  EXPECT_THAT(result.out, HasSubstr("23.44 - 25"));
  EXPECT_TRUE(std::filesystem::exists(dir_.File("out.bands")));
}

TEST_F(WindowModelVerbs, JsonHasEveryEnergy) {
  const ProcessResult result = Profile("walk.csv", {"--json", "--hop", "64"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["schema"], "fovea.profile/1");
  EXPECT_EQ(report["samples"], 1000);
  const Json& of_model = report["models"][0];
  EXPECT_EQ(of_model["windows"], 7);
  EXPECT_EQ(of_model["edges_hz"].size(), 17U);
  ASSERT_EQ(of_model["channels"].size(), WindowModel::kChannels);
  for (size_t c = 0; c < WindowModel::kChannels; ++c) {
    const double energy =
        of_model["channels"][c]["energy"][WindowModel::BandOf(c)];
    EXPECT_NEAR(energy / WindowModel::EnergyOf(c), 1, 1e-4);
  }
}

TEST_F(WindowModelVerbs, AStreamOfTheStoreIsProfiled) {
  IngestImu("walk", 1000);
  std::filesystem::remove(dir_.File("walk.csv"));
  const ProcessResult result = Profile(OnlyStream());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("14 of 64 samples"));
}

TEST_F(WindowModelVerbs, TheStartOfAFileCanBeProfiledAlone) {
  const ProcessResult part =
      Profile("walk.csv", {"--json", "--duration", "2s"});
  ASSERT_EQ(part.exit_code, 0) << part.err;
  EXPECT_LT(Json::parse(part.out)["samples"], 1000);
  IngestImu("walk", 500);
  std::filesystem::remove(dir_.File("out.bands"));
  ExpectRefused(OnlyStream(), {"--duration", "2s"}, "is profiled whole", "har");
}

TEST_F(WindowModelVerbs, RejectedRowsAreALoss) {
  Write("walk.csv", ImuCsv(1000) + "x\n");
  const ProcessResult result = Profile("walk.csv");
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, HasSubstr("1 row"));
}

TEST_F(WindowModelVerbs, OptionsOfTheOtherKindAreRefused) {
  ExpectRefused("walk.csv", {"--444"}, "--444", "har");
  ExpectRefused("walk.csv", {"--every", "4"}, "--every", "har");
  ExpectRefused("walk.csv", {"--fps", "4"}, "--fps", "har");
  ExpectRefused("walk.csv", {"--hop", "4"}, "--hop", "pictures");
  ExpectRefused("walk.csv", {"--gyro-unit", "deg/s"}, "--gyro-unit",
                "pictures");
}

TEST_F(WindowModelVerbs, KindsOfModelsAreNotMixed) {
  ExpectRefused("walk.csv", {"--model", "pictures"},
                "model pictures takes pictures and model har windows", "har");
}

TEST_F(WindowModelVerbs, WhatIsMissingIsNamed) {
  Write("gps.csv", "t,lat,lon\n0,1,2\n1,2,3\n");
  ExpectRefused("gps.csv", {}, "takes channel 'accel.x'", "har");
  IngestImu("run", 100);
  ExpectRefused("runs.imu", {}, "runs.imu", "har");
}

}  // namespace
}  // namespace fovea
