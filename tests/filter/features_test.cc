// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "filter/internal/feature_kernels.h"

namespace fovea {
namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();

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

Features Noise(size_t columns, size_t rows, std::mt19937& random) {
  Features features{static_cast<uint16_t>(columns), static_cast<uint16_t>(rows),
                    std::vector<int8_t>(columns * rows)};
  for (int8_t& cell : features.cells) {
    cell = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
  }
  return features;
}

// The contract of FeatureDistance, cell by cell.
float PlainDistance(const Features& a, const Features& b) {
  const int width = std::min<int>(a.columns, 5);
  const int height = std::min<int>(a.rows, 5);
  float greatest = 0;
  for (int top = 0; top + height < a.rows + 3; top += 3) {
    for (int left = 0; left + width < a.columns + 3; left += 3) {
      int sum = 0;
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const int at = (std::min(top, a.rows - height) + y) * a.columns +
                         std::min(left, a.columns - width) + x;
          sum += std::abs(a.cells[static_cast<size_t>(at)] -
                          b.cells[static_cast<size_t>(at)]);
        }
      }
      greatest = std::max(greatest, static_cast<float>(sum) /
                                        static_cast<float>(width * height));
    }
  }
  return greatest;
}

int Scene(int x, int y) { return (x * 37 + y * 11) % 60 + 90; }

// --- FeaturesOf -----------------------------------------------------------

TEST(FeaturesTest, CellsAreMeansLessTheirMedian) {
  const Features f =
      FeaturesOf(Draw(3, 1, [](int x, int) { return x * 40 + 10; }));
  EXPECT_EQ(f, (Features{3, 1, {-40, 0, 40}}));
  // Of an even number the lower of the two in the middle.
  EXPECT_EQ(FeaturesOf(Draw(4, 1, [](int x, int) { return x; })),
            (Features{4, 1, {-1, 0, 1, 2}}));
}

TEST(FeaturesTest, CellsAreCutAtBothEnds) {
  const auto cells = [](int middle) {
    return FeaturesOf(Draw(5, 1,
                           [=](int x, int) {
                             return x == 0 ? 0 : x == 4 ? 255 : middle;
                           }))
        .cells;
  };
  for (int middle = 0; middle < 256; ++middle) {
    EXPECT_EQ(cells(middle).front(), std::max(-middle, -127));
    EXPECT_EQ(cells(middle).back(), std::min(255 - middle, 127));
  }
}

TEST(FeaturesTest, FlickerDoesNotTell) {
  const Features plain = FeaturesOf(Draw(80, 45, Scene));
  for (int light = -90; light <= 106; ++light) {
    const Features lit = FeaturesOf(
        Draw(80, 45, [&](int x, int y) { return Scene(x, y) + light; }));
    EXPECT_EQ(lit, plain) << light;
  }
}

TEST(FeaturesTest, LargePicturesAreReduced) {
  const struct {
    int columns, rows;
    int cells_wide, cells_high;
  } cases[] = {{128, 64, 128, 64},  {129, 64, 65, 32},   {120, 68, 120, 68},
               {240, 135, 120, 68}, {480, 270, 120, 68}, {1024, 1024, 64, 64},
               {1, 1024, 1, 1024},  {1024, 8, 1024, 8},  {1024, 9, 512, 5}};
  for (const auto& c : cases) {
    const Features f = FeaturesOf(Draw(c.columns, c.rows, Scene));
    EXPECT_EQ(f.columns, c.cells_wide) << c.columns;
    EXPECT_EQ(f.rows, c.cells_high) << c.rows;
    EXPECT_EQ(f.cells.size(), static_cast<size_t>(c.cells_wide) *
                                  static_cast<size_t>(c.cells_high));
  }
}

TEST(FeaturesTest, ReducedCellsAreRoundedMeansOfWhatIsThere) {
  // 2 x 2 of 129 x 64: each cell's macroblocks are 3, 4, 4, 4 off its number
  // modulo 8; the last column has two of them only, 3 and 4.
  const Features f = FeaturesOf(Draw(129, 64, [](int x, int y) {
    return 100 + (x / 2) % 8 + (x % 2 + y % 2 == 0 ? 3 : 4);
  }));
  for (size_t x = 1; x < 64; ++x) {
    EXPECT_EQ(f.cells[x] - f.cells[0], static_cast<int>(x % 8)) << x;
  }
  EXPECT_EQ(f.cells[64], f.cells[0]);  // 3.5 and 3.75 are both 4
}

TEST(FeaturesTest, OfAnEmptyGridThereAreNone) {
  EXPECT_EQ(FeaturesOf(Grid()), Features());
}

// --- FeatureDistance ------------------------------------------------------

TEST(FeatureDistanceTest, IsZeroOfEqualsAndSymmetric) {
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    const size_t columns = 1 + random() % 90, rows = 1 + random() % 50;
    const Features a = Noise(columns, rows, random);
    const Features b = Noise(columns, rows, random);
    EXPECT_EQ(FeatureDistance(a, a), 0);
    EXPECT_EQ(FeatureDistance(a, b), FeatureDistance(b, a));
  }
}

TEST(FeatureDistanceTest, IsWhatTheContractSaysAtEverySize) {
  std::mt19937 random(11);
  for (size_t rows = 1; rows <= 12; ++rows) {
    for (size_t columns = 1; columns <= 100; ++columns) {
      const Features a = Noise(columns, rows, random);
      const Features b = Noise(columns, rows, random);
      ASSERT_EQ(FeatureDistance(a, b), PlainDistance(a, b))
          << columns << " x " << rows;
    }
  }
}

