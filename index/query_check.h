// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a query may be. Whoever makes one (text, JSON, a program) has it
// checked before anything is looked up; whoever evaluates one may rely on
// it. Every error says what is wrong, what was expected and what was found.
//
// All functions are thread-safe and take time in proportion to the query.

#ifndef FOVEA_INDEX_QUERY_CHECK_H_
#define FOVEA_INDEX_QUERY_CHECK_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "index/query.h"

namespace fovea {

// docs/LIMITS.md lists these for users.
struct QueryLimits {
  size_t text_bytes = 64U << 10;
  size_t json_bytes = 1U << 20;
  size_t json_nesting = 256;  // a condition takes up to three levels
  // Conditions within conditions, and objects within objects' relations.
  size_t nesting = 64;
  size_t conditions = 256;  // in all; the other object of a relation is one
  size_t labels = 64;       // of one object, as the three below
  size_t attributes = 16;
  size_t places = 16;
  size_t relations = 16;
  size_t attribute_name_bytes = 64;
  size_t attribute_value_bytes = 256;
  size_t name_bytes = 255;  // of a channel, of a unit
  size_t patterns = 64;
  size_t pattern_bytes = 200;
  uint32_t count = 1'000'000;
  // Any length of time, and all those together that stand within one
  // another: how far an answer may depend on what was before and after.
  int64_t reach_ns = 24LL * 3'600'000'000'000;
  uint64_t limit = 1'000'000;
  // Ordered by score, clips wait in memory until the last one is known.
  uint64_t score_limit = 10'000;
  uint64_t default_score_limit = 1'000;
};
inline constexpr QueryLimits kQueryLimits;

// kInvalidArgument, as all below, where an object says what none can be: a
// label that IsLabel() refuses, a score beyond 0 to 1, an area or line
// without extent, a negative or endless number, names that are not UTF-8, or
// more than the limits allow. What it is related to included.
absl::Status CheckObject(const ObjectQuery& object);

// The same for a condition and all within it; also their nesting, number
// and reach, and that each has the parts that its kind has.
absl::Status CheckCondition(const Condition& condition);

// The same for the whole query; also its streams, from < to, and its limit.
absl::Status CheckQuery(const Query& query);

}  // namespace fovea

#endif  // FOVEA_INDEX_QUERY_CHECK_H_
