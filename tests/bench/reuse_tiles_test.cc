// SPDX-License-Identifier: GPL-2.0-or-later

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "bench/reuse/tiles.h"

namespace fovea::bench::reuse {
namespace {

Tile TileOf(const GridPart& part, Boxes boxes) {
  Tile tile;
  tile.part = part;
  tile.trace.frames.push_back(
      {0, 1, std::make_shared<Boxes>(std::move(boxes))});
  return tile;
}

TEST(JointTraceTest, BoxesLieInTheWholePictureAndKeepTheirTile) {
  TiledClip clip;
  clip.tiles.push_back(TileOf({0, 0, 5, 4}, {{7, 0.5F, 1, 2, 3, 4}}));
  clip.tiles.push_back(TileOf({5, 4, 5, 4}, {{7, 0.6F, 1, 2, 3, 4}}));
  const Trace joint = JointTrace(clip);
  ASSERT_EQ(joint.size(), 1u);
  ASSERT_EQ(joint.boxes(0).size(), 2u);
  EXPECT_EQ(joint.boxes(0)[1].left, 81);
  EXPECT_EQ(joint.boxes(0)[1].bottom, 68);
  const Boxes first = BoxesOfTile(joint.boxes(0), 0);
  const Boxes second = BoxesOfTile(joint.boxes(0), 1);
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(first[0].score, 0.5F);
  EXPECT_EQ(second[0].score, 0.6F);
}

// Two tiles that see the same see two different things.
TEST(JointTraceTest, CountsAreOfTilesApart) {
  TiledClip left, right;
  left.tiles.push_back(TileOf({0, 0, 5, 4}, {{7, 0.9F, 1, 2, 3, 4}}));
  left.tiles.push_back(TileOf({5, 0, 5, 4}, {}));
  right.tiles.push_back(TileOf({0, 0, 5, 4}, {}));
  right.tiles.push_back(TileOf({5, 0, 5, 4}, {{7, 0.9F, 1, 2, 3, 4}}));
  EXPECT_FALSE(IsSame(JointTrace(left).boxes(0), JointTrace(right).boxes(0),
                      Loss::kCounts, 0.5F));
}

}  // namespace
}  // namespace fovea::bench::reuse
