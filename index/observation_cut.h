// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is left of observations when part of their stream is removed.

#ifndef FOVEA_INDEX_OBSERVATION_CUT_H_
#define FOVEA_INDEX_OBSERVATION_CUT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "index/observation.h"

namespace fovea {

// Frames or samples [first_index, end_index), and when they were:
// [start_ns, end_ns).
struct IndexSpan {
  uint64_t first_index = 0;
  uint64_t end_index = 0;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  friend bool operator==(const IndexSpan&, const IndexSpan&) = default;
};

// True when something from `start_ns` to `end_ns`, or at `start_ns`, lies in
// [from_ns, to_ns).
bool TouchesTime(int64_t start_ns, int64_t end_ns, int64_t from_ns,
                 int64_t to_ns);

// All indexes that [from_ns, to_ns) touches, in order. `held` are the GOPs
// or blocks of a stream by index; what lies between two of them, before the
// first or behind the last may have been at any time in between, and at any
// time at all where the clock was set back.
std::vector<IndexSpan> SpansTouching(std::span<const IndexSpan> held,
                                     int64_t from_ns, int64_t to_ns);

// What remains of an observation without the indexes of `removed` (in
// order): itself where they do not touch it, else none, one or several
// parts. A part says nothing of what was removed: its scores are those of
// its own boxes (without boxes: unknown), and attributes, which may have
// been read anywhere on the track, are gone.
std::vector<Observation> WithoutSpans(const Observation& observation,
                                      std::span<const IndexSpan> removed);

}  // namespace fovea

#endif  // FOVEA_INDEX_OBSERVATION_CUT_H_
