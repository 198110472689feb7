// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/picture_feature.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "filter/internal/luma_filters.h"
#include "tests/filter/moving_square.h"

namespace fovea {
namespace {

using internal::LumaPlane;

constexpr DifferenceKind kAllKinds[] = {
    DifferenceKind::kPixel,  DifferenceKind::kArea, DifferenceKind::kEdge,
    DifferenceKind::kCorner, DifferenceKind::kMse,  DifferenceKind::kBlocks};

class PictureFeatureTest : public ::testing::Test {
 protected:
  double Apart(DifferenceKind kind, const PictureOf& a, const PictureOf& b) {
    return DifferenceOf(kind, FeatureOf(kind, Drawn(a, &dice_)),
                        FeatureOf(kind, Drawn(b, &dice_)));
  }
  std::mt19937_64 dice_{1};
};

TEST_F(PictureFeatureTest, APictureIsNotApartFromItselfWhateverItIs) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 dice(seed);
    PictureOf what{static_cast<int>(1 + dice() % 300),
                   static_cast<int>(1 + dice() % 300),
                   100,
                   0,
                   {}};
    const Frame frame = Drawn(what, &dice), other = Drawn(what, &dice);
    for (const DifferenceKind kind : kAllKinds) {
      const auto a = FeatureOf(kind, frame), b = FeatureOf(kind, other);
      EXPECT_EQ(DifferenceOf(kind, a, a), 0);
      EXPECT_EQ(DifferenceOf(kind, a, b), DifferenceOf(kind, b, a));
      EXPECT_GE(DifferenceOf(kind, a, b), 0);
      EXPECT_TRUE(std::isfinite(DifferenceOf(kind, a, b)));
    }
  }
}

TEST_F(PictureFeatureTest, NoiseIsLessThanAThingThatComes) {
  for (const DifferenceKind kind : kAllKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    const double noise = Apart(kind, {}, {});
    const double thing = Apart(kind, {}, {160, 120, 2, 0, {33, 44, 30}});
    EXPECT_GT(thing, 3 * noise);
    EXPECT_GT(thing, 0);
  }
}

TEST_F(PictureFeatureTest, SharesAreThoseOfTheThing) {
  const PictureOf empty{160, 120, 0, 0, {}},
      thing{160, 120, 0, 0, {40, 20, 20}};
  EXPECT_DOUBLE_EQ(Apart(DifferenceKind::kPixel, empty, thing),
                   20.0 * 20 / (160 * 120));
  // Blur and dilation widen it by a few pixels on each side.
  const double side =
      std::sqrt(160 * 120 * Apart(DifferenceKind::kArea, empty, thing));
  EXPECT_GT(side, 20);
  EXPECT_LT(side, 32);
}

TEST_F(PictureFeatureTest, ErrorsAreInSquaredLevels) {
  const PictureOf dark{200, 100, 0, 0, {}}, light{200, 100, 0, 5, {}};
  EXPECT_DOUBLE_EQ(Apart(DifferenceKind::kMse, dark, light), 25);
  EXPECT_DOUBLE_EQ(Apart(DifferenceKind::kBlocks, dark, light), 25);
  // A tenth of the picture's sides: a hundredth of all, a quarter of a block.
  const PictureOf thing{200, 200, 0, 0, {0, 0, 20}}, none{200, 200, 0, 0, {}};
  const double all = Apart(DifferenceKind::kMse, none, thing);
  EXPECT_NEAR(Apart(DifferenceKind::kBlocks, none, thing), 25 * all, 1e-6);
}

// Light that changes everywhere by less than counts moves no edge.
TEST_F(PictureFeatureTest, EdgesAndCornersDoNotTellOfLight) {
  for (const auto kind : {DifferenceKind::kEdge, DifferenceKind::kCorner}) {
    EXPECT_EQ(Apart(kind, {160, 120, 0, 0, {}}, {160, 120, 0, 20, {}}), 0);
  }
}

