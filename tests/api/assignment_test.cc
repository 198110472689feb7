// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

float WorthOf(const std::vector<size_t>& pairs, const std::vector<float>& worth,
              size_t columns) {
  float sum = 0;
  for (size_t row = 0; row < pairs.size(); ++row) {
    if (pairs[row] != kNotAssigned) sum += worth[row * columns + pairs[row]];
  }
  return sum;
}

// By trying them all.
float Best(const std::vector<float>& worth, size_t rows, size_t columns,
           size_t row, unsigned taken) {
  if (row == rows) return 0;
  float best = Best(worth, rows, columns, row + 1, taken);
  for (size_t c = 0; c < columns; ++c) {
    if ((taken >> c) & 1U) continue;
    best = std::max(best,
                    worth[row * columns + c] +
                        Best(worth, rows, columns, row + 1, taken | 1U << c));
  }
  return best;
}

TEST(AssignmentTest, NothingToPair) {
  EXPECT_THAT(Assign({}, 0, 0), IsEmpty());
  EXPECT_THAT(Assign({}, 0, 3), IsEmpty());
  EXPECT_THAT(Assign({}, 2, 0), ElementsAre(kNotAssigned, kNotAssigned));
}

TEST(AssignmentTest, TheSumCountsNotTheBestPair) {
  // 0.9 first would leave the second row with nothing.
  const std::vector<float> worth = {0.9F, 0.8F,  //
                                    0.7F, 0};
  EXPECT_THAT(Assign(worth, 2, 2), ElementsAre(1, 0));
}

TEST(AssignmentTest, AWorthlessPairIsNotMade) {
  const std::vector<float> worth = {0, -1,  //
                                    0.1F, 0};
  EXPECT_THAT(Assign(worth, 2, 2), ElementsAre(kNotAssigned, 0));
}

TEST(AssignmentTest, IsTheBestThereIs) {
  const unsigned seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> any(-0.5F, 1);
  for (int trial = 0; trial < 500; ++trial) {
    const size_t rows = random() % 7;
    const size_t columns = random() % 7;
    std::vector<float> worth(rows * columns);
    for (float& w : worth) w = any(random);
    const std::vector<size_t> pairs = Assign(worth, rows, columns);
    ASSERT_EQ(pairs.size(), rows);
    std::multiset<size_t> used(pairs.begin(), pairs.end());
    for (size_t c = 0; c < columns; ++c) EXPECT_LE(used.count(c), 1U);
    EXPECT_NEAR(WorthOf(pairs, worth, columns),
                Best(worth, rows, columns, 0, 0), 1e-5F);
  }
}

}  // namespace
}  // namespace fovea
