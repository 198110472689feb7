// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/image_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/formats/internal/image_list.h"
#include "tests/formats/source_log.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::Ffmpeg;
using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::SourceLog;
using ::fovea::testing::TempDir;
using ::fovea::testing::WriteFileBytes;
using ::fovea::testing::WriteFileText;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImageSourceTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, const std::string& size = "32x24") {
    Ffmpeg("-f lavfi -i testsrc=s=" + size + " -frames:v 1 -update 1 '" +
           dir_.File(name) + "'");
  }

  SourceLog ReadAll(const SourceOptions& options = {}) {
    return SourceLog::Drain(OpenImageSource(dir_.path(), options));
  }

  TempDir dir_;
};

TEST_F(ImageSourceTest, NamesInNanosecondsMakeACamera) {
  FOVEA_NEED_FFMPEG();
  Put("1403715275912143104.png");
  Put("1403715275862142976.png");
  Put("1403715275962142976.png");
  const SourceLog log = ReadAll();
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_FALSE(log.Camera().track.stills);
  EXPECT_THAT(log.Camera().times,
              ElementsAre(1403715275862142976, 1403715275912143104,
                          1403715275962142976));
  EXPECT_EQ(log.Camera().track.camera.frame_rate, (Rational{20, 1}));
  EXPECT_EQ(log.Camera().track.camera.width, 32);
}

TEST_F(ImageSourceTest, RateMakesNumberedPicturesACamera) {
  FOVEA_NEED_FFMPEG();
  for (const char* name : {"f9.jpg", "f10.jpg", "f011.jpg"}) Put(name);
  SourceOptions options;
  options.image_fps = 12.5;
  const SourceLog log = ReadAll(options);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_THAT(log.Camera().times, ElementsAre(0, 80'000'000, 160'000'000));
  EXPECT_EQ(log.Camera().track.camera.time_base, (Rational{2, 25}));
}

TEST_F(ImageSourceTest, OthersAreStillsInNumberOrderBytesKept) {
  FOVEA_NEED_FFMPEG();
  Put("f10.jpg");
  Put("f9.png", "16x16");
  const SourceLog log = ReadAll();
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_TRUE(log.Camera().track.stills);
  EXPECT_THAT(log.Camera().names, ElementsAre("f9.png", "f10.jpg"));
  EXPECT_THAT(log.Camera().times, ElementsAre(0, 1'000'000'000));
}

TEST_F(ImageSourceTest, DifferentSizesAreStillsEvenWithTimes) {
  FOVEA_NEED_FFMPEG();
  Put("100000000000.png");
  Put("200000000000.png", "16x16");
  const SourceLog log = ReadAll();
  EXPECT_TRUE(log.Camera().track.stills);
  EXPECT_THAT(log.info.notes[0], HasSubstr("differ in size"));
}

TEST_F(ImageSourceTest, WhatIsNoPictureIsRejectedByName) {
  FOVEA_NEED_FFMPEG();
  Put("a1.jpg");
  Put("a2.png");
  auto cut = ReadFileBytes(dir_.File("a2.png"));
  cut.resize(cut.size() / 2);
  WriteFileBytes(dir_.File("a3.png"), cut);
  WriteFileText(dir_.File("notes.txt"), "hello");
  WriteFileText(dir_.File("empty.jpg"), "");
  const SourceLog log = ReadAll();
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Camera().items, 2);
  EXPECT_EQ(log.Camera().rejected, 3);
  EXPECT_THAT(log.Camera().reason, HasSubstr("a3.png: cut short"));
}

TEST_F(ImageSourceTest, FolderWithoutPicturesIsAnError) {
  WriteFileText(dir_.File("notes.txt"), "hello");
  const SourceLog log = ReadAll();
  EXPECT_EQ(log.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(log.status.message()),
              HasSubstr("no JPEG or PNG among 1 files (notes.txt"));
}

TEST_F(ImageSourceTest, GlobPicksFiles) {
  FOVEA_NEED_FFMPEG();
  Put("a1.jpg");
  Put("b1.jpg");
  const SourceLog log =
      SourceLog::Drain(OpenImageSource(dir_.File("a*.jpg"), {}));
  EXPECT_THAT(log.Camera().names, ElementsAre("a1.jpg"));
  EXPECT_EQ(OpenImageSource(dir_.File("z*"), {}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ImageSourceTest, RealPhotosAreStills) {
  FOVEA_NEED_TEST_DATA(folder, "images/coco_val");
  const SourceLog log = SourceLog::Drain(OpenImageSource(folder, {}));
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_TRUE(log.Camera().track.stills);
  EXPECT_EQ(log.Camera().items, 20);
  EXPECT_EQ(log.Camera().rejected, 0);
}

TEST(NaturalLessTest, DigitsCompareByValue) {
  EXPECT_TRUE(NaturalLess("f9", "f10"));
  EXPECT_TRUE(NaturalLess("f09", "f10"));
  EXPECT_FALSE(NaturalLess("f10", "f9"));
  EXPECT_TRUE(NaturalLess("a2b10", "a2b11"));
  EXPECT_TRUE(NaturalLess("a", "a1"));
  EXPECT_NE(NaturalLess("f1", "f01"), NaturalLess("f01", "f1"));
  EXPECT_FALSE(NaturalLess("f1", "f1"));
}

}  // namespace
}  // namespace fovea