TEST_F(PictureFeatureTest, GreatPicturesAreShrunkToTheLeastThatFits) {
  std::mt19937_64 dice(1);
  const Frame frame = Drawn({300, 200, 2, 0, {}}, &dice);
  const auto size = [&](int most) {
    const auto f = FeatureOf(DifferenceKind::kPixel, frame, most);
    return std::pair(f.width, f.height);
  };
  EXPECT_EQ(size(60'000), std::pair(300, 200));
  EXPECT_EQ(size(59'999), std::pair(150, 100));
  EXPECT_EQ(size(15'000), std::pair(150, 100));
  EXPECT_EQ(size(14'999), std::pair(100, 66));
  EXPECT_EQ(size(1), std::pair(1, 1));
}

TEST_F(PictureFeatureTest, WhatCannotBeComparedIsInfinitelyFar) {
  for (const DifferenceKind kind : kAllKinds) {
    const auto none = FeatureOf(kind, Frame());
    const auto some = FeatureOf(kind, Drawn({}, &dice_));
    EXPECT_TRUE(std::isinf(DifferenceOf(kind, none, some)));
    EXPECT_TRUE(std::isinf(DifferenceOf(kind, none, none)));
  }
  EXPECT_TRUE(
      std::isinf(Apart(DifferenceKind::kPixel, {}, {161, 120, 2, 0, {}})));
}

LumaPlane MaskOf(const std::vector<std::string>& rows) {
  LumaPlane mask{
      static_cast<int>(rows[0].size()), static_cast<int>(rows.size()), {}};
  for (const std::string& row : rows) {
    for (const char c : row) mask.levels.push_back(c == '#' ? 255 : 0);
  }
  return mask;
}

// By hand, through the middles of the outermost pixels.
TEST(ContourTest, AreasAreThoseOfTheLargestShapeWithItsHoles) {
  EXPECT_EQ(internal::LargestContourArea(MaskOf({"...", "...", "..."})), 0);
  EXPECT_EQ(internal::LargestContourArea(MaskOf({"...", ".#.", "..."})), 0);
  EXPECT_EQ(internal::LargestContourArea(MaskOf({"###"})), 0);
  EXPECT_EQ(internal::LargestContourArea(MaskOf({"##", "##"})), 1);
  EXPECT_EQ(internal::LargestContourArea(MaskOf({"###", "###", "###"})), 4);
  EXPECT_EQ(internal::LargestContourArea(MaskOf({"####", "#..#", "####"})), 6);
  EXPECT_EQ(internal::LargestContourArea(MaskOf({".#.", "###", ".#."})), 2);
  EXPECT_EQ(internal::LargestContourArea(
                MaskOf({"##...", "##...", "...##", "..###", "..###"})),
            3.5);
  EXPECT_EQ(internal::LargestContourArea(
                MaskOf({"##.###", "##.###", "...###", "#.....", "##...."})),
            4);
}

TEST(EdgeTest, AStepIsOneLineAndNoiseIsNone) {
  std::mt19937_64 dice(3);
  LumaPlane plane{60, 40, {}};
  for (int i = 0; i < 60 * 40; ++i) {
    plane.levels.push_back(
        static_cast<uint8_t>((i % 60 < 30 ? 50 : 200) + dice() % 5));
  }
  const LumaPlane edges = internal::Edges(plane, 101, 255);
  for (int y = 0; y < 40; ++y) {
    int found = 0;
    for (int x = 0; x < 60; ++x) {
      if (edges.levels[static_cast<size_t>(y * 60 + x)] == 0) continue;
      ++found;
      EXPECT_GE(x, 29);
      EXPECT_LE(x, 30);
    }
    EXPECT_EQ(found, 1) << y;
  }
}

TEST(EdgeTest, AWeakEdgeCountsWhereItHangsOnAStrongOne) {
  LumaPlane plane{40, 40, std::vector<uint8_t>(1600, 100)};
  for (size_t y = 0; y < 40; ++y) {
    for (size_t x = 20; x < 40; ++x) {
      plane.levels[y * 40 + x] = y < 20 ? 200 : 135;  // 4 * 35 < 255
    }
  }
  const auto count = [&](const LumaPlane& of) {
    int found = 0;
    for (size_t y = 30; y < 40; ++y) {
      for (size_t x = 18; x < 22; ++x) found += of.levels[y * 40 + x] != 0;
    }
    return found;
  };
  EXPECT_EQ(count(internal::Edges(plane, 101, 255)), 10);
  EXPECT_EQ(count(internal::Edges(plane, 141, 255)), 0);
  for (uint8_t& level : plane.levels) level = level == 200 ? 135 : level;
  EXPECT_EQ(count(internal::Edges(plane, 101, 255)), 0);  // nothing is strong
}

TEST(CornerTest, SquaresHaveFour) {
  LumaPlane plane{40, 40, std::vector<uint8_t>(1600, 50)};
  for (size_t y = 10; y < 30; ++y) {
    for (size_t x = 10; x < 30; ++x) plane.levels[y * 40 + x] = 200;
  }
  const LumaPlane corners = internal::Corners(plane, 3277);
  const auto at = [&](int x, int y) {
    return corners.levels[static_cast<size_t>(y * 40 + x)] != 0;
  };
  for (const int x : {10, 29}) {
    for (const int y : {10, 29}) EXPECT_TRUE(at(x, y)) << x << " " << y;
  }
  for (const int i : {5, 20, 35}) {
    EXPECT_FALSE(at(i, 10)) << i;
    EXPECT_FALSE(at(29, i)) << i;
    EXPECT_FALSE(at(i, i)) << i;
  }
}

}  // namespace
}  // namespace fovea
