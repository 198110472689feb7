// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program reading a store that the program writes: an ingest whose pipe
// stays open, and readers that come, go, stop and die meanwhile.

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

constexpr int kClipFrames = 120;
constexpr int kCopiesFirst = 3;

class ReadersTest : public Cli {
 protected:
  // A clip as access units, to be sent in two parts.
  void MakeClip() {
    ASSERT_EQ(Fovea({"sample", "scene", "--seconds", "4", "--size", "320x240"})
                  .exit_code,
              0);
    ASSERT_EQ(
        Fovea({"ingest", "scene/camera.mp4", "--name", "cam", "--imu",
               "scene/imu.csv", "--preset", "ultrafast", "--store", "source"})
            .exit_code,
        0);
    ASSERT_EQ(Fovea({"export", "cam", "-o", "clip.h264", "--store", "source"})
                  .exit_code,
              0);
    const auto bytes = testing::ReadFileBytes(dir_.File("clip.h264"));
    clip_.assign(bytes.begin(), bytes.end());
  }

  // An ingest that has acknowledged something and waits for more.
  void StartWriter() {
    MakeClip();
    ProcessOptions options = Options();
    options.keep_input_open = true;
    writer_ = std::make_unique<Process>(
        Command({"ingest", "-", "--name", "live", "--store", "store",
                 "--progress", "json", "--commit-every", "1ms", "--preset",
                 "ultrafast"}),
        options);
    // A pipe is looked into for some seconds before it is believed.
    for (int i = 0; i < kCopiesFirst; ++i) writer_->Send(clip_);
    WaitForAck();
  }

  void WaitForAck() {
    std::string line;
    while (writer_->ReadLine(&line)) {
      if (line.find("\"ack\"") != line.npos) return;
    }
    FAIL() << "the ingest ended: " << writer_->Finish().err;
  }

  // Sends the clip again and expects all that was sent to be stored.
  void EndWriter() {
    writer_->Send(clip_);
    writer_->CloseInput();
    const ProcessResult result = writer_->Finish();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(Stored(), (kCopiesFirst + 1) * kClipFrames);
    EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
  }

  int Stored() const {
    return JsonOf({"info", "live"})["stream"]["counts"]["stored"];
  }

  std::unique_ptr<Process> Reader(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--store", "store"});
    return std::make_unique<Process>(Command(arguments), Options());
  }

  bool Leases() const {
    const std::string leases = dir_.File("store/leases");
    return std::filesystem::exists(leases) &&
           !std::filesystem::is_empty(leases);
  }

  std::string clip_;
  std::unique_ptr<Process> writer_;
};

TEST_F(ReadersTest, EveryReadingVerbWorksDuringAnIngest) {
  StartWriter();
  EXPECT_THAT(StreamNames(), ::testing::ElementsAre("live"));
  EXPECT_GT(Stored(), 0);
  const std::vector<std::vector<std::string>> kVerbs = {
      {"ls"},
      {"du"},
      {"info", "live"},
      {"frames", "live", "--index", "3", "-o", "frames"},
      {"export", "live", "-o", "out.mp4"},
      {"inspect", "live"},
      {"rm", "live", "--dry-run"}};
  for (const auto& verb : kVerbs) {
    const ProcessResult result = OnStore(verb);
    EXPECT_EQ(result.exit_code, 0) << verb[0] << ": " << result.err;
  }
  EXPECT_FALSE(Leases()) << "they read through the writer";
  EndWriter();
}

TEST_F(ReadersTest, WhatWouldWriteNamesTheWriter) {
  StartWriter();
  const std::string pid = "pid " + std::to_string(writer_->pid());
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"verify", "--repair"},
        {"rm", "live", "--yes"}}) {
    ExpectOneLine(OnStore(verb), 1, pid);
  }
  EndWriter();
}

TEST_F(ReadersTest, WhatLooksAtAllOfAStoreReadsTheFiles) {
  StartWriter();
  Write("policy.yaml", "keep: 30d\n");
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"verify", "--deep"},
        {"retain", "--plan", "--policy", "policy.yaml"}}) {
    const ProcessResult result = OnStore(verb);
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  EXPECT_THAT(OnStore({"doctor"}).out, HasSubstr(" opens: "));
  EndWriter();
}

TEST_F(ReadersTest, EightAtOnce) {
  StartWriter();
  std::vector<std::unique_ptr<Process>> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(Reader({"frames", "live", "--index", std::to_string(i),
                              "-o", "f" + std::to_string(i)}));
  }
  for (const auto& reader : readers) {
    const ProcessResult result = reader->Finish();
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  EndWriter();
}

