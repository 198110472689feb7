// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/formats/image_reader.h"
#include "tests/formats/file_fixture.h"
#include "tests/formats/source_log.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::Ffmpeg;
using ::fovea::testing::ProbeFrameTicks;
using ::fovea::testing::ProbePacketCount;
using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::SourceLog;
using ::fovea::testing::TempDir;
using ::fovea::testing::TrackLog;
using ::fovea::testing::WriteFileBytes;
using ::fovea::testing::WriteFileText;
using ::testing::HasSubstr;

class FileSourceTest : public FileFixture {
 protected:
  void ExpectFramesAsProbed(const std::string& path) {
    const SourceLog log = ReadAll(path);
    ASSERT_TRUE(log.status.ok()) << path << ": " << log.status;
    const TrackLog& video = log.Camera();
    EXPECT_EQ(video.ticks, ProbeFrameTicks(path)) << path;
    EXPECT_EQ(video.rejected, 0) << path << ": " << video.reason;
  }
};

class RealClipTest : public FileSourceTest,
                     public ::testing::WithParamInterface<const char*> {};

TEST_P(RealClipTest, EveryFrameComesWithItsTime) {
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_TEST_DATA(path, GetParam());
  const SourceLog log = ReadAll(path);
  ASSERT_TRUE(log.status.ok()) << log.status;
  const TrackLog& video = log.Camera();
  EXPECT_EQ(video.ticks, ProbeFrameTicks(path));
  EXPECT_EQ(video.rejected, 0) << video.reason;
  for (size_t i = 0; i < video.ticks.size(); ++i) {
    ASSERT_EQ(video.times[i],
              ToNanoseconds(video.ticks[i], video.track.camera.time_base) -
                  ToNanoseconds(video.ticks[0], video.track.camera.time_base) +
                  video.times[0]);
  }
  EXPECT_GE(video.times[0], 0);
  EXPECT_LT(video.times[0], 100'000'000);
}

