// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/index/brute_force.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

namespace fovea::testing {
namespace {

std::vector<int64_t> EachNanosecondOf(const TimeSpan& span) {
  std::vector<int64_t> times;
  for (int64_t t = span.begin_ns; t <= span.end_ns; ++t) times.push_back(t);
  return times;
}

bool IsHeld(const FootageStream& s, int64_t t) {
  return std::ranges::any_of(s.held, [t](const TimeSpan& span) {
    return span.begin_ns <= t && t < span.end_ns;
  });
}

void And(const Instants& other, Instants* set) {
  for (size_t i = 0; i < set->size(); ++i) {
    if (!other[i]) (*set)[i] = false;
  }
}

void Or(const Instants& other, Instants* set) {
  for (size_t i = 0; i < set->size(); ++i) {
    if (other[i]) (*set)[i] = true;
  }
}

template <typename A, typename B>
bool Compares(A a, Comparison comparison, B b) {
  switch (comparison) {
    case Comparison::kLess:
      return a < b;
    case Comparison::kAtMost:
      return a <= b;
    case Comparison::kEqual:
      return a == b;
    case Comparison::kAtLeast:
      return a >= b;
    case Comparison::kGreater:
      return a > b;
  }
  return false;
}

// By trying every length for each '*'.
bool NameMatches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  const std::string_view rest = pattern.substr(1);
  if (pattern.front() != '*') {
    return !name.empty() &&
           (pattern.front() == '?' || pattern.front() == name.front()) &&
           NameMatches(rest, name.substr(1));
  }
  for (size_t skipped = 0; skipped <= name.size(); ++skipped) {
    if (NameMatches(rest, name.substr(skipped))) return true;
  }
  return false;
}

bool Lives(const Observation& o, int64_t t) {
  return o.start_ns <= t && t <= o.end_ns;
}

// The last box whose time has come, of boxes not followed by another at the
// same time.
std::optional<size_t> BoxAt(const Observation& o, int64_t t) {
  const auto later =
      std::ranges::upper_bound(o.boxes, t, {}, &ObservedBox::time_ns);
  if (!Lives(o, t) || later == o.boxes.begin()) return std::nullopt;
  return static_cast<size_t>(later - o.boxes.begin()) - 1;
}

uint16_t ScoreOf(const Observation& o, int64_t t) {
  const auto box = BoxAt(o, t);
  return box.has_value() ? static_cast<uint16_t>(o.boxes[*box].score * 257)
                         : o.max_score;
}

// Lengths are counted in hundredths of half an eighth of a pixel: whole
// numbers for eighths, centres between them, and whole percent of any side.
constexpr int64_t kPerHalfEighth = 100;
constexpr int64_t kPerEighth = 2 * kPerHalfEighth;

int64_t Units(const Length& l, int side) {
  return static_cast<int64_t>(l.percent ? l.value * 16 * side
                                        : l.value * 8 * kPerEighth);
}

struct Vector {
  int64_t x, y;
};

Vector operator-(Vector a, Vector b) { return {a.x - b.x, a.y - b.y}; }
int64_t Cross(Vector a, Vector b) { return a.x * b.y - a.y * b.x; }
int64_t Dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y; }

Vector CentreOf(const ObservedBox& b) {
  return {kPerHalfEighth * (b.left + b.right),
          kPerHalfEighth * (b.top + b.bottom)};
}

// Whether from + s (to - from), 0 <= s < 1, is on the line from p to q.
bool Crosses(Vector from, Vector to, Vector p, Vector q) {
  const Vector d = to - from;
  const Vector e = q - p;
  if (Dot(d, d) == 0) return false;
  int64_t scale = Cross(d, e);
  if (scale == 0) {
    if (Cross(p - from, d) != 0) return false;
    const auto [least, most] =
        std::minmax({Dot(p - from, d), Dot(q - from, d)});
    return most >= 0 && least < Dot(d, d);
  }
  int64_t s = Cross(p - from, e);
  int64_t u = Cross(p - from, d);
  if (scale < 0) {
    scale = -scale;
    s = -s;
    u = -u;
  }
  return 0 <= s && s < scale && 0 <= u && u <= scale;
}

