// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/homogenised_vote.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace fovea::internal {
namespace {

VoteCount Count(std::vector<Voter> voters) { return CountVotes(voters); }

TEST(HomogenisedVoteTest, OneAloneSurvives) {
  const VoteCount count = Count({{3, 7}});
  EXPECT_EQ(count.survivors, 1U);
  EXPECT_EQ(count.winner, 0U);
  EXPECT_EQ(count.votes, 1U);
  EXPECT_EQ(count.theta, 1);
}

TEST(HomogenisedVoteTest, ThoseEquallyFarAllSurvive) {
  const VoteCount count = Count({{3, 7}, {3, 8}, {3, 8}});
  EXPECT_EQ(count.survivors, 3U);
  EXPECT_EQ(count.winner, 1U);
  EXPECT_EQ(count.votes, 2U);
  EXPECT_DOUBLE_EQ(count.theta, 2 / std::sqrt(5.0));
}

TEST(HomogenisedVoteTest, ThoseAtTheMeanOrBeyondAreDropped) {
  // Mean 3: the third is at it.
  const VoteCount count = Count({{1, 7}, {2, 7}, {3, 8}, {6, 8}});
  EXPECT_EQ(count.survivors, 2U);
  EXPECT_EQ(count.theta, 1);
}

TEST(HomogenisedVoteTest, TheSameNeedsNoNeighbours) {
  const VoteCount count = Count({{0, 7}, {0.1F, 8}, {0.1F, 8}, {9, 8}});
  EXPECT_EQ(count.survivors, 1U);
  EXPECT_EQ(count.winner, 0U);
  EXPECT_EQ(count.theta, 1);
}

TEST(HomogenisedVoteTest, TheSameTwiceMustAgree) {
  const VoteCount count = Count({{0, 7}, {0, 8}, {1, 8}});
  EXPECT_EQ(count.survivors, 2U);
  EXPECT_DOUBLE_EQ(count.theta, std::sqrt(0.5));
}

TEST(HomogenisedVoteTest, TheNearestOfTheMostFrequentWins) {
  const VoteCount count =
      Count({{1, 5}, {2, 7}, {2, 7}, {3, 7}, {3, 6}, {40, 6}});
  EXPECT_EQ(count.survivors, 5U);
  EXPECT_EQ(count.winner, 1U);
  EXPECT_EQ(count.votes, 3U);
  EXPECT_DOUBLE_EQ(count.theta, 3 / std::sqrt(11.0));
}

TEST(HomogenisedVoteTest, OfVotesEquallyFrequentTheNearerWins) {
  EXPECT_EQ(Count({{2, 9}, {2, 3}, {2, 3}, {2, 9}}).winner, 0U);
}

}  // namespace
}  // namespace fovea::internal
