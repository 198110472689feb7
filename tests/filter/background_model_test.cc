// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/background_model.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "tests/filter/moving_square.h"

namespace fovea {
namespace {

class BackgroundModelTest : public ::testing::Test {
 protected:
  // Share of the picture that is in front.
  double See(const Square& square = {}) {
    const PictureFeature front =
        model_.See(Drawn({160, 120, 2, 0, square}, &dice_));
    double set = 0;
    for (const uint64_t bits : front.bits) set += std::popcount(bits);
    return set / (front.width * front.height);
  }
  BackgroundModel model_;
  std::mt19937_64 dice_{1};
};

TEST_F(BackgroundModelTest, WhatComesIsInFrontAndNoiseIsNot) {
  for (int i = 0; i < 60; ++i) EXPECT_LT(See(), 1e-3);
  const Square thing{40, 30, 40};
  const double share = 40.0 * 40 / (160 * 120);
  EXPECT_NEAR(See(thing), share, 0.1 * share);
  EXPECT_LT(See(), 1e-3);
}

TEST_F(BackgroundModelTest, WhatStaysBecomesBackground) {
  for (int i = 0; i < 60; ++i) See();
  const Square thing{40, 30, 40};
  EXPECT_GT(See(thing), 0.05);
  for (int i = 0; i < 1500; ++i) See(thing);
  EXPECT_LT(See(thing), 1e-3);
}

TEST_F(BackgroundModelTest, AnotherShapeAndAResetBeginAnew) {
  for (int i = 0; i < 60; ++i) See();
  EXPECT_EQ(model_.See(Drawn({320, 120, 2, 0, {}}, &dice_)).width, 266);
  EXPECT_LT(See({40, 30, 40}), 1e-3);  // all that is known
  model_.Reset();
  EXPECT_LT(See(), 1e-3);
  EXPECT_TRUE(model_.See(Frame()).bits.empty());
}

}  // namespace
}  // namespace fovea
