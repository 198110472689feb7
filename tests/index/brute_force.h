// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers queries over footage by asking of every instant whether every word
// of the query holds: slow, and short enough to be seen to be right. Shares
// nothing with the evaluation but what a query and an observation are.

#ifndef FOVEA_TESTS_INDEX_BRUTE_FORCE_H_
#define FOVEA_TESTS_INDEX_BRUTE_FORCE_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "index/clip.h"
#include "index/query.h"
#include "tests/index/footage.h"

namespace fovea::testing {

// Bit t is the instant kFootageTimes.begin_ns + t.
inline constexpr size_t kInstants =
    kFootageTimes.end_ns - kFootageTimes.begin_ns;
using Instants = std::bitset<kInstants>;

class BruteForce {
 public:
  explicit BruteForce(const Footage& footage) : footage_(footage) {}

  // Recorded instants at which it holds.
  Instants Where(const Condition& condition, const FootageStream& s) const;

  // All clips, in the query's order, whatever its limit.
  std::vector<Clip> Clips(const Query& query) const;

 private:
  Instants WhereObject(const ObjectQuery& object, const FootageStream& s,
                       const Observation& o) const;
  Instants WhereRelated(const Relation& relation, const FootageStream& s,
                        const Observation& o) const;
  Instants WhereCounted(const CountCondition& c, const FootageStream& s) const;
  // The greatest at each instant.
  using Scores = std::array<uint16_t, kInstants>;
  Scores ScoresOf(const Condition& condition, const FootageStream& s) const;

  const Footage& footage_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_INDEX_BRUTE_FORCE_H_