bool IsIn(const Place& place, const FootageStream& s, const Observation& o,
          size_t i) {
  const ObservedBox& box = o.boxes[i];
  const int width = s.stream.width;
  const int height = s.stream.height;
  if (place.kind == Place::Kind::kCrosses) {
    const Point& p = place.start;
    const Point& q = place.end;
    if (width == 0 &&
        (p.x.percent || p.y.percent || q.x.percent || q.y.percent)) {
      return false;
    }
    return i + 1 < o.boxes.size() &&
           Crosses(CentreOf(box), CentreOf(o.boxes[i + 1]),
                   {Units(p.x, width), Units(p.y, height)},
                   {Units(q.x, width), Units(q.y, height)});
  }
  const Area& a = place.area;
  if (width == 0 && (a.left.percent || a.top.percent || a.right.percent ||
                     a.bottom.percent)) {
    return false;
  }
  const int64_t left = Units(a.left, width);
  const int64_t right = Units(a.right, width);
  const int64_t top = Units(a.top, height);
  const int64_t bottom = Units(a.bottom, height);
  const Vector c = CentreOf(box);
  if (place.kind == Place::Kind::kIn) {
    return left <= c.x && c.x < right && top <= c.y && c.y < bottom;
  }
  if (place.kind == Place::Kind::kInside) {
    return left <= kPerEighth * box.left && kPerEighth * box.right <= right &&
           top <= kPerEighth * box.top && kPerEighth * box.bottom <= bottom;
  }
  return std::min(right, kPerEighth * box.right) >
             std::max(left, kPerEighth * box.left) &&
         std::min(bottom, kPerEighth * box.bottom) >
             std::max(top, kPerEighth * box.top);
}

bool Lies(Relation::Kind kind, const ObservedBox& a, const ObservedBox& b) {
  switch (kind) {
    case Relation::Kind::kLeftOf:
      return CentreOf(a).x < CentreOf(b).x;
    case Relation::Kind::kRightOf:
      return CentreOf(a).x > CentreOf(b).x;
    case Relation::Kind::kAbove:
      return CentreOf(a).y < CentreOf(b).y;
    case Relation::Kind::kBelow:
      return CentreOf(a).y > CentreOf(b).y;
    case Relation::Kind::kOverlaps:
      return a.left < a.right && b.left < b.right && a.top < a.bottom &&
             b.top < b.bottom && a.left < b.right && b.left < a.right &&
             a.top < b.bottom && b.top < a.bottom;
  }
  return false;
}

std::string HexOf(const ModelKey& model) {
  std::string hex;
  for (const uint8_t byte : model) {
    hex += "0123456789abcdef"[byte / 16];
    hex += "0123456789abcdef"[byte % 16];
  }
  return hex;
}

bool IsWanted(const ObjectQuery& object, const Observation& o) {
  if (!object.labels.empty() &&
      std::ranges::count(object.labels, o.label) == 0) {
    return false;
  }
  if (HexOf(o.model).substr(0, object.model.size()) != object.model) {
    return false;
  }
  for (const auto& wanted : object.attributes) {
    bool found = false;
    for (const auto& has : o.attributes) {
      found |= has.name == wanted.name && has.value == wanted.value;
    }
    if (!found) return false;
  }
  return true;
}

bool SensorHolds(const SensorCondition& c, const FootageStream& s, int64_t t) {
  const auto channel = s.channels.find(c.channel);
  if (channel == s.channels.end()) return false;
  std::optional<double> value;
  for (const FootageSample& sample : channel->second) {
    if (sample.time_ns <= t) value = sample.value;
  }
  return value.has_value() && t <= channel->second.back().time_ns &&
         Compares(*value, c.comparison, c.value);
}

bool IsSelected(const Query& query, const QueryStream& stream) {
  if (query.streams.empty()) return stream.camera;
  return std::ranges::any_of(query.streams, [&](const std::string& pattern) {
    return NameMatches(pattern, stream.name);
  });
}

bool IsEarlierInList(QueryOrder order, const Clip& a, const Clip& b) {
  const int64_t a_begin = a.span.begin_ns;
  const int64_t b_begin = b.span.begin_ns;
  switch (order) {
    case QueryOrder::kTime:
      return std::tie(a_begin, a.stream) < std::tie(b_begin, b.stream);
    case QueryOrder::kLatest:
      return std::tie(b_begin, a.stream) < std::tie(a_begin, b.stream);
    case QueryOrder::kScore:
      return std::tie(b.score, a_begin, a.stream) <
             std::tie(a.score, b_begin, b.stream);
  }
  return false;
}

}  // namespace

