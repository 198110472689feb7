// SPDX-License-Identifier: GPL-2.0-or-later
//
// Colours whose values the standards give.

#include "bench/accuracy/bgr_image.h"

#include <array>
#include <utility>

#include "gtest/gtest.h"

namespace fovea::bench {
namespace {

Frame Flat(int width, int height, std::array<uint8_t, 3> yuv) {
  auto buffer = FrameBuffer::Allocate(width, height);
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? height : (height + 1) / 2;
    const auto size =
        static_cast<size_t>(rows) * static_cast<size_t>(buffer->stride(plane));
    std::fill_n(buffer->plane(plane), size, yuv[static_cast<size_t>(plane)]);
  }
  return std::move(*buffer).Release();
}

std::array<int, 3> FirstPixel(std::array<uint8_t, 3> yuv, ColorInfo color,
                              int height = 4) {
  const BgrImage image = ToBgr(Flat(6, height, yuv), color);
  return {image.bgr[0], image.bgr[1], image.bgr[2]};
}

using Bgr = std::array<int, 3>;

ColorInfo Color(uint8_t matrix, bool full_range) {
  ColorInfo color;
  color.matrix = matrix;
  color.full_range = full_range;
  return color;
}

TEST(BgrImageTest, BlackAndWhiteFollowTheRange) {
  EXPECT_EQ(FirstPixel({16, 128, 128}, Color(1, false)), (Bgr{0, 0, 0}));
  EXPECT_EQ(FirstPixel({235, 128, 128}, Color(1, false)), (Bgr{255, 255, 255}));
  EXPECT_EQ(FirstPixel({16, 128, 128}, Color(1, true)), (Bgr{16, 16, 16}));
  EXPECT_EQ(FirstPixel({255, 128, 128}, Color(1, true)), (Bgr{255, 255, 255}));
}

TEST(BgrImageTest, RedFollowsTheMatrix) {
  // 100 % red in limited range.
  EXPECT_EQ(FirstPixel({81, 90, 240}, Color(6, false)), (Bgr{0, 0, 254}));
  EXPECT_EQ(FirstPixel({63, 102, 240}, Color(1, false)), (Bgr{0, 1, 255}));
}

TEST(BgrImageTest, UnspecifiedIsOldBelowSevenHundredAndTwentyRows) {
  const std::array<uint8_t, 3> red = {81, 90, 240};
  EXPECT_EQ(FirstPixel(red, Color(2, false), 718),
            FirstPixel(red, Color(6, false)));
  EXPECT_EQ(FirstPixel(red, Color(2, false), 720),
            FirstPixel(red, Color(1, false)));
}

TEST(BgrImageTest, OddSizesAreCoveredToTheLastPixel) {
  const BgrImage image = ToBgr(Flat(7, 5, {235, 128, 128}), Color(1, false));
  EXPECT_EQ(image.width, 7);
  EXPECT_EQ(image.height, 5);
  ASSERT_EQ(image.bgr.size(), 7U * 5 * 3);
  for (const uint8_t level : image.bgr) EXPECT_EQ(level, 255);
}

}  // namespace
}  // namespace fovea::bench
