// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bad input through the program: one line of error with object and next
// step, the right exit code, and what was stored before as it was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/ffmpeg_tool.h"
#include "tests/support/process.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_data.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

using testing::Ffmpeg;
using testing::SmallDisk;

class BadInput : public Cli {
 protected:
  // A store with a stream that must come through whatever follows.
  void MakeStore() {
    IngestImu("before", 500);
    before_ = Contents();
  }

  // Every stream with its samples, as the program gives them back.
  std::map<std::string, std::string> Contents() const {
    std::map<std::string, std::string> contents;
    for (const std::string& name : StreamNames()) {
      contents[name] = OnStore({"series", name}).out;
    }
    return contents;
  }

  void ExpectAsBefore() const {
    EXPECT_EQ(Contents(), before_);
    const ProcessResult verify = OnStore({"verify", "--deep"});
    EXPECT_EQ(verify.exit_code, 0) << verify.out << verify.err;
  }

  std::map<std::string, std::string> before_;
};

// --- files ------------------------------------------------------------------

TEST_F(BadInput, SourcesThatCannotBeReadMakeNoStore) {
  Write("empty.mp4", "");
  for (const char* name : {"missing.mp4", "empty.mp4"}) {
    ExpectOneLine(OnStore({"ingest", name}), 1, name);
    EXPECT_FALSE(std::filesystem::exists(dir_.File("store"))) << name;
  }
}

// The first bytes of a PNG that claims to be `width` x `height`.
std::string HugePng(uint32_t width, uint32_t height) {
  std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  for (const uint32_t side : {width, height}) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      png.push_back(static_cast<char>(side >> shift & 255));
    }
  }
  return png + std::string("\x08\x02\0\0\0\0\0\0\0", 9);
}

