// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/box_motion.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

Box At(float x) { return {x, 10, x + 40, 50}; }

TEST(BoxMotionTest, SeenOnceItIsExpectedWhereItWas) {
  const BoxMotion motion(At(100), kSecond);
  EXPECT_EQ(motion.At(3 * kSecond), At(100));
  EXPECT_GT(motion.Reach(3 * kSecond), motion.Reach(2 * kSecond));
}

TEST(BoxMotionTest, EvenMotionGoesOn) {
  for (const int64_t step : {kSecond / 25, kSecond / 2}) {
    BoxMotion motion(At(0), 0);
    const auto moved = static_cast<float>(20 * step) / kSecond;
    for (int i = 1; i <= 20; ++i) {
      motion.See(At(moved * static_cast<float>(i)), i * step);
    }
    EXPECT_NEAR(motion.At(24 * step).left, 24 * moved, 2) << step;
    EXPECT_NEAR(motion.At(24 * step).top, 10, 0.5) << step;
  }
}

TEST(BoxMotionTest, WhatIsKnownWellIsExpectedNearer) {
  const BoxMotion once(At(0), 0);
  BoxMotion often(At(0), 0);
  for (int i = 1; i <= 10; ++i) often.See(At(0), i * kSecond / 5);
  EXPECT_LT(often.Reach(2 * kSecond + kSecond / 5), once.Reach(kSecond / 5));
}

TEST(BoxMotionTest, ItGrowsWithWhatIsSeen) {
  BoxMotion motion({0, 0, 20, 10}, 0);
  for (int i = 1; i <= 10; ++i) motion.See({-10, -5, 30, 15}, i * kSecond);
  const Box box = motion.At(10 * kSecond);
  EXPECT_NEAR(box.right - box.left, 40, 0.1);
  EXPECT_NEAR(box.bottom - box.top, 20, 0.1);
}

TEST(BoxMotionTest, TimesBeforeTheLastSightingCountAsThatOne) {
  BoxMotion motion(At(0), 0);
  motion.See(At(10), kSecond);
  EXPECT_EQ(motion.At(-5 * kSecond), motion.At(kSecond));
  motion.See(At(10), -kSecond);
  EXPECT_EQ(motion.At(0), motion.At(kSecond));
}

}  // namespace
}  // namespace fovea
