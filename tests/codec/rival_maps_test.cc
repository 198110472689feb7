// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/rival_maps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace fovea {
namespace {

using Offsets = std::vector<uint8_t>;

TEST(RivalMapsTest, BoxesKeepTheBaseQualityWithTheirBorder) {
  const std::vector<Box> boxes = {{32, 32, 48, 48}};
  const auto map = BoxMap(boxes, 5, 4, {12, 1});
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->qp_offset, (Offsets{12, 12, 12, 12, 12,  //
                                     12, 0,  0,  0,  12,  //
                                     12, 0,  0,  0,  12,  //
                                     12, 0,  0,  0,  12}));
}

TEST(RivalMapsTest, BoxesOutsideThePictureTouchNothingElse) {
  const float huge = std::numeric_limits<float>::max();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<Box> boxes = {
      {-huge, -huge, -100, -100}, {nan, 0, 5, 5}, {9, 9, 9, 9}, {5, 5, 4, 4}};
  const auto map = BoxMap(boxes, 3, 3, {8, 0});
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->qp_offset, Offsets(9, 8));
  const std::vector<Box> all = {{-huge, -huge, huge, huge}};
  EXPECT_EQ(BoxMap(all, 3, 3, {8, 0})->qp_offset, Offsets(9, 0));
}

TEST(RivalMapsTest, BinaryMapSplitsAtTheThresholdWithinTheFrame) {
  const std::vector<double> sensitivity = {5, 5, 5, 5, 6.9, 7, 5, 15};
  BinaryMapOptions options;
  options.grow = 0;
  const auto map = BinaryMap(sensitivity, 4, 2, options);  // cut at 5 + 2
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->qp_offset, (Offsets{10, 10, 10, 10, 10, 0, 10, 0}));
}

TEST(RivalMapsTest, ClassesHoldEqualShares) {
  const std::vector<double> sensitivity = {1, 8, 2, 7, 3, 6, 4, 5};
  const std::vector<int> offsets = {0, 4, 8, 12};
  const auto map = ClassMap(sensitivity, 8, 1, offsets);
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->qp_offset, (Offsets{12, 0, 12, 0, 8, 4, 8, 4}));
}

TEST(RivalMapsTest, StaticMapIsThatOfTheMean) {
  StaticMap still(4, 1);
  EXPECT_EQ(still.Allocate({}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(still.Add(std::vector<double>{4, 0, 0, 0}).ok());
  ASSERT_TRUE(still.Add(std::vector<double>{0, 0, 0, 4}).ok());
  EXPECT_FALSE(still.Add(std::vector<double>{-1, 0, 0, 4}).ok());
  const std::vector<double> mean = {2, 0, 0, 2};
  EXPECT_EQ(still.Allocate({})->qp_offset,
            AllocateQuality(mean, 4, 1, {})->qp_offset);
}

TEST(RivalMapsTest, RefusesBadOptions) {
  const std::vector<double> one = {1};
  EXPECT_FALSE(BoxMap({}, 0, 3, {}).ok());
  EXPECT_FALSE(BoxMap({}, 3, 3, {7, 0}).ok());
  EXPECT_FALSE(BoxMap({}, 3, 3, {20, 0}).ok());
  EXPECT_FALSE(BoxMap({}, 3, 3, {8, -1}).ok());
  EXPECT_FALSE(BinaryMap(one, 1, 1, {std::nan(""), 0, 10}).ok());
  EXPECT_FALSE(BinaryMap(one, 2, 1, {}).ok());
  EXPECT_FALSE(ClassMap(one, 1, 1, {}).ok());
  EXPECT_FALSE(ClassMap(one, 1, 1, std::vector<int>{0, 3}).ok());
}

}  // namespace
}  // namespace fovea
