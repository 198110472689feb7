// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any query there can be, within its limits, for tests of what carries and
// answers queries.

#ifndef FOVEA_TESTS_SUPPORT_RANDOM_QUERY_H_
#define FOVEA_TESTS_SUPPORT_RANDOM_QUERY_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "index/query.h"

namespace fovea::testing {

class QueryDice {
 public:
  explicit QueryDice(uint64_t seed) : store_(seed) {}

  // CheckQuery() is OK with it. One in a few nests as deep as it may.
  Query Any();

 private:
  struct Budget {
    int depth;         // conditions below this one
    int64_t reach_ns;  // that durations may add up to
  };

  uint64_t Below(uint64_t end) { return store_() % end; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  Condition AnyCondition(Budget budget);
  Condition AnyLeaf(Budget budget);
  std::vector<Condition> Parts(size_t count, Budget budget);
  SensorCondition AnySensor();
  CountCondition AnyCount(Budget budget);
  ObjectQuery AnyObject(Budget budget);
  Place AnyPlace();
  void AnySide(double size, Length* begin, Length* end);
  Length AnyLength(double size);
  double AnyNumber();
  Comparison AnyComparison();
  int64_t AnyDuration(int64_t most);
  int64_t AnyTime();
  std::string AnyName(size_t least, size_t most);
  std::string AnyCharacters(size_t least, size_t most);

  std::mt19937_64 store_;
  int conditions_ = 0;  // that may still be made
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_RANDOM_QUERY_H_
