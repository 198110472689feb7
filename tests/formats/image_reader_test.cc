// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/image_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <utility>

#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::Ffmpeg;
using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::TempDir;
using ::fovea::testing::WriteFileBytes;
using ::testing::HasSubstr;

class ImageReaderTest : public ::testing::Test {
 protected:
  // One picture of `filter` as a file of the kind `name` ends with.
  std::vector<uint8_t> Make(const std::string& name, const std::string& filter,
                            const std::string& arguments = "") {
    const std::string path = dir_.File(name);
    Ffmpeg("-f lavfi -i \"" + filter + "\" -frames:v 1 " + arguments + " '" +
           path + "'");
    return ReadFileBytes(path);
  }

  // One picture of `width` x `height` in the colour 0x50A0F0, through a PPM
  // of 8 or 16 bits per sample.
  std::vector<uint8_t> MakeBlue(const std::string& name, int width, int height,
                                const std::string& arguments, int bits = 8) {
    const std::string head = "P6\n" + std::to_string(width) + " " +
                             std::to_string(height) + "\n" +
                             (bits == 8 ? "255" : "65535") + "\n";
    std::vector<uint8_t> ppm(head.begin(), head.end());
    for (int i = 0; i < width * height; ++i) {
      for (const int sample : {0x50, 0xA0, 0xF0}) {
        ppm.insert(ppm.end(), bits == 8 ? 1 : 2, static_cast<uint8_t>(sample));
      }
    }
    WriteFileBytes(dir_.File("in.ppm"), ppm);
    const std::string path = dir_.File(name);
    Ffmpeg("-i '" + dir_.File("in.ppm") + "' " + arguments + " '" + path + "'");
    return ReadFileBytes(path);
  }

  static DecodedImage Decode(const std::vector<uint8_t>& file) {
    auto image = DecodeImage(file, {});
    EXPECT_TRUE(image.ok()) << image.status();
    return image.ok() ? *std::move(image) : DecodedImage();
  }

  TempDir dir_;
};

// A ramp x over 256 columns, in any grey PNG flavour.
TEST_F(ImageReaderTest, GreyPngKeepsEveryValue) {
  FOVEA_NEED_FFMPEG();
  for (const char* format : {"gray", "ya8"}) {
    const auto image = Decode(
        Make("g.png", "color=black:s=256x5,format=gray,geq=lum=X,format=" +
                          std::string(format)));
    ASSERT_EQ(image.frame.width, 256);
    ASSERT_EQ(image.frame.height, 5);
    for (int x = 0; x < 256; ++x) {
      EXPECT_EQ(image.frame.y.data[4 * image.frame.y.stride + x], x);
      EXPECT_EQ(image.frame.u.data[2 * image.frame.u.stride + x / 2], 128);
      EXPECT_EQ(image.frame.v.data[x / 2], 128);
    }
    EXPECT_TRUE(image.color.full_range);
    EXPECT_EQ(image.color.matrix, 5);
  }
}

TEST_F(ImageReaderTest, SixteenBitPngIsRounded) {
  FOVEA_NEED_FFMPEG();
  const auto image = Decode(
      Make("g.png", "color=black:s=256x2,format=gray16,geq=lum='X*257'"));
  for (int x = 0; x < 256; ++x) EXPECT_EQ(image.frame.y.data[x], x);
}

// Against the definition of JFIF's conversion, in floating point.
TEST_F(ImageReaderTest, RgbPngIsFullRangeBt601) {
  FOVEA_NEED_FFMPEG();
  for (const auto& [format, bits] :
       {std::pair("rgb24", 8), std::pair("rgba", 8),
        std::pair("rgb48be", 16)}) {
    const auto image = Decode(
        MakeBlue("c.png", 7, 5, "-pix_fmt " + std::string(format), bits));
    const double r = 0x50;
    const double g = 0xA0;
    const double b = 0xF0;
    const double y = 0.299 * r + 0.587 * g + 0.114 * b;
    EXPECT_EQ(image.frame.y.data[4 * image.frame.y.stride + 6], std::lround(y));
    EXPECT_EQ(image.frame.u.data[2 * image.frame.u.stride + 3],
              std::lround(128 + (b - y) / 1.772));
    EXPECT_EQ(image.frame.v.data[0], std::lround(128 + (r - y) / 1.402));
  }
}

TEST_F(ImageReaderTest, PaletteAndInterlacedPngDecode) {
  FOVEA_NEED_FFMPEG();
  const auto plain = Decode(Make("p.png", "testsrc=s=97x61"));
  const auto palette = Decode(
      Make("q.png", "testsrc=s=97x61,format=rgb8,format=rgb24,format=pal8"));
  EXPECT_EQ(palette.frame.width, 97);
  const std::string source = dir_.File("p.png");
  Ffmpeg("-i '" + source + "' -field_order tt -flags +ildct '" +
         dir_.File("i.png") + "'");
  const auto interlaced = Decode(ReadFileBytes(dir_.File("i.png")));
  for (int row = 0; row < 61; ++row) {
    for (int x = 0; x < 97; ++x) {
      ASSERT_EQ(interlaced.frame.y.data[row * interlaced.frame.y.stride + x],
                plain.frame.y.data[row * plain.frame.y.stride + x]);
    }
  }
}

