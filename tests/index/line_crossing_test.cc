// SPDX-License-Identifier: GPL-2.0-or-later
//
// Steps over a line meet it once, wherever on it they begin or end, and near
// misses stay misses.

#include "index/line_crossing.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace fovea {
namespace {

constexpr PlanePoint kTop = {10, 0};
constexpr PlanePoint kBottom = {10, 20};

bool Meets(const PlanePoint& from, const PlanePoint& to) {
  const bool meets = StepMeetsLine(from, to, kTop, kBottom);
  EXPECT_EQ(meets, StepMeetsLine(from, to, kBottom, kTop)) << "either way";
  return meets;
}

TEST(LineCrossingTest, AStepOverTheLineMeetsIt) {
  EXPECT_TRUE(Meets({5, 5}, {15, 6}));
  EXPECT_TRUE(Meets({15, 5}, {5, 19}));
  EXPECT_FALSE(Meets({5, 5}, {9, 6})) << "ends before it";
  EXPECT_FALSE(Meets({5, 21}, {15, 22})) << "passes below it";
  EXPECT_FALSE(Meets({5, 0}, {15, 50})) << "passes below it, aslant";
}

TEST(LineCrossingTest, TheLineHasItsEnds) {
  EXPECT_TRUE(Meets({5, 0}, {15, 0}));
  EXPECT_TRUE(Meets({5, 15}, {15, 25})) << "through the end";
}

TEST(LineCrossingTest, AStepHasItsBeginNotItsEnd) {
  EXPECT_TRUE(Meets({10, 5}, {15, 5}));
  EXPECT_FALSE(Meets({5, 5}, {10, 5}));
  EXPECT_TRUE(Meets({10, 20}, {30, 20}));
  EXPECT_FALSE(Meets({30, 20}, {10, 20}));
}

TEST(LineCrossingTest, StepsAlongTheLineMeetIt) {
  EXPECT_TRUE(Meets({10, -5}, {10, 5}));
  EXPECT_TRUE(Meets({10, 5}, {10, 6}));
  EXPECT_TRUE(Meets({10, 20}, {10, 25}));
  EXPECT_FALSE(Meets({10, -5}, {10, 0})) << "ends on its end";
  EXPECT_FALSE(Meets({10, 25}, {10, 20})) << "ends on its end";
  EXPECT_FALSE(Meets({10, 21}, {10, 25})) << "behind it";
  EXPECT_FALSE(Meets({11, 5}, {11, 6})) << "beside it";
}

TEST(LineCrossingTest, WhatDoesNotMoveMeetsNothing) {
  EXPECT_FALSE(Meets({10, 5}, {10, 5}));
}

TEST(LineCrossingTest, ALineMayBeAPoint) {
  const PlanePoint point = {10, 10};
  EXPECT_TRUE(StepMeetsLine({0, 0}, {20, 20}, point, point));
  EXPECT_TRUE(StepMeetsLine(point, {20, 20}, point, point));
  EXPECT_FALSE(StepMeetsLine({0, 0}, point, point, point));
  EXPECT_FALSE(StepMeetsLine({0, 0}, {20, 21}, point, point));
}

TEST(LineCrossingTest, AnyWayOverALineMeetsItAsOftenAsItChangesSides) {
  constexpr uint64_t kSeed = 3;
  std::mt19937_64 dice(kSeed);
  for (int round = 0; round < 2000; ++round) {
    // So long a line that no way goes around it.
    const auto whole = [&](int most) {
      return static_cast<double>(static_cast<int>(dice() % 21) - 10) * most;
    };
    const PlanePoint middle = {whole(1), whole(1)};
    const PlanePoint along = {whole(1), whole(1)};
    if (along == PlanePoint{}) continue;
    const PlanePoint start = {middle.x - 1000 * along.x,
                              middle.y - 1000 * along.y};
    const PlanePoint end = {middle.x + 1000 * along.x,
                            middle.y + 1000 * along.y};
    const auto side = [&](const PlanePoint& p) {
      const double s = along.x * (p.y - middle.y) - along.y * (p.x - middle.x);
      return s < 0 ? -1 : s > 0 ? 1 : 0;
    };
    // Begins and ends beside the line: meets it at each step that begins on
    // it and moves, and at each from one side to the other.
    PlanePoint at = {whole(2), whole(2)};
    for (int step = 0; step < 20; ++step) {
      const PlanePoint next = {whole(2), whole(2)};
      const bool over = side(at) * side(next) < 0;
      const bool leaves = side(at) == 0 && !(at == next);
      ASSERT_EQ(StepMeetsLine(at, next, start, end), over || leaves)
          << "seed " << kSeed << " round " << round;
      at = next;
    }
  }
}

// Points so close to a line that doubles round the difference away. Truth is
// whole numbers of 128 bits.
TEST(LineCrossingTest, NearMissesAreDecidedExactly) {
  constexpr uint64_t kSeed = 4;
  constexpr int64_t kMost = int64_t{1} << 40;
  std::mt19937_64 dice(kSeed);
  const auto number = [&] { return static_cast<int64_t>(dice() % kMost); };
  int close = 0;
  for (int round = 0; round < 20000; ++round) {
    const int64_t px = number(), py = number();
    const int64_t dx = number() / 2 - kMost / 4, dy = number() / 2 - kMost / 4;
    const int64_t share = static_cast<int64_t>(dice() % 1000);
    // Rounded to whole numbers: hardly ever on the line, never far from it.
    const int64_t ax =
        px + static_cast<int64_t>(static_cast<double>(dx) *
                                  static_cast<double>(share) / 1000);
    const int64_t ay =
        py + static_cast<int64_t>(static_cast<double>(dy) *
                                  static_cast<double>(share) / 1000);
    const auto determinant = static_cast<__int128>(dx) * (ay - py) -
                             static_cast<__int128>(dy) * (ax - px);
    const auto point = [](int64_t x, int64_t y) {
      return PlanePoint{static_cast<double>(x), static_cast<double>(y)};
    };
    // A step at right angles to the line, to its left: it meets the line if
    // it begins to the right of it or on it.
    const int64_t tx = ax - dy / 1024, ty = ay + dx / 1024;
    if (share < 10 || share > 990 || std::abs(dx) < 4096 ||
        std::abs(dy) < 4096) {
      continue;
    }
    ++close;
    ASSERT_EQ(StepMeetsLine(point(ax, ay), point(tx, ty), point(px, py),
                            point(px + dx, py + dy)),
              determinant <= 0)
        << "seed " << kSeed << " round " << round;
  }
  EXPECT_GT(close, 10000);
}

}  // namespace
}  // namespace fovea
