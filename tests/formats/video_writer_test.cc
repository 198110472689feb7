// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/video_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/formats/h264_clip.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

const char* const kClips[] = {
    "video/intel_car-detection.mp4",   "video/uadetrac_intersection_b.mp4",
    "video/towncentre_street_41f.mp4", "video/dashcam_solidWhiteRight.mp4",
    "camera_imu/gopro_hero7.mp4",
};

class VideoWriterTest : public ::testing::Test {
 protected:
  static VideoWriterOptions OptionsFor(const Clip& clip) {
    VideoWriterOptions options;
    options.camera = clip.camera;
    options.framing = clip.framing;
    options.codec_config = clip.config;
    return options;
  }

  std::string Write(const std::string& name, const Clip& clip,
                    const VideoWriterOptions& options) {
    const std::string path = folder_.File(name);
    std::filesystem::remove(path);
    auto writer = VideoWriter::Create(path, options);
    EXPECT_TRUE(writer.ok()) << writer.status();
    if (!writer.ok()) return path;
    for (const AccessUnit& unit : clip.units) {
      const auto added = (*writer)->Add(unit);
      EXPECT_TRUE(added.ok()) << added;
      if (!added.ok()) return path;
    }
    EXPECT_FALSE(std::filesystem::exists(path)) << "seen before Finish";
    const auto finished = (*writer)->Finish();
    EXPECT_TRUE(finished.ok()) << finished;
    return path;
  }

  // The clip as the store gives it back: Annex B, sets in the stream.
  static Clip AsAnnexB(const Clip& clip) {
    Clip out;
    out.camera = clip.camera;
    const CutClip cut = Cut(clip);
    for (const CanonicalGop& gop : cut.gops) {
      const auto units = ToAnnexB(gop.payload, gop.trim, cut.shelf.Lookup());
      EXPECT_TRUE(units.ok()) << units.status();
      if (!units.ok()) return out;
      for (size_t i = 0; i < units->size(); ++i) {
        AccessUnit unit;
        unit.data = (*units)[i];
        unit.pts = gop.pictures[i].pts;
        unit.dts = gop.pictures[i].dts;
        unit.duration_ns = gop.pictures[i].duration_ns;
        unit.keyframe = i == 0;
        out.units.push_back(std::move(unit));
      }
    }
    return out;
  }

  static void ExpectSameTimes(const Clip& a, const Clip& b) {
    ASSERT_EQ(a.units.size(), b.units.size());
    for (size_t i = 0; i < a.units.size(); ++i) {
      const auto ticks = [](int64_t t, const Clip& clip) {
        return ToNanoseconds(t, clip.camera.time_base);
      };
      EXPECT_EQ(ticks(a.units[i].pts, a), ticks(b.units[i].pts, b)) << i;
      EXPECT_EQ(ticks(a.units[i].dts, a), ticks(b.units[i].dts, b)) << i;
    }
  }

  const TempDir folder_;
};

TEST_F(VideoWriterTest, LengthPrefixedUnitsAndTimesSurviveMp4AndMov) {
  for (const char* name : kClips) {
    FOVEA_NEED_TEST_DATA(source, name);
    const Clip clip = ReadClip(source);
    for (const char* target : {"out.mp4", "out.mov"}) {
      const Clip back = ReadClip(Write(target, clip, OptionsFor(clip)));
      ExpectSameTimes(clip, back);
      ASSERT_EQ(clip.units.size(), back.units.size()) << name;
      for (size_t i = 0; i < clip.units.size(); ++i) {
        EXPECT_TRUE(clip.units[i].data == back.units[i].data) << name << i;
        EXPECT_EQ(clip.units[i].keyframe, back.units[i].keyframe) << name << i;
      }
    }
  }
}

TEST_F(VideoWriterTest, AnnexBPlaysAlikeFromEveryContainer) {
  FOVEA_NEED_FFMPEG();
  for (const char* name : kClips) {
    FOVEA_NEED_TEST_DATA(source, name);
    const auto expected = FfmpegFrameDigests(source);
    const Clip clip = AsAnnexB(ReadClip(source));
    for (const char* target : {"out.mp4", "out.mkv", "out.h264", "out.264"}) {
      const std::string path = Write(target, clip, OptionsFor(clip));
      EXPECT_EQ(FfmpegFrameDigests(path), expected) << name << " " << target;
    }
    ExpectSameTimes(clip, ReadClip(folder_.File("out.mp4")));
  }
}

TEST_F(VideoWriterTest, LengthPrefixedUnitsBecomeAnnexBInABareStream) {
  FOVEA_NEED_TEST_DATA(source, "video/uadetrac_intersection_b.mp4");
  FOVEA_NEED_FFMPEG();
  const Clip clip = ReadClip(source);
  ASSERT_NE(clip.framing, kAnnexB);
  const std::string path = Write("out.h264", clip, OptionsFor(clip));
  EXPECT_EQ(FfmpegFrameDigests(path), FfmpegFrameDigests(source));
}

