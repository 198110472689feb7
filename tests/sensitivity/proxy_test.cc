// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/proxy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "codec/allocation.h"

namespace fovea {
namespace {

// A still, flat scene of 12 x 10 macroblocks to paint on.
class ProxyTest : public ::testing::Test {
 protected:
  static constexpr int kColumns = 12;
  static constexpr int kRows = 10;

  ProxyTest() {
    grid_.columns = kColumns;
    grid_.rows = kRows;
    grid_.has_previous = true;
    constexpr size_t kCount = kColumns * kRows;
    for (auto* field :
         {&grid_.mean, &grid_.texture, &grid_.difference, &grid_.residual}) {
      field->assign(kCount, 0);
    }
    grid_.motion_x.assign(kCount, 0);
    grid_.motion_y.assign(kCount, 0);
  }

  // Sets 3 x 3 macroblocks around (x, y), so that their middle is unblurred.
  void Paint(std::vector<uint8_t>* field, int x, int y, uint8_t value) {
    for (int i = 0; i < 9; ++i) {
      (*field)[At(x + i % 3 - 1, y + i / 3 - 1)] = value;
    }
  }

  static size_t At(int x, int y) {
    return static_cast<size_t>(y * kColumns + x);
  }

  Grid grid_;
};

TEST_F(ProxyTest, ObjectsOverTextureOverFlatGround) {
  Paint(&grid_.texture, 2, 2, 40);
  Paint(&grid_.texture, 6, 2, 40);
  Paint(&grid_.difference, 6, 2, 60);
  Paint(&grid_.residual, 6, 2, 60);
  Paint(&grid_.difference, 10, 2, 60);
  Paint(&grid_.residual, 10, 2, 60);
  const auto s = ProxySensitivity(grid_);
  const double textured = s[At(2, 2)], both = s[At(6, 2)],
               moving = s[At(10, 2)], neither = s[At(6, 8)];
  EXPECT_GT(both, 3 * textured);
  EXPECT_GT(both, 3 * moving);
  EXPECT_GT(textured, 4 * neither);
  EXPECT_GT(moving, 4 * neither);
  EXPECT_GT(neither, 0);
}

TEST_F(ProxyTest, CameraMotionIsNoObject) {
  for (size_t i = 0; i < grid_.motion_x.size(); ++i) {
    grid_.texture[i] = 40;
    grid_.motion_x[i] = 5;
    grid_.difference[i] = 80;
    grid_.residual[i] = 2;
  }
  for (int i = 0; i < 9; ++i) grid_.motion_x[At(5 + i % 3, 4 + i / 3)] = -3;
  const auto s = ProxySensitivity(grid_);
  EXPECT_GT(s[At(6, 5)], 3 * s[At(1, 1)]);
}

TEST_F(ProxyTest, NeighboursOfAnObjectAreSpared) {
  grid_.texture[At(6, 5)] = 40;
  grid_.difference[At(6, 5)] = grid_.residual[At(6, 5)] = 60;
  const auto s = ProxySensitivity(grid_);
  EXPECT_GT(s[At(5, 4)], 2 * s[At(1, 1)]);
}

TEST_F(ProxyTest, NoiseCountsAsStill) {
  const auto still = ProxySensitivity(grid_);
  std::fill(grid_.difference.begin(), grid_.difference.end(), 4);
  std::fill(grid_.residual.begin(), grid_.residual.end(), 4);
  EXPECT_EQ(ProxySensitivity(grid_), still);
}

TEST_F(ProxyTest, EmptyGridGivesNothing) {
  EXPECT_TRUE(ProxySensitivity(Grid()).empty());
}

TEST_F(ProxyTest, AnyGridCanBeAllocated) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    for (size_t i = 0; i < grid_.texture.size(); ++i) {
      grid_.texture[i] = static_cast<uint8_t>(random());
      grid_.difference[i] = static_cast<uint8_t>(random());
      grid_.residual[i] = static_cast<uint8_t>(random());
      grid_.motion_x[i] = static_cast<int8_t>(random());
      grid_.motion_y[i] = static_cast<int8_t>(random());
    }
    const auto s = ProxySensitivity(grid_);
    ASSERT_EQ(s.size(), grid_.texture.size());
    EXPECT_GT(*std::min_element(s.begin(), s.end()), 0);
    EXPECT_LE(*std::max_element(s.begin(), s.end()), 1.03);
    EXPECT_TRUE(AllocateQuality(s, kColumns, kRows, {}).ok());
  }
}

}  // namespace
}  // namespace fovea
