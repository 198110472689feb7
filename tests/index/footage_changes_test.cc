// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asking where something changes tells what asking at every nanosecond does.

#include "tests/index/footage_changes.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/index/brute_force.h"
#include "tests/index/footage.h"
#include "tests/index/footage_query.h"

namespace fovea {
namespace {

using testing::BruteForce;
using testing::ChangesOf;
using testing::Footage;
using testing::FootageQueryDice;

constexpr int kRounds = 1000;

TEST(FootageChangesTest, AreAllThatNeedBeAsked) {
  constexpr uint64_t kSeed = 26;
  std::mt19937_64 engine(kSeed);
  size_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(::testing::Message()
                 << "seed " << kSeed << " round " << round);
    const Footage footage = testing::RandomFootage(&engine);
    const Query query = FootageQueryDice(&engine).AnyQuery();
    const auto expected = BruteForce(footage).Clips(query);
    found += expected.size();
    const BruteForce at_changes(footage, ChangesOf(footage, query));
    ASSERT_TRUE(at_changes.Clips(query) == expected);
  }
  EXPECT_GT(found, kRounds) << "queries that find nothing test nothing";
}

}  // namespace
}  // namespace fovea
