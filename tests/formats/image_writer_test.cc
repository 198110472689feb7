// SPDX-License-Identifier: GPL-2.0-or-later
//
// Images written here are read back by the ffmpeg program, which shares no
// code with libpng, libjpeg or our conversion.

#include "codec/formats/image_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

const ColorInfo kJfif{true, 2, 2, 6};
const ColorInfo kBt601{false, 2, 2, 6};
const ColorInfo kBt709{false, 1, 1, 1};
const ColorInfo kBt709Full{true, 1, 1, 1};

Frame Flat(int width, int height, uint8_t y, uint8_t u, uint8_t v) {
  FrameBuffer buffer = *FrameBuffer::Allocate(width, height);
  const uint8_t values[3] = {y, u, v};
  for (int i = 0; i < 3; ++i) {
    const int rows = i == 0 ? height : (height + 1) / 2;
    std::fill_n(buffer.plane(i), buffer.stride(i) * rows, values[i]);
  }
  return std::move(buffer).Release();
}

// Smooth shapes, so that chroma siting hardly matters, plus mild noise.
Frame Scene(int width, int height, unsigned seed) {
  FrameBuffer buffer = *FrameBuffer::Allocate(width, height);
  std::mt19937 random(seed);
  for (int i = 0; i < 3; ++i) {
    const int scale = i == 0 ? 1 : 2;
    const int rows = i == 0 ? height : (height + 1) / 2;
    const int columns = i == 0 ? width : (width + 1) / 2;
    for (int row = 0; row < rows; ++row) {
      for (int x = 0; x < columns; ++x) {
        const double wave = std::sin((x * scale + 40 * i) / 31.0) *
                            std::cos(row * scale / 23.0);
        buffer.plane(i)[row * buffer.stride(i) + x] = static_cast<uint8_t>(
            126 + 60 * wave + static_cast<int>(random() % 3));
      }
    }
  }
  return std::move(buffer).Release();
}

class ImageWriterTest : public ::testing::Test {
 protected:
  // `file` decoded by ffmpeg to raw `format` samples.
  std::vector<uint8_t> Read(const std::vector<uint8_t>& file,
                            const std::string& suffix,
                            const std::string& format) {
    const std::string in = folder_.File("in." + suffix);
    const std::string out = folder_.File("out.raw");
    WriteFileBytes(in, file);
    Ffmpeg("-i '" + in + "' -f rawvideo -pix_fmt " + format + " '" + out + "'");
    return ReadFileBytes(out);
  }

  std::vector<uint8_t> Png(const Frame& frame, const ColorInfo& color) {
    const auto file = EncodePng(frame, color);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? Read(*file, "png", "rgb24") : std::vector<uint8_t>();
  }

  std::vector<uint8_t> Jpeg(const Frame& frame, const ColorInfo& color,
                            int quality) {
    const auto file = EncodeJpeg(frame, color, quality);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? Read(*file, "jpg", "yuvj420p") : std::vector<uint8_t>();
  }

  const TempDir folder_;
};

std::vector<uint8_t> FirstPixel(const std::vector<uint8_t>& rgb) {
  return {rgb.begin(), rgb.begin() + 3};
}

using Rgb = std::vector<uint8_t>;

// Colour bars whose code values the standards' own tables give.
TEST_F(ImageWriterTest, PngHasTheStandardsColours) {
  FOVEA_NEED_FFMPEG();
  EXPECT_EQ(FirstPixel(Png(Flat(8, 8, 16, 128, 128), kBt601)), Rgb({0, 0, 0}));
  EXPECT_EQ(FirstPixel(Png(Flat(8, 8, 235, 128, 128), kBt709)),
            Rgb({255, 255, 255}));
  EXPECT_EQ(FirstPixel(Png(Flat(8, 8, 81, 90, 240), kBt601)), Rgb({254, 0, 0}));
  EXPECT_EQ(FirstPixel(Png(Flat(8, 8, 63, 102, 240), kBt709)),
            Rgb({255, 1, 0}));
  EXPECT_EQ(FirstPixel(Png(Flat(8, 8, 76, 85, 255), kJfif)), Rgb({254, 0, 0}));
  EXPECT_EQ(FirstPixel(Png(Flat(8, 8, 77, 128, 128), kBt709Full)),
            Rgb({77, 77, 77}));
}

TEST_F(ImageWriterTest, UnlabelledMatrixFollowsTheHeight) {
  const ColorInfo unlabelled;
  const Frame small = Flat(16, 16, 81, 90, 240);
  const Frame tall = Flat(16, 720, 81, 90, 240);
  EXPECT_EQ(*EncodePng(small, unlabelled), *EncodePng(small, kBt601));
  EXPECT_EQ(*EncodePng(tall, unlabelled), *EncodePng(tall, kBt709));
}

