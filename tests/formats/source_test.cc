// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "codec/formats/file_source.h"
#include "tests/formats/source_log.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::Ffmpeg;
using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::SourceLog;
using ::fovea::testing::TempDir;
using ::fovea::testing::WriteFileText;
using ::testing::HasSubstr;

class SourceTest : public ::testing::Test {
 protected:
  std::string ContainerOf(const std::string& location) {
    auto source = OpenSource(location, {});
    EXPECT_TRUE(source.ok()) << location << ": " << source.status();
    return source.ok() ? (*source)->info().container : "";
  }
  std::string ErrorOf(const std::string& location) {
    const auto source = OpenSource(location, {});
    EXPECT_FALSE(source.ok()) << location;
    return std::string(source.status().message());
  }

  TempDir dir_;
};

TEST_F(SourceTest, EachKindOfInputFindsItsReader) {
  FOVEA_NEED_TEST_DATA(data, "video/mot17-04_plaza_8f.mp4");
  const std::string root =
      std::filesystem::path(data).parent_path().parent_path();
  EXPECT_EQ(ContainerOf(data), "mov,mp4,m4a,3gp,3g2,mj2");
  EXPECT_EQ(ContainerOf(root + "/images/coco_val"), "images");
  EXPECT_EQ(ContainerOf(root + "/images/coco_val/000000000139.jpg"), "images");
  EXPECT_EQ(ContainerOf(root + "/images/coco_val/*5.jpg"), "images");
  EXPECT_EQ(ContainerOf(root + "/camera_imu/euroc_v1_01_excerpt"), "euroc");
  EXPECT_EQ(ContainerOf(root + "/imu/gait_long_walk.csv"), "csv");
  EXPECT_EQ(ContainerOf("file://" + data), "mov,mp4,m4a,3gp,3g2,mj2");
}

TEST_F(SourceTest, TableWithoutSuffixIsKnownByContent) {
  std::string text = "t,gx,gy,gz,ax,ay,az\n";
  for (int i = 0; i < 20; ++i) {
    text += std::to_string(i) + ".5,1,2,3,4,5,6\n";
  }
  WriteFileText(dir_.File("log"), text);
  EXPECT_EQ(ContainerOf(dir_.File("log")), "csv");
}

TEST_F(SourceTest, MissingFileNamesTheNearest) {
  WriteFileText(dir_.File("garden.mp4"), "x");
  EXPECT_THAT(ErrorOf(dir_.File("gardn.mp4")),
              HasSubstr("did you mean 'garden.mp4'?"));
  EXPECT_EQ(ErrorOf(dir_.File("unlike-anything")).find("did you mean"),
            std::string::npos);
}

TEST_F(SourceTest, MissingDeviceAndServerAreErrors) {
  EXPECT_THAT(ErrorOf("/dev/video99"), HasSubstr("/dev/video99"));
  const std::string error = ErrorOf("tcp://user:secret@127.0.0.1:1/?key=hush");
  EXPECT_THAT(error, HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(error.find("secret"), std::string::npos);
  EXPECT_EQ(error.find("hush"), std::string::npos);
}

class PipeTest : public SourceTest,
                 public ::testing::WithParamInterface<const char*> {};

TEST_P(PipeTest, GivesWhatTheFileGives) {
  FOVEA_NEED_FFMPEG();
  const std::string path = dir_.File(GetParam());
  Ffmpeg("-f lavfi -i testsrc2=s=320x240:r=25 -frames:v 30 -pix_fmt yuv420p '" +
         path + "'");
  const SourceLog file = SourceLog::Drain(OpenFileSource(path, {}));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([&path, out = ends[1]] {
    for (const auto bytes = ReadFileBytes(path);
         const uint8_t* at = bytes.data();) {
      size_t left = bytes.size();
      while (left > 0) {
        const ssize_t sent = write(out, at, left);
        if (sent <= 0) break;
        at += sent;
        left -= static_cast<size_t>(sent);
      }
      break;
    }
    close(out);
  });
  const SourceLog pipe = SourceLog::Drain(OpenPipeSource("pipe", ends[0], {}));
  writer.join();
  close(ends[0]);
  ASSERT_TRUE(pipe.status.ok()) << pipe.status;
  EXPECT_EQ(pipe.Camera().items, 30);
  EXPECT_EQ(pipe.Camera().times, file.Camera().times);
  EXPECT_EQ(pipe.Camera().luma_sum, file.Camera().luma_sum);
}

INSTANTIATE_TEST_SUITE_P(Formats, PipeTest,
                         ::testing::Values("a.h264", "a.y4m", "a.ts"));

TEST_F(SourceTest, StopEndsAWaitForAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string header = "YUV4MPEG2 W16 H16 F25:1 Ip A1:1 C420\n";
  ASSERT_GT(write(ends[1], header.data(), header.size()), 0);
  std::string frames;
  for (int i = 0; i < 4; ++i) frames += "FRAME\n" + std::string(384, 'a');
  ASSERT_GT(write(ends[1], frames.data(), frames.size()), 0);
  std::thread closer([out = ends[1]] {
    usleep(300'000);
    close(out);
  });
  auto source = OpenPipeSource("pipe", ends[0], {});
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_TRUE((*source)->Next()->has_value());
  (*source)->Stop();
  EXPECT_FALSE((*source)->Next()->has_value());
  closer.join();
  close(ends[0]);
}

}  // namespace
}  // namespace fovea
