// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/picture_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>

namespace fovea {
namespace {

using ::testing::HasSubstr;

ModelCard Card(int width, int height) {
  ModelCard card;
  card.name = "m";
  card.width = width;
  card.height = height;
  return card;
}

ColorInfo Colors(bool full_range, uint8_t matrix) {
  ColorInfo color;
  color.full_range = full_range;
  color.matrix = matrix;
  return color;
}

// A picture whose samples lie `spread` around grey.
Frame Picture(int width, int height, int spread, unsigned seed) {
  auto buffer = FrameBuffer::Allocate(width, height);
  EXPECT_TRUE(buffer.ok()) << buffer.status();
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> sample(128 - spread, 127 + spread);
  for (int plane = 0; plane < 3; ++plane) {
    const int columns = plane == 0 ? width : (width + 1) / 2;
    const int rows = plane == 0 ? height : (height + 1) / 2;
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < columns; ++x) {
        buffer->plane(plane)[y * buffer->stride(plane) + x] =
            static_cast<uint8_t>(sample(random));
      }
    }
  }
  return std::move(*buffer).Release();
}

Frame Flat(int width, int height, int y, int cb, int cr) {
  auto buffer = FrameBuffer::Allocate(width, height);
  const int samples[] = {y, cb, cr};
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? height : (height + 1) / 2;
    std::fill_n(buffer->plane(plane), rows * buffer->stride(plane),
                static_cast<uint8_t>(samples[plane]));
  }
  return std::move(*buffer).Release();
}

PictureInput Input(const ModelCard& card, int width, int height,
                   const ColorInfo& color = ColorInfo()) {
  auto input = PictureInput::Create(card, width, height, color);
  EXPECT_TRUE(input.ok()) << input.status();
  return *std::move(input);
}

Tensor RandomLike(const Tensor& tensor, unsigned seed) {
  Tensor random{tensor.shape, {}};
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < tensor.values.size(); ++i) {
    random.values.push_back(normal(generator));
  }
  return random;
}