TEST_F(ImageWriterTest, PngAgreesWithSwscale) {
  FOVEA_NEED_FFMPEG();
  const Frame frame = Scene(322, 242, 3);
  const std::string raw = folder_.File("frame.yuv");
  std::vector<uint8_t> samples;
  const Plane planes[3] = {frame.y, frame.u, frame.v};
  for (int i = 0; i < 3; ++i) {
    const int rows = i == 0 ? frame.height : frame.chroma_height();
    const int columns = i == 0 ? frame.width : frame.chroma_width();
    for (int row = 0; row < rows; ++row) {
      const uint8_t* line = planes[i].data + row * planes[i].stride;
      samples.insert(samples.end(), line, line + columns);
    }
  }
  WriteFileBytes(raw, samples);
  const std::string out = folder_.File("reference.rgb");
  Ffmpeg("-f rawvideo -pix_fmt yuv420p -s 322x242 -i '" + raw +
         "' -vf scale=in_color_matrix=bt709:in_range=tv:flags=bilinear+"
         "accurate_rnd+full_chroma_int -f rawvideo -pix_fmt rgb24 '" +
         out + "'");
  const auto expected = ReadFileBytes(out);
  const auto actual = Png(frame, kBt709);
  ASSERT_EQ(actual.size(), expected.size());
  double total = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    total += std::abs(int{actual[i]} - int{expected[i]});
  }
  EXPECT_LT(total / static_cast<double>(actual.size()), 1.5);
}

TEST_F(ImageWriterTest, OddSizesKeepTheirSize) {
  FOVEA_NEED_FFMPEG();
  for (const auto& [width, height] :
       {std::pair{1, 1}, {2, 1}, {1, 2}, {17, 33}, {641, 361}, {16, 16}}) {
    const Frame frame = Scene(width, height, 5);
    const auto rgb = Png(frame, kBt601);
    EXPECT_EQ(rgb.size(), static_cast<size_t>(3 * width * height));
    const auto yuv = Jpeg(frame, kBt601, 90);
    EXPECT_EQ(yuv.size(),
              static_cast<size_t>(width * height + 2 * frame.chroma_width() *
                                                       frame.chroma_height()));
  }
}

double LumaPsnr(const Frame& frame, const std::vector<uint8_t>& samples) {
  double error = 0;
  for (int row = 0; row < frame.height; ++row) {
    for (int x = 0; x < frame.width; ++x) {
      const double d = frame.y.data[row * frame.y.stride + x] -
                       int{samples[static_cast<size_t>(row * frame.width + x)]};
      error += d * d;
    }
  }
  const double mse = error / (frame.width * frame.height);
  return mse == 0 ? 99 : 10 * std::log10(255 * 255 / mse);
}

TEST_F(ImageWriterTest, JfifSamplesGoInUnconverted) {
  FOVEA_NEED_FFMPEG();
  const Frame frame = Scene(161, 99, 9);
  EXPECT_GT(LumaPsnr(frame, Jpeg(frame, kJfif, 100)), 50);
  EXPECT_GT(LumaPsnr(frame, Jpeg(frame, kJfif, 80)), 35);
}

TEST_F(ImageWriterTest, JpegOfVideoRangeShowsTheColoursOfThePng) {
  FOVEA_NEED_FFMPEG();
  for (const ColorInfo& color : {kBt601, kBt709, kBt709Full}) {
    const Frame frame = Scene(128, 96, 11);
    const auto png = Png(frame, color);
    const auto file = EncodeJpeg(frame, color, 100);
    ASSERT_TRUE(file.ok());
    const auto rgb = Read(*file, "jpg", "rgb24");
    ASSERT_EQ(rgb.size(), png.size());
    double total = 0;
    for (size_t i = 0; i < png.size(); ++i) {
      total += std::abs(int{png[i]} - int{rgb[i]});
    }
    EXPECT_LT(total / static_cast<double>(png.size()), 2.5);
  }
}

TEST_F(ImageWriterTest, QualityOrdersSize) {
  const Frame frame = Scene(320, 240, 1);
  size_t last = 0;
  for (const int quality : {10, 50, 90, 100}) {
    const auto file = EncodeJpeg(frame, kBt601, quality);
    ASSERT_TRUE(file.ok());
    EXPECT_GT(file->size(), last);
    last = file->size();
  }
}

TEST_F(ImageWriterTest, RefusesWhatIsNoPicture) {
  Frame frame = Flat(16, 16, 1, 2, 3);
  EXPECT_EQ(EncodeJpeg(frame, kJfif, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeJpeg(frame, kJfif, 101).status().code(),
            absl::StatusCode::kInvalidArgument);
  frame.u.data = nullptr;
  EXPECT_EQ(EncodePng(frame, kJfif).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodePng(Frame(), kJfif).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fovea::testing
