// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_geometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "api/overlap_source.h"

namespace fovea {
namespace {

constexpr PictureSize kSize{320, 240};

Homography Shift(double x, double y) {
  return Homography{{1, 0, x, 0, 1, y, 0, 0, 1}};
}

// Turns, shears, scales and tilts a little: what two cameras side by side
// have between them.
Homography Tilted(uint32_t seed) {
  std::mt19937 draw(seed);
  std::uniform_real_distribution<double> small(-0.2, 0.2);
  return Homography{{1 + small(draw), small(draw), 200 * small(draw),
                     small(draw), 1 + small(draw), 200 * small(draw),
                     small(draw) / 500, small(draw) / 500, 1}};
}

TEST(OverlapGeometryTest, AnInverseTakesEveryPointBack) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const Homography h = Tilted(seed);
    const auto back = InverseOf(h);
    ASSERT_TRUE(back) << seed;
    for (double x = 0; x < kSize.width; x += 37) {
      for (double y = 0; y < kSize.height; y += 31) {
        const auto there = MapPoint(h, {x, y});
        ASSERT_TRUE(there) << seed;
        const auto again = MapPoint(*back, *there);
        ASSERT_TRUE(again) << seed;
        EXPECT_NEAR(again->x, x, 1e-6) << seed;
        EXPECT_NEAR(again->y, y, 1e-6) << seed;
      }
    }
  }
}

TEST(OverlapGeometryTest, DegenerateMapsHaveNoInverse) {
  EXPECT_FALSE(InverseOf(Homography{{0, 0, 0, 0, 0, 0, 0, 0, 1}}));
  EXPECT_FALSE(InverseOf(Homography{{1, 2, 3, 2, 4, 6, 0, 0, 1}}));
  const double nan = std::nan("");
  EXPECT_FALSE(InverseOf(Homography{{nan, 0, 0, 0, 1, 0, 0, 0, 1}}));
}

TEST(OverlapGeometryTest, PointsBehindTheHorizonGoNowhere) {
  const Homography h{{1, 0, 0, 0, 1, 0, -0.01, 0, 1}};
  EXPECT_TRUE(MapPoint(h, {99, 0}));
  EXPECT_FALSE(MapPoint(h, {100, 0}));
  EXPECT_FALSE(MapPoint(h, {200, 0}));
  EXPECT_FALSE(MapBox(h, {50, 0, 150, 10}));
}

TEST(OverlapGeometryTest, BoxesKeepTheirEdgesUnderAShift) {
  EXPECT_EQ(MapBox(Shift(16, -8), {1, 20, 30, 40}), (Box{17, 12, 46, 32}));
}

TEST(OverlapGeometryTest, TheMaskIsWhatTheFirstPictureCovers) {
  // The second camera sees what lies 100 pixels to the right.
  const auto mask = SeenByFirst(Shift(-100, 0), kSize, kSize, 0);
  ASSERT_EQ(mask.columns, 20);
  ASSERT_EQ(mask.rows, 15);
  for (int row = 0; row < mask.rows; ++row) {
    for (int column = 0; column < mask.columns; ++column) {
      // Its first 220 columns, so 13 whole macroblocks.
      EXPECT_EQ(mask.set[static_cast<size_t>(row * 20 + column)], column < 13)
          << column << "," << row;
    }
  }
  EXPECT_DOUBLE_EQ(mask.share(), 13.0 / 20);
}

TEST(OverlapGeometryTest, AMarginKeepsOffTheFirstPicturesBorder) {
  const auto mask = SeenByFirst(Homography(), kSize, kSize, 8);
  EXPECT_DOUBLE_EQ(mask.share(), 18.0 * 13 / (20 * 15));
}

TEST(OverlapGeometryTest, OddSizesHavePartOfALastMacroblock) {
  const PictureSize odd{322, 241};
  EXPECT_EQ(SeenByFirst(Homography(), odd, odd, 0).share(), 1);
  EXPECT_EQ(SeenByFirst(Shift(1000, 0), odd, odd, 0).share(), 0);
}

