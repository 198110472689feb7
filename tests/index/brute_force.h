// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers queries over footage by asking of every instant whether every word
// of the query holds: slow, and short enough to be seen to be right. Shares
// nothing with the evaluation but what a query and an observation are.

#ifndef FOVEA_TESTS_INDEX_BRUTE_FORCE_H_
#define FOVEA_TESTS_INDEX_BRUTE_FORCE_H_

#include <cstdint>
#include <vector>

#include "index/clip.h"
#include "index/query.h"
#include "tests/index/footage.h"

namespace fovea::testing {

// Whether something holds, by the number of the instant.
using Instants = std::vector<bool>;

class BruteForce {
 public:
  // Every nanosecond of kFootageTimes.
  explicit BruteForce(const Footage& footage);
  // The instants `times`, which rise; the last one is the end of all time.
  // What holds at one has to hold until the next: ChangesOf() says when. The
  // footage outlives this object.
  BruteForce(const Footage& footage, std::vector<int64_t> times);

  // Recorded instants at which it holds.
  Instants Where(const Condition& condition, const FootageStream& s) const;

  // All clips, in the query's order, whatever its limit.
  std::vector<Clip> Clips(const Query& query) const;

 private:
  template <typename Rule>
  Instants InstantsThat(const Rule& rule) const;
  // Runs at least so long.
  Instants LongRuns(const Instants& set, int64_t least) const;
  Instants Follows(const Instants& a, const Instants& b, int64_t within) const;

  // Whatever it is related to, and however long.
  Instants WhereAlone(const ObjectQuery& object, const FootageStream& s,
                      const Observation& o) const;
  void KeepRelated(const Relation& relation, const FootageStream& s,
                   std::vector<Instants>* each) const;
  // Of each observation.
  std::vector<Instants> WhereEach(const ObjectQuery& object,
                                  const FootageStream& s) const;
  Instants WhereCounted(const CountCondition& c, const FootageStream& s) const;
  Instants WhereElsewhere(const Elsewhere& c, const FootageStream& s) const;
  // The greatest at each instant.
  using Scores = std::vector<uint16_t>;
  Scores ScoresOf(const Condition& condition, const FootageStream& s) const;

  const Footage& footage_;
  const std::vector<int64_t> times_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_INDEX_BRUTE_FORCE_H_
