// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sets of instants: what conditions of a query are made of. Instants are
// nanoseconds from INT64_MIN to INT64_MAX - 1, so that every set has half-open
// runs; arithmetic that leaves them stops at their ends.

#ifndef FOVEA_INDEX_TIMELINE_H_
#define FOVEA_INDEX_TIMELINE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"

namespace fovea {

// a + b, or the end of int64 that it lies beyond.
int64_t SaturatedSum(int64_t a, int64_t b);

// Instants begin_ns <= t < end_ns.
struct TimeSpan {
  int64_t begin_ns = 0;
  int64_t end_ns = 0;

  static constexpr TimeSpan All() { return {INT64_MIN, INT64_MAX}; }
  bool empty() const { return begin_ns >= end_ns; }
  // 0 where it is empty, INT64_MAX where it is longer.
  int64_t length_ns() const;
  bool Contains(const TimeSpan& other) const {
    return begin_ns <= other.begin_ns && other.end_ns <= end_ns;
  }
  // May be empty, with its end before its begin.
  TimeSpan operator&(const TimeSpan& other) const;
  // Begins `before_ns` earlier and ends `after_ns` later.
  TimeSpan Widened(int64_t before_ns, int64_t after_ns) const;
  friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

// A set of instants, as its longest runs in rising order: none empty, no two
// that touch. All operations are linear in runs unless they say otherwise.
class Timeline {
 public:
  Timeline() = default;
  // Of spans in any order, which may overlap; empty and reversed ones hold
  // nothing. Sorts them where they are not in order.
  explicit Timeline(std::vector<TimeSpan> spans);

  static Timeline All() { return Timeline({TimeSpan::All()}); }

  std::span<const TimeSpan> runs() const { return runs_; }
  bool empty() const { return runs_.empty(); }
  // Logarithmic.
  bool Contains(int64_t time_ns) const;
  // From the first instant to the last; {0, 0} of none. Constant.
  TimeSpan Hull() const;
  // How many instants; INT64_MAX where there are more.
  int64_t total_ns() const;
  // The first run that ends behind `time_ns`; runs().end() where none does.
  // Logarithmic.
  std::span<const TimeSpan>::iterator FirstEndingAfter(int64_t time_ns) const;

  Timeline operator|(const Timeline& other) const;
  Timeline operator&(const Timeline& other) const;
  // Instants of this one that are not in the other.
  Timeline operator-(const Timeline& other) const;
  // Those in `span`. Linear in runs that touch it.
  Timeline Within(const TimeSpan& span) const;

  // Runs of at least `least_ns`.
  Timeline Lasting(int64_t least_ns) const;
  // Each run begins `before_ns` earlier and ends `after_ns` later; neither is
  // below 0.
  Timeline Widened(int64_t before_ns, int64_t after_ns) const;
  // Gaps of at most `most_ns` closed.
  Timeline Closed(int64_t most_ns) const;

  friend bool operator==(const Timeline&, const Timeline&) = default;

 private:
  std::vector<TimeSpan> runs_;
};

// Instants of `within` at which `accepts` takes the number of `spans`, none
// of them reversed, that hold. Sorts them: n log n.
Timeline WhereCount(std::vector<TimeSpan> spans, const Timeline& within,
                    absl::FunctionRef<bool(size_t count)> accepts);

}  // namespace fovea

#endif  // FOVEA_INDEX_TIMELINE_H_