// One cell that differs, wherever it is: the flush tiles and those at the
// borders of what is computed at a time among them.
TEST(FeatureDistanceTest, EveryCellTells) {
  for (const auto& [columns, rows] :
       {std::pair{1, 1}, {4, 4}, {5, 5}, {6, 7}, {80, 45}, {700, 2}}) {
    Features a{static_cast<uint16_t>(columns), static_cast<uint16_t>(rows), {}};
    a.cells.resize(static_cast<size_t>(columns * rows));
    Features b = a;
    const float tile =
        static_cast<float>(std::min(columns, 5) * std::min(rows, 5));
    for (int8_t& cell : b.cells) {
      cell = 100;
      ASSERT_EQ(FeatureDistance(a, b), 100 / tile) << columns << " x " << rows;
      cell = 0;
    }
  }
}

TEST(FeatureDistanceTest, SmallObjectsKeepTheirContrastWhereverTheyLie) {
  const Features empty = FeaturesOf(Draw(80, 45, Scene));
  for (const int size : {2, 3}) {
    for (int top = 0; top + size <= 45; ++top) {
      for (int left = 0; left + size <= 80; ++left) {
        Features with = empty;
        for (int y = top; y < top + size; ++y) {
          for (int x = left; x < left + size; ++x) {
            with.cells[static_cast<size_t>(y * 80 + x)] += 50;
          }
        }
        ASSERT_EQ(FeatureDistance(empty, with),
                  50 * static_cast<float>(size * size) / 25)
            << left << ", " << top;
      }
    }
  }
}

TEST(FeatureDistanceTest, ExtremesDoNotOverflow) {
  const Features low{80, 45, std::vector<int8_t>(80 * 45, -127)};
  const Features high{80, 45, std::vector<int8_t>(80 * 45, 127)};
  EXPECT_EQ(FeatureDistance(low, high), 254);
  // Windows of sensors may use the last value too.
  const Features lowest{600, 1, std::vector<int8_t>(600, -128)};
  const Features highest{600, 1, std::vector<int8_t>(600, 127)};
  EXPECT_EQ(FeatureDistance(lowest, highest), 255);
}

TEST(FeatureDistanceTest, OtherShapesAreInfinitelyFar) {
  const Features wide{6, 2, std::vector<int8_t>(12)};
  const Features high{2, 6, std::vector<int8_t>(12)};
  const Features torn{6, 2, std::vector<int8_t>(11)};
  EXPECT_EQ(FeatureDistance(wide, high), kFar);
  EXPECT_EQ(FeatureDistance(wide, Features()), kFar);
  EXPECT_EQ(FeatureDistance(wide, torn), kFar);
  EXPECT_EQ(FeatureDistance(torn, torn), kFar);
  EXPECT_EQ(FeatureDistance(Features(), Features()), 0);
}

TEST(FeatureDistanceTest, WithinIsTheDistanceUpToItsLimit) {
  std::mt19937 random(13);
  for (int i = 0; i < 50; ++i) {
    const Features a = Noise(80, 45, random), b = Noise(80, 45, random);
    const float distance = FeatureDistance(a, b);
    EXPECT_EQ(FeatureDistanceWithin(a, b, distance), distance);
    EXPECT_EQ(FeatureDistanceWithin(a, b, std::nextafter(distance, kFar)),
              distance);
    EXPECT_EQ(FeatureDistanceWithin(a, b, std::nextafter(distance, 0.0F)),
              kFar);
    EXPECT_EQ(FeatureDistanceWithin(a, a, 0), 0);
    EXPECT_EQ(FeatureDistanceWithin(a, a, -1), kFar);
  }
}

// --- kernels --------------------------------------------------------------

TEST(FeatureKernelsTest, EveryInstructionSetGivesTheSame) {
  std::mt19937 random(17);
  const auto scalar = internal::ScalarFeatureKernels();
  for (const auto& kernels : internal::RunnableFeatureKernels()) {
    for (size_t columns = 1; columns <= 700; columns += columns < 150 ? 1 : 7) {
      const size_t lines = 1 + columns % 5;
      const Features a = Noise(columns, lines, random);
      const Features b = Noise(columns, lines, random);
      const internal::TileRow row = {a.cells.data(), b.cells.data(), columns,
                                     lines};
      ASSERT_EQ(kernels.greatest_sum(row), scalar.greatest_sum(row)) << columns;

      std::vector<uint8_t> levels(columns);
      for (uint8_t& level : levels) level = static_cast<uint8_t>(random());
      std::vector<int8_t> expected(columns), got(columns);
      const uint8_t middle = static_cast<uint8_t>(random());
      scalar.centre(levels.data(), columns, middle, expected.data());
      kernels.centre(levels.data(), columns, middle, got.data());
      ASSERT_EQ(got, expected);
    }
  }
}

// A peak at each column in turn: no tile is lost where strips and vectors
// meet, and none is found that does not begin at a step.
TEST(FeatureKernelsTest, EveryInstructionSetSeesEveryColumn) {
  const auto scalar = internal::ScalarFeatureKernels();
  for (const auto& kernels : internal::RunnableFeatureKernels()) {
    for (const size_t columns :
         {5U, 8U, 33U, 80U, 288U, 289U, 292U, 293U, 294U, 581U, 582U}) {
      std::vector<int8_t> a(columns), b(columns);
      for (size_t x = 0; x + 3 < columns; ++x) {
        b[x] = 3, b[x + 1] = 5, b[x + 2] = 7, b[x + 3] = 11;
        const internal::TileRow row = {a.data(), b.data(), columns, 1};
        ASSERT_EQ(kernels.greatest_sum(row), scalar.greatest_sum(row))
            << columns << " at " << x;
        b.assign(columns, 0);
      }
    }
  }
}

}  // namespace
}  // namespace fovea