TEST_P(RealClipTest, OtherTracksAreKeptPacketByPacket) {
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_TEST_DATA(path, GetParam());
  const SourceLog log = ReadAll(path);
  for (size_t i = 0; i < log.tracks.size(); ++i) {
    const TrackLog& track = log.tracks[i];
    if (track.track.kind != StreamKind::kOpaque) continue;
    EXPECT_EQ(track.items, ProbePacketCount(path, std::to_string(i)))
        << track.track.suffix;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Clips, RealClipTest,
    ::testing::Values(
        "video/dashcam_solidWhiteRight.mp4", "video/intel_bottle-detection.mp4",
        "video/intel_car-detection.mp4", "video/mot17-04_plaza_8f.mp4",
        "video/opencv_vtest.avi", "video/towncentre_street_41f.mp4",
        "video/uadetrac_intersection_a.mp4",
        "video/uadetrac_intersection_b.mp4", "camera_imu/gopro_hero7.mp4",
        "camera_imu/gopro_max-heromode.mp4"));

struct Variant {
  const char* file;
  const char* arguments;
};

class VariantTest : public FileSourceTest,
                    public ::testing::WithParamInterface<Variant> {};

TEST_P(VariantTest, FramesAreWhatFfprobeSees) {
  FOVEA_NEED_FFMPEG();
  ExpectFramesAsProbed(Make(GetParam().file, GetParam().arguments));
}

INSTANTIATE_TEST_SUITE_P(
    Codecs, VariantTest,
    ::testing::Values(
        Variant{"h264.mp4", "-c:v libx264 -pix_fmt yuv420p -bf 3"},
        Variant{"h264_frag.mp4",
                "-c:v libx264 -pix_fmt yuv420p -movflags "
                "frag_keyframe+empty_moov -g 5"},
        Variant{"h264.mkv", "-c:v libx264 -pix_fmt yuv420p -bf 3"},
        Variant{"h264.ts", "-c:v libx264 -pix_fmt yuv420p -bf 3"},
        Variant{"h264.avi", "-c:v libx264 -pix_fmt yuv420p -bf 0"},
        Variant{"hevc.mp4",
                "-c:v libx265 -pix_fmt yuv420p -x265-params "
                "log-level=none"},
        Variant{"hevc10.mkv",
                "-c:v libx265 -pix_fmt yuv420p10le -x265-params "
                "log-level=none"},
        Variant{"vp9.webm",
                "-c:v libvpx-vp9 -pix_fmt yuv420p -deadline "
                "realtime"},
        Variant{"mjpeg.avi", "-c:v mjpeg -pix_fmt yuvj420p"},
        Variant{"mjpeg422.mov", "-c:v mjpeg -pix_fmt yuvj422p"},
        Variant{"mpeg4.mov", "-c:v mpeg4 -bf 2"},
        Variant{"mpeg2.ts", "-c:v mpeg2video -bf 2"},
        Variant{"interlaced.mp4",
                "-c:v libx264 -pix_fmt yuv420p -flags "
                "+ildct+ilme -x264opts tff=1"},
        Variant{"grey.mkv", "-c:v ffv1 -pix_fmt gray"},
        Variant{"rgb.mkv", "-c:v ffv1 -pix_fmt bgr0"},
        Variant{"vfr.mp4",
                "-c:v libx264 -pix_fmt yuv420p -vf "
                "select='not(mod(n\\,3))' -vsync vfr"},
        Variant{"y4m.y4m", "-pix_fmt yuv420p"}),
    [](const auto& info) {
      std::string name = info.param.file;
      for (char& c : name) {
        if (c == '.') c = '_';
      }
      return name;
    });

class OddSizeTest : public FileSourceTest,
                    public ::testing::WithParamInterface<std::pair<int, int>> {
 protected:
  std::vector<uint8_t> Y4m(int width, int height, int frames) {
    const std::string head = "YUV4MPEG2 W" + std::to_string(width) + " H" +
                             std::to_string(height) +
                             " F25:1 Ip A1:1 C420jpeg\n";
    std::vector<uint8_t> file(head.begin(), head.end());
    const size_t chroma = static_cast<size_t>((width + 1) / 2) *
                          static_cast<size_t>((height + 1) / 2);
    const size_t luma =
        static_cast<size_t>(width) * static_cast<size_t>(height);
    for (int i = 0; i < frames; ++i) {
      for (const char c : {'F', 'R', 'A', 'M', 'E', '\n'}) {
        file.push_back(static_cast<uint8_t>(c));
      }
      file.insert(file.end(), luma, 40);
      file.insert(file.end(), chroma, 50);
      file.insert(file.end(), chroma, 60);
    }
    return file;
  }
};

TEST_P(OddSizeTest, PicturesComeInTheirTrueSize) {
  const auto [width, height] = GetParam();
  WriteFileBytes(dir_.File("odd.y4m"), Y4m(width, height, 3));
  const SourceLog log = ReadAll(dir_.File("odd.y4m"));
  ASSERT_TRUE(log.status.ok()) << log.status;
  const TrackLog& video = log.Camera();
  EXPECT_EQ(video.items, 3);
  EXPECT_EQ(video.track.camera.width, width);
  EXPECT_EQ(video.track.camera.height, height);
  const Frame& frame = video.first_frames[0];
  EXPECT_EQ(frame.y.data[(height - 1) * frame.y.stride + width - 1], 40);
  const ptrdiff_t last = (height + 1) / 2 - 1;
  EXPECT_EQ(frame.v.data[last * frame.v.stride + (width + 1) / 2 - 1], 60);
}

INSTANTIATE_TEST_SUITE_P(Sizes, OddSizeTest,
                         ::testing::Values(std::pair(1, 1), std::pair(641, 361),
                                           std::pair(64, 16384)));

TEST_F(FileSourceTest, RawH264GetsTimesFromItsRate) {
  FOVEA_NEED_FFMPEG();
  const std::string path = Make("raw.h264", "-c:v libx264 -bf 2 -g 8");
  const SourceLog log = ReadAll(path);
  ASSERT_TRUE(log.status.ok()) << log.status;
  ASSERT_EQ(log.Camera().items, 20);
  for (int64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(log.Camera().times[static_cast<size_t>(i)], i * 40'000'000);
  }
}

TEST_F(FileSourceTest, CopyKeepsEveryByteAndPresentationTime) {
  FOVEA_NEED_FFMPEG();
  const std::string path =
      Make("c.mp4", "-c:v libx264 -bf 3 -g 8 -pix_fmt yuv420p");
  SourceOptions options;
  options.copy = true;
  const SourceLog units = ReadAll(path, options);
  const SourceLog frames = ReadAll(path);
  ASSERT_TRUE(units.status.ok()) << units.status;
  EXPECT_EQ(units.Camera().track.framing, 4);
  EXPECT_FALSE(units.Camera().track.codec_config.empty());
  EXPECT_GE(units.Camera().keyframes, 3);
  std::vector<int64_t> ticks = units.Camera().ticks;
  std::sort(ticks.begin(), ticks.end());
  EXPECT_EQ(ticks, frames.Camera().ticks);
}

TEST_F(FileSourceTest, CopiedRawH264IsTheFileByteForByte) {
  FOVEA_NEED_FFMPEG();
  const std::string path = Make("raw.h264", "-c:v libx264 -bf 3 -g 8");
  SourceOptions options;
  options.copy = true;
  const SourceLog log = ReadAll(path, options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Camera().track.framing, kAnnexB);
  EXPECT_EQ(log.Camera().bytes, ReadFileBytes(path));
  std::vector<int64_t> ticks = log.Camera().ticks;
  EXPECT_FALSE(std::is_sorted(ticks.begin(), ticks.end())) << "B-frames";
  std::sort(ticks.begin(), ticks.end());
  for (size_t i = 0; i < ticks.size(); ++i) {
    EXPECT_EQ(ticks[i], static_cast<int64_t>(i));
  }
}

TEST_F(FileSourceTest, CopyOfAnotherCodecSaysWhatToDo) {
  FOVEA_NEED_FFMPEG();
  SourceOptions options;
  options.copy = true;
  const SourceLog log = ReadAll(Make("m.mp4", "-c:v mpeg4"), options);
  EXPECT_FALSE(log.opened);
  EXPECT_THAT(std::string(log.status.message()),
              HasSubstr("mpeg4 is not H.264: drop --copy to re-encode"));
}

TEST_F(FileSourceTest, FullRangePassesUntouched) {
  FOVEA_NEED_FFMPEG();
  const std::string path = dir_.File("full.mkv");
  Ffmpeg(
      "-f lavfi -i \"color=black:s=256x2,scale=out_range=full,format=yuv420p,"
      "geq=lum=X:cb=128:cr=128\" -frames:v 1 -color_range pc -c:v ffv1 '" +
      path + "'");
  const SourceLog log = ReadAll(path);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_TRUE(log.Camera().track.camera.color.full_range);
  const Frame& frame = log.Camera().first_frames[0];
  for (int x = 0; x < 256; ++x) EXPECT_EQ(frame.y.data[x], x);
}

// Each source sample value, as a picture of one colour.
TEST_F(FileSourceTest, TenBitsAreRounded) {
  FOVEA_NEED_FFMPEG();
  const std::string path = dir_.File("ten.mkv");
  Ffmpeg(
      "-f lavfi -i \"color=black:s=64x16,format=yuv420p10,"
      "geq=lum='X*16+2':cb=514:cr=509\" -frames:v 1 -c:v ffv1 '" +
      path + "'");
  const SourceLog log = ReadAll(path);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Camera().track.camera.bit_depth, 10);
  ASSERT_FALSE(log.info.notes.empty());
  EXPECT_THAT(log.info.notes[0], HasSubstr("10-bit source is rounded"));
  const Frame& frame = log.Camera().first_frames[0];
  for (int x = 0; x < 64; ++x) {
    EXPECT_EQ(frame.y.data[x], std::min((x * 16 + 2 + 2) / 4, 255)) << x;
  }
  EXPECT_EQ(frame.u.data[0], 129);  // 128.5 goes up
  EXPECT_EQ(frame.v.data[0], 127);
}

