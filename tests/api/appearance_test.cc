// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/appearance.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <utility>

namespace fovea {
namespace {

struct Colour {
  uint8_t y, u, v;
};
constexpr Colour kRed{80, 90, 240};
constexpr Colour kBlue{40, 240, 110};
constexpr Colour kGrey{128, 128, 128};

constexpr int kWidth = 128;
constexpr int kHeight = 96;

class AppearanceTest : public ::testing::Test {
 protected:
  AppearanceTest() : buffer_(*FrameBuffer::Allocate(kWidth, kHeight)) {
    Paint(kGrey, 0, 0, kWidth, kHeight);
  }

  // Even numbers.
  void Paint(const Colour& colour, int left, int top, int right, int bottom) {
    const uint8_t values[] = {colour.y, colour.u, colour.v};
    for (int plane = 0; plane < 3; ++plane) {
      const int scale = plane == 0 ? 1 : 2;
      for (int y = top / scale; y < bottom / scale; ++y) {
        std::memset(
            buffer_.plane(plane) + y * buffer_.stride(plane) + left / scale,
            values[plane], static_cast<size_t>((right - left) / scale));
      }
    }
  }

  Frame Take() { return std::move(buffer_).Release(); }

  FrameBuffer buffer_;
};

TEST_F(AppearanceTest, TheSameIsTheSameWhereverItIs) {
  Paint(kRed, 0, 0, 32, 32);
  Paint(kRed, 64, 32, 128, 96);
  const Frame frame = Take();
  const Appearance here = Describe(frame, {0, 0, 32, 32});
  const Appearance there = Describe(frame, {64, 32, 128, 96});
  EXPECT_TRUE(here.known);
  EXPECT_NEAR(Difference(here, there), 0, 1e-4F);
}

TEST_F(AppearanceTest, AnotherColourIsAnother) {
  Paint(kRed, 0, 0, 32, 32);
  Paint(kBlue, 64, 0, 96, 32);
  const Frame frame = Take();
  EXPECT_GT(Difference(Describe(frame, {0, 0, 32, 32}),
                       Describe(frame, {64, 0, 96, 32})),
            0.9F);
}

TEST_F(AppearanceTest, UpperAndLowerHalfAreToldApart) {
  Paint(kRed, 0, 0, 32, 32);
  Paint(kBlue, 0, 32, 32, 64);
  Paint(kBlue, 64, 0, 96, 32);
  Paint(kRed, 64, 32, 96, 64);
  const Frame frame = Take();
  EXPECT_GT(Difference(Describe(frame, {0, 0, 32, 64}),
                       Describe(frame, {64, 0, 96, 64})),
            0.9F);
}

TEST_F(AppearanceTest, ALittleMoreLightChangesItALittle) {
  Paint(kRed, 0, 0, 32, 32);
  Paint({84, 90, 240}, 64, 0, 96, 32);
  const Frame frame = Take();
  EXPECT_LT(Difference(Describe(frame, {0, 0, 32, 32}),
                       Describe(frame, {64, 0, 96, 32})),
            0.15F);
}

TEST_F(AppearanceTest, WhatReachesOutsideIsLookedAtInside) {
  Paint(kRed, 0, 0, 32, 32);
  const Frame frame = Take();
  const Appearance cut = Describe(frame, {-40, -20, 30, 30});
  EXPECT_TRUE(cut.known);
  EXPECT_NEAR(Difference(cut, Describe(frame, {4, 4, 28, 28})), 0, 1e-4F);
}

TEST_F(AppearanceTest, WhereThereAreNoPixelsNothingIsKnown) {
  const Frame frame = Take();
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  for (const Box& box :
       {Box{-50, 0, -10, 40}, Box{0, 200, 40, 240}, Box{10, 10, 10, 10},
        Box{30, 30, 10, 10}, Box{-kInfinite, 0, kInfinite, 40},
        Box{0, std::numeric_limits<float>::quiet_NaN(), 40, 40}}) {
    EXPECT_FALSE(Describe(frame, box).known) << box.left << " " << box.top;
  }
  const Appearance known = Describe(frame, {0, 0, 40, 40});
  EXPECT_EQ(Difference(known, Appearance()), 0.5F);
}

TEST_F(AppearanceTest, EveryBoxNearTheEdgesIsRead) {
  const Frame frame = Take();
  for (float x = -6; x < kWidth + 6; x += 0.75F) {
    for (const float size : {0.5F, 1.0F, 2.5F, 3.0F, 300.0F}) {
      for (const float y : {-2.0F, 0.0F, kHeight - 2.5F, kHeight - 1.0F}) {
        const Appearance seen = Describe(frame, {x, y, x + size, y + size});
        if (!seen.known) continue;
        float sum = 0;
        for (const float bin : seen.bins) sum += bin;
        EXPECT_NEAR(sum, Appearance::kHistograms, 1e-3F);
      }
    }
  }
}

TEST_F(AppearanceTest, AMeanMovesTowardsWhatIsSeen) {
  Paint(kRed, 0, 0, 32, 32);
  Paint(kBlue, 64, 0, 96, 32);
  const Frame frame = Take();
  const Appearance red = Describe(frame, {0, 0, 32, 32});
  const Appearance blue = Describe(frame, {64, 0, 96, 32});
  Appearance mean;
  Blend(red, 0.5F, &mean);
  EXPECT_EQ(Difference(mean, red), 0);
  Blend(blue, 0.25F, &mean);
  EXPECT_NEAR(Difference(mean, red), 0.25F, 0.05F);
  Blend(Appearance(), 0.25F, &mean);
  EXPECT_NEAR(Difference(mean, red), 0.25F, 0.05F);
}

}  // namespace
}  // namespace fovea
