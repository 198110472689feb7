// SPDX-License-Identifier: GPL-2.0-or-later
//
// What near inputs' answers say together: the homogenised k nearest
// neighbours of FoggyCache (Guo et al., MobiCom 2018). Those no nearer than
// the mean are dropped, then the answers must be of one mind.

#ifndef FOVEA_FILTER_INTERNAL_HOMOGENISED_VOTE_H_
#define FOVEA_FILTER_INTERNAL_HOMOGENISED_VOTE_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace fovea::internal {

struct Voter {
  float distance;  // >= 0
  uint64_t vote;
};

struct VoteCount {
  size_t survivors = 0;  // the first ones
  size_t winner = 0;     // the nearest one of the most frequent vote
  size_t votes = 0;      // of survivors for it
  // votes / sqrt(sum of squares of the votes for each): 1 where all agree,
  // 1 / sqrt(m) where m disagree evenly.
  double theta = 0;
};

// `voters` by rising distance, at least one. The nearest and those as near
// survive always: of one alone, or of some at one distance, none is below
// the mean. Where the nearest is at 0, only those at 0 survive: what is the
// very same needs no neighbours. Of votes equally frequent the nearer wins.
VoteCount CountVotes(std::span<const Voter> voters);

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_HOMOGENISED_VOTE_H_