TEST_F(VideoWriterTest, StartAndUnevenStepsAreKept) {
  FOVEA_NEED_TEST_DATA(source, "video/towncentre_street_41f.mp4");
  Clip clip = AsAnnexB(ReadClip(source));
  clip.units.resize(20);
  for (const Rational base : {Rational{1, 90'000}, Rational{1001, 30'000},
                              Rational{1, 1000}, Rational{1, 1'000'000}}) {
    clip.camera.time_base = base;
    int64_t tick = 12'345;
    for (size_t i = 0; i < clip.units.size(); ++i) {
      clip.units[i].pts = clip.units[i].dts = tick;
      tick += 1 + static_cast<int64_t>(i * i * 7 % 40);
    }
    const Clip back = ReadClip(Write("out.mp4", clip, OptionsFor(clip)));
    ExpectSameTimes(clip, back);
  }
}

TEST_F(VideoWriterTest, NanosecondTimesWithLongPausesAreKeptToMicroseconds) {
  FOVEA_NEED_TEST_DATA(source, "video/towncentre_street_41f.mp4");
  Clip clip = AsAnnexB(ReadClip(source));
  clip.units.resize(4);
  clip.camera.time_base = {1, 1'000'000'000};
  const int64_t times[] = {0, 33'333'333, 60'000'000'123, 1'000'000'000'000};
  for (size_t i = 0; i < 4; ++i)
    clip.units[i].pts = clip.units[i].dts = times[i];
  const Clip back = ReadClip(Write("out.mp4", clip, OptionsFor(clip)));
  ASSERT_EQ(back.units.size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    const int64_t ns = ToNanoseconds(back.units[i].pts, back.camera.time_base);
    EXPECT_LE(std::abs(ns - times[i]), 500) << i;
  }
}

TEST_F(VideoWriterTest, TimesThatRepeatDoNotStopTheFile) {
  FOVEA_NEED_TEST_DATA(source, "video/towncentre_street_41f.mp4");
  Clip clip = AsAnnexB(ReadClip(source));
  for (AccessUnit& unit : clip.units) unit.pts = unit.dts = 7;
  const Clip back = ReadClip(Write("out.mp4", clip, OptionsFor(clip)));
  EXPECT_EQ(back.units.size(), clip.units.size());
}

TEST_F(VideoWriterTest, AspectRotationAndColourAreCarried) {
  FOVEA_NEED_TEST_DATA(source, "video/towncentre_street_41f.mp4");
  FOVEA_NEED_FFMPEG();
  const Clip clip = AsAnnexB(ReadClip(source));
  VideoWriterOptions options = OptionsFor(clip);
  options.camera.sample_aspect = {4, 3};
  options.camera.rotation_degrees = 90;
  options.camera.color = {true, 1, 13, 5};
  const std::string path = Write("out.mp4", clip, options);
  const std::string probe =
      RunTool("ffprobe -v error -show_streams -of flat '" + path + "'");
  EXPECT_NE(probe.find("sample_aspect_ratio=\"4:3\""), std::string::npos);
  // ffprobe counts counterclockwise.
  EXPECT_NE(probe.find("rotation=-90"), std::string::npos) << probe;
  const std::string colr =
      RunTool("ffprobe -v trace '" + path + "' 2>&1 | grep -a 'nclx'");
  EXPECT_NE(colr.find("pri 1 trc 13 matrix 5 full 1"), std::string::npos)
      << colr;
}

TEST_F(VideoWriterTest, UnfinishedFilesGoAway) {
  FOVEA_NEED_TEST_DATA(source, "video/towncentre_street_41f.mp4");
  const Clip clip = AsAnnexB(ReadClip(source));
  for (const char* name : {"a.mp4", "a.mkv", "a.h264"}) {
    {
      auto writer = VideoWriter::Create(folder_.File(name), OptionsFor(clip));
      ASSERT_TRUE(writer.ok()) << writer.status();
      ASSERT_TRUE((*writer)->Add(clip.units[0]).ok());
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << name;
  }
}

TEST_F(VideoWriterTest, AnOlderFileStaysUntilFinish) {
  FOVEA_NEED_TEST_DATA(source, "video/towncentre_street_41f.mp4");
  const Clip clip = AsAnnexB(ReadClip(source));
  const std::string path = folder_.File("a.mp4");
  WriteFileText(path, "old");
  {
    auto writer = VideoWriter::Create(path, OptionsFor(clip));
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Add(clip.units[0]).ok());
  }
  EXPECT_EQ(ReadFileBytes(path), std::vector<uint8_t>({'o', 'l', 'd'}));
}

TEST_F(VideoWriterTest, RefusalsSayWhy) {
  VideoWriterOptions options;
  options.camera.width = options.camera.height = 64;
  const auto code = [&](const std::string& path) {
    return VideoWriter::Create(path, options).status().code();
  };
  EXPECT_EQ(code(folder_.File("a.avi")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(folder_.File("noend")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(folder_.File("no/such/a.mp4")), absl::StatusCode::kNotFound);
  auto empty = VideoWriter::Create(folder_.File("a.mp4"), options);
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ((*empty)->Finish().code(), absl::StatusCode::kFailedPrecondition);
  AccessUnit no_sets;
  no_sets.data = {0, 0, 1, 0x65, 0x88, 0x80};
  EXPECT_EQ((*empty)->Add(no_sets).code(), absl::StatusCode::kInvalidArgument);
  options.framing = 4;
  EXPECT_EQ(code(folder_.File("b.mp4")), absl::StatusCode::kInvalidArgument);
  options.framing = 3;
  EXPECT_EQ(code(folder_.File("b.mp4")), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fovea::testing
