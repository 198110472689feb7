// SPDX-License-Identifier: GPL-2.0-or-later
//
// The canonical text of a query: parentheses stand where the grammar would
// read another tree without them, and what is as left out is left out.

#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/internal/query_words.h"
#include "api/query_text.h"
#include "api/time_text.h"

namespace fovea {
namespace {

// How firmly a condition holds together; each stands for a rule of the
// grammar.
enum class Rule { kCondition, kAll, kSequence, kStep, kTerm };

Rule RuleOf(const Disjunction&) { return Rule::kCondition; }
Rule RuleOf(const Conjunction&) { return Rule::kAll; }
Rule RuleOf(const Sequence&) { return Rule::kSequence; }
Rule RuleOf(const Negation&) { return Rule::kStep; }
Rule RuleOf(const Lasting&) { return Rule::kStep; }
Rule RuleOf(const Elsewhere&) { return Rule::kTerm; }
Rule RuleOf(const SensorCondition&) { return Rule::kTerm; }
Rule RuleOf(const CountCondition&) { return Rule::kTerm; }

std::string AreaText(const Area& area) {
  return absl::StrCat("box(", LengthText(area.left), ", ", LengthText(area.top),
                      ", ", LengthText(area.right), ", ",
                      LengthText(area.bottom), ")");
}

std::string PlaceText(const Place& place) {
  const std::string name = NameIn(kPlaces, place.kind);
  if (place.kind != Place::Kind::kCrosses) {
    return absl::StrCat(name, " ", AreaText(place.area));
  }
  return absl::StrCat(name, " line(", LengthText(place.start.x), ", ",
                      LengthText(place.start.y), ", ", LengthText(place.end.x),
                      ", ", LengthText(place.end.y), ")");
}

std::string LabelsText(const std::vector<std::string>& labels) {
  if (labels.empty()) return "anything";
  return absl::StrJoin(labels, " | ",
                       [](std::string* out, const std::string& label) {
                         *out += NameText(label);
                       });
}

std::string ObjectText(const ObjectQuery& object);

std::string RelationText(const Relation& relation) {
  const std::string name = NameIn(kRelations, relation.kind);
  ObjectQuery labels_alone;
  labels_alone.labels = relation.other.labels;
  const std::string other = ObjectText(relation.other);
  return relation.other == labels_alone ? absl::StrCat(name, " ", other)
                                        : absl::StrCat(name, " (", other, ")");
}

std::string ObjectText(const ObjectQuery& object) {
  std::string text = LabelsText(object.labels);
  if (object.least_score != 0) {
    absl::StrAppend(&text, " score >= ", NumberText(object.least_score));
  }
  if (!object.model.empty()) absl::StrAppend(&text, " by ", object.model);
  for (const auto& [name, value] : object.attributes) {
    absl::StrAppend(&text, " with ", NameText(name), " = ", PatternText(value));
  }
  for (const Place& place : object.places) {
    absl::StrAppend(&text, " ", PlaceText(place));
  }
  for (const Relation& relation : object.relations) {
    absl::StrAppend(&text, " ", RelationText(relation));
  }
  if (object.least_length_ns != 0) {
    absl::StrAppend(&text, " lasting ",
                    FormatExactDuration(object.least_length_ns));
  }
  return text;
}

std::string TextOf(const Condition& condition, Rule least);

std::string Joined(const std::vector<Condition>& parts, const char* word,
                   Rule least) {
  return absl::StrJoin(parts, word,
                       [least](std::string* out, const Condition& part) {
                         *out += TextOf(part, least);
                       });
}

std::string TextOf(const Disjunction& any) {
  return Joined(any.parts, " or ", Rule::kAll);
}

std::string TextOf(const Conjunction& all) {
  return Joined(all.parts, " and ", Rule::kSequence);
}

std::string TextOf(const Sequence& sequence) {
  return absl::StrCat(TextOf(sequence.parts[0], Rule::kSequence), " then ",
                      TextOf(sequence.parts[1], Rule::kStep), " within ",
                      FormatExactDuration(sequence.within_ns));
}

std::string TextOf(const Negation& negation) {
  return absl::StrCat("not ", TextOf(negation.part[0], Rule::kStep));
}

std::string TextOf(const Lasting& lasting) {
  return absl::StrCat(TextOf(lasting.part[0], Rule::kTerm), " for ",
                      FormatExactDuration(lasting.least_length_ns));
}

std::string TextOf(const Elsewhere& elsewhere) {
  return absl::StrCat("on ", PatternText(elsewhere.stream), " (",
                      TextOf(elsewhere.part[0], Rule::kCondition), ")");
}

std::string TextOf(const SensorCondition& sensor) {
  return absl::StrCat(NameText(sensor.channel), sensor.norm ? " norm " : " ",
                      NameIn(kComparisons, sensor.comparison), " ",
                      NumberText(sensor.value), sensor.unit.empty() ? "" : " ",
                      sensor.unit.empty() ? "" : UnitText(sensor.unit));
}

std::string TextOf(const CountCondition& count) {
  const std::string object = ObjectText(count.object);
  if (count.comparison == Comparison::kAtLeast && count.count == 1) {
    return object;
  }
  return absl::StrCat(NameIn(kComparisons, count.comparison), " ", count.count,
                      " ", object);
}

std::string TextOf(const Condition& condition, Rule least) {
  return std::visit(
      [&](const auto& what) {
        std::string text = TextOf(what);
        return RuleOf(what) >= least ? text : absl::StrCat("(", text, ")");
      },
      condition.what);
}

}  // namespace

std::string PrintQueryText(const Query& query) {
  std::string text = TextOf(query.condition, Rule::kCondition);
  for (size_t i = 0; i < query.streams.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? " among " : ", ",
                    PatternText(query.streams[i]));
  }
  if (query.from_ns != INT64_MIN) {
    absl::StrAppend(&text, " from ", FormatExactTime(query.from_ns));
  }
  if (query.to_ns != INT64_MAX) {
    absl::StrAppend(&text, " to ", FormatExactTime(query.to_ns));
  }
  if (query.order != QueryOrder::kTime) {
    absl::StrAppend(&text, " order by ", NameIn(kOrders, query.order));
  }
  if (query.limit.has_value()) {
    absl::StrAppend(&text, " limit ", *query.limit);
  }
  return text;
}

}  // namespace fovea
