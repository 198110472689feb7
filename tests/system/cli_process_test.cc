// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program beside other processes: stores in use, kills, interrupts,
// and real video in and out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/test_data.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class RunningIngest : public Cli {
 protected:
  // The holder of the lock writes its number there.
  bool HasStoreOpen(pid_t pid) const {
    const auto text = testing::ReadFileBytes(dir_.File("store/LOCK"));
    return std::string(text.begin(), text.end()).find(std::to_string(pid)) !=
           std::string::npos;
  }

  // An ingest of a pipe nothing comes out of; it has opened the store.
  std::unique_ptr<Process> StartIdleIngest() const {
    IngestImu("before", 10);
    ProcessOptions options = Options();
    options.keep_input_open = true;
    auto process = std::make_unique<Process>(
        Command({"ingest", "-", "--name", "cam", "--store", "store"}), options);
    for (int i = 0; i < 4000; ++i) {
      if (HasStoreOpen(process->pid())) return process;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "the ingest never opened its store";
    return process;
  }
};

TEST_F(RunningIngest, OtherProcessesReadAndAreToldWhoWrites) {
  const auto process = StartIdleIngest();
  EXPECT_EQ(OnStore({"ls"}).exit_code, 0);
  const ProcessResult result = OnStore({"verify", "--repair"});
  ExpectOneLine(result, 1, "in use by");
  EXPECT_THAT(result.err, HasSubstr(std::to_string(process->pid())));
}

TEST_F(RunningIngest, AStoreIsFreeAgainOnceItsProcessIsKilled) {
  auto process = StartIdleIngest();
  process->Signal(SIGKILL);
  EXPECT_EQ(process->Finish().signal, SIGKILL);
  IngestImu("walk", 50);
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

// --- camera ---------------------------------------------------------------

class CliVideo : public Cli {
 protected:
  void SetUp() override {
    const ProcessResult sample = Fovea({"sample", "scene", "--seconds", "2",
                                        "--size", "320x240", "--fps", "15"});
    ASSERT_EQ(sample.exit_code, 0) << sample.err;
    const ProcessResult ingest =
        OnStore({"ingest", "scene/camera.mp4", "--name", "cam", "--imu",
                 "scene/imu.csv", "--preset", "ultrafast"});
    ASSERT_EQ(ingest.exit_code, 0) << ingest.err;
  }
};

TEST_F(CliVideo, StreamsFramesAndFilesComeOut) {
  EXPECT_THAT(StreamNames(), ::testing::ElementsAre("cam", "cam.imu"));
  EXPECT_EQ(JsonOf({"info", "cam"})["stream"]["counts"]["stored"], 30);
  EXPECT_THAT(OnStore({"info", "cam"}).out, HasSubstr("proxy"));

  const ProcessResult one =
      OnStore({"frames", "cam", "--index", "7", "-o", "pictures"});
  EXPECT_EQ(one.out, "pictures/cam@7.png\n") << one.err;
  const ProcessResult at = OnStore(
      {"frames", "cam", "--at", "1s", "-o", "pictures", "--format", "jpeg"});
  EXPECT_EQ(at.out, "pictures/cam@15.jpg\n") << at.err;
  EXPECT_EQ(JsonOf({"frames", "cam", "--every", "500ms", "-o", "all"})["frames"]
                .size(),
            4U);
  ExpectOneLine(OnStore({"frames", "cam", "--index", "30", "-o", "pictures"}),
                1, "indexes 0 to 29");

  for (const char* name : {"out.mp4", "out.h264"}) {
    EXPECT_EQ(OnStore({"export", "cam", "-o", name}).exit_code, 0);
    EXPECT_EQ(Fovea({"info", name}).exit_code, 0) << name;
  }
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

TEST_F(CliVideo, ASourceCutShortIsStoredUpToTheCutAndExitsThree) {
  auto bytes = testing::ReadFileBytes(dir_.File("scene/camera.mp4"));
  ASSERT_EQ(Fovea({"info", "scene/camera.mp4"}).exit_code, 0);
  bytes.resize(bytes.size() / 2);
  testing::WriteFileBytes(dir_.File("cut.mp4"), bytes);
  const ProcessResult result = OnStore({"ingest", "cut.mp4"});
  ExpectErrorLine(result, 3, "cut.mp4: cut short at byte");
  const Json counts = JsonOf({"info", "cut"})["stream"]["counts"];
  EXPECT_GT(counts["stored"], 0);
  EXPECT_LT(counts["stored"], 30);
  EXPECT_EQ(counts["conserved"], true);
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

class Interrupted : public CliVideo,
                    public ::testing::WithParamInterface<int> {};

TEST_P(Interrupted, ClosesCleanlyAndKeepsWhatWasAcknowledged) {
  ProcessOptions options = Options();
  options.keep_input_open = true;
  ASSERT_EQ(OnStore({"export", "cam", "-o", "cam.h264"}).exit_code, 0);
  const auto bytes = testing::ReadFileBytes(dir_.File("cam.h264"));
  Process process(Command({"ingest", "-", "--name", "live", "--store", "store",
                           "--progress", "json", "--timeout", "1h"}),
                  options);
  // More than is read to find out what the feed is.
  for (int i = 0; i < 60; ++i) process.Send({bytes.begin(), bytes.end()});
  std::string line;
  do {
    ASSERT_TRUE(process.ReadLine(&line));
  } while (line.find("\"ack\"") == std::string::npos);
  process.Signal(GetParam());
  const ProcessResult result = process.Finish();
  EXPECT_EQ(result.exit_code, 128 + GetParam()) << result.err;
  const Json acknowledged = Json::parse(line)["ack"];
  EXPECT_GT(JsonOf({"info", "live"})["stream"]["end_index"],
            acknowledged["last_index"]);
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupted,
                         ::testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace fovea
