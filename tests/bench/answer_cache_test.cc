// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/answer_cache.h"

#include <memory>

#include "gtest/gtest.h"

namespace fovea::bench::reuse {
namespace {

constexpr double kAnyDistance = 1e9;

class AnswerCacheTest : public ::testing::Test {
 protected:
  void Add(float place, int label) {
    kept_.push_back(
        std::make_shared<Boxes>(Boxes{{label, 0.9F, 0, 0, 10, 10}}));
    cache_.Add({place}, kept_.back());
  }
  std::optional<size_t> Vote(float place, double theta, size_t fewest = 1,
                             double farthest = kAnyDistance) {
    return cache_.Vote(cache_.Nearest({place}, 5, RootMeanSquare), theta,
                       fewest, farthest);
  }

  SameMemo same_{Task{Loss::kLabels, 0.5F}};
  AnswerCache cache_{&same_};
  std::vector<Answer> kept_;
};

TEST_F(AnswerCacheTest, NothingAnswersFromNothing) {
  EXPECT_EQ(Vote(0, 0.5), std::nullopt);
}

TEST_F(AnswerCacheTest, TheNearestOfTheMostVotedAnswers) {
  Add(0.9F, 1);
  Add(1.2F, 2);
  Add(1.3F, 2);
  Add(9, 3);
  Add(10, 3);
  // Those at 9 and 10 are beyond the mean; the vote is 1 to 2.
  EXPECT_EQ(Vote(1, 0.8), 1U);
  EXPECT_EQ(Vote(1, 0.9), std::nullopt);  // 2 / sqrt(5)
  EXPECT_EQ(Vote(1, 0.8, 4), std::nullopt);
  EXPECT_EQ(Vote(1, 0.8, 1, 0.15), 0U);  // only the first is near enough
}

TEST_F(AnswerCacheTest, EqualAnswersShareAVoteWhereverTheyCameFrom) {
  Add(0, 1);
  Add(5, 2);
  Add(6, 1);
  EXPECT_EQ(cache_.entry(0).vote, cache_.entry(2).vote);
  EXPECT_NE(cache_.entry(0).vote, cache_.entry(1).vote);
}

}  // namespace
}  // namespace fovea::bench::reuse
