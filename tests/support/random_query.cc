// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/random_query.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <utility>

#include "index/query_check.h"

namespace fovea::testing {

Query QueryDice::Any() {
  Query query;
  // A few less than there may be: the last ones made may take some more.
  conditions_ = static_cast<int>(OneIn(4) ? kQueryLimits.conditions - 8 : 12);
  const int depth = OneIn(4) ? static_cast<int>(kQueryLimits.nesting) : 6;
  query.condition = AnyCondition({depth - 1, kQueryLimits.reach_ns});
  for (uint64_t n = OneIn(2) ? Below(4) : 0; n > 0; --n) {
    query.streams.push_back(AnyName(1, 20));
  }
  if (OneIn(2)) query.from_ns = AnyTime();
  if (OneIn(2)) query.to_ns = AnyTime();
  if (query.from_ns > query.to_ns) std::swap(query.from_ns, query.to_ns);
  if (query.from_ns == query.to_ns) query.to_ns = INT64_MAX;
  if (query.from_ns == query.to_ns) query.from_ns = INT64_MIN;
  query.order = static_cast<QueryOrder>(Below(3));
  if (OneIn(2)) query.limit = Below(kQueryLimits.score_limit + 1);
  return query;
}

Condition QueryDice::AnyCondition(Budget budget) {
  --conditions_;
  if (budget.depth <= 0 || conditions_ < 2 || OneIn(4)) return AnyLeaf(budget);
  --budget.depth;
  switch (Below(6)) {
    case 0:
      return {Conjunction{Parts(2 + Below(3), budget)}};
    case 1:
      return {Disjunction{Parts(2 + Below(3), budget)}};
    case 2:
      return {Negation{Parts(1, budget)}};
    case 3:
      return {Elsewhere{AnyName(1, 20), Parts(1, budget)}};
    default:
      break;
  }
  if (budget.reach_ns < 2) return {Negation{Parts(1, budget)}};
  const int64_t reach = AnyDuration(budget.reach_ns / 2);
  budget.reach_ns -= reach;
  if (OneIn(2)) return {Lasting{Parts(1, budget), reach}};
  return {Sequence{Parts(2, budget), reach}};
}

std::vector<Condition> QueryDice::Parts(size_t count, Budget budget) {
  // Those after the first are sure of one each.
  conditions_ -= static_cast<int>(count) - 1;
  std::vector<Condition> parts;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) ++conditions_;
    parts.push_back(AnyCondition(budget));
  }
  return parts;
}

Condition QueryDice::AnyLeaf(Budget budget) {
  if (OneIn(3)) return {AnySensor()};
  return {AnyCount(budget)};
}

SensorCondition QueryDice::AnySensor() {
  return {AnyName(1, 12), OneIn(3), AnyComparison(), AnyNumber(),
          OneIn(2) ? "" : AnyName(1, 8)};
}

CountCondition QueryDice::AnyCount(Budget budget) {
  CountCondition count;
  if (OneIn(2)) {
    count.comparison = AnyComparison();
    count.count =
        static_cast<uint32_t>(Below(kQueryLimits.count + 1) >> Below(20));
  }
  count.object = AnyObject(budget);
  return count;
}

ObjectQuery QueryDice::AnyObject(Budget budget) {
  constexpr char kDigits[] = "0123456789abcdef";
  ObjectQuery object;
  for (uint64_t n = Below(4); n > 0; --n) {
    std::string label = AnyName(1, 12);
    std::replace(label.begin(), label.end(), '\0', '0');
    object.labels.push_back(std::move(label));
  }
  if (OneIn(2)) object.least_score = static_cast<double>(Below(1001)) / 1000;
  for (uint64_t n = OneIn(4) ? Below(65) : 0; n > 0; --n) {
    object.model += kDigits[Below(16)];
  }
  for (uint64_t n = OneIn(3) ? Below(3) : 0; n > 0; --n) {
    object.attributes.push_back({AnyName(0, 12), AnyName(0, 12)});
  }
  for (uint64_t n = OneIn(2) ? Below(4) : 0; n > 0; --n) {
    object.places.push_back(AnyPlace());
  }
  if (OneIn(4) && budget.reach_ns > 1) {
    object.least_length_ns = AnyDuration(budget.reach_ns / 2);
    budget.reach_ns -= object.least_length_ns;
  }
  --budget.depth;
  while (budget.depth > 0 && conditions_ > 0 && OneIn(2)) {
    --conditions_;
    object.relations.push_back(
        {static_cast<Relation::Kind>(Below(5)), AnyObject(budget)});
    if (object.relations.size() == kQueryLimits.relations) break;
  }
  return object;
}

