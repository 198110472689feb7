// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>

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

class FileSourceTest : public ::testing::Test {
 protected:
  SourceLog ReadAll(const std::string& path, const SourceOptions& options = {}) {
    return SourceLog::Drain(OpenFileSource(path, options));
  }

  // A clip of 20 frames made with `arguments` after the input.
  std::string Make(const std::string& name, const std::string& arguments,
                   const std::string& size = "320x240") {
    const std::string path = dir_.File(name);
    Ffmpeg("-f lavfi -i testsrc2=s=" + size + ":r=25 -frames:v 20 " +
           arguments + " '" + path + "'");
    return path;
  }

  void ExpectFramesAsProbed(const std::string& path) {
    const SourceLog log = ReadAll(path);
    ASSERT_TRUE(log.status.ok()) << path << ": " << log.status;
    const TrackLog& video = log.Camera();
    EXPECT_EQ(video.ticks, ProbeFrameTicks(path)) << path;
    EXPECT_EQ(video.rejected, 0) << path << ": " << video.reason;
  }

  TempDir dir_;
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
    ::testing::Values("video/dashcam_solidWhiteRight.mp4",
                      "video/intel_bottle-detection.mp4",
                      "video/intel_car-detection.mp4",
                      "video/mot17-04_plaza_8f.mp4", "video/opencv_vtest.avi",
                      "video/towncentre_street_41f.mp4",
                      "video/uadetrac_intersection_a.mp4",
                      "video/uadetrac_intersection_b.mp4",
                      "camera_imu/gopro_hero7.mp4",
                      "camera_imu/gopro_max-heromode.mp4"));

}  // namespace
}  // namespace fovea