TEST_F(FileSourceTest, GreyKeepsItsValuesAndGetsNeutralChroma) {
  FOVEA_NEED_FFMPEG();
  const std::string path = dir_.File("grey.mkv");
  Ffmpeg(
      "-f lavfi -i \"color=black:s=256x3,format=gray,geq=lum=X\" "
      "-frames:v 1 -c:v ffv1 '" +
      path + "'");
  const SourceLog log = ReadAll(path);
  ASSERT_TRUE(log.status.ok()) << log.status;
  const Frame& frame = log.Camera().first_frames[0];
  for (int x = 0; x < 256; ++x) EXPECT_EQ(frame.y.data[x], x);
  for (int x = 0; x < 128; ++x) EXPECT_EQ(frame.u.data[x], 128);
  EXPECT_EQ(frame.v.data[frame.v.stride + 127], 128);
}

TEST_F(FileSourceTest, AspectIsCarried) {
  FOVEA_NEED_FFMPEG();
  const SourceLog log =
      ReadAll(Make("p.mp4", "-c:v libx264 -pix_fmt yuv420p -vf setsar=4/3"));
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Camera().track.camera.sample_aspect, (Rational{4, 3}));
}

// The left side of the picture is bright; where it goes when ffmpeg turns
// the picture upright must be where our angle says.
TEST_F(FileSourceTest, RotationIsWhatPlayersApply) {
  FOVEA_NEED_FFMPEG();
  const std::string plain = dir_.File("p.mp4");
  Ffmpeg(
      "-f lavfi -i \"color=black:s=64x32,geq=lum='if(lt(X,32),235,16)':"
      "cb=128:cr=128\" -frames:v 2 -c:v libx264 -pix_fmt yuv420p '" +
      plain + "'");
  for (const char* angle : {"90", "270"}) {
    const std::string turned = dir_.File("t.mp4");
    const std::string shown = dir_.File("t.png");
    Ffmpeg("-i '" + plain + "' -c copy -metadata:s:v:0 rotate=" + angle + " '" +
           turned + "'");
    Ffmpeg("-i '" + turned + "' -frames:v 1 '" + shown + "'");
    auto upright = DecodeImage(ReadFileBytes(shown), {});
    ASSERT_TRUE(upright.ok()) << upright.status();
    ASSERT_EQ(upright->frame.height, 64);
    const bool bright_on_top = upright->frame.y.data[16] > 128;
    const SourceLog log = ReadAll(turned);
    ASSERT_TRUE(log.status.ok()) << log.status;
    EXPECT_EQ(log.Camera().track.camera.rotation_degrees,
              bright_on_top ? 90 : 270);
  }
}

