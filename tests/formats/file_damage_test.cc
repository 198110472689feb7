// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that are cut, empty, foreign or too large.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "codec/formats/file_source.h"
#include "tests/formats/file_fixture.h"
#include "tests/formats/source_log.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::Ffmpeg;
using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::SourceLog;
using ::fovea::testing::TempDir;
using ::fovea::testing::TrackLog;
using ::fovea::testing::WriteFileBytes;
using ::fovea::testing::WriteFileText;
using ::testing::HasSubstr;

class FileDamageTest : public FileFixture {};

TEST_F(FileDamageTest, BadFilesAreNamedWithCauseAndNextStep) {
  WriteFileText(dir_.File("empty.mp4"), "");
  WriteFileText(dir_.File("text.mp4"), "hello, this is no film\nat all\n");
  const std::map<std::string, std::string> cases = {
      {"missing.mp4", "No such file"},
      {"empty.mp4", "is empty"},
      {"text.mp4", "looks like text"},
      {"", "is a folder"}};
  for (const auto& [name, expected] : cases) {
    const SourceLog log = ReadAll(dir_.File(name));
    EXPECT_FALSE(log.opened) << name;
    const std::string message(log.status.message());
    EXPECT_THAT(message, HasSubstr(expected));
    EXPECT_THAT(message, HasSubstr(dir_.path()));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST_F(FileDamageTest, VideoWithoutFramesIsAnError) {
  FOVEA_NEED_FFMPEG();
  const std::string path = dir_.File("zero.mp4");
  Ffmpeg("-f lavfi -i testsrc2=s=320x240 -frames:v 0 -c:v libx264 '" + path +
         "'");
  const SourceLog log = ReadAll(path);
  EXPECT_FALSE(log.opened);
  EXPECT_THAT(std::string(log.status.message()), HasSubstr(path));
}

TEST_F(FileDamageTest, SizesBeyondTheLimitsAreRefused) {
  FOVEA_NEED_FFMPEG();
  const std::string path = Make("big.mkv", "-c:v ffv1", "640x480");
  SourceOptions options;
  options.limits.max_side = 400;
  EXPECT_EQ(ReadAll(path, options).status.code(),
            absl::StatusCode::kResourceExhausted);
  options.limits = {};
  options.limits.max_pixels = 1000;
  EXPECT_EQ(ReadAll(path, options).status.code(),
            absl::StatusCode::kResourceExhausted);
}

// A cut file ends with an error, and never gives more than the whole one.
class CutTest : public FileDamageTest {
 protected:
  void Whole(const std::string& arguments) {
    const std::string path = Make("whole.mp4", arguments, "160x120");
    bytes_ = ReadFileBytes(path);
    whole_ = ReadAll(path);
    ASSERT_TRUE(whole_.status.ok()) << whole_.status;
  }

  SourceLog ReadCut(size_t size) {
    return SourceLog::Drain(OpenMemorySource(
        "cut.mp4", std::span<const uint8_t>(bytes_).first(size), {}));
  }

  void ExpectHonest(size_t size) {
    const SourceLog log = ReadCut(size);
    if (!log.opened) {
      EXPECT_THAT(std::string(log.status.message()), HasSubstr("cut.mp4"));
      EXPECT_FALSE(log.status.ok());
      return;
    }
    const TrackLog& video = log.Camera();
    EXPECT_LE(video.items, whole_.Camera().items) << size;
    if (video.items < whole_.Camera().items) {
      EXPECT_EQ(log.status.code(), absl::StatusCode::kDataLoss) << size;
      EXPECT_EQ(video.items + video.rejected, whole_.Camera().items) << size;
    }
  }

  std::vector<size_t> BoxEnds() const {
    std::vector<size_t> ends;
    for (size_t at = 0; at + 8 <= bytes_.size();) {
      size_t box = 0;
      for (size_t i = 0; i < 4; ++i) box = box << 8 | bytes_[at + i];
      at += box;
      ends.push_back(at);
    }
    return ends;
  }

  std::vector<uint8_t> bytes_;
  SourceLog whole_;
};

TEST_F(CutTest, IndexFirstFileGivesWhatIsThere) {
  FOVEA_NEED_FFMPEG();
  Whole("-c:v libx264 -pix_fmt yuv420p -movflags faststart");
  for (const size_t end : BoxEnds()) ExpectHonest(end);
  const SourceLog half = ReadCut(bytes_.size() * 3 / 4);
  ASSERT_TRUE(half.opened) << half.status;
  EXPECT_GT(half.Camera().items, 0);
  EXPECT_THAT(std::string(half.status.message()), HasSubstr("cut short"));
  std::mt19937 random(7);
  std::uniform_int_distribution<size_t> cut(0, bytes_.size() - 1);
  for (int i = 0; i < 200; ++i) ExpectHonest(cut(random));
}

TEST_F(CutTest, IndexLastFileSaysTheIndexIsMissing) {
  FOVEA_NEED_FFMPEG();
  Whole("-c:v libx264 -pix_fmt yuv420p");
  for (const size_t end : BoxEnds()) {
    if (end < bytes_.size()) {
      EXPECT_FALSE(ReadCut(end).opened) << end;
    }
  }
  EXPECT_THAT(std::string(ReadCut(bytes_.size() / 2).status.message()),
              HasSubstr("no 'moov' box"));
}

TEST_F(CutTest, DamagedPacketsAreCountedAndTheRestDelivered) {
  FOVEA_NEED_FFMPEG();
  Whole("-c:v mjpeg -pix_fmt yuvj420p");
  const size_t middle = bytes_.size() / 2;
  for (size_t i = 0; i < 4000 && middle + i < bytes_.size(); ++i) {
    bytes_[middle + i] = 0;
  }
  const SourceLog log = ReadCut(bytes_.size());
  ASSERT_TRUE(log.opened) << log.status;
  EXPECT_LE(log.Camera().items + log.Camera().rejected,
            whole_.Camera().items + 1);
  EXPECT_GT(log.Camera().items, whole_.Camera().items / 2);
}

TEST_F(FileDamageTest, CutMatroskaIsNoticed) {
  FOVEA_NEED_FFMPEG();
  const std::string path =
      Make("whole.mkv", "-c:v libx264 -g 5 -pix_fmt yuv420p -r 5");
  std::vector<uint8_t> bytes = ReadFileBytes(path);
  bytes.resize(bytes.size() / 2);
  WriteFileBytes(dir_.File("half.mkv"), bytes);
  const SourceLog log = ReadAll(dir_.File("half.mkv"));
  ASSERT_TRUE(log.opened) << log.status;
  EXPECT_GT(log.Camera().items, 0);
  EXPECT_LT(log.Camera().items, 20);
  EXPECT_EQ(log.status.code(), absl::StatusCode::kDataLoss);
}

class TransportTest : public FileDamageTest {
 protected:
  static constexpr size_t kPacket = 188;

  SourceLog Read() {
    return SourceLog::Drain(OpenMemorySource("clip.ts", bytes_, {}));
  }
  void MakeStream() {
    bytes_ =
        ReadFileBytes(Make("whole.ts", "-c:v libx264 -g 5 -pix_fmt yuv420p"));
  }

  std::vector<uint8_t> bytes_;
};

TEST_F(TransportTest, ACutInsideAPacketIsNoticed) {
  FOVEA_NEED_FFMPEG();
  MakeStream();
  EXPECT_TRUE(Read().status.ok());
  bytes_.resize(bytes_.size() / 2 / kPacket * kPacket + 77);
  const SourceLog log = Read();
  ASSERT_TRUE(log.opened) << log.status;
  EXPECT_GT(log.Camera().items, 0);
  EXPECT_EQ(log.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(log.status.message()), HasSubstr("77 of 188 bytes"));
}

TEST_F(TransportTest, AHoleIsTold) {
  FOVEA_NEED_FFMPEG();
  MakeStream();
  const auto hole = bytes_.begin() + static_cast<std::ptrdiff_t>(
                                         bytes_.size() / 2 / kPacket * kPacket);
  bytes_.erase(hole, hole + 3 * kPacket);
  const SourceLog log = Read();
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_THAT(log.Camera().reason, HasSubstr("with holes"));
}

}  // namespace
}  // namespace fovea
