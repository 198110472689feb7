// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/query_maker.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fovea::bench {
namespace {

constexpr double kEighths = 8;

double InPixels(const Length& length, int side) {
  return length.percent ? length.value * side / 100 : length.value;
}

double CentreX(const ObservedBox& box) {
  return (box.left + box.right) / (2 * kEighths);
}

double CentreY(const ObservedBox& box) {
  return (box.top + box.bottom) / (2 * kEighths);
}

}  // namespace

const ObservedBox& QueryMaker::AnyBox() {
  return AnyOf(AnyOf(stream_.observations).boxes);
}

Length QueryMaker::AnyLength(double edge, int side) {
  switch (Below(4)) {
    case 0:
      return {static_cast<double>(Below(101)), true};
    case 1:
      return {static_cast<double>(Below(static_cast<uint64_t>(side) + 1)),
              false};
    default:
      return {std::clamp<double>(edge, 0, side), false};
  }
}

void QueryMaker::AnySide(double begin_edge, double end_edge, int side,
                         Length* begin, Length* end) {
  *begin = AnyLength(begin_edge, side);
  *end = AnyLength(end_edge, side);
  if (InPixels(*begin, side) > InPixels(*end, side)) std::swap(*begin, *end);
  if (OneIn(3) || InPixels(*begin, side) == InPixels(*end, side)) {
    *begin = {0, true};
    *end = {100, true};
  }
}

Place QueryMaker::AnyLine() {
  const ObservedBox& box = AnyBox();
  const int width = stream_.stream.width;
  const int height = stream_.stream.height;
  Place place;
  place.kind = Place::Kind::kCrosses;
  place.start = {AnyLength(CentreX(box), width),
                 AnyLength(CentreY(box), height)};
  switch (Below(3)) {
    case 0:
      place.end = {place.start.x, {100, true}};
      place.start.y = {0, false};
      break;
    case 1:
      place.end = {{100, true}, place.start.y};
      place.start.x = {0, false};
      break;
    default:
      place.end = {AnyLength(0, width), AnyLength(height, height)};
      // A line of one point is none.
      if (InPixels(place.start.x, width) == InPixels(place.end.x, width)) {
        place.start.x = {0, false};
        place.end.x = {100, true};
      }
      break;
  }
  return place;
}

Place QueryMaker::AnyPlace() {
  if (OneIn(4)) return AnyLine();
  const ObservedBox& box = AnyBox();
  const ObservedBox& other = AnyBox();
  const int width = stream_.stream.width;
  const int height = stream_.stream.height;
  Place place;
  place.kind = static_cast<Place::Kind>(Below(3));
  Area& area = place.area;
  if (place.kind == Place::Kind::kIn) {  // two centres are on its edges
    AnySide(CentreX(box), CentreX(other), width, &area.left, &area.right);
    AnySide(CentreY(box), CentreY(other), height, &area.top, &area.bottom);
  } else {
    AnySide(box.left / kEighths, box.right / kEighths, width, &area.left,
            &area.right);
    AnySide(box.top / kEighths, box.bottom / kEighths, height, &area.top,
            &area.bottom);
  }
  return place;
}

// From one box to another of the same thing, to the nanosecond or one beside
// it, or a tenth of a second or several.
int64_t QueryMaker::AnyDuration() {
  constexpr int64_t kTenth = 100'000'000;
  if (OneIn(3)) return static_cast<int64_t>(1 + Below(20)) * kTenth;
  const Observation& o = AnyOf(stream_.observations);
  const int64_t length = AnyOf(o.boxes).time_ns - o.start_ns;
  const int64_t beside = static_cast<int64_t>(Below(3)) - 1;
  return std::max<int64_t>(1, length + beside);
}

ObjectQuery QueryMaker::AnyObject(int depth) {
  ObjectQuery object;
  for (uint64_t n = Below(3); n > 0; --n) {
    object.labels.push_back(AnyOf(stream_.observations).label);
  }
  if (OneIn(12)) object.labels.push_back("unicorn");
  std::ranges::sort(object.labels);
  object.labels.erase(std::unique(object.labels.begin(), object.labels.end()),
                      object.labels.end());
  if (OneIn(3)) object.least_score = AnyBox().score / 255.0;
  if (OneIn(8)) {
    object.model = "0123456789abcdef"[stream_.observations[0].model[0] / 16];
  }
  for (uint64_t n = Below(4) / 2; n > 0; --n) {
    object.places.push_back(AnyPlace());
  }
  if (depth > 0 && OneIn(3)) {
    object.relations.push_back(
        {static_cast<Relation::Kind>(Below(5)), AnyObject(depth - 1)});
  }
  if (OneIn(4)) object.least_length_ns = AnyDuration();
  return object;
}

Condition QueryMaker::AnyCount() {
  CountCondition count;
  if (OneIn(2)) {
    count.comparison = static_cast<Comparison>(Below(5));
    count.count = static_cast<uint32_t>(Below(OneIn(2) ? 4 : 16));
  }
  count.object = AnyObject(2);
  return {count};
}

std::vector<Condition> QueryMaker::Parts(size_t count, int depth) {
  std::vector<Condition> parts;
  while (parts.size() < count) parts.push_back(AnyCondition(depth - 1));
  return parts;
}

Condition QueryMaker::AnyCondition(int depth) {
  switch (depth > 0 ? Below(9) : 0) {
    case 3:
      return {Conjunction{Parts(2 + Below(2), depth)}};
    case 4:
      return {Disjunction{Parts(2 + Below(2), depth)}};
    case 5:
      return {Negation{Parts(1, depth)}};
    case 6:
      return {Lasting{Parts(1, depth), AnyDuration()}};
    case 7:
      if (!std::exchange(may_follow_, false)) return AnyCount();
      return {Sequence{Parts(2, depth), AnyDuration()}};
    case 8:
      if (others_.empty()) return AnyCount();
      return {Elsewhere{AnyOf(others_), Parts(1, depth)}};
    default:
      return AnyCount();
  }
}

Query QueryMaker::Any() {
  may_follow_ = true;
  Query query;
  query.condition = AnyCondition(static_cast<int>(Below(4)));
  query.streams = {stream_.stream.name};
  if (OneIn(4)) query.from_ns = AnyBox().time_ns;
  if (OneIn(4)) query.to_ns = AnyBox().time_ns;
  if (query.from_ns > query.to_ns) std::swap(query.from_ns, query.to_ns);
  if (query.from_ns == query.to_ns) ++query.to_ns;
  query.order = static_cast<QueryOrder>(Below(3));
  if (OneIn(4)) query.limit = 1 + Below(8);
  return query;
}

}  // namespace fovea::bench
