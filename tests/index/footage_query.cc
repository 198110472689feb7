// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/index/footage_query.h"

#include <algorithm>
#include <utility>

namespace fovea::testing {

// Whole eighths of a picture of 100 by 50 pixels, in either unit.
Length FootageQueryDice::AnyLength() {
  if (Below(4) == 0) return {static_cast<double>(10 * Below(11)), true};
  if (Below(4) == 0) return {static_cast<double>(Below(800)) / 8, false};
  return {static_cast<double>(10 * Below(11)), false};
}

Area FootageQueryDice::AnyArea() {
  Area area = {AnyLength(), AnyLength(), AnyLength(), AnyLength()};
  if (area.left.value > area.right.value) std::swap(area.left, area.right);
  if (area.top.value > area.bottom.value) std::swap(area.top, area.bottom);
  return area;
}

Place FootageQueryDice::AnyPlace() {
  Place place;
  place.kind = static_cast<Place::Kind>(Below(4));
  if (place.kind != Place::Kind::kCrosses) {
    place.area = AnyArea();
    return place;
  }
  place.start = {AnyLength(), AnyLength()};
  place.end = Below(6) == 0 ? place.start : Point{AnyLength(), AnyLength()};
  if (Below(3) == 0) place.end.x = place.start.x;
  return place;
}

ObjectQuery FootageQueryDice::AnyObject(int depth) {
  static const char* const kLabels[] = {"car", "dog", "person"};
  ObjectQuery object;
  for (int64_t n = Below(3); n > 0; --n) {
    object.labels.push_back(kLabels[Below(3)]);
  }
  if (Below(3) == 0) {
    object.least_score = static_cast<double>(Below(6)) / 5;
  }
  if (Below(6) == 0) object.model = Below(2) == 0 ? "a5" : "a7a";
  if (Below(6) == 0) object.attributes.push_back({"colour", "red"});
  for (int64_t n = std::max<int64_t>(Below(4) - 1, 0); n > 0; --n) {
    object.places.push_back(AnyPlace());
  }
  if (depth > 0 && Below(3) == 0) {
    object.relations.push_back(
        {static_cast<Relation::Kind>(Below(5)), AnyObject(depth - 1)});
  }
  if (Below(4) == 0) object.least_length_ns = 1 + Below(20);
  return object;
}

CountCondition FootageQueryDice::AnyCount() {
  CountCondition c;
  if (Below(2) == 0) {
    c.comparison = AnyComparison();
    c.count = static_cast<uint32_t>(Below(4));
  }
  c.object = AnyObject(2);
  return c;
}

std::vector<Condition> FootageQueryDice::Parts(int64_t count, int depth) {
  std::vector<Condition> parts;
  for (; count > 0; --count) parts.push_back(AnyCondition(depth - 1));
  return parts;
}

std::string FootageQueryDice::AnyPattern() {
  static const char* const kPatterns[] = {"*", "door*", "yard?", "*2", "roof"};
  return kPatterns[Below(5)];
}

Condition FootageQueryDice::AnyCondition(int depth) {
  switch (depth > 0 ? Below(9) : Below(3)) {
    case 2:
      return {SensorCondition{"speed", false, AnyComparison(),
                              static_cast<double>(Below(5)), ""}};
    case 3:
      return {Conjunction{Parts(2 + Below(2), depth)}};
    case 4:
      return {Disjunction{Parts(2 + Below(2), depth)}};
    case 5:
      return {Negation{Parts(1, depth)}};
    case 6:
      return {Lasting{Parts(1, depth), 1 + Below(30)}};
    case 7:
      return {Sequence{Parts(2, depth), 1 + Below(30)}};
    case 8:
      return {Elsewhere{AnyPattern(), Parts(1, depth)}};
    default:
      return {AnyCount()};
  }
}

Query FootageQueryDice::AnyQuery() {
  Query query;
  query.condition = AnyCondition(3);
  for (int64_t n = Below(3); n > 0; --n) query.streams.push_back(AnyPattern());
  if (Below(2) == 0) query.from_ns = Below(100) - 10;
  if (Below(2) == 0) query.to_ns = Below(130);
  query.order = static_cast<QueryOrder>(Below(3));
  return query;
}

}  // namespace fovea::testing
