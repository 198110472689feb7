// SPDX-License-Identifier: GPL-2.0-or-later
//
// The space a store says it takes is what the disk gave it.

#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class Space : public Cli {
 protected:
  void SetUp() override {
    ASSERT_EQ(
        Fovea({"sample", ".", "--size", "640x360", "--seconds", "6"}).exit_code,
        0);
    std::mt19937 chance(5);
    std::string noise(4'000'000, '\0');
    for (char& byte : noise) byte = static_cast<char>(chance());
    Write("noise", noise);
  }

  void Run(const std::vector<std::string>& arguments) const {
    const ProcessResult result = OnStore(arguments);
    ASSERT_EQ(result.exit_code, 0) << arguments.front() << ": " << result.err;
  }

  static double BlocksOf(const std::filesystem::path& path) {
    struct stat file = {};
    EXPECT_EQ(lstat(path.c_str(), &file), 0) << path;
    return static_cast<double>(file.st_blocks) * 512;
  }

  // What the file system gave all files of the store but its ballast, which
  // is reported apart.
  double OnDisk() const {
    double bytes = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(dir_.File("store"))) {
      if (entry.is_directory() || entry.path().filename() == "BALLAST")
        continue;
      bytes += BlocksOf(entry.path());
    }
    return bytes;
  }

  static double StoreBytes(const Json& usage) {
    return usage["segment_bytes"].get<double>() +
           usage["catalogue_bytes"].get<double>();
  }

  void ExpectTrue(double reported, const std::string& when) const {
    const double on_disk = OnDisk();
    EXPECT_NEAR(reported, on_disk, 0.02 * on_disk) << when;
    RecordProperty(when, std::to_string(100 * (reported / on_disk - 1)));
  }

  void ExpectTrueUsage(const std::string& when) const {
    const Json usage = JsonOf({"du"})["usage"];
    ExpectTrue(StoreBytes(usage), when);
    EXPECT_EQ(usage["ballast_bytes"].get<double>(),
              BlocksOf(dir_.File("store/BALLAST")));
  }

  void IngestAll() const {
    Run({"ingest", "noise", "--opaque"});
    ExpectTrueUsage("one opaque file");
    Run({"ingest", "camera.mp4", "--copy", "--name", "kept"});
    ExpectTrueUsage("a copied camera too");
    Run({"ingest", "camera.mp4", "--imu", "imu.csv", "--name", "coded"});
    ExpectTrueUsage("a coded camera too");
    Run({"ingest", "camera.mp4", "--copy", "--name", "again"});
    ExpectTrueUsage("the copied camera again");
  }
};

TEST_F(Space, ReportedIsWithinTwoPercentOfTheDisks) {
  IngestAll();
  Run({"rm", "coded", "--yes"});
  ExpectTrueUsage("a camera removed and pruned");
  Run({"ingest", "camera.mp4", "--name", "coded"});
  ExpectTrueUsage("and ingested again");
  Run({"rm", "kept", "--to", "2s", "--yes"});
  ExpectTrueUsage("part of a shared one removed");
}

TEST_F(Space, WhatRetentionReportsIsOnTheDisk) {
  IngestAll();
  Write("policy.yaml", "max: 4MB");
  const Json planned = JsonOf({"retain", "--plan", "--policy", "policy.yaml"});
  ExpectTrue(planned["store_bytes_before"], "before, as planned");
  const Json done = JsonOf({"retain", "--policy", "policy.yaml"});
  ASSERT_LT(done["store_bytes_after"], done["store_bytes_before"]);
  ExpectTrue(done["store_bytes_after"], "after, as reported");
  ExpectTrueUsage("after retention");
  Run({"verify", "--deep"});
  ExpectTrueUsage("after verifying");
}

}  // namespace
}  // namespace fovea
