// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/region.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kFar = std::numeric_limits<float>::infinity();

GridPart PartOf(const Box& box, int width = 100, int height = 70) {
  const auto part = PartCovering(box, width, height);
  EXPECT_TRUE(part.ok()) << part.status();
  return part.value_or(GridPart());
}

// A flat ground with noise on it, and a bright square.
Frame Draw(int width, int height, int left, int top, uint32_t seed = 1) {
  auto buffer = FrameBuffer::Allocate(width, height);
  EXPECT_TRUE(buffer.ok()) << buffer.status();
  std::mt19937 dice(seed);
  for (int plane = 0; plane < 3; ++plane) {
    const int shift = plane == 0 ? 0 : 1;
    for (int y = 0; y < (height + shift) >> shift; ++y) {
      for (int x = 0; x < (width + shift) >> shift; ++x) {
        const bool inside = plane == 0 && x >= left && x < left + 32 &&
                            y >= top && y < top + 32;
        buffer->plane(plane)[y * buffer->stride(plane) + x] =
            static_cast<uint8_t>((inside ? 200 : 80) + dice() % 8);
      }
    }
  }
  return std::move(*buffer).Release();
}

// --- PartCovering -----------------------------------------------------------

TEST(PartCoveringTest, IsEveryMacroblockThatTheBoxReachesInto) {
  EXPECT_EQ(PartOf({0, 0, 16, 16}), (GridPart{0, 0, 1, 1}));
  EXPECT_EQ(PartOf({16, 16, 32, 48}), (GridPart{1, 1, 1, 2}));
  EXPECT_EQ(PartOf({15.9F, 31.9F, 16.1F, 32.1F}), (GridPart{0, 1, 2, 2}));
  EXPECT_EQ(PartOf({20, 20, 20.5F, 20.5F}), (GridPart{1, 1, 1, 1}));
  EXPECT_EQ(PartOf({0, 0, 100, 70}), (GridPart{0, 0, 7, 5}));
  for (int left = 0; left < 100; ++left) {
    for (int right = left + 1; right <= 100; ++right) {
      const GridPart part =
          PartOf({static_cast<float>(left), 0, static_cast<float>(right), 1});
      ASSERT_EQ(part.column, left / 16) << left;
      ASSERT_EQ(part.column + part.columns, (right + 15) / 16) << right;
    }
  }
}

TEST(PartCoveringTest, WhatLiesOutsideIsLeftOut) {
  EXPECT_EQ(PartOf({-50, -1e30F, 1, 1e30F}), (GridPart{0, 0, 1, 5}));
  EXPECT_EQ(PartOf({99, 69, 500, 500}), (GridPart{6, 4, 1, 1}));
}

TEST(PartCoveringTest, BoxesThatAreNoPartAreNamed) {
  const auto error = [](const Box& box) {
    const auto part = PartCovering(box, 100, 70);
    EXPECT_TRUE(absl::IsInvalidArgument(part.status())) << part.status();
    return std::string(part.status().message());
  };
  EXPECT_THAT(
      error({100, 0, 120, 10}),
      AllOf(HasSubstr("100,0 to 120,10 lies outside"), HasSubstr("100x70")));
  error({-20, 0, 0, 10});
  error({0, 70, 10, 80});
  EXPECT_THAT(error({10, 10, 10, 20}), HasSubstr("empty"));
  error({10, 20, 20, 10});
  EXPECT_THAT(error({kNaN, 0, 10, 10}), HasSubstr("is no part"));
  error({0, 0, kFar, 10});
}

// --- PictureOf --------------------------------------------------------------

TEST(PictureOfTest, SharesThePixelsOfItsPlace) {
  const Frame frame = Draw(101, 71, 20, 20);
  const Frame picture = PictureOf(frame, {1, 2, 2, 1});
  EXPECT_EQ(picture.width, 32);
  EXPECT_EQ(picture.height, 16);
  EXPECT_EQ(picture.y.data, frame.y.data + 32 * frame.y.stride + 16);
  EXPECT_EQ(picture.u.data, frame.u.data + 16 * frame.u.stride + 8);
  EXPECT_EQ(picture.v.data, frame.v.data + 16 * frame.v.stride + 8);
  EXPECT_EQ(picture.pixels, frame.pixels);
}

TEST(PictureOfTest, EndsWithTheFrame) {
  const Frame frame = Draw(101, 71, 20, 20);
  const Frame corner = PictureOf(frame, {6, 4, 1, 1});
  EXPECT_EQ(corner.width, 5);
  EXPECT_EQ(corner.height, 7);
  const Frame whole = PictureOf(frame, {0, 0, 7, 5});
  EXPECT_EQ(whole.width, 101);
  EXPECT_EQ(whole.height, 71);
}

// --- RegionGrids ------------------------------------------------------------

class RegionGridsTest : public ::testing::Test {
 protected:
  void See(const Frame& frame) {
    if (meter_ == nullptr) {
      meter_ = *GridMeter::Create(frame.width, frame.height);
    }
    grid_ = *meter_->Measure(frame);
    regions_.See(*grid_);
  }

