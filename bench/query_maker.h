// SPDX-License-Identifier: GPL-2.0-or-later
//
// Random queries about what was seen in a stream: labels, places, scores and
// lengths of time are taken from what is there, so that answers are not
// empty and edges meet exactly.

#ifndef FOVEA_BENCH_QUERY_MAKER_H_
#define FOVEA_BENCH_QUERY_MAKER_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "index/query.h"
#include "tests/index/footage.h"

namespace fovea::bench {

class QueryMaker {
 public:
  // About `stream`, in which something was seen, and about others by name.
  // All outlive this object.
  QueryMaker(const testing::FootageStream& stream,
             const std::vector<std::string>& others, uint64_t seed)
      : stream_(stream), others_(others), engine_(seed) {}

  // CheckQuery() is OK with it. Has one `then` at most.
  Query Any();

 private:
  uint64_t Below(uint64_t end) { return engine_() % end; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  template <typename T>
  const T& AnyOf(const std::vector<T>& values) {
    return values[Below(values.size())];
  }

  const ObservedBox& AnyBox();
  // Of a side of the picture of so many pixels; `edge`, in pixels, is as
  // likely as all others.
  Length AnyLength(double edge, int side);
  void AnySide(double begin_edge, double end_edge, int side, Length* begin,
               Length* end);
  Place AnyPlace();
  Place AnyLine();
  int64_t AnyDuration();
  ObjectQuery AnyObject(int depth);
  Condition AnyCount();
  Condition AnyCondition(int depth);
  std::vector<Condition> Parts(size_t count, int depth);

  const testing::FootageStream& stream_;
  const std::vector<std::string>& others_;
  std::mt19937_64 engine_;
  bool may_follow_ = true;  // there is no `then` yet
};

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_QUERY_MAKER_H_
