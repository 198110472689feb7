// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which observations of a stream are what an object query asks for, and when.

#ifndef FOVEA_INDEX_OBJECT_MATCH_H_
#define FOVEA_INDEX_OBJECT_MATCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "index/query_reader.h"

namespace fovea {

// Tells observations of one stream apart.
struct ObservationName {
  int64_t start_ns = 0;
  uint64_t track = 0;
  std::string label;
  friend bool operator==(const ObservationName&,
                         const ObservationName&) = default;
};

// A stretch of time in which an observation stays as it is.
struct Look {
  TimeSpan span;
  // Edges as ObservedBox has them, where it is placed: before its first box,
  // and without any, it has no place.
  bool placed = false;
  int32_t left = 0, top = 0, right = 0, bottom = 0;
  uint16_t score = 0;  // 65535: 1
  friend bool operator==(const Look&, const Look&) = default;
};

// An observation that matches during its looks: in rising order, apart.
struct ObjectMatch {
  ObservationName name;
  std::vector<Look> looks;
};

enum class BoxesOfLooks : uint8_t {
  kKept,
  kLeftOut,  // the looks have times and scores only, so they are fewer
};

// Observations of `stream` that match `query` at an instant of `window`, and
// those instants, exactly. A place in percent holds nowhere in a stream of
// unknown size. Costs what it reads, plus, for relations, the pairs that
// coexist. As QueryReader fails.
absl::StatusOr<std::vector<ObjectMatch>> MatchObject(const ObjectQuery& query,
                                                     const QueryStream& stream,
                                                     TimeSpan window,
                                                     BoxesOfLooks boxes,
                                                     QueryReader* reader);

// How far outside a window MatchObject() looks, either way.
int64_t ReachOf(const ObjectQuery& query);

}  // namespace fovea

#endif  // FOVEA_INDEX_OBJECT_MATCH_H_
