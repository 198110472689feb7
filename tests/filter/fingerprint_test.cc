// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <utility>

namespace fovea {
namespace {

Grid Draw(int columns, int rows, const std::function<int(int, int)>& mean) {
  Grid grid;
  grid.columns = columns;
  grid.rows = rows;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      grid.mean.push_back(static_cast<uint8_t>(mean(x, y)));
    }
  }
  return grid;
}

Grid Noise(int columns, int rows, uint32_t seed) {
  std::mt19937 random(seed);
  return Draw(columns, rows,
              [&](int, int) { return static_cast<int>(random() % 256); });
}

TEST(FingerprintTest, BrighteningToTheRightSetsEveryBit) {
  const Fingerprint f =
      FingerprintOf(Draw(48, 36, [](int x, int) { return 5 * x; }));
  EXPECT_EQ(f.coarse, ~uint64_t{0});
  for (uint64_t word : f.fine) EXPECT_EQ(word, ~uint64_t{0});
}

TEST(FingerprintTest, DarkeningOrFlatSetsNone) {
  for (int slope : {0, -5}) {
    const Fingerprint f = FingerprintOf(
        Draw(48, 36, [&](int x, int) { return 240 + slope * x; }));
    EXPECT_EQ(f, Fingerprint());
  }
}

// 9x8 cells of one macroblock each: the hash can be read off the picture.
TEST(FingerprintTest, BitsAreRowMajorHighBitFirst) {
  const Fingerprint f = FingerprintOf(
      Draw(9, 8, [](int x, int y) { return x == 1 && y == 0 ? 9 : 3; }));
  EXPECT_EQ(f.coarse, uint64_t{1} << 63);
  const Fingerprint last = FingerprintOf(
      Draw(9, 8, [](int x, int y) { return x == 8 && y == 7 ? 9 : 3; }));
  EXPECT_EQ(last.coarse, 1u);
}

TEST(FingerprintTest, FineBitsFollowTheSameOrder) {
  const Fingerprint f = FingerprintOf(
      Draw(17, 16, [](int x, int y) { return x == 16 && y == 4 ? 9 : 3; }));
  EXPECT_EQ(f.fine[0], 0u);
  EXPECT_EQ(f.fine[1], uint64_t{1} << 48);
  EXPECT_EQ(f.fine[2], 0u);
}

TEST(FingerprintTest, BrightnessAndContrastDoNotMatter) {
  const auto scene = [](int x, int y) { return (x * 37 + y * 11) % 60 + 40; };
  const Fingerprint a = FingerprintOf(Draw(48, 36, scene));
  const Fingerprint brighter = FingerprintOf(
      Draw(48, 36, [&](int x, int y) { return scene(x, y) + 30; }));
  const Fingerprint harder = FingerprintOf(
      Draw(48, 36, [&](int x, int y) { return scene(x, y) * 2; }));
  EXPECT_EQ(a, brighter);
  EXPECT_EQ(a, harder);
}

TEST(FingerprintTest, SameSceneAtAnotherSizeIsNear) {
  const auto scene = [](double u, double v) {
    return static_cast<int>(120 + 60 * u * (1 - v) -
                            90 * (u - 0.4) * (v - 0.3));
  };
  const Fingerprint large = FingerprintOf(
      Draw(120, 68, [&](int x, int y) { return scene(x / 120.0, y / 68.0); }));
  const Fingerprint small = FingerprintOf(
      Draw(40, 23, [&](int x, int y) { return scene(x / 40.0, y / 23.0); }));
  EXPECT_LE(CoarseDistance(large, small), 4);
}

TEST(FingerprintTest, UnrelatedScenesDifferInHalfTheBits) {
  double coarse = 0, fine = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    const Fingerprint a = FingerprintOf(Noise(48, 36, 2 * i));
    const Fingerprint b = FingerprintOf(Noise(48, 36, 2 * i + 1));
    coarse += CoarseDistance(a, b) / 100.0;
    fine += FineDistance(a, b) / 100.0;
  }
  EXPECT_NEAR(coarse, 32, 3);
  EXPECT_NEAR(fine, 128, 6);
}

TEST(FingerprintTest, DistanceCountsBits) {
  Fingerprint a, b;
  b.coarse = 0xF0;
  b.fine = {1, 2, 4, ~uint64_t{0}};
  EXPECT_EQ(CoarseDistance(a, a), 0);
  EXPECT_EQ(CoarseDistance(a, b), 4);
  EXPECT_EQ(FineDistance(a, b), 67);
  EXPECT_EQ(FineDistance(b, a), 67);
}

TEST(FingerprintTest, AtEverySizeContrastDoesNotMatter) {
  for (auto [columns, rows] : {std::pair{1, 1},
                               {1, 1024},
                               {1024, 1},
                               {2, 3},
                               {9, 8},
                               {16, 17},
                               {1024, 1024}}) {
    Grid faint = Noise(columns, rows, 5);
    for (uint8_t& mean : faint.mean) mean = static_cast<uint8_t>(mean / 2);
    Grid strong = faint;
    for (uint8_t& mean : strong.mean) mean = static_cast<uint8_t>(2 * mean);
    EXPECT_EQ(FingerprintOf(faint), FingerprintOf(strong))
        << columns << " x " << rows;
  }
  EXPECT_EQ(FingerprintOf(Grid()), Fingerprint());
}

TEST(FingerprintTest, LargestGridDoesNotOverflow) {
  const Fingerprint f =
      FingerprintOf(Draw(1024, 1024, [](int x, int) { return 128 + x / 9; }));
  EXPECT_EQ(f.coarse, ~uint64_t{0});
}

}  // namespace
}  // namespace fovea