TEST_F(FileSourceTest, AudioAndSubtitlesAreOpaqueTracks) {
  FOVEA_NEED_FFMPEG();
  WriteFileText(dir_.File("s.srt"),
                "1\n00:00:00,100 --> 00:00:00,500\nhello\n");
  const std::string path = dir_.File("multi.mkv");
  Ffmpeg("-f lavfi -i testsrc2=s=320x240:r=25 -f lavfi -i sine -i '" +
         dir_.File("s.srt") +
         "' -map 0 -map 1 -map 1 -map 2 -map 0 -t 1 "
         "-c:v libx264 -pix_fmt yuv420p -c:a aac -c:s srt '" +
         path + "'");
  const SourceLog log = ReadAll(path);
  ASSERT_TRUE(log.status.ok()) << log.status;
  ASSERT_EQ(log.tracks.size(), 5U);
  EXPECT_EQ(log.Suffix("audio").items, ProbePacketCount(path, "a:0"));
  EXPECT_EQ(log.Suffix("audio1").items, ProbePacketCount(path, "a:1"));
  EXPECT_FALSE(log.Suffix("audio").track.opaque.codec_config.empty());
  EXPECT_EQ(log.Suffix("subtitle").bytes,
            (std::vector<uint8_t>{'h', 'e', 'l', 'l', 'o'}));
  EXPECT_EQ(log.Suffix("video1").ticks, log.Camera().ticks);
}

TEST_F(FileSourceTest, DurationLimitEndsEveryTrack) {
  FOVEA_NEED_FFMPEG();
  const std::string path = dir_.File("d.mp4");
  Ffmpeg(
      "-f lavfi -i testsrc2=s=320x240:r=25 -f lavfi -i sine -t 4 -c:v "
      "libx264 -pix_fmt yuv420p -c:a aac '" +
      path + "'");
  SourceOptions options;
  options.max_duration_ns = 1'000'000'000;
  const SourceLog log = ReadAll(path, options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Camera().items, 25);
  EXPECT_LT(log.Suffix("audio").times.back(), 1'000'000'000);
  EXPECT_GT(log.Suffix("audio").times.back(), 950'000'000);
}

TEST_F(FileSourceTest, ThreadsDoNotChangeThePictures) {
  FOVEA_NEED_FFMPEG();
  const std::string path =
      Make("t.mp4", "-c:v libx264 -pix_fmt yuv420p -bf 3 -g 8");
  SourceOptions options;
  options.threads = 4;
  const SourceLog many = ReadAll(path, options);
  const SourceLog one = ReadAll(path);
  ASSERT_TRUE(many.status.ok()) << many.status;
  EXPECT_EQ(many.Camera().ticks, one.Camera().ticks);
  EXPECT_EQ(many.Camera().luma_sum, one.Camera().luma_sum);
}

TEST_F(FileSourceTest, GoProTelemetryBecomesSeriesAndStaysRaw) {
  FOVEA_NEED_TEST_DATA(path, "camera_imu/gopro_max-heromode.mp4");
  const SourceLog log = ReadAll(path);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_TRUE(log.Camera().track.camera.color.full_range);
  EXPECT_EQ(log.Suffix("imu").track.kind, StreamKind::kImu);
  EXPECT_EQ(log.Suffix("imu").samples, 2082);
  EXPECT_EQ(log.Suffix("gpmf").items, 11);
  EXPECT_EQ(log.Suffix("audio").items, 493);
}

TEST_F(FileSourceTest, StoppedSourceEndsSoon) {
  FOVEA_NEED_TEST_DATA(path, "video/intel_car-detection.mp4");
  auto source = OpenFileSource(path, {});
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_TRUE((*source)->Next()->has_value());
  (*source)->Stop();
  EXPECT_FALSE((*source)->Next()->has_value());
}

}  // namespace
}  // namespace fovea
