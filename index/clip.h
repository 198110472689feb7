// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a query answers: a longest stretch of time in which its condition
// holds in a stream, within the times it is about.

#ifndef FOVEA_INDEX_CLIP_H_
#define FOVEA_INDEX_CLIP_H_

#include <cstdint>

#include "index/query.h"
#include "index/timeline.h"
#include "store/rows.h"

namespace fovea {

struct Clip {
  StreamId stream = 0;
  TimeSpan span;
  // The greatest at an instant of the clip, among observations of this
  // stream that match an object the query asks for; 65535: 1. 0 where none
  // is asked for.
  uint16_t score = 0;
  friend bool operator==(const Clip&, const Clip&) = default;
};

// Whether `a` comes before `b`: strict, total for clips of one answer.
bool ComesBefore(QueryOrder order, const Clip& a, const Clip& b);

}  // namespace fovea

#endif  // FOVEA_INDEX_CLIP_H_