double Dot(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

// Samples of b less those of a, as Adjoint() lays them out.
std::vector<float> Difference(const Plane& b, const Plane& a, int width,
                              int height) {
  std::vector<float> difference;
  for (ptrdiff_t y = 0; y < height; ++y) {
    for (ptrdiff_t x = 0; x < width; ++x) {
      difference.push_back(static_cast<float>(b.data[y * b.stride + x] -
                                              a.data[y * a.stride + x]));
    }
  }
  return difference;
}

// <A x, g> == <x, A^T g>, where A x is the difference between what two
// pictures without clipped colours become.
void ExpectAdjoint(const ModelCard& card, int width, int height,
                   const ColorInfo& color) {
  SCOPED_TRACE(::testing::Message()
               << width << "x" << height << " into " << card.width << "x"
               << card.height << " letterbox " << (card.fit == Fit::kLetterbox)
               << " trim " << card.trim << " matrix " << int{color.matrix}
               << " full " << color.full_range << " last "
               << card.channels_last);
  const PictureInput input = Input(card, width, height, color);
  const Frame a = Picture(width, height, 16, 1);
  const Frame b = Picture(width, height, 16, 2);
  Tensor moved = input.Prepare(b);
  const Tensor from = input.Prepare(a);
  for (size_t i = 0; i < moved.values.size(); ++i) {
    moved.values[i] -= from.values[i];
  }
  const Tensor gradient = RandomLike(moved, 3);
  const double forward = Dot(moved.values, gradient.values);
  const PlaneGradient by_sample = input.Adjoint(gradient);
  const int half_width = a.chroma_width(), half_height = a.chroma_height();
  const double backward =
      Dot(Difference(b.y, a.y, width, height), by_sample.plane[0]) +
      Dot(Difference(b.u, a.u, half_width, half_height), by_sample.plane[1]) +
      Dot(Difference(b.v, a.v, half_width, half_height), by_sample.plane[2]);
  const double size = std::sqrt(Dot(moved.values, moved.values) *
                                Dot(gradient.values, gradient.values));
  EXPECT_GT(size, 0);
  EXPECT_NEAR(forward, backward, 2e-6 * size);
}

TEST(AdjointTest, IsTheTransposeForAllSizesAndFits) {
  for (const auto& [width, height] :
       {std::pair(1, 1), {1, 7}, {7, 1}, {2, 2}, {3, 5}, {33, 17}, {64, 48}}) {
    for (const bool letterbox : {false, true}) {
      for (const int trim : {0, 4}) {
        ModelCard card = Card(13, 9);
        card.fit = letterbox ? Fit::kLetterbox : Fit::kStretch;
        card.trim = letterbox ? trim : 0;
        card.mean = {10, 20, 30};
        card.deviation = {2, 0.5, 64};
        card.channels_last = trim == 4;
        ExpectAdjoint(card, width, height, ColorInfo());
      }
    }
  }
}

TEST(AdjointTest, IsTheTransposeForAllColours) {
  for (const int matrix : {0, 1, 2, 4, 5, 6, 7, 9}) {
    for (const bool full_range : {false, true}) {
      for (const int order : {0, 1, 2}) {
        ModelCard card = Card(8, 6);
        card.rgb = order == 1;
        card.grey = order == 2;
        ExpectAdjoint(card, 11, 5,
                      Colors(full_range, static_cast<uint8_t>(matrix)));
      }
    }
  }
}

TEST(AdjointTest, FullChromaSumsToHalvedChroma) {
  const PictureInput input = Input(Card(12, 10), 15, 7);
  const Tensor gradient = RandomLike(input.Prepare(Picture(15, 7, 9, 1)), 2);
  const PlaneGradient full = input.FullChromaAdjoint(gradient);
  const PlaneGradient half = input.Adjoint(gradient);
  EXPECT_EQ(full.plane[0], half.plane[0]);
  for (size_t p = 1; p < 3; ++p) {
    ASSERT_EQ(full.plane[p].size(), 15U * 7);
    ASSERT_EQ(half.plane[p].size(), 8U * 4);
    for (size_t i = 0; i < half.plane[p].size(); ++i) {
      const size_t left = i % 8 * 2, top = i / 8 * 2;
      double sum = 0;
      for (size_t y = top; y < std::min<size_t>(top + 2, 7); ++y) {
        for (size_t x = left; x < std::min<size_t>(left + 2, 15); ++x) {
          sum += static_cast<double>(full.plane[p][y * 15 + x]);
        }
      }
      EXPECT_NEAR(half.plane[p][i], sum, 1e-5);
    }
  }
}

TEST(AdjointTest, GreyKnowsNoChroma) {
  ModelCard card = Card(4, 4);
  card.grey = true;
  const PictureInput input = Input(card, 6, 6);
  Tensor gradient = input.Prepare(Picture(6, 6, 9, 1));
  EXPECT_EQ(gradient.shape, (std::vector<int64_t>{1, 1, 4, 4}));
  const PlaneGradient by_sample = input.Adjoint(RandomLike(gradient, 2));
  EXPECT_NE(by_sample.plane[0], std::vector<float>(36));
  EXPECT_EQ(by_sample.plane[1], std::vector<float>(9));
}

// Levels by the textbook, one pixel at a time: BT.601, limited range.
std::array<double, 3> RedGreenBlue(const Frame& frame, int x, int y) {
  const double luma = (frame.y.data[y * frame.y.stride + x] - 16) / 219.0;
  const double cb =
      (frame.u.data[y / 2 * frame.u.stride + x / 2] - 128) / 224.0;
  const double cr =
      (frame.v.data[y / 2 * frame.v.stride + x / 2] - 128) / 224.0;
  std::array<double, 3> rgb = {luma + 1.402 * cr,
                               luma - 0.344136286 * cb - 0.714136286 * cr,
                               luma + 1.772 * cb};
  for (double& level : rgb) level = std::clamp(255 * level, 0.0, 255.0);
  return rgb;
}

double Sampled(const Frame& frame, size_t channel, double x, double y) {
  const auto at = [&](double column, double row) {
    const int x0 = std::clamp(static_cast<int>(column), 0, frame.width - 1);
    const int y0 = std::clamp(static_cast<int>(row), 0, frame.height - 1);
    return RedGreenBlue(frame, x0, y0)[channel];
  };
  const double left = std::floor(x), top = std::floor(y);
  const double right = x - left, below = y - top;
  return (1 - below) *
             ((1 - right) * at(left, top) + right * at(left + 1, top)) +
         below *
             ((1 - right) * at(left, top + 1) + right * at(left + 1, top + 1));
}

TEST(PrepareTest, SamplesBilinearlyBetweenPixelCentres) {
  for (const auto& [width, height] :
       {std::pair(1, 1), {5, 3}, {40, 31}, {96, 64}}) {
    const Frame frame = Picture(width, height, 128, 4);
    const ModelCard card = Card(24, 16);
    const Tensor input = Input(card, width, height).Prepare(frame);
    for (size_t i = 0; i < input.values.size(); ++i) {
      const size_t channel = i / (24 * 16);
      const double x = static_cast<double>(i % 24),
                   y = static_cast<double>(i / 24 % 16);
      const double expected =
          Sampled(frame, channel, (x + 0.5) * width / 24 - 0.5,
                  (y + 0.5) * height / 16 - 0.5);
      ASSERT_NEAR(input.values[i], expected, 2e-3) << i;
    }
  }
}

TEST(PrepareTest, NormalisesPerChannelInTheCardsOrder) {
  ModelCard card = Card(2, 1);
  card.mean = {10, 20, 30};
  card.deviation = {1, 2, 4};
  const ColorInfo full = Colors(true, 5);
  const Frame red = Flat(4, 4, 76, 85, 255);
  // 76 + 1.402 * 127 = 254.1, 76 + 14.8 - 90.7 = 0.1, 76 - 76.2 = 0.
  const auto rgb = Input(card, 4, 4, full).Prepare(red);
  EXPECT_EQ(rgb.shape, (std::vector<int64_t>{1, 3, 1, 2}));
  EXPECT_NEAR(rgb.values[0], 254.05 - 10, 0.01);
  EXPECT_NEAR(rgb.values[2], (0.10 - 20) / 2, 0.01);
  EXPECT_NEAR(rgb.values[4], (0 - 30) / 4.0, 0.01);
  card.rgb = false;
  card.channels_last = true;
  const auto bgr = Input(card, 4, 4, full).Prepare(red);
  EXPECT_EQ(bgr.shape, (std::vector<int64_t>{1, 1, 2, 3}));
  EXPECT_NEAR(bgr.values[3], 0 - 10, 0.01);
  EXPECT_NEAR(bgr.values[5], (254.05 - 30) / 4, 0.01);
}

TEST(PrepareTest, LevelsEndAtBlackAndWhite) {
  for (const int luma : {0, 16, 235, 255}) {
    const auto input =
        Input(Card(1, 1), 2, 2).Prepare(Flat(2, 2, luma, 128, 128));
    for (const float value : input.values) {
      EXPECT_NEAR(value, luma < 100 ? 0 : 255, 1e-3) << luma;
    }
  }
}

TEST(PrepareTest, UnspecifiedMatrixFollowsTheHeight) {
  const Frame low = Flat(2, 719, 128, 160, 160);
  const Frame high = Flat(2, 720, 128, 160, 160);
  const ModelCard card = Card(1, 1);
  const auto values = [&](const Frame& frame, uint8_t matrix) {
    return Input(card, frame.width, frame.height, Colors(false, matrix))
        .Prepare(frame)
        .values;
  };
  EXPECT_EQ(values(low, 2), values(low, 6));
  EXPECT_EQ(values(high, 2), values(high, 1));
  EXPECT_NE(values(high, 1), values(high, 6));
}

struct BoxCase {
  int width, height, trim;
  int input_width, input_height, inside_width, inside_height;
};

TEST(LetterboxTest, ShrinksUnbentAndCutsTheRest) {
  for (const BoxCase& c : {BoxCase{960, 540, 32, 416, 256, 416, 234},
                           {960, 540, 0, 416, 416, 416, 234},
                           {540, 960, 32, 256, 416, 234, 416},
                           {690, 388, 32, 416, 256, 416, 233},
                           {848, 480, 32, 416, 256, 416, 235},
                           {416, 416, 32, 416, 416, 416, 416},
                           {10, 10, 32, 416, 416, 416, 416},
                           {1, 16384, 32, 32, 416, 1, 416},
                           {640, 480, 100, 416, 400, 416, 312}}) {
    ModelCard card = Card(416, 416);
    card.fit = Fit::kLetterbox;
    card.trim = c.trim;
    const Placement p = Input(card, c.width, c.height).placement();
    EXPECT_EQ(p.input_width, c.input_width) << c.width;
    EXPECT_EQ(p.input_height, c.input_height) << c.width;
    EXPECT_DOUBLE_EQ(p.scale_x * c.width, c.inside_width);
    EXPECT_DOUBLE_EQ(p.scale_y * c.height, c.inside_height);
  }
}

TEST(LetterboxTest, TheRestIsFilled) {
  ModelCard card = Card(8, 8);
  card.fit = Fit::kLetterbox;
  card.fill = 100;
  card.mean = {50, 50, 50};
  card.deviation = {25, 25, 25};
  const Tensor input = Input(card, 16, 8).Prepare(Flat(16, 8, 235, 128, 128));
  for (size_t i = 0; i < input.values.size(); ++i) {
    const bool inside = i / 8 % 8 < 4;
    EXPECT_NEAR(input.values[i], inside ? (255 - 50) / 25.0 : 2, 1e-4) << i;
  }
}

TEST(StretchTest, ScalesEachSideAlone) {
  const Placement p = Input(Card(352, 176), 704, 88).placement();
  EXPECT_EQ(p.input_width, 352);
  EXPECT_EQ(p.input_height, 176);
  EXPECT_EQ(p.picture_width, 704);
  EXPECT_EQ(p.picture_height, 88);
  EXPECT_EQ(p.scale_x, 0.5);
  EXPECT_EQ(p.scale_y, 2);
}

TEST(CreateTest, RefusesWindowsAndImpossibleSizes) {
  const auto refusal = [](const ModelCard& card, int width, int height) {
    const auto input = PictureInput::Create(card, width, height, ColorInfo());
    EXPECT_EQ(input.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(input.status().message());
  };
  ModelCard windows;
  windows.name = "har";
  windows.window = 128;
  EXPECT_THAT(refusal(windows, 8, 8),
              HasSubstr("model har: expected a model that takes pictures"));
  for (const auto& [width, height] :
       {std::pair(0, 8), {8, 0}, {-1, 8}, {16385, 8}, {8, 16385}}) {
    EXPECT_THAT(refusal(Card(8, 8), width, height),
                HasSubstr("expected a picture of 1 to 16384 pixels a side"));
  }
  EXPECT_THAT(refusal(Card(8193, 8), 8, 8), HasSubstr("8193x8"));
}

}  // namespace
}  // namespace fovea