Place QueryDice::AnyPlace() {
  Place place;
  place.kind = static_cast<Place::Kind>(Below(4));
  if (place.kind != Place::Kind::kCrosses) {
    AnySide(1280, &place.area.left, &place.area.right);
    AnySide(720, &place.area.top, &place.area.bottom);
    return place;
  }
  place.start = {AnyLength(1280), AnyLength(720)};
  place.end = {AnyLength(1280), AnyLength(720)};
  if (place.start == place.end) place.end.x.percent = !place.end.x.percent;
  if (place.end.x.percent) place.end.x.value = std::min(place.end.x.value, 99.);
  if (place.start == place.end) place.start.x.value += 1;
  return place;
}

void QueryDice::AnySide(double size, Length* begin, Length* end) {
  *begin = AnyLength(size);
  *end = AnyLength(size);
  if (begin->percent != end->percent) return;
  if (begin->value > end->value) std::swap(*begin, *end);
  if (begin->value == end->value) *begin = {0, begin->percent};
  if (begin->value == end->value) end->value = 1;
}

Length QueryDice::AnyLength(double size) {
  const double share = static_cast<double>(Below(1U << 20)) / (1U << 20);
  if (OneIn(2)) return {OneIn(2) ? std::round(share * 100) : share * 100, true};
  return {OneIn(2) ? std::round(share * size) : share * size, false};
}

double QueryDice::AnyNumber() {
  if (OneIn(2)) return static_cast<double>(Below(2001)) / 10 - 100;
  const auto number = std::bit_cast<double>(store_());
  return std::isfinite(number) ? number : 0;
}

Comparison QueryDice::AnyComparison() {
  return static_cast<Comparison>(Below(5));
}

int64_t QueryDice::AnyDuration(int64_t most) {
  const auto ns = static_cast<int64_t>(1 + Below(static_cast<uint64_t>(most)) /
                                               (uint64_t{1} << Below(40)));
  constexpr int64_t kSecond = 1'000'000'000;
  return ns > kSecond && OneIn(2) ? ns / kSecond * kSecond : ns;
}

int64_t QueryDice::AnyTime() {
  if (OneIn(20)) return OneIn(2) ? INT64_MIN : INT64_MAX;
  return static_cast<int64_t>(store_()) >> Below(60);
}

std::string QueryDice::AnyName(size_t least, size_t most) {
  static constexpr const char* kNames[] = {
      "person", "car",   "traffic light", "door*", "*.imu",
      "gyro.x", "norm",  "box",           "line",  "of",
      "and",    "score", "m/s^2",         "2door", "10s",
      "%",      "left",  "time",          "-1",    "on"};
  const std::string name = kNames[Below(std::size(kNames))];
  const bool fits = name.size() >= least && name.size() <= most;
  return fits && !OneIn(4) ? name : AnyCharacters(least, most);
}

std::string QueryDice::AnyCharacters(size_t least, size_t most) {
  const size_t length = least + Below(most - least + 1);
  std::string text;
  while (text.size() < length) {
    if (OneIn(4) && text.size() + 3 <= length) {
      text += OneIn(2) ? "\xe4\xba\xba" : "\xe2\x82\xac";
    } else {
      text += static_cast<char>(Below(128));
    }
  }
  return text;
}

}  // namespace fovea::testing