  std::unique_ptr<GridMeter> meter_;
  const Grid* grid_ = nullptr;
  RegionGrids regions_;
};

// The cropped picture measured by itself: all but motion, which may come from
// beyond the part.
TEST_F(RegionGridsTest, AreThoseOfThePictureCroppedToThem) {
  const GridPart parts[] = {
      {0, 0, 1, 1}, {1, 1, 3, 2}, {4, 0, 3, 5}, {6, 4, 1, 1}, {0, 0, 7, 5}};
  std::vector<std::unique_ptr<GridMeter>> alone(std::size(parts));
  for (uint32_t i = 0; i < 6; ++i) {
    const Frame frame = Draw(101, 71, static_cast<int>(9 * i), 20, i + 1);
    See(frame);
    for (uint32_t k = 0; k < std::size(parts); ++k) {
      SCOPED_TRACE(::testing::Message() << "frame " << i << " part " << k);
      const Frame picture = PictureOf(frame, parts[k]);
      if (i == 0) {
        alone[k] = *GridMeter::Create(picture.width, picture.height);
      }
      const Grid& cropped = **alone[k]->Measure(picture);
      const RegionGrids::Seen seen = regions_.Of(k + 1, parts[k]);
      EXPECT_EQ(seen.grid.columns, cropped.columns);
      EXPECT_EQ(seen.grid.rows, cropped.rows);
      EXPECT_EQ(seen.grid.has_previous, cropped.has_previous);
      EXPECT_EQ(seen.grid.mean, cropped.mean);
      EXPECT_EQ(seen.grid.texture, cropped.texture);
      EXPECT_EQ(seen.grid.difference, cropped.difference);
      EXPECT_EQ(seen.fingerprint, FingerprintOf(cropped));
      EXPECT_EQ(seen.features, FeaturesOf(cropped, MedianLuma(*grid_)));
    }
  }
}

TEST_F(RegionGridsTest, OfTheWholeFrameTheFeaturesAreTheFrames) {
  See(Draw(101, 71, 20, 20));
  EXPECT_EQ(regions_.Of(1, {0, 0, 7, 5}).features, FeaturesOf(*grid_));
}

// A car that fills a parking place is not taken for other light.
TEST_F(RegionGridsTest, WhatFillsARegionTells) {
  const GridPart place = {2, 1, 2, 2};
  See(Draw(160, 96, 128, 64, 1));
  const Features empty = regions_.Of(1, place).features;
  const Features empty_alone = FeaturesOf(regions_.Of(1, place).grid);
  See(Draw(160, 96, 32, 16, 2));
  const RegionGrids::Seen filled = regions_.Of(1, place);
  EXPECT_GT(FeatureDistance(empty, filled.features), 100);
  EXPECT_LT(FeatureDistance(empty_alone, FeaturesOf(filled.grid)), 4);
}

TEST_F(RegionGridsTest, OfOneMacroblockTells) {
  See(Draw(160, 96, 128, 64, 1));
  const Features empty = regions_.Of(1, {2, 1, 1, 1}).features;
  See(Draw(160, 96, 32, 16, 2));
  EXPECT_GT(FeatureDistance(empty, regions_.Of(1, {2, 1, 1, 1}).features), 100);
}

TEST_F(RegionGridsTest, CompareAcrossPlacesWhereShapesAreEqual) {
  See(Draw(160, 96, 16, 16, 1));
  const Features here = regions_.Of(1, {1, 1, 2, 2}).features;
  See(Draw(160, 96, 96, 48, 2));
  EXPECT_LT(FeatureDistance(here, regions_.Of(1, {6, 3, 2, 2}).features), 4);
  EXPECT_GT(FeatureDistance(here, regions_.Of(1, {1, 1, 2, 2}).features), 50);
  EXPECT_EQ(FeatureDistance(here, regions_.Of(1, {6, 3, 3, 2}).features), kFar);
}

TEST_F(RegionGridsTest, AreMeasuredAgainstTheFrameBeforeOnlyInOnePlace) {
  const GridPart here = {1, 1, 2, 2}, there = {2, 1, 2, 2};
  const auto follows = [&](uint32_t number, const GridPart& part) {
    return regions_.Of(number, part).grid.has_previous;
  };
  See(Draw(160, 96, 0, 0, 1));
  EXPECT_FALSE(follows(1, here));
  EXPECT_FALSE(follows(2, here));
  See(Draw(160, 96, 0, 0, 2));
  EXPECT_TRUE(follows(1, here));
  EXPECT_FALSE(follows(2, there)) << "it has moved";
  EXPECT_FALSE(follows(3, here)) << "it is new";
  See(Draw(160, 96, 0, 0, 3));
  EXPECT_TRUE(follows(1, here));
  EXPECT_TRUE(follows(2, there));
  See(Draw(160, 96, 0, 0, 4));
  EXPECT_TRUE(follows(1, here));
  See(Draw(160, 96, 0, 0, 5));
  EXPECT_FALSE(follows(2, there)) << "it was not asked about meanwhile";
}

}  // namespace
}  // namespace fovea
