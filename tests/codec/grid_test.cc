// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "codec/internal/grid_kernels.h"

namespace fovea {
namespace {

using internal::BlockSums;
using internal::GridKernels;
using internal::RunnableGridKernels;
using internal::ScalarGridKernels;

std::vector<uint8_t> RandomBytes(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

TEST(GridKernels, MoreThanTheScalarTableRuns) {
  EXPECT_GE(RunnableGridKernels().size(), 2u);
}

TEST(GridKernels, HalveRowsEqualsScalarAtEveryWidth) {
  for (const GridKernels& kernels : RunnableGridKernels()) {
    for (int width = 1; width <= 130; ++width) {
      const auto count = static_cast<size_t>(width);
      const auto top = RandomBytes(2 * count, 1);
      const auto bottom = RandomBytes(2 * count, 2);
      std::vector<uint8_t> expected(count), found(count);
      ScalarGridKernels().halve_rows(top.data(), bottom.data(), width,
                                     expected.data());
      kernels.halve_rows(top.data(), bottom.data(), width, found.data());
      ASSERT_EQ(found, expected) << "width " << width;
    }
  }
}

TEST(GridKernels, SumBlocksEqualsScalarAtOddStrides) {
  for (const GridKernels& kernels : RunnableGridKernels()) {
    for (int count = 1; count <= 17; ++count) {
      for (int slack : {0, 1, 3, 13}) {
        const ptrdiff_t stride = count * 8 + slack;
        const auto size = static_cast<size_t>(stride * 7 + count * 8);
        const auto now = RandomBytes(size, 3);
        const auto before = RandomBytes(size, 4);
        for (const uint8_t* previous : {before.data(), now.data(),
                                        static_cast<const uint8_t*>(nullptr)}) {
          std::vector<BlockSums> expected(static_cast<size_t>(count));
          std::vector<BlockSums> found(expected.size());
          ScalarGridKernels().sum_blocks(
              {now.data(), stride}, {previous, stride}, count, expected.data());
          kernels.sum_blocks({now.data(), stride}, {previous, stride}, count,
                             found.data());
          ASSERT_TRUE(found == expected) << count << " blocks, +" << slack;
        }
      }
    }
  }
}

TEST(GridKernels, SumBlocksHoldsTheExtremes) {
  const std::vector<uint8_t> white(64 * 8, 255), black(64 * 8, 0);
  for (const GridKernels& kernels : RunnableGridKernels()) {
    std::vector<BlockSums> sums(8);
    kernels.sum_blocks({white.data(), 64}, {black.data(), 64}, 8, sums.data());
    for (const BlockSums& s : sums) {
      EXPECT_EQ(s.pixels, 64 * 255);
      EXPECT_EQ(s.deviation, 0);
      EXPECT_EQ(s.difference, 64 * 255);
    }
  }
}

TEST(GridKernels, CompareFourEqualsScalarAtOddStrides) {
  for (const GridKernels& kernels : RunnableGridKernels()) {
    for (ptrdiff_t stride = 11; stride < 40; stride += 2) {
      const auto now = RandomBytes(static_cast<size_t>(stride * 8), 5);
      const auto before = RandomBytes(static_cast<size_t>(stride * 8), 6);
      const uint8_t* candidates[4] = {before.data(), before.data() + 1,
                                      before.data() + 3, now.data()};
      uint32_t expected[4], found[4];
      ScalarGridKernels().compare_four({now.data(), stride}, candidates, stride,
                                       expected);
      kernels.compare_four({now.data(), stride}, candidates, stride, found);
      for (int i = 0; i < 4; ++i) ASSERT_EQ(found[i], expected[i]);
      EXPECT_EQ(found[3], 0u);
    }
  }
}

class GridTest : public ::testing::Test {
 protected:
  using Pixel = std::function<int(int x, int y)>;

  void Open(int width, int height) {
    width_ = width;
    height_ = height;
    auto meter = GridMeter::Create(width, height);
    ASSERT_TRUE(meter.ok()) << meter.status();
    meter_ = std::move(*meter);
  }

  Frame Draw(const Pixel& pixel) const {
    auto buffer = FrameBuffer::Allocate(width_, height_);
    EXPECT_TRUE(buffer.ok());
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        buffer->plane(0)[y * buffer->stride(0) + x] =
            static_cast<uint8_t>(std::clamp(pixel(x, y), 0, 255));
      }
    }
    return std::move(*buffer).Release();
  }