BruteForce::BruteForce(const Footage& footage)
    : BruteForce(footage, EachNanosecondOf(kFootageTimes)) {}

BruteForce::BruteForce(const Footage& footage, std::vector<int64_t> times)
    : footage_(footage), times_(std::move(times)) {}

template <typename Rule>
Instants BruteForce::InstantsThat(const Rule& rule) const {
  Instants set(times_.size() - 1);
  for (size_t i = 0; i < set.size(); ++i) set[i] = rule(times_[i]);
  return set;
}

Instants BruteForce::LongRuns(const Instants& set, int64_t least) const {
  Instants runs(set.size());
  for (size_t i = 0; i < set.size(); ++i) {
    if (!set[i]) continue;
    const size_t first = i;
    while (i < set.size() && set[i]) ++i;
    if (times_[i] - times_[first] < least) continue;
    for (size_t in = first; in < i; ++in) runs[in] = true;
  }
  return runs;
}

Instants BruteForce::Follows(const Instants& a, const Instants& b,
                             int64_t within) const {
  Instants set(a.size());
  for (size_t i = 0; i < set.size(); ++i) {
    if (!b[i] || (i > 0 && b[i - 1])) continue;
    const auto from = std::ranges::lower_bound(times_, times_[i] - within);
    auto first = static_cast<size_t>(from - times_.begin());
    while (first < i && !a[first]) ++first;
    if (first == i) continue;
    for (size_t in = first; in <= i; ++in) set[in] = true;
  }
  return set;
}

Instants BruteForce::WhereAlone(const ObjectQuery& object,
                                const FootageStream& s,
                                const Observation& o) const {
  return InstantsThat([&](int64_t t) {
    if (!Lives(o, t) || ScoreOf(o, t) / 65535.0 < object.least_score) {
      return false;
    }
    const auto box = BoxAt(o, t);
    return std::ranges::all_of(object.places, [&](const Place& place) {
      return box.has_value() && IsIn(place, s, o, *box);
    });
  });
}

void BruteForce::KeepRelated(const Relation& relation, const FootageStream& s,
                             std::vector<Instants>* each) const {
  const std::vector<Instants> others = WhereEach(relation.other, s);
  const auto is_related = [&](size_t i, size_t at) {
    const Observation& o = s.observations[i];
    const auto box = BoxAt(o, times_[at]);
    for (size_t j = 0; j < others.size() && box.has_value(); ++j) {
      const Observation& other = s.observations[j];
      if (i == j || !others[j][at]) continue;
      const auto its = BoxAt(other, times_[at]);
      if (its.has_value() &&
          Lies(relation.kind, o.boxes[*box], other.boxes[*its])) {
        return true;
      }
    }
    return false;
  };
  for (size_t i = 0; i < each->size(); ++i) {
    Instants& set = (*each)[i];
    for (size_t at = 0; at < set.size(); ++at) {
      if (set[at]) set[at] = is_related(i, at);
    }
  }
}

std::vector<Instants> BruteForce::WhereEach(const ObjectQuery& object,
                                            const FootageStream& s) const {
  std::vector<Instants> each;
  for (const Observation& o : s.observations) {
    each.push_back(IsWanted(object, o) ? WhereAlone(object, s, o)
                                       : Instants(times_.size() - 1));
  }
  for (const Relation& relation : object.relations) {
    KeepRelated(relation, s, &each);
  }
  for (Instants& set : each) set = LongRuns(set, object.least_length_ns);
  return each;
}

Instants BruteForce::WhereCounted(const CountCondition& c,
                                  const FootageStream& s) const {
  std::vector<uint64_t> counts(times_.size() - 1);
  for (const Instants& set : WhereEach(c.object, s)) {
    for (size_t i = 0; i < set.size(); ++i) counts[i] += set[i] ? 1 : 0;
  }
  Instants set(counts.size());
  for (size_t i = 0; i < set.size(); ++i) {
    set[i] = Compares(counts[i], c.comparison, uint64_t{c.count});
  }
  return set;
}