TEST_F(ReadersTest, KilledAndStoppedReadersHoldNobodyUp) {
  StartWriter();
  std::vector<std::unique_ptr<Process>> stopped;
  for (int i = 0; i < 4; ++i) {
    const auto killed = Reader({"export", "live", "-o", "out.mp4"});
    stopped.push_back(
        Reader({"export", "live", "-o", "out" + std::to_string(i) + ".mp4"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + 10 * i));
    killed->Signal(SIGKILL);
    stopped.back()->Signal(SIGSTOP);
  }
  EndWriter();
  for (const auto& reader : stopped) {
    reader->Signal(SIGCONT);
    const ProcessResult result = reader->Finish();
    if (result.exit_code != 0) ExpectErrorLine(result, 1, "pid");
  }
}

TEST_F(ReadersTest, AKilledWritersReadersGoOnOrSayWhy) {
  StartWriter();
  const int before = Stored();
  std::vector<std::unique_ptr<Process>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(
        Reader({"export", "live", "-o", "out" + std::to_string(i) + ".mp4"}));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(40));
  writer_->Signal(SIGKILL);
  for (const auto& reader : readers) {
    const ProcessResult result = reader->Finish();
    if (result.exit_code != 0) ExpectErrorLine(result, 1, "run it again");
  }
  EXPECT_TRUE(std::filesystem::exists(dir_.File("store/SOCKET")));
  EXPECT_GE(Stored(), before);  // from the files
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
  // The next writer takes the place of the dead one.
  IngestImu("imu", 100);
  EXPECT_FALSE(std::filesystem::exists(dir_.File("store/SOCKET")));
}

TEST_F(ReadersTest, RemovalSaysWhomItWaitsFor) {
  IngestImu("imu", 20'000);
  IngestImu("other", 10);
  const auto names = StreamNames();
  ASSERT_EQ(names.size(), 2U);
  // More than a pipe holds, and nobody takes it.
  const auto reader = Reader({"series", names[0]});
  while (!Leases()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const ProcessResult removed = OnStore({"rm", names[1], "--yes"});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_THAT(removed.err,
              HasSubstr("erasure waits for reader pid " +
                        std::to_string(reader->pid()) + " until 20"));
  const ProcessResult read = reader->Finish();
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(std::count(read.out.begin(), read.out.end(), '\n'), 20'001);
  EXPECT_FALSE(Leases());
  const ProcessResult again = OnStore({"rm", names[0], "--yes"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, Not(HasSubstr("erasure waits")));
}

TEST_F(ReadersTest, BackupWhileItIsWrittenAndRestore) {
  StartWriter();
  const Json first = JsonOf({"backup", "kept"});
  EXPECT_GT(first["bytes_written"], 0);
  const Json restored = JsonOf({"restore", "kept", "early"});
  EXPECT_EQ(restored["sequence"], first["sequence"]);
  EXPECT_TRUE(restored["verify"]["problems"].empty());
  EndWriter();
  const Json second = JsonOf({"backup", "kept"});
  EXPECT_GT(second["sequence"], first["sequence"]);
  EXPECT_EQ(OnStore({"restore", "kept", "late"}).exit_code, 0);
  const auto info = [&](const std::string& store) {
    return Fovea({"info", "live", "--json", "--store", store}).out;
  };
  EXPECT_EQ(Json::parse(info("late"))["stream"],
            Json::parse(info("store"))["stream"]);
  ExpectOneLine(OnStore({"restore", "kept", "late"}), 1, "not empty");
  ExpectOneLine(OnStore({"restore", "kept", "store/segments/new"}), 1,
                "'store/segments/new' lies inside the store '");
  ExpectOneLine(OnStore({"restore", "kept", "kept/new"}), 1,
                "'kept/new' lies inside the backup 'kept'");
  ExpectOneLine(OnStore({"backup", "store/kept"}), 1,
                "'store/kept' lies inside the store 'store'");
  ExpectOneLine(OnStore({"backup", "."}), 1, "'.' holds the store 'store'");
  ExpectOneLine(OnStore({"restore", "nowhere", "new"}), 1, "nowhere");
  ExpectOneLine(Fovea({"backup", "kept", "--store", "source"}), 1,
                "another store");
}

TEST_F(ReadersTest, ABackupKilledHalfwayLeavesTheOneBefore) {
  IngestImu("imu", 20'000);
  ASSERT_EQ(OnStore({"backup", "kept", "--copy"}).exit_code, 0);
  IngestImu("more", 20'000);
  for (int i = 0; i < 10; ++i) {
    const auto backup = Reader({"backup", "kept", "--copy"});
    std::this_thread::sleep_for(std::chrono::milliseconds(4 * i));
    backup->Signal(SIGKILL);
    backup->Finish();
    std::filesystem::remove_all(dir_.File("got"));
    const ProcessResult restored = OnStore({"restore", "kept", "got"});
    EXPECT_EQ(restored.exit_code, 0) << restored.err;
  }
  ASSERT_EQ(OnStore({"backup", "kept", "--copy"}).exit_code, 0);
}

}  // namespace
}  // namespace fovea