TEST(OverlapGeometryTest, BoxesAreTakenOutOfAMask) {
  const auto whole = SeenByFirst(Homography(), kSize, kSize, 0);
  const Box inside{33, 33, 47, 47};  // of one macroblock
  EXPECT_EQ(Without(whole, {&inside, 1}, 0).share(), 1 - 1.0 / 300);
  EXPECT_EQ(Without(whole, {&inside, 1}, 1).share(), 1 - 9.0 / 300);
  const Box outside{-900, -900, 1e9F, 1e9F};
  EXPECT_EQ(Without(whole, {&outside, 1}, 0).share(), 0);
  const Box empty{40, 40, 40, 50};
  EXPECT_EQ(Without(whole, {&empty, 1}, 3), whole);
}

TEST(OverlapGeometryTest, SharesAreOfABoxesArea) {
  const auto mask = SeenByFirst(Shift(-160, 0), kSize, kSize, 0);
  EXPECT_DOUBLE_EQ(ShareIn(mask, {150, 0, 170, 16}), 0.5);
  EXPECT_DOUBLE_EQ(ShareIn(mask, {0, 0, 160, 240}), 1);
  EXPECT_DOUBLE_EQ(ShareIn(mask, {10, 10, 10, 20}), 0);
}

TEST(OverlapGeometryTest, MasksGoThroughText) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const auto mask = SeenByFirst(Tilted(seed), {322, 241}, {322, 241}, 0);
    const auto again = ParseMask(mask.columns, mask.rows, MaskText(mask));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, mask);
  }
}

TEST(OverlapGeometryTest, DamagedMaskTextIsRefused) {
  EXPECT_TRUE(ParseMask(4, 2, "ff").ok());
  EXPECT_FALSE(ParseMask(4, 2, "f").ok());
  EXPECT_FALSE(ParseMask(4, 2, "fff").ok());
  EXPECT_FALSE(ParseMask(4, 2, "fx").ok());
  EXPECT_FALSE(ParseMask(0, 2, "").ok());
  EXPECT_FALSE(ParseMask(-1, -8, "ff").ok());
  EXPECT_FALSE(ParseMask(1 << 30, 1 << 30, "ff").ok());
}

TEST(OverlapGeometryTest, DriftIsTheFarthestPointInTheOtherPicture) {
  EXPECT_DOUBLE_EQ(Drift(Shift(5, 0), Shift(5, 3), kSize, kSize), 3);
  EXPECT_EQ(Drift(Shift(5000, 0), Shift(5, 3), kSize, kSize), 0);
}

TEST(OverlapSourceTest, OffsetsRiseWhereTheMaskSaysSoAndNowhereElse) {
  MacroblockMask mask{2, 2, {true, false, true, false}};
  QualityMap map{2, 2, {0, 6, 16, 18}};
  const auto raised = RaiseInOverlap(&map, mask, 12);
  ASSERT_TRUE(raised.ok()) << raised.status();
  EXPECT_EQ(raised->qp_offset, (std::vector<uint8_t>{12, 6, 16, 18}));
  const auto uniform = RaiseInOverlap(nullptr, mask, 8);
  ASSERT_TRUE(uniform.ok()) << uniform.status();
  EXPECT_EQ(uniform->qp_offset, (std::vector<uint8_t>{8, 0, 8, 0}));
}

TEST(OverlapSourceTest, WrongSizesAndOffsetsAreRefused) {
  MacroblockMask mask{2, 2, {true, false, true, false}};
  QualityMap other{1, 2, {0, 0}};
  EXPECT_FALSE(RaiseInOverlap(&other, mask, 12).ok());
  EXPECT_FALSE(RaiseInOverlap(nullptr, mask, 7).ok());
  EXPECT_FALSE(RaiseInOverlap(nullptr, mask, -2).ok());
  EXPECT_FALSE(RaiseInOverlap(nullptr, mask, 20).ok());
}

}  // namespace
}  // namespace fovea