Instants BruteForce::WhereElsewhere(const Elsewhere& c,
                                    const FootageStream& s) const {
  Instants set(times_.size() - 1);
  for (const FootageStream& other : footage_.streams) {
    if (&other != &s && NameMatches(c.stream, other.stream.name)) {
      Or(Where(c.part[0], other), &set);
    }
  }
  return set;
}

Instants BruteForce::Where(const Condition& condition,
                           const FootageStream& s) const {
  Instants set(times_.size() - 1);
  if (const auto* c = std::get_if<CountCondition>(&condition.what)) {
    set = WhereCounted(*c, s);
  } else if (const auto* c = std::get_if<SensorCondition>(&condition.what)) {
    set = InstantsThat([&](int64_t t) { return SensorHolds(*c, s, t); });
  } else if (const auto* c = std::get_if<Conjunction>(&condition.what)) {
    set.flip();
    for (const Condition& part : c->parts) And(Where(part, s), &set);
  } else if (const auto* c = std::get_if<Disjunction>(&condition.what)) {
    for (const Condition& part : c->parts) Or(Where(part, s), &set);
  } else if (const auto* c = std::get_if<Negation>(&condition.what)) {
    set = Where(c->part[0], s);
    set.flip();
  } else if (const auto* c = std::get_if<Lasting>(&condition.what)) {
    set = LongRuns(Where(c->part[0], s), c->least_length_ns);
  } else if (const auto* c = std::get_if<Sequence>(&condition.what)) {
    set = Follows(Where(c->parts[0], s), Where(c->parts[1], s), c->within_ns);
  } else if (const auto* c = std::get_if<Elsewhere>(&condition.what)) {
    set = WhereElsewhere(*c, s);
  }
  And(InstantsThat([&](int64_t t) { return IsHeld(s, t); }), &set);
  return set;
}

BruteForce::Scores BruteForce::ScoresOf(const Condition& condition,
                                        const FootageStream& s) const {
  Scores scores(times_.size() - 1);
  const auto take = [&](const std::vector<Condition>& parts) {
    for (const Condition& part : parts) {
      const Scores of_part = ScoresOf(part, s);
      for (size_t i = 0; i < scores.size(); ++i) {
        scores[i] = std::max(scores[i], of_part[i]);
      }
    }
  };
  if (const auto* c = std::get_if<CountCondition>(&condition.what)) {
    if (Compares(uint64_t{0}, c->comparison, uint64_t{c->count})) return scores;
    const std::vector<Instants> each = WhereEach(c->object, s);
    for (size_t o = 0; o < each.size(); ++o) {
      for (size_t i = 0; i < scores.size(); ++i) {
        if (!each[o][i]) continue;
        scores[i] = std::max(scores[i], ScoreOf(s.observations[o], times_[i]));
      }
    }
  } else if (const auto* c = std::get_if<Conjunction>(&condition.what)) {
    take(c->parts);
  } else if (const auto* c = std::get_if<Disjunction>(&condition.what)) {
    take(c->parts);
  } else if (const auto* c = std::get_if<Lasting>(&condition.what)) {
    take(c->part);
  } else if (const auto* c = std::get_if<Sequence>(&condition.what)) {
    take(c->parts);
  }
  return scores;
}

std::vector<Clip> BruteForce::Clips(const Query& query) const {
  std::vector<Clip> clips;
  for (const FootageStream& s : footage_.streams) {
    if (!IsSelected(query, s.stream)) continue;
    Instants where = Where(query.condition, s);
    And(InstantsThat(
            [&](int64_t t) { return query.from_ns <= t && t < query.to_ns; }),
        &where);
    const Scores scores = ScoresOf(query.condition, s);
    for (size_t i = 0; i < where.size(); ++i) {
      if (!where[i]) continue;
      if (i == 0 || !where[i - 1]) {
        clips.push_back({s.stream.id, {times_[i], times_[i]}, 0});
      }
      Clip& clip = clips.back();
      clip.span.end_ns = times_[i + 1];
      clip.score = std::max(clip.score, scores[i]);
    }
  }
  std::ranges::sort(clips, [&](const Clip& a, const Clip& b) {
    return IsEarlierInList(query.order, a, b);
  });
  return clips;
}

}  // namespace fovea::testing
