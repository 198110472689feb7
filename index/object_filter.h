// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an object query asks of one observation by itself: all but relations
// and length.

#ifndef FOVEA_INDEX_OBJECT_FILTER_H_
#define FOVEA_INDEX_OBJECT_FILTER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "index/line_crossing.h"
#include "index/object_match.h"
#include "index/observation.h"
#include "index/query_facts.h"

namespace fovea {

// Thread-safe.
class ObjectFilter {
 public:
  // `query` must outlive it. Places are of `stream`'s picture.
  ObjectFilter(const ObjectQuery& query, const QueryStream& stream);

  // Labels are not looked at: they select what is read. Its instants in
  // `window` that are asked for; empty where there are none.
  std::vector<Look> LooksOf(const Observation& observation, TimeSpan window,
                            BoxesOfLooks boxes) const;

 private:
  // In eighths of a pixel.
  struct PlaceInPicture {
    Place::Kind kind;
    double left, top, right, bottom;
    PlanePoint start, end;
  };

  bool Suits(const Observation& observation) const;
  bool SuitsScore(uint16_t score) const;
  bool SuitsPlaces(const Observation& observation, size_t box) const;

  const ObjectQuery& query_;
  std::string model_;  // lower case
  std::vector<PlaceInPicture> places_;
  bool nowhere_ = false;  // a place cannot be told
};

}  // namespace fovea

#endif  // FOVEA_INDEX_OBJECT_FILTER_H_
