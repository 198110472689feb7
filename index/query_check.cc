// SPDX-License-Identifier: GPL-2.0-or-later
//
// One walk down the query that carries how deep it is and how much time the
// conditions above reach; everything else is local to a condition.

#include "index/query_check.h"

#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "index/internal/query_errors.h"
#include "index/utf8.h"
#include "store/derived_rows.h"
#include "store/row_limits.h"

namespace fovea {
namespace {

constexpr double kWhole = 100;  // percent
constexpr size_t kDigestDigits = 64;

absl::Status AtMost(const std::string& what, size_t most, size_t found) {
  if (found <= most) return absl::OkStatus();
  return Unexpected(what, absl::StrCat("at most ", most), absl::StrCat(found));
}

absl::Status CheckName(const std::string& what, size_t least, size_t most,
                       const std::string& name) {
  if (name.size() < least || name.size() > most) {
    return Unexpected(what, absl::StrCat(least, " to ", most, " bytes"),
                      absl::StrCat(name.size()));
  }
  if (!IsUtf8(name)) return Unexpected(what, "UTF-8", Shown(name));
  return absl::OkStatus();
}

absl::Status CheckLabel(const std::string& label) {
  if (!IsLabel(label)) {
    return Unexpected(
        "label",
        absl::StrCat("1 to ", kRowLimits.max_label_bytes, " bytes without NUL"),
        label.empty() ? "none" : Shown(label));
  }
  return CheckName("label", 1, kRowLimits.max_label_bytes, label);
}

absl::Status CheckLabels(const std::vector<std::string>& labels) {
  if (auto s =
          AtMost("labels of an object", kQueryLimits.labels, labels.size());
      !s.ok()) {
    return s;
  }
  for (const std::string& label : labels) {
    if (auto s = CheckLabel(label); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status CheckModel(const std::string& model) {
  const bool hex =
      model.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (hex && model.size() <= kDigestDigits) return absl::OkStatus();
  return Unexpected(
      "model", absl::StrCat("at most ", kDigestDigits, " digits 0-9 and a-f"),
      Shown(model));
}

absl::Status CheckAttributes(
    const std::vector<ObjectQuery::Attribute>& attributes) {
  if (auto s = AtMost("attributes of an object", kQueryLimits.attributes,
                      attributes.size());
      !s.ok()) {
    return s;
  }
  for (const auto& [name, value] : attributes) {
    if (auto s = CheckName("attribute's name", 0,
                           kQueryLimits.attribute_name_bytes, name);
        !s.ok()) {
      return s;
    }
    if (auto s = CheckName("attribute's value", 0,
                           kQueryLimits.attribute_value_bytes, value);
        !s.ok()) {
      return s;
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLength(const std::string& what, Length length) {
  if (!std::isfinite(length.value)) {
    return Unexpected(what, "a finite number", Shown(length));
  }
  if (length.percent && (length.value < 0 || length.value > kWhole)) {
    return Unexpected(what, "0% to 100%", Shown(length));
  }
  if (length.value < 0)
    return Unexpected(what, "0 pixels or more", Shown(length));
  return absl::OkStatus();
}

// One side of an area; pixels and percent meet only in a picture.
absl::Status CheckSide(const std::string& from, Length begin,
                       const std::string& to, Length end) {
  if (auto s = CheckLength(from, begin); !s.ok()) return s;
  if (auto s = CheckLength(to, end); !s.ok()) return s;
  if (begin.percent != end.percent || begin.value < end.value) {
    return absl::OkStatus();
  }
  return Unexpected(absl::StrCat("box's ", from),
                    absl::StrCat("less than its ", to, " of ", Shown(end)),
                    Shown(begin));
}

absl::Status CheckPoint(const Point& point) {
  if (auto s = CheckLength("x of a line", point.x); !s.ok()) return s;
  return CheckLength("y of a line", point.y);
}

absl::Status CheckPlace(const Place& place) {
  if (place.kind != Place::Kind::kCrosses) {
    const Area& area = place.area;
    if (auto s = CheckSide("left", area.left, "right", area.right); !s.ok()) {
      return s;
    }
    return CheckSide("top", area.top, "bottom", area.bottom);
  }
  if (auto s = CheckPoint(place.start); !s.ok()) return s;
  if (auto s = CheckPoint(place.end); !s.ok()) return s;
  if (place.start != place.end) return absl::OkStatus();
  return Unexpected("line", "two different points", "the same twice");
}

absl::Status CheckPlaces(const std::vector<Place>& places) {
  if (auto s =
          AtMost("places of an object", kQueryLimits.places, places.size());
      !s.ok()) {
    return s;
  }
  for (const Place& place : places) {
    if (auto s = CheckPlace(place); !s.ok()) return s;
  }
  return absl::OkStatus();
}

std::string Hours(int64_t ns) {
  return absl::StrCat(Shown(static_cast<double>(ns) / 3.6e12), " hours");
}

absl::Status CheckDuration(const std::string& what, int64_t ns) {
  if (ns > 0 && ns <= kQueryLimits.reach_ns) return absl::OkStatus();
  return Unexpected(
      what,
      absl::StrCat("more than 0 s, at most ", Hours(kQueryLimits.reach_ns)),
      ns <= 0 ? absl::StrCat(ns, " ns") : Hours(ns));
}

// Everything about one object but its relations and reach.
absl::Status CheckAlone(const ObjectQuery& object) {
  if (auto s = CheckLabels(object.labels); !s.ok()) return s;
  if (!(object.least_score >= 0 && object.least_score <= 1)) {
    return Unexpected("score", "0 to 1", Shown(object.least_score));
  }
  if (auto s = CheckModel(object.model); !s.ok()) return s;
  if (auto s = CheckAttributes(object.attributes); !s.ok()) return s;
  if (auto s = CheckPlaces(object.places); !s.ok()) return s;
  return AtMost("relations of an object", kQueryLimits.relations,
                object.relations.size());
}

// What the conditions above add up to, that one included.
struct Path {
  size_t depth = 0;
  int64_t reach_ns = 0;
};

class Checker {
 public:
  absl::Status Check(const Condition& condition, Path path) {
    if (auto s = Enter(&path); !s.ok()) return s;
    return std::visit([&](const auto& what) { return CheckOf(what, path); },
                      condition.what);
  }

  absl::Status Check(const ObjectQuery& object, Path path) {
    if (auto s = CheckAlone(object); !s.ok()) return s;
    if (object.least_length_ns != 0) {
      if (auto s = Reach("lasting", object.least_length_ns, &path); !s.ok()) {
        return s;
      }
    }
    for (const Relation& relation : object.relations) {
      Path below = path;
      if (auto s = Enter(&below); !s.ok()) return s;
      if (auto s = Check(relation.other, below); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Enter(Path* path) {
    if (++conditions_ > kQueryLimits.conditions) {
      return Unexpected(
          "query",
          absl::StrCat("at most ", kQueryLimits.conditions, " conditions"),
          "more");
    }
    if (++path->depth > kQueryLimits.nesting) {
      return Unexpected("query",
                        absl::StrCat("at most ", kQueryLimits.nesting,
                                     " conditions within one another"),
                        "more");
    }
    return absl::OkStatus();
  }

  static absl::Status Reach(const std::string& what, int64_t ns, Path* path) {
    if (auto s = CheckDuration(what, ns); !s.ok()) return s;
    path->reach_ns += ns;  // two numbers of at most 24 h
    if (path->reach_ns <= kQueryLimits.reach_ns) return absl::OkStatus();
    return Unexpected(what,
                      absl::StrCat("at most ", Hours(kQueryLimits.reach_ns),
                                   " with the durations around it"),
                      Hours(path->reach_ns));
  }

  absl::Status Parts(const std::string& what, size_t least, size_t most,
                     const std::vector<Condition>& parts, Path path) {
    if (parts.size() < least || parts.size() > most) {
      return Unexpected(absl::StrCat("parts of '", what, "'"),
                        least == most ? absl::StrCat(least)
                                      : absl::StrCat(least, " to ", most),
                        absl::StrCat(parts.size()));
    }
    for (const Condition& part : parts) {
      if (auto s = Check(part, path); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status CheckOf(const CountCondition& count, Path path) {
    if (count.count > kQueryLimits.count) {
      return Unexpected("count", absl::StrCat("at most ", kQueryLimits.count),
                        absl::StrCat(count.count));
    }
    const absl::Status status = Check(count.object, path);
    if (status.ok() || count.object.labels.empty()) return status;
    return absl::InvalidArgumentError(absl::StrCat(
        "object ", Shown(count.object.labels[0]), ": ", status.message()));
  }

  absl::Status CheckOf(const SensorCondition& sensor, Path) {
    if (auto s =
            CheckName("channel", 1, kQueryLimits.name_bytes, sensor.channel);
        !s.ok()) {
      return s;
    }
    if (!std::isfinite(sensor.value)) {
      return Unexpected(
          absl::StrCat("value of channel ", Shown(sensor.channel)),
          "a finite number", Shown(sensor.value));
    }
    return CheckName("unit", 0, kQueryLimits.name_bytes, sensor.unit);
  }

  absl::Status CheckOf(const Conjunction& all, Path path) {
    return Parts("and", 2, kQueryLimits.conditions, all.parts, path);
  }

  absl::Status CheckOf(const Disjunction& any, Path path) {
    return Parts("or", 2, kQueryLimits.conditions, any.parts, path);
  }

  absl::Status CheckOf(const Negation& negation, Path path) {
    return Parts("not", 1, 1, negation.part, path);
  }

  absl::Status CheckOf(const Lasting& lasting, Path path) {
    if (auto s = Reach("for", lasting.least_length_ns, &path); !s.ok()) {
      return s;
    }
    return Parts("for", 1, 1, lasting.part, path);
  }

  absl::Status CheckOf(const Sequence& sequence, Path path) {
    if (auto s = Reach("within", sequence.within_ns, &path); !s.ok()) return s;
    return Parts("then", 2, 2, sequence.parts, path);
  }

  absl::Status CheckOf(const Elsewhere& elsewhere, Path path) {
    if (auto s = CheckName("stream of 'on'", 1, kQueryLimits.pattern_bytes,
                           elsewhere.stream);
        !s.ok()) {
      return s;
    }
    return Parts("on", 1, 1, elsewhere.part, path);
  }

  size_t conditions_ = 0;
};

absl::Status CheckStreams(const std::vector<std::string>& streams) {
  if (auto s =
          AtMost("streams of a query", kQueryLimits.patterns, streams.size());
      !s.ok()) {
    return s;
  }
  for (const std::string& stream : streams) {
    if (auto s = CheckName("stream", 1, kQueryLimits.pattern_bytes, stream);
        !s.ok()) {
      return s;
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLimit(QueryOrder order, uint64_t limit) {
  const bool by_score = order == QueryOrder::kScore;
  const uint64_t most =
      by_score ? kQueryLimits.score_limit : kQueryLimits.limit;
  if (limit <= most) return absl::OkStatus();
  return Unexpected(by_score ? "limit of a query ordered by score" : "limit",
                    absl::StrCat("at most ", most), absl::StrCat(limit));
}

}  // namespace

absl::Status CheckObject(const ObjectQuery& object) {
  return Checker().Check(object, {});
}

absl::Status CheckCondition(const Condition& condition) {
  return Checker().Check(condition, {});
}

absl::Status CheckQuery(const Query& query) {
  if (auto s = CheckCondition(query.condition); !s.ok()) return s;
  if (auto s = CheckStreams(query.streams); !s.ok()) return s;
  if (query.from_ns >= query.to_ns) {
    return Unexpected("from", absl::StrCat("before to, ", query.to_ns, " ns"),
                      absl::StrCat(query.from_ns, " ns"));
  }
  if (!query.limit.has_value()) return absl::OkStatus();
  return CheckLimit(query.order, *query.limit);
}

}  // namespace fovea
