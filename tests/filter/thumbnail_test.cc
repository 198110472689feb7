// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/thumbnail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "codec/grid.h"
#include "codec/sample.h"

namespace fovea {
namespace {

using ::testing::Each;

// A picture of one grey and one colour, and a square of another.
class Picture {
 public:
  Picture(int width, int height)
      : width_(width),
        height_(height),
        buffer_(*FrameBuffer::Allocate(width, height)) {
    Fill(0, 100);
    Fill(1, 90);
    Fill(2, 160);
  }

  void Fill(int plane, uint8_t level) {
    Square(plane, 0, 0, plane == 0 ? width_ : (width_ + 1) / 2,
           plane == 0 ? height_ : (height_ + 1) / 2, level);
  }
  void Square(int plane, int left, int top, int width, int height,
              uint8_t level) {
    for (int y = top; y < top + height; ++y) {
      std::fill_n(buffer_.plane(plane) + y * buffer_.stride(plane) + left,
                  width, level);
    }
  }

  Thumbnail Look() && {
    const Frame frame = std::move(buffer_).Release();
    auto meter = GridMeter::Create(width_, height_);
    return ThumbnailOf(**(*meter)->Measure(frame), frame);
  }

 private:
  int width_, height_;
  FrameBuffer buffer_;
};

std::vector<uint8_t> PlaneOf(const Thumbnail& thumbnail,
                             Thumbnail::Plane plane) {
  const auto cells = thumbnail.plane(plane);
  return {cells.begin(), cells.end()};
}

TEST(ThumbnailTest, AnEvenPictureIsEvenInEveryPlane) {
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{
           {1, 1}, {2, 2}, {17, 15}, {96, 64}, {384, 288}, {639, 481}}) {
    SCOPED_TRACE(::testing::Message() << width << " x " << height);
    const Thumbnail even = Picture(width, height).Look();
    ASSERT_EQ(even.cells.size(), Thumbnail::kPlanes * Thumbnail::kCells);
    EXPECT_THAT(PlaneOf(even, Thumbnail::kLuma), Each(128));
    EXPECT_THAT(PlaneOf(even, Thumbnail::kDifference), Each(0));
    EXPECT_THAT(PlaneOf(even, Thumbnail::kBlue), Each(90));
    EXPECT_THAT(PlaneOf(even, Thumbnail::kRed), Each(160));
  }
}

TEST(ThumbnailTest, AThingIsSeenWhereItIs) {
  Picture picture(384, 288);  // a macroblock is a cell
  picture.Square(0, 5 * 16, 3 * 16, 16, 16, 140);
  picture.Square(2, 7 * 8, 17 * 8, 8, 8, 200);
  const Thumbnail seen = std::move(picture).Look();
  std::vector<uint8_t> luma(Thumbnail::kCells, 128);
  luma[3 * Thumbnail::kColumns + 5] = 168;
  EXPECT_EQ(PlaneOf(seen, Thumbnail::kLuma), luma);
  std::vector<uint8_t> red(Thumbnail::kCells, 160);
  red[17 * Thumbnail::kColumns + 7] = 200;
  EXPECT_EQ(PlaneOf(seen, Thumbnail::kRed), red);
}

TEST(ThumbnailTest, LightThatChangesEverywhereDoesNotTell) {
  Picture dark(384, 288), light(384, 288);
  dark.Fill(0, 60);
  light.Fill(0, 120);
  const auto apart =
      DistanceOf(std::move(dark).Look(), std::move(light).Look());
  EXPECT_EQ(apart.mean, 0);
  EXPECT_EQ(apart.greatest, 0);
}

TEST(ThumbnailTest, DistanceIsOfTheWholeAndOfItsGreatestPart) {
  Picture before(384, 288), after(384, 288);
  after.Square(0, 10 * 16, 10 * 16, 3 * 16, 3 * 16, 190);
  const Thumbnail a = std::move(before).Look(), b = std::move(after).Look();
  const ThumbnailDistance apart = DistanceOf(a, b);
  EXPECT_FLOAT_EQ(apart.greatest, 90);
  EXPECT_FLOAT_EQ(apart.mean, 90.F * 9 / Thumbnail::kCells);
  EXPECT_EQ(DistanceOf(b, a).greatest, apart.greatest);
  EXPECT_EQ(DistanceOf(a, a).mean, 0);
  EXPECT_EQ(DistanceOf(a, {}).mean, 0);
  EXPECT_EQ(DistanceOf({}, {}).greatest, 0);
}

// The fast sum against one that is written down.
TEST(ThumbnailTest, GreatestPartIsThatOfAnyNineCells) {
  std::mt19937_64 dice(1);
  for (int round = 0; round < 20; ++round) {
    Thumbnail a, b;
    a.cells.resize(Thumbnail::kPlanes * Thumbnail::kCells);
    b.cells = a.cells;
    for (int i = 0; i < 40; ++i) {
      b.cells[dice() % b.cells.size()] = static_cast<uint8_t>(dice());
    }
    int greatest = 0;
    for (int y = 0; y + 3 <= Thumbnail::kRows; ++y) {
      for (int x = 0; x + 3 <= Thumbnail::kColumns; ++x) {
        int sum = 0;
        for (int i = 0; i < 9; ++i) {
          const auto at = static_cast<size_t>(
              (y + i / 3) * Thumbnail::kColumns + x + i % 3);
          sum += b.plane(Thumbnail::kLuma)[at] + b.plane(Thumbnail::kBlue)[at] +
                 b.plane(Thumbnail::kRed)[at];
        }
        greatest = std::max(greatest, sum);
      }
    }
    EXPECT_FLOAT_EQ(DistanceOf(a, b).greatest,
                    static_cast<float>(greatest) / 9);
  }
}

TEST(ThumbnailTest, OfAGridOfAnotherPictureThereIsNone) {
  const Frame frame = std::move(*FrameBuffer::Allocate(64, 64)).Release();
  const Frame wide = std::move(*FrameBuffer::Allocate(96, 64)).Release();
  auto meter = GridMeter::Create(96, 64);
  const Grid grid = **(*meter)->Measure(wide);
  EXPECT_FALSE(ThumbnailOf(grid, wide).empty());
  EXPECT_TRUE(ThumbnailOf(grid, frame).empty());
  EXPECT_TRUE(ThumbnailOf(grid, {}).empty());
  EXPECT_TRUE(ThumbnailOf({}, frame).empty());
  EXPECT_TRUE(ThumbnailOf({}, {}).empty());
}

}  // namespace
}  // namespace fovea
