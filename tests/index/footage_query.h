// SPDX-License-Identifier: GPL-2.0-or-later
//
// Conditions of every kind, about what RandomFootage() may show.

#ifndef FOVEA_TESTS_INDEX_FOOTAGE_QUERY_H_
#define FOVEA_TESTS_INDEX_FOOTAGE_QUERY_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "index/query.h"

namespace fovea::testing {

class FootageQueryDice {
 public:
  explicit FootageQueryDice(std::mt19937_64* engine) : engine_(engine) {}

  // At most `depth` conditions within another.
  Condition AnyCondition(int depth);
  // Of any streams, times and order; without a limit.
  Query AnyQuery();

 private:
  int64_t Below(int64_t end) {
    return static_cast<int64_t>((*engine_)() % static_cast<uint64_t>(end));
  }
  Comparison AnyComparison() { return static_cast<Comparison>(Below(5)); }
  Length AnyLength();
  Area AnyArea();
  Place AnyPlace();
  ObjectQuery AnyObject(int depth);
  CountCondition AnyCount();
  std::vector<Condition> Parts(int64_t count, int depth);
  std::string AnyPattern();

  std::mt19937_64* engine_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_INDEX_FOOTAGE_QUERY_H_
