// SPDX-License-Identifier: GPL-2.0-or-later
//
// One SIGINT or SIGTERM, early: every long verb ends soon, with 128 + the
// signal, and leaves no half of anything.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/live_server.h"
#include "tests/support/process.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

// Whether the process has a handler for `number` (kernel: SigCgt).
bool Catches(pid_t pid, int number) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word) {
    if (word != "SigCgt:") continue;
    status >> word;
    return (std::stoull(word, nullptr, 16) >> (number - 1) & 1) != 0;
  }
  return false;
}

class InterruptTest : public Cli {
 protected:
  void MakeStore() {
    ASSERT_EQ(Fovea({"sample", "scene", "--seconds", "4", "--size", "320x240"})
                  .exit_code,
              0);
    const ProcessResult ingest =
        OnStore({"ingest", "scene/camera.mp4", "--name", "cam", "--imu",
                 "scene/imu.csv", "--preset", "ultrafast"});
    ASSERT_EQ(ingest.exit_code, 0) << ingest.err;
  }

  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  // Runs `arguments` on the store; the signal is there when it first looks.
  ProcessResult InterruptAtOnce(std::vector<std::string> arguments,
                                int number) const {
    arguments.insert(arguments.end(), {"--store", "store"});
    ProcessOptions options = Options();
    options.keep_input_open = true;
    options.pending_signal = number;
    return RunProcess(Command(arguments), options);
  }

  // The same for what waits for ever: signals once it has begun to.
  ProcessResult InterruptWaiting(std::vector<std::string> arguments,
                                 int number) const {
    arguments.insert(arguments.end(), {"--store", "store"});
    ProcessOptions options = Options();
    options.keep_input_open = true;
    Process process(Command(arguments), options);
    while (!Catches(process.pid(), number)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    process.Signal(number);
    return process.Finish();
  }
};

TEST_F(InterruptTest, LongVerbsEndWithoutHalfAFile) {
  MakeStore();
  const auto before = Files();
  const std::vector<std::vector<std::string>> kLong = {
      {"verify", "--deep"},
      {"export", "cam", "-o", "out.mp4"},
      {"export", "cam", "-o", "out.h264"},
      {"export", "cam.imu", "-o", "out.csv"},
      {"series", "cam.imu", "-o", "out.csv"},
      {"sample", "other", "--seconds", "60"},
      {"rm", "cam", "--yes"},
      {"ingest", "-", "--name", "piped"}};
  for (const auto& arguments : kLong) {
    for (const int number : {SIGINT, SIGTERM}) {
      const ProcessResult result = InterruptAtOnce(arguments, number);
      ExpectOneLine(result, 128 + number, "interrupted");
      EXPECT_EQ(result.out, "") << arguments[0];
      EXPECT_EQ(Files(), before) << arguments[0];
    }
  }
  EXPECT_THAT(StreamNames(), ::testing::ElementsAre("cam", "cam.imu"));
  EXPECT_EQ(JsonOf({"info", "cam"})["stream"]["counts"]["stored"], 120);
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

TEST_F(InterruptTest, AFeedThatSaysNothingCanBeLeft) {
  testing::LiveServer silent({{{}, 0, 60, 0}, {{}, 0, 60, 0}});
  const ProcessResult result =
      InterruptWaiting({"ingest", silent.url(), "--timeout", "1h"}, SIGINT);
  ExpectOneLine(result, 130, "interrupted");
  EXPECT_THAT(result.err, Not(HasSubstr("secret")));
  EXPECT_TRUE(Files().empty()) << "a store was made for nothing";
}

TEST_F(InterruptTest, APipeThatSaysNothingCanBeLeft) {
  const ProcessResult result = InterruptWaiting({"ingest", "-"}, SIGTERM);
  ExpectOneLine(result, 143, "interrupted");
  EXPECT_TRUE(Files().empty()) << "a store was made for nothing";
}

TEST_F(InterruptTest, SoCanInfoOfAFeed) {
  testing::LiveServer silent({{{}, 0, 60, 0}});
  ExpectOneLine(InterruptWaiting({"info", silent.url()}, SIGINT), 130,
                "interrupted");
}

}  // namespace
}  // namespace fovea