class JpegSamplingTest : public ImageReaderTest,
                         public ::testing::WithParamInterface<const char*> {};

// Every sampling ends within a step or two of the picture that was coded.
TEST_P(JpegSamplingTest, ColourComesBack) {
  FOVEA_NEED_FFMPEG();
  const std::string format = "-q:v 1 -pix_fmt " + std::string(GetParam());
  for (const auto& [width, height] :
       {std::pair(1, 1), std::pair(7, 5), std::pair(640, 362),
        std::pair(641, 361)}) {
    const auto image = Decode(MakeBlue("c.jpg", width, height, format));
    const Frame& frame = image.frame;
    ASSERT_EQ(frame.width, width);
    ASSERT_EQ(frame.height, height);
    EXPECT_NEAR(frame.y.data[(height - 1) * frame.y.stride + width - 1], 145,
                3);
    // The scaler that made the file darkens chroma at odd right edges.
    const bool odd = width % 2 != 0 && format.find("444") == std::string::npos;
    const ptrdiff_t row = (frame.chroma_height() - 1) * frame.u.stride;
    if (odd && width < 32) continue;  // it rings over the whole block
    const ptrdiff_t last = row + frame.chroma_width() - (odd ? 17 : 1);
    EXPECT_NEAR(frame.u.data[last], 181, 3);
    EXPECT_NEAR(frame.v.data[last], 82, 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Samplings, JpegSamplingTest,
                         ::testing::Values("yuvj420p", "yuvj422p", "yuvj444p"));

TEST_F(ImageReaderTest, HeaderTellsFormatAndSize) {
  FOVEA_NEED_FFMPEG();
  const auto jpeg = ReadImageHeader(Make("a.jpg", "testsrc=s=641x361"), {});
  ASSERT_TRUE(jpeg.ok()) << jpeg.status();
  EXPECT_EQ(jpeg->format, "jpeg");
  EXPECT_EQ(jpeg->width, 641);
  EXPECT_EQ(jpeg->height, 361);
  const auto png = ReadImageHeader(Make("a.png", "testsrc=s=64x16384"), {});
  ASSERT_TRUE(png.ok()) << png.status();
  EXPECT_EQ(png->format, "png");
  EXPECT_EQ(png->height, 16384);
}

TEST_F(ImageReaderTest, ForeignBytesAndAbsurdSizesAreRefused) {
  FOVEA_NEED_FFMPEG();
  const std::vector<uint8_t> text = {'h', 'e', 'l', 'l', 'o'};
  EXPECT_EQ(DecodeImage(text, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DecodeImage({}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  FormatLimits limits;
  limits.max_pixels = 100;
  for (const char* name : {"a.png", "a.jpg"}) {
    EXPECT_EQ(
        DecodeImage(Make(name, "testsrc=s=64x48"), limits).status().code(),
        absl::StatusCode::kResourceExhausted);
  }
}

// No cut decodes, and none does worse than an error. The bytes after the
// picture's last row do not matter to it: JPEG's end mark, PNG's trailer.
TEST_F(ImageReaderTest, EveryCutIsDamage) {
  FOVEA_NEED_FFMPEG();
  for (const char* name : {"a.png", "a.jpg"}) {
    const auto whole = Make(name, "testsrc=s=33x17");
    for (size_t size = 3; size + 2 < whole.size(); ++size) {
      const auto image =
          DecodeImage(std::span<const uint8_t>(whole).first(size), {});
      EXPECT_FALSE(image.ok()) << name << " cut at " << size;
    }
  }
}

TEST_F(ImageReaderTest, RandomDamageNeverCrashes) {
  FOVEA_NEED_FFMPEG();
  std::mt19937 random(11);
  for (const char* name : {"a.png", "a.jpg"}) {
    const auto whole = Make(name, "testsrc=s=64x48");
    for (int i = 0; i < 300; ++i) {
      auto damaged = whole;
      for (int hits = 0; hits < 3; ++hits) {
        damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
      }
      const auto image = DecodeImage(damaged, {});
      if (!image.ok()) {
        EXPECT_FALSE(image.status().message().empty());
      }
    }
  }
}

TEST_F(ImageReaderTest, RealPhotosDecode) {
  FOVEA_NEED_TEST_DATA(folder, "images/coco_val");
  int photos = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto bytes = ReadFileBytes(entry.path());
    const auto header = ReadImageHeader(bytes, {});
    ASSERT_TRUE(header.ok()) << entry.path() << header.status();
    const auto image = DecodeImage(bytes, {});
    ASSERT_TRUE(image.ok()) << entry.path() << image.status();
    EXPECT_EQ(image->frame.width, header->width);
    EXPECT_EQ(image->frame.height, header->height);
    ++photos;
  }
  EXPECT_EQ(photos, 20);
}

}  // namespace
}  // namespace fovea
