// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/homogenised_vote.h"

#include <algorithm>
#include <cmath>

namespace fovea::internal {
namespace {

size_t CountSurvivors(std::span<const Voter> voters) {
  const float nearest = voters.front().distance;
  double mean = 0;
  for (const Voter& voter : voters) mean += voter.distance;
  mean /= static_cast<double>(voters.size());
  const auto last = std::ranges::find_if(voters, [&](const Voter& voter) {
    return voter.distance > nearest && (nearest == 0 || voter.distance >= mean);
  });
  return static_cast<size_t>(last - voters.begin());
}

}  // namespace

VoteCount CountVotes(std::span<const Voter> voters) {
  VoteCount count;
  count.survivors = CountSurvivors(voters);
  const auto survivors = voters.first(count.survivors);
  // Each voter counts its party: the parties' squares are then the sum.
  size_t squares = 0;
  for (size_t i = 0; i < survivors.size(); ++i) {
    const size_t votes = static_cast<size_t>(
        std::ranges::count(survivors, survivors[i].vote, &Voter::vote));
    squares += votes;
    if (votes > count.votes) {
      count.votes = votes;
      count.winner = i;
    }
  }
  count.theta = static_cast<double>(count.votes) /
                std::sqrt(static_cast<double>(squares));
  return count;
}

}  // namespace fovea::internal