  Grid Measure(const Pixel& pixel) {
    auto grid = meter_->Measure(Draw(pixel));
    EXPECT_TRUE(grid.ok()) << grid.status();
    return **grid;
  }

  // Smooth texture without a period that motion could mistake.
  static Pixel Texture(uint32_t seed) {
    constexpr int kSide = 64;
    auto knots = std::make_shared<std::vector<uint8_t>>(
        RandomBytes(kSide * kSide, seed));
    return [knots](int x, int y) {
      const auto knot = [&](int i, int j) {
        return static_cast<int>(
            (*knots)[static_cast<size_t>((i & 63) * kSide + (j & 63))]);
      };
      const int i = x >> 3, j = y >> 3, u = x & 7, v = y & 7;
      return (knot(i, j) * (8 - u) * (8 - v) + knot(i + 1, j) * u * (8 - v) +
              knot(i, j + 1) * (8 - u) * v + knot(i + 1, j + 1) * u * v) /
             64;
    };
  }

  static Pixel Moved(const Pixel& pixel, int right, int down) {
    return [=](int x, int y) { return pixel(x - right + 256, y - down + 256); };
  }

  static int ShareOf(const Grid& grid, int motion_x, int motion_y) {
    int count = 0;
    for (size_t i = 0; i < grid.motion_x.size(); ++i) {
      count += grid.motion_x[i] == motion_x && grid.motion_y[i] == motion_y;
    }
    return 100 * count / static_cast<int>(grid.motion_x.size());
  }