TEST_F(BadInput, SourcesThatCannotBeReadAreNamed) {
  FOVEA_NEED_FFMPEG();
  MakeStore();
  Write("empty.mp4", "");
  Write("text.mp4", "this is a letter, not a film\n");
  Write("wide.png", HugePng(100'000, 16));
  Write("large.png", HugePng(16'000, 16'000));
  Write("header.csv", "time,gyro_x\n");
  Write("no-time.csv", "gyro_x,gyro_y\n1,2\n2,3\n");
  Write("letter.csv", "dear madam\nyour data, as promised\n");
  Ffmpeg("-f lavfi -i testsrc2=s=320x240 -frames:v 0 -c:v libx264 '" +
         dir_.File("frameless.mp4") + "'");
  Ffmpeg("-f lavfi -i color=s=16400x16 -frames:v 1 -c:v ffv1 '" +
         dir_.File("long.mkv") + "'");
  for (const char* name : {"missing.mp4", "empty.mp4", "text.mp4", "wide.png",
                           "large.png", "header.csv", "no-time.csv",
                           "letter.csv", "frameless.mp4", "long.mkv"}) {
    ExpectOneLine(OnStore({"ingest", name}), 1, name);
    ExpectOneLine(OnStore({"info", name}), 1, name);
  }
  ExpectAsBefore();
}

struct Size {
  const char* text;
  int width;
  int height;
};

class OddSize : public BadInput, public ::testing::WithParamInterface<Size> {};

// Sizes nobody expects, but within the limits: whole pictures come back.
TEST_P(OddSize, IsStoredAndComesBackWithItsTrueSize) {
  FOVEA_NEED_FFMPEG();
  Ffmpeg(std::string("-f lavfi -i mandelbrot=s=640x480 -vf scale=") +
         std::to_string(GetParam().width) + ":" +
         std::to_string(GetParam().height) +
         ",format=yuv444p -frames:v 3 -c:v ffv1 '" + dir_.File("odd.mkv") +
         "'");
  const ProcessResult ingest = OnStore({"ingest", "odd.mkv"});
  ASSERT_EQ(ingest.exit_code, 0) << ingest.err;
  const Json info = JsonOf({"info", "odd"})["stream"];
  EXPECT_EQ(info["counts"]["stored"], 3);
  ASSERT_EQ(OnStore({"frames", "odd", "--index", "2", "-o", "out"}).exit_code,
            0);
  const Json frame =
      Json::parse(Fovea({"info", "out/odd@2.png", "--json"}).out);
  const Json camera = frame["source"]["tracks"][0]["camera"];
  EXPECT_EQ(camera["width"], GetParam().width) << frame;
  EXPECT_EQ(camera["height"], GetParam().height) << frame;
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, OddSize,
                         ::testing::Values(Size{"1x1", 1, 1},
                                           Size{"641x361", 641, 361},
                                           Size{"64x16384", 64, 16384}),
                         [](const auto& tested) {
                           return "Size" + std::string(tested.param.text);
                         });

// --- tables -----------------------------------------------------------------

TEST_F(BadInput, OneBadSourceDoesNotKeepTheOthersOut) {
  Write("walk.csv", ImuCsv(100));
  const ProcessResult result = OnStore({"ingest", "missing.csv", "walk.csv"});
  ExpectErrorLine(result, 1, "missing.csv");
  EXPECT_EQ(StreamNames().size(), 1U);
}

TEST_F(BadInput, UnreadableRowsAreCountedNamedAndExitThree) {
  std::string csv = ImuCsv(20);
  csv += "200000000,nan,0,0,0,0,9.8\n";
  csv += "210000000,hello,0,0,0,0,9.8\n";
  csv += "220000000,0,0\n";
  Write("bad.csv", csv);
  const ProcessResult result = OnStore({"ingest", "bad.csv", "--json"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  const Json counts =
      Json::parse(result.out)["sources"][0]["streams"][0]["counts"];
  EXPECT_EQ(counts["stored"], 20);
  EXPECT_EQ(counts["rejected"], 3);
  EXPECT_EQ(counts["conserved"], true);
}

TEST_F(BadInput, AnEndlessLineIsNamedAndTheRowsAfterItAreRead) {
  const std::string endless(10'000'000, '7');
  std::string csv = ImuCsv(20);
  csv += endless + "\n200000000,0,0,0,0,0,9.8\n";
  Write("long.csv", csv + endless);
  const ProcessResult result = OnStore({"ingest", "long.csv", "--json"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  const Json counts =
      Json::parse(result.out)["sources"][0]["streams"][0]["counts"];
  EXPECT_EQ(counts["stored"], 21);
  EXPECT_EQ(counts["rejected"], 2);
  EXPECT_THAT(counts.dump(), HasSubstr("long.csv line 22: 10000000 bytes"));
  EXPECT_THAT(OnStore({"info", OnlyStream()}).out,
              HasSubstr("long.csv line 22"));
}

TEST_F(BadInput, BackwardTimesAreKeptAndReported) {
  std::string csv = ImuCsv(20);
  csv += "50000000,0,0,0,0,0,9.8\n";
  csv += "50000000,0,0,0,0,0,9.8\n";
  Write("back.csv", csv);
  const ProcessResult result = OnStore({"ingest", "back.csv", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json counts =
      Json::parse(result.out)["sources"][0]["streams"][0]["counts"];
  EXPECT_EQ(counts["stored"], 22);
  EXPECT_EQ(counts["times_backward"], 1);
  EXPECT_EQ(counts["times_repeated"], 1);
  EXPECT_THAT(OnStore({"series", OnlyStream()}).out,
              HasSubstr("\n190000000,0.019,0.1,0.2,0.3,5,9.81\n50000000,"));
}

// --- stores ------------------------------------------------------------------

TEST_F(BadInput, FoldersThatHoldNoStoreAreNamed) {
  ExpectOneLine(OnStore({"ls"}), 1, "store");
  std::filesystem::create_directory(dir_.File("store"));
  Write("store/letter.txt", "hello");
  ExpectOneLine(OnStore({"ls"}), 1, "store");
  ExpectOneLine(OnStore({"verify"}), 1, "store");
}

TEST_F(BadInput, StoresOfANewerFormatAreLeftAlone) {
  MakeStore();
  const auto bytes = testing::ReadFileBytes(dir_.File("store/FOVEA"));
  std::string text(bytes.begin(), bytes.end());
  const size_t at = text.find("format 5\n");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 9, "format 9\n");
  Write("store/FOVEA", text);
  Write("run.csv", ImuCsv(10));
  ExpectOneLine(OnStore({"ls"}), 1, "newer fovea");
  ExpectOneLine(OnStore({"ingest", "run.csv"}), 1, "newer fovea");
  ExpectOneLine(OnStore({"doctor", "--rebuild"}), 1, "newer fovea");
  Write("store/FOVEA", std::string(bytes.begin(), bytes.end()));
  ExpectAsBefore();
}

TEST_F(BadInput, AStoreCannotBeMadeWhereNothingCanBeWritten) {
  Write("walk.csv", ImuCsv(10));
  ExpectOneLine(Fovea({"ingest", "walk.csv", "--store", "/proc/fovea-store"}),
                1, "/proc/fovea-store");
}

TEST_F(BadInput, NamesAreNeverPathsAndHaveALimit) {
  MakeStore();
  Write("walk.csv", ImuCsv(10));
  for (const std::string name :
       {"../../outside", "/tmp/fovea-outside", "..", "a/../../b"}) {
    const ProcessResult result =
        OnStore({"ingest", "walk.csv", "--name", name});
    if (result.exit_code != 0) ExpectErrorLine(result, 1, name);
  }
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(dir_.path())) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr("outside")));
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/fovea-outside"));
  const std::string endless(64 << 10, 'n');
  const ProcessResult result =
      OnStore({"ingest", "walk.csv", "--name", endless});
  EXPECT_EQ(result.exit_code, 1) << result.err.substr(0, 300);
  EXPECT_LT(result.err.size(), 4096u) << "the name in full";
  EXPECT_EQ(OnStore({"series", before_.begin()->first}).out,
            before_.begin()->second);
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

TEST_F(BadInput, AMissingSegmentIsNamedAndOtherStreamsGoOn) {
  MakeStore();
  const std::string segments = dir_.File("store/segments");
  ASSERT_EQ(OnStore({"doctor", "--rebuild"}).exit_code, 0);
  const auto first = std::filesystem::directory_iterator(segments)->path();
  std::filesystem::rename(first, dir_.File("aside"));
  const ProcessResult refused =
      OnStore({"ingest", "before.csv", "--name", "x"});
  ExpectErrorLine(refused, 1, "segment 00000001");
  std::filesystem::rename(dir_.File("aside"), first);
  ExpectAsBefore();
}

// --- disks ------------------------------------------------------------------

class BadDisk : public BadInput {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(dir_.File("store"));
    disk_ = std::make_unique<SmallDisk>(dir_.File("store"), 64);
  }

  // Pictures of noise, one a second: encoded well, each takes over 1 MB.
  void WriteNoise(int count) const {
    Ffmpeg(
        "-f rawvideo -pix_fmt yuv420p -s 1280x720 -r 1 -i /dev/urandom "
        "-frames:v " +
        std::to_string(count) + " '" + dir_.File("noise.y4m") + "'");
  }

  std::unique_ptr<SmallDisk> disk_;
};

TEST_F(BadDisk, AFullDiskLeavesEverythingAsItWas) {
  FOVEA_NEED_SMALL_DISK(*disk_);
  MakeStore();
  disk_->Fill(0);
  Write("more.csv", ImuCsv(2000));
  ExpectErrorLine(OnStore({"ingest", "more.csv"}), 1, "store");
  ExpectErrorLine(OnStore({"ingest", "more.csv", "--name", "again"}), 1,
                  "full");
  ExpectAsBefore();  // reading needs no space
  disk_->Free();
  ExpectAsBefore();
  EXPECT_EQ(OnStore({"ingest", "more.csv"}).exit_code, 0);
  EXPECT_EQ(StreamNames().size(), before_.size() + 1);
}

TEST_F(BadDisk, ADiskThatFillsUpKeepsWhatWasAcknowledged) {
  constexpr int kPictures = 32;
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_SMALL_DISK(*disk_);
  MakeStore();
  WriteNoise(kPictures);
  disk_->Fill(28 << 20);
  const ProcessResult result =
      OnStore({"ingest", "noise.y4m", "--crf", "1", "--no-map", "--progress",
               "json", "--commit-every", "0s"});
  ExpectErrorLine(result, 1, "full");
  int64_t acknowledged = 0;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.contains("ack")) {
      acknowledged = json["ack"]["last_index"].get<int64_t>() + 1;
    }
  }
  ASSERT_GT(acknowledged, 0);
  ASSERT_LT(acknowledged, kPictures);
  disk_->Free();
  const Json counts = JsonOf({"info", "noise"})["stream"]["counts"];
  EXPECT_EQ(counts["stored"], acknowledged);
  EXPECT_EQ(counts["conserved"], true);
  const ProcessResult verify = OnStore({"verify", "--deep"});
  EXPECT_EQ(verify.exit_code, 0) << verify.out << verify.err;
}

TEST_F(BadDisk, WhatDoesNotFitIsRefusedBeforeItBegins) {
  FOVEA_NEED_SMALL_DISK(*disk_);
  MakeStore();
  disk_->Fill(12 << 20);
  Write("large.bin", std::string(6 << 20, 'x'));
  ExpectErrorLine(OnStore({"ingest", "large.bin", "--opaque"}), 1,
                  "large.bin: the store's disk is full");
  ExpectAsBefore();
}

TEST_F(BadDisk, AReadOnlyDiskRefusesWritesInOneLine) {
  FOVEA_NEED_SMALL_DISK(*disk_);
  MakeStore();
  Write("more.csv", ImuCsv(100));
  ASSERT_TRUE(disk_->MakeReadOnly());
  ExpectOneLine(OnStore({"ingest", "more.csv"}), 1, "store");
  EXPECT_EQ(Contents(), before_);  // reading needs no writing
  ExpectOneLine(OnStore({"rm", before_.begin()->first, "--yes"}), 1, "store");
  ASSERT_TRUE(disk_->MakeWritable());
  ExpectAsBefore();
}

}  // namespace
}  // namespace fovea
