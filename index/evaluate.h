// SPDX-License-Identifier: GPL-2.0-or-later
//
// When a condition holds in a stream. docs/QUERY.md says what each part
// means.

#ifndef FOVEA_INDEX_EVALUATE_H_
#define FOVEA_INDEX_EVALUATE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "index/query.h"
#include "index/query_reader.h"
#include "index/timeline.h"

namespace fovea {

// While an observation that a query asks for has a score.
struct ScoredSpan {
  TimeSpan span;
  uint16_t score = 0;  // 65535: 1
};

// The instants of `window` at which `condition` holds in `stream`, exactly:
// facts are read as far outside the window as the condition reaches. Appends
// to `scored`, unless null, what scores these instants: everything of the
// objects asked for at an instant of the answer, and more. Memory grows with
// what matches in the window and its reach. As QueryReader fails.
absl::StatusOr<Timeline> Evaluate(const Condition& condition,
                                  const QueryStream& stream, TimeSpan window,
                                  QueryReader* reader,
                                  std::vector<ScoredSpan>* scored = nullptr);

// How far outside a window Evaluate() looks, either way.
int64_t ReachOf(const Condition& condition);

// Whether `count` things satisfy a comparison with `wanted`.
bool Satisfies(uint64_t count, Comparison comparison, uint64_t wanted);

}  // namespace fovea

#endif  // FOVEA_INDEX_EVALUATE_H_