  int width_ = 0;
  int height_ = 0;
  std::unique_ptr<GridMeter> meter_;
};

TEST_F(GridTest, RefusesAbsurdSizes) {
  for (auto [width, height] :
       {std::pair{0, 16}, {16, 0}, {-1, 4}, {16385, 16}, {16, 16385}}) {
    EXPECT_EQ(GridMeter::Create(width, height).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(GridTest, RefusesAnotherSizeAndMissingLuma) {
  Open(32, 32);
  Frame frame = Draw([](int, int) { return 0; });
  Frame larger = frame;
  larger.width = 48;
  EXPECT_FALSE(meter_->Measure(larger).ok());
  Frame empty = frame;
  empty.y.data = nullptr;
  EXPECT_FALSE(meter_->Measure(empty).ok());
  EXPECT_TRUE(meter_->Measure(frame).ok());
}

TEST_F(GridTest, FirstFrameHasNoPast) {
  Open(64, 48);
  const Grid grid = Measure(Texture(1));
  EXPECT_EQ(grid.columns, 4);
  EXPECT_EQ(grid.rows, 3);
  EXPECT_FALSE(grid.has_previous);
  EXPECT_EQ(grid.difference, std::vector<uint8_t>(12, 0));
  EXPECT_EQ(grid.residual, std::vector<uint8_t>(12, 0));
}

TEST_F(GridTest, FlatPictureChangesByItsBrightness) {
  Open(64, 48);
  Measure([](int, int) { return 100; });
  const Grid grid = Measure([](int, int) { return 103; });
  EXPECT_TRUE(grid.has_previous);
  EXPECT_EQ(grid.mean, std::vector<uint8_t>(12, 103));
  EXPECT_EQ(grid.texture, std::vector<uint8_t>(12, 0));
  EXPECT_EQ(grid.difference, std::vector<uint8_t>(12, 12));
}

TEST_F(GridTest, TextureIsTwiceTheMeanDeviation) {
  Open(32, 32);  // 2x2 checks survive the halving as single pixels
  const Grid grid =
      Measure([](int x, int y) { return (x / 2 + y / 2) % 2 ? 120 : 80; });
  EXPECT_EQ(grid.mean, std::vector<uint8_t>(4, 100));
  EXPECT_EQ(grid.texture, std::vector<uint8_t>(4, 40));
}

TEST_F(GridTest, LargeChangesSaturate) {
  Open(16, 16);
  Measure([](int, int) { return 0; });
  const Grid grid = Measure([](int, int) { return 255; });
  EXPECT_EQ(grid.difference[0], 255);
  EXPECT_EQ(grid.residual[0], 255);
}

// Every size's means against a plain double loop over replicated pixels.
TEST_F(GridTest, EdgesAreReplicated) {
  for (auto [width, height] : {std::pair{1, 1},
                               {2, 1},
                               {1, 2},
                               {17, 33},
                               {31, 15},
                               {130, 47},
                               {641, 361},
                               {64, 16384}}) {
    Open(width, height);
    const Pixel pixel = Texture(7);
    const Grid grid = Measure(pixel);
    ASSERT_EQ(grid.columns, (width + 15) / 16);
    ASSERT_EQ(grid.rows, (height + 15) / 16);
    const auto half = [&, w = width, h = height](int i, int j) {
      i = std::min(i, (w - 1) / 2);
      j = std::min(j, (h - 1) / 2);
      const int x0 = 2 * i, x1 = std::min(2 * i + 1, w - 1);
      const int y0 = 2 * j, y1 = std::min(2 * j + 1, h - 1);
      return (pixel(x0, y0) + pixel(x1, y0) + pixel(x0, y1) + pixel(x1, y1) +
              2) /
             4;
    };
    for (int row = 0; row < grid.rows; ++row) {
      for (int column = 0; column < grid.columns; ++column) {
        int sum = 0;
        for (int k = 0; k < 64; ++k) {
          sum += half(column * 8 + k % 8, row * 8 + k / 8);
        }
        ASSERT_EQ(grid.mean[static_cast<size_t>(row * grid.columns + column)],
                  (sum + 32) / 64)
            << width << "x" << height << " block " << column << "," << row;
      }
    }
  }
}

TEST_F(GridTest, FindsACameraPan) {
  Open(640, 352);
  const Pixel scene = Texture(11);
  Grid grid;
  for (int i = 0; i < 4; ++i) grid = Measure(Moved(scene, 6 * i, -4 * i));
  EXPECT_GE(ShareOf(grid, -3, 2), 85);
  EXPECT_EQ(grid.residual[11 * 40 + 20], 0);
}

TEST_F(GridTest, FindsAnObjectOverAStillBackground) {
  Open(640, 352);
  const Pixel ground = Texture(12), object = Texture(13);
  Grid grid;
  for (int i = 0; i < 4; ++i) {
    const int left = 192 + 8 * i;
    const Pixel moving = Moved(object, 8 * i, 0);
    grid = Measure([&](int x, int y) {
      const bool inside = x >= left && x < left + 128 && y >= 96 && y < 224;
      return inside ? moving(x, y) : ground(x, y);
    });
  }
  const size_t on_object = 9 * 40 + 16, beside = 2 * 40 + 2;
  EXPECT_EQ(grid.motion_x[on_object], -4);
  EXPECT_EQ(grid.motion_y[on_object], 0);
  EXPECT_LT(grid.residual[on_object], grid.difference[on_object]);
  EXPECT_EQ(grid.motion_x[beside], 0);
  EXPECT_EQ(grid.residual[beside], 0);
}

TEST_F(GridTest, NoiseIsNotMotion) {
  Open(320, 192);
  const Pixel scene = Texture(14);
  std::mt19937 random(15);
  Grid grid;
  for (int i = 0; i < 3; ++i) {
    grid = Measure([&](int x, int y) {
      return scene(x, y) + static_cast<int>(random() % 5) - 2;
    });
  }
  EXPECT_EQ(ShareOf(grid, 0, 0), 100);
}

TEST_F(GridTest, MotionNeverWorsensTheResidual) {
  Open(203, 117);
  std::mt19937 random(16);
  for (int i = 0; i < 20; ++i) {
    const Grid grid =
        Measure(Moved(Texture(17 + static_cast<uint32_t>(random() % 3)),
                      static_cast<int>(random() % 41) - 20,
                      static_cast<int>(random() % 41) - 20));
    for (size_t b = 0; b < grid.residual.size(); ++b) {
      ASSERT_LE(grid.residual[b], grid.difference[b]);
    }
  }
}

// Vectors a bitstream may give, all the same.
CodedMotion AllCoded(const Grid& grid, int quarters_x, int quarters_y) {
  CodedMotion coded;
  coded.columns = grid.columns;
  coded.rows = grid.rows;
  coded.x.assign(grid.mean.size(), static_cast<int16_t>(quarters_x));
  coded.y.assign(grid.mean.size(), static_cast<int16_t>(quarters_y));
  coded.intra.assign(grid.mean.size(), 0);
  return coded;
}

TEST_F(GridTest, CodedVectorsAreTakenWhereTheyFit) {
  Open(320, 240);
  // Over one frame, and over up to four between B pictures.
  for (const int frames : {1, 2, 3, 4}) {
    meter_->Reset();
    const Pixel picture = Texture(7);
    const Grid before = Measure(Moved(picture, 0, 0));
    const CodedMotion coded = AllCoded(before, -32 * frames, 16 * frames);
    const auto grid = meter_->Measure(Draw(Moved(picture, 8, -4)), coded);
    ASSERT_TRUE(grid.ok()) << grid.status();
    EXPECT_GE(ShareOf(**grid, -4, 2), 80) << frames;
  }
}

TEST_F(GridTest, CodedVectorsThatLieAreNoMotion) {
  Open(320, 240);
  const Pixel picture = Texture(7);
  Measure(Moved(picture, 0, 0));
  const Grid searched = Measure(Moved(picture, 8, -4));
  std::mt19937 random(5);
  for (int i = 0; i < 50; ++i) {
    meter_->Reset();
    const Grid before = Measure(Moved(picture, 0, 0));
    CodedMotion coded = AllCoded(before, 0, 0);
    for (size_t b = 0; b < coded.x.size(); ++b) {
      coded.x[b] = static_cast<int16_t>(random());
      coded.y[b] = static_cast<int16_t>(random());
    }
    const auto grid = meter_->Measure(Draw(Moved(picture, 8, -4)), coded);
    ASSERT_TRUE(grid.ok()) << grid.status();
    EXPECT_EQ((*grid)->mean, searched.mean);
    EXPECT_EQ((*grid)->texture, searched.texture);
    EXPECT_EQ((*grid)->difference, searched.difference);
    for (size_t b = 0; b < searched.mean.size(); ++b) {
      EXPECT_LE((*grid)->residual[b], (*grid)->difference[b]);
    }
  }
}

TEST_F(GridTest, CodedMotionMayBeOfAnotherSize) {
  Open(320, 240);
  const Pixel picture = Texture(7);
  const Grid before = Measure(Moved(picture, 0, 0));
  for (const int columns : {0, 1, 19, 21, 40}) {
    CodedMotion coded = AllCoded(before, -32, 16);
    coded.columns = columns;
    const auto count = static_cast<size_t>(columns * coded.rows);
    coded.x.resize(count, -32);
    coded.y.resize(count, 16);
    EXPECT_TRUE(meter_->Measure(Draw(Moved(picture, 8, -4)), coded).ok());
  }
}

TEST_F(GridTest, ResetForgetsThePast) {
  Open(320, 192);
  const Grid first = Measure(Texture(20));
  Measure(Moved(Texture(20), 6, 0));
  meter_->Reset();
  const Grid again = Measure(Texture(20));
  EXPECT_FALSE(again.has_previous);
  EXPECT_EQ(again.mean, first.mean);
  EXPECT_EQ(again.difference, first.difference);
  EXPECT_EQ(again.motion_x, first.motion_x);
  EXPECT_EQ(again.residual, first.residual);
}

}  // namespace
}  // namespace fovea
