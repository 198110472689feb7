// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/index/brute_force.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <tuple>
#include <variant>

namespace fovea::testing {
namespace {

constexpr int64_t kFirst = kFootageTimes.begin_ns;
constexpr int64_t kEnd = kFootageTimes.end_ns;

bool Has(const Instants& set, int64_t t) {
  return t >= kFirst && t < kEnd && set[static_cast<size_t>(t - kFirst)];
}

Instants InstantsThat(const std::function<bool(int64_t)>& rule) {
  Instants set;
  for (int64_t t = kFirst; t < kEnd; ++t) {
    set[static_cast<size_t>(t - kFirst)] = rule(t);
  }
  return set;
}

Instants HeldOf(const FootageStream& s) {
  return InstantsThat([&](int64_t t) {
    return std::ranges::any_of(s.held, [t](const TimeSpan& span) {
      return span.begin_ns <= t && t < span.end_ns;
    });
  });
}

// Runs of at least this many instants.
Instants LongRuns(const Instants& set, int64_t least) {
  return InstantsThat([&](int64_t t) {
    if (!Has(set, t)) return false;
    int64_t first = t;
    int64_t last = t;
    while (Has(set, first - 1)) --first;
    while (Has(set, last + 1)) ++last;
    return last - first + 1 >= least;
  });
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

bool NameMatches(const std::string& pattern, const std::string& name) {
  std::string regex;
  for (const char c : pattern) {
    if (c == '*') {
      regex += ".*";
    } else {
      regex += c == '?' ? '.' : c;
    }
  }
  return std::regex_match(name, std::regex(regex));
}

bool Lives(const Observation& o, int64_t t) {
  return o.start_ns <= t && t <= o.end_ns;
}

// The last box whose time has come, of boxes not followed by another at the
// same time.
std::optional<size_t> BoxAt(const Observation& o, int64_t t) {
  std::optional<size_t> at;
  for (size_t i = 0; i < o.boxes.size(); ++i) {
    if (o.boxes[i].time_ns <= t) at = i;
  }
  return Lives(o, t) ? at : std::nullopt;
}

uint16_t ScoreOf(const Observation& o, int64_t t) {
  const auto box = BoxAt(o, t);
  return box.has_value() ? static_cast<uint16_t>(o.boxes[*box].score * 257)
                         : o.max_score;
}

// Twice eighths of a pixel: whole numbers for all that tests ask for.
int64_t Units(const Length& l, int side) {
  return static_cast<int64_t>(l.percent ? l.value * 16 * side / 100
                                        : l.value * 16);
}

struct Vector {
  int64_t x, y;
};

Vector operator-(Vector a, Vector b) { return {a.x - b.x, a.y - b.y}; }
int64_t Cross(Vector a, Vector b) { return a.x * b.y - a.y * b.x; }
int64_t Dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y; }

Vector CentreOf(const ObservedBox& b) {
  return {b.left + b.right, b.top + b.bottom};
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
    return left <= 2 * box.left && 2 * box.right <= right &&
           top <= 2 * box.top && 2 * box.bottom <= bottom;
  }
  return std::min<int64_t>(right, 2 * box.right) >
             std::max<int64_t>(left, 2 * box.left) &&
         std::min<int64_t>(bottom, 2 * box.bottom) >
             std::max<int64_t>(top, 2 * box.top);
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

Instants Follows(const Instants& a, const Instants& b, int64_t within) {
  Instants set;
  for (int64_t t = kFirst; t < kEnd; ++t) {
    if (!Has(b, t) || Has(b, t - 1)) continue;
    int64_t first = t - within;
    while (first < t && !Has(a, first)) ++first;
    if (first == t) continue;
    for (int64_t i = first; i <= t; ++i) {
      set.set(static_cast<size_t>(i - kFirst));
    }
  }
  return set;
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

Instants BruteForce::WhereRelated(const Relation& relation,
                                  const FootageStream& s,
                                  const Observation& o) const {
  Instants related;
  for (const Observation& other : s.observations) {
    if (&other == &o) continue;
    const Instants matches = WhereObject(relation.other, s, other);
    related |= InstantsThat([&](int64_t t) {
      const auto a = BoxAt(o, t);
      const auto b = BoxAt(other, t);
      return Has(matches, t) && a.has_value() && b.has_value() &&
             Lies(relation.kind, o.boxes[*a], other.boxes[*b]);
    });
  }
  return related;
}

Instants BruteForce::WhereObject(const ObjectQuery& object,
                                 const FootageStream& s,
                                 const Observation& o) const {
  if (!IsWanted(object, o)) return {};
  Instants all = InstantsThat([&](int64_t t) {
    if (!Lives(o, t) || ScoreOf(o, t) / 65535.0 < object.least_score) {
      return false;
    }
    const auto box = BoxAt(o, t);
    return std::ranges::all_of(object.places, [&](const Place& place) {
      return box.has_value() && IsIn(place, s, o, *box);
    });
  });
  for (const Relation& relation : object.relations) {
    all &= WhereRelated(relation, s, o);
  }
  return LongRuns(all, object.least_length_ns);
}

Instants BruteForce::WhereCounted(const CountCondition& c,
                                  const FootageStream& s) const {
  std::vector<Instants> each;
  for (const Observation& o : s.observations) {
    each.push_back(WhereObject(c.object, s, o));
  }
  return InstantsThat([&](int64_t t) {
    const auto count = std::ranges::count_if(
        each, [t](const Instants& set) { return Has(set, t); });
    return Compares(static_cast<uint64_t>(count), c.comparison,
                    uint64_t{c.count});
  });
}

Instants BruteForce::Where(const Condition& condition,
                           const FootageStream& s) const {
  const Instants held = HeldOf(s);
  Instants set;
  if (const auto* c = std::get_if<CountCondition>(&condition.what)) {
    set = WhereCounted(*c, s);
  } else if (const auto* c = std::get_if<SensorCondition>(&condition.what)) {
    set = InstantsThat([&](int64_t t) { return SensorHolds(*c, s, t); });
  } else if (const auto* c = std::get_if<Conjunction>(&condition.what)) {
    set.set();
    for (const Condition& part : c->parts) set &= Where(part, s);
  } else if (const auto* c = std::get_if<Disjunction>(&condition.what)) {
    for (const Condition& part : c->parts) set |= Where(part, s);
  } else if (const auto* c = std::get_if<Negation>(&condition.what)) {
    set = ~Where(c->part[0], s);
  } else if (const auto* c = std::get_if<Lasting>(&condition.what)) {
    set = LongRuns(Where(c->part[0], s), c->least_length_ns);
  } else if (const auto* c = std::get_if<Sequence>(&condition.what)) {
    set = Follows(Where(c->parts[0], s), Where(c->parts[1], s), c->within_ns);
  } else if (const auto* c = std::get_if<Elsewhere>(&condition.what)) {
    for (const FootageStream& other : footage_.streams) {
      if (&other != &s && NameMatches(c->stream, other.stream.name)) {
        set |= Where(c->part[0], other);
      }
    }
  }
  return set & held;
}

BruteForce::Scores BruteForce::ScoresOf(const Condition& condition,
                                        const FootageStream& s) const {
  Scores scores = {};
  const auto take = [&](const std::vector<Condition>& parts) {
    for (const Condition& part : parts) {
      const Scores of_part = ScoresOf(part, s);
      for (size_t t = 0; t < scores.size(); ++t) {
        scores[t] = std::max(scores[t], of_part[t]);
      }
    }
  };
  if (const auto* c = std::get_if<CountCondition>(&condition.what)) {
    if (Compares(uint64_t{0}, c->comparison, uint64_t{c->count})) return scores;
    for (const Observation& o : s.observations) {
      const Instants matches = WhereObject(c->object, s, o);
      for (size_t t = 0; t < scores.size(); ++t) {
        if (!matches[t]) continue;
        const int64_t time_ns = kFirst + static_cast<int64_t>(t);
        scores[t] = std::max(scores[t], ScoreOf(o, time_ns));
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
    const Instants where = Where(query.condition, s);
    const Scores scores = ScoresOf(query.condition, s);
    const auto holds = [&](int64_t t) {
      return query.from_ns <= t && t < query.to_ns && Has(where, t);
    };
    for (int64_t t = kFirst; t < kEnd; ++t) {
      if (!holds(t)) continue;
      if (!holds(t - 1)) clips.push_back({s.stream.id, {t, t}, 0});
      Clip& clip = clips.back();
      clip.span.end_ns = t + 1;
      clip.score =
          std::max(clip.score, scores[static_cast<size_t>(t - kFirst)]);
    }
  }
  std::ranges::sort(clips, [&](const Clip& a, const Clip& b) {
    return IsEarlierInList(query.order, a, b);
  });
  return clips;
}

}  // namespace fovea::testing
