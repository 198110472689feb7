// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/internal/query_json_reader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/internal/query_words.h"
#include "api/time_text.h"
#include "index/query_check.h"

namespace fovea {

QueryJsonReader::Node QueryJsonReader::Node::operator[](const char* key) const {
  return {json.at(key), path.empty() ? key : absl::StrCat(path, ".", key)};
}

QueryJsonReader::Node QueryJsonReader::Node::operator[](size_t i) const {
  return {json.at(i), absl::StrCat(path, "[", i, "]")};
}

bool QueryJsonReader::Read(const QueryJson& json, Query* query) {
  const Node node = {json, ""};
  if (!Keys(node, {"find"}, {"among", "from", "to", "order", "limit"})) {
    return false;
  }
  if (!ReadCondition(node["find"], &query->condition)) return false;
  if (node.Has("among") && !ReadTexts(node["among"], &query->streams)) {
    return false;
  }
  if (node.Has("from") && !ReadTime(node["from"], &query->from_ns)) {
    return false;
  }
  if (node.Has("to") && !ReadTime(node["to"], &query->to_ns)) return false;
  if (node.Has("order")) {
    std::string name;
    if (!ReadText(node["order"], &name)) return false;
    const auto order = ValueIn(kOrders, name);
    if (!order.has_value()) {
      return Expected(node["order"], "time, latest or score");
    }
    query->order = *order;
  }
  return !node.Has("limit") ||
         ReadWhole(node["limit"], kQueryLimits.limit, &query->limit.emplace());
}

// --- Conditions -------------------------------------------------------------

bool QueryJsonReader::ReadCondition(const Node& node, Condition* out) {
  static const auto* const kinds = new std::vector<std::string>{
      "object", "count", "sensor", "and", "or", "not", "for", "then", "on"};
  std::string kind;
  if (!OneKey(node, *kinds, &kind)) return false;
  const Node value = node[kind.c_str()];
  if (kind == "and") {
    return ReadParts(value, &out->what.emplace<Conjunction>().parts);
  }
  if (kind == "or")
    return ReadParts(value, &out->what.emplace<Disjunction>().parts);
  if (kind == "not") return ReadNot(value, out);
  if (kind == "for") return ReadFor(value, out);
  if (kind == "then") return ReadThen(value, out);
  if (kind == "on") return ReadElsewhere(value, out);
  if (kind == "sensor") return ReadSensor(value, out);
  if (kind == "count") return ReadCount(value, out);
  return ReadObject(value, &out->what.emplace<CountCondition>().object);
}

bool QueryJsonReader::ReadParts(const Node& node,
                                std::vector<Condition>* parts) {
  const bool read = Each(node, [&](const Node& part) {
    return ReadCondition(part, &parts->emplace_back());
  });
  if (!read || parts->size() >= 2) return read;
  return Fail(node, absl::StrCat("expected two conditions or more, found ",
                                 parts->size()));
}

bool QueryJsonReader::ReadNot(const Node& node, Condition* out) {
  return ReadCondition(node,
                       &out->what.emplace<Negation>().part.emplace_back());
}

bool QueryJsonReader::ReadFor(const Node& node, Condition* out) {
  Lasting& lasting = out->what.emplace<Lasting>();
  return Keys(node, {"condition", "duration"}) &&
         ReadCondition(node["condition"], &lasting.part.emplace_back()) &&
         ReadDuration(node["duration"], &lasting.least_length_ns);
}

bool QueryJsonReader::ReadThen(const Node& node, Condition* out) {
  Sequence& sequence = out->what.emplace<Sequence>();
  return Keys(node, {"first", "next", "within"}) &&
         ReadCondition(node["first"], &sequence.parts.emplace_back()) &&
         ReadCondition(node["next"], &sequence.parts.emplace_back()) &&
         ReadDuration(node["within"], &sequence.within_ns);
}

bool QueryJsonReader::ReadElsewhere(const Node& node, Condition* out) {
  Elsewhere& elsewhere = out->what.emplace<Elsewhere>();
  return Keys(node, {"stream", "condition"}) &&
         ReadText(node["stream"], &elsewhere.stream) &&
         ReadCondition(node["condition"], &elsewhere.part.emplace_back());
}

bool QueryJsonReader::ReadSensor(const Node& node, Condition* out) {
  SensorCondition& sensor = out->what.emplace<SensorCondition>();
  if (!Keys(node, {"channel", "is", "value"}, {"norm", "unit"})) return false;
  if (node.Has("norm")) {
    const Node norm = node["norm"];
    if (!norm.json.is_boolean()) return Expected(norm, "true or false");
    sensor.norm = norm.json.get<bool>();
  }
  if (node.Has("unit") && !ReadText(node["unit"], &sensor.unit)) return false;
  return ReadText(node["channel"], &sensor.channel) &&
         ReadComparison(node["is"], &sensor.comparison) &&
         ReadNumber(node["value"], &sensor.value);
}

bool QueryJsonReader::ReadCount(const Node& node, Condition* out) {
  CountCondition& count = out->what.emplace<CountCondition>();
  uint64_t number = 0;
  if (!Keys(node, {"is", "number", "object"}) ||
      !ReadComparison(node["is"], &count.comparison) ||
      !ReadWhole(node["number"], kQueryLimits.count, &number)) {
    return false;
  }
  count.count = static_cast<uint32_t>(number);
  return ReadObject(node["object"], &count.object);
}

// --- Objects ----------------------------------------------------------------

bool QueryJsonReader::ReadObject(const Node& node, ObjectQuery* object) {
  if (!Keys(node, {},
            {"label", "score", "model", "with", "places", "relations",
             "lasting"})) {
    return false;
  }
  const auto each = [&](const char* key, auto read) {
    return !node.Has(key) || Each(node[key], [&](const Node& entry) {
      return (this->*read)(entry, object);
    });
  };
  const bool read =
      (!node.Has("label") || ReadTexts(node["label"], &object->labels)) &&
      (!node.Has("score") || ReadNumber(node["score"], &object->least_score)) &&
      (!node.Has("model") || ReadText(node["model"], &object->model)) &&
      each("with", &QueryJsonReader::ReadAttribute) &&
      each("places", &QueryJsonReader::ReadPlace) &&
      each("relations", &QueryJsonReader::ReadRelation) &&
      (!node.Has("lasting") ||
       ReadDuration(node["lasting"], &object->least_length_ns));
  if (!read) return false;
  const absl::Status status = CheckObject(*object);
  return status.ok() || Fail(node, std::string(status.message()));
}

bool QueryJsonReader::ReadAttribute(const Node& node, ObjectQuery* object) {
  ObjectQuery::Attribute& attribute = object->attributes.emplace_back();
  return Keys(node, {"name", "value"}) &&
         ReadText(node["name"], &attribute.name) &&
         ReadText(node["value"], &attribute.value);
}

bool QueryJsonReader::ReadPlace(const Node& node, ObjectQuery* object) {
  std::string name;
  if (!OneKey(node, NamesIn(kPlaces), &name)) return false;
  const Node list = node[name.c_str()];
  std::vector<Length> lengths;
  if (!Each(list, [&](const Node& entry) {
        return ReadLength(entry, &lengths.emplace_back());
      })) {
    return false;
  }
  Place place;
  place.kind = *ValueIn(kPlaces, name);
  const bool line = place.kind == Place::Kind::kCrosses;
  if (lengths.size() != 4) {
    return Fail(
        list, absl::StrCat("expected ",
                           line ? "[x, y, x, y]" : "[left, top, right, bottom]",
                           ", found ", lengths.size(), " numbers"));
  }
  if (line) {
    place.start = {lengths[0], lengths[1]};
    place.end = {lengths[2], lengths[3]};
  } else {
    place.area = {lengths[0], lengths[1], lengths[2], lengths[3]};
  }
  object->places.push_back(place);
  return true;
}

bool QueryJsonReader::ReadRelation(const Node& node, ObjectQuery* object) {
  std::string name;
  if (!OneKey(node, NamesIn(kRelations), &name)) return false;
  Relation& relation = object->relations.emplace_back();
  relation.kind = *ValueIn(kRelations, name);
  return ReadObject(node[name.c_str()], &relation.other);
}

bool QueryJsonReader::ReadLength(const Node& node, Length* out) {
  if (node.json.is_number()) return ReadNumber(node, &out->value);
  const auto length = node.json.is_string()
                          ? ParseQueryLength(node.json.get<std::string>())
                          : std::optional<Length>();
  if (!length.has_value() || !length->percent)
    return Expected(node, "pixels such as 12, or \"40%\"");
  *out = *length;
  return true;
}

// --- Values -----------------------------------------------------------------

bool QueryJsonReader::ReadText(const Node& node, std::string* out) {
  if (!node.json.is_string()) return Expected(node, "a string");
  *out = node.json.get<std::string>();
  return true;
}

// One text stands for a list of it.
bool QueryJsonReader::ReadTexts(const Node& node,
                                std::vector<std::string>* out) {
  if (node.json.is_string()) return ReadText(node, &out->emplace_back());
  return Each(node, [&](const Node& entry) {
    return ReadText(entry, &out->emplace_back());
  });
}

bool QueryJsonReader::ReadNumber(const Node& node, double* out) {
  if (!node.json.is_number()) return Expected(node, "a number");
  *out = node.json.get<double>();
  return true;
}

bool QueryJsonReader::ReadWhole(const Node& node, uint64_t most,
                                uint64_t* out) {
  if (!node.json.is_number_unsigned() || node.json.get<uint64_t>() > most) {
    return Expected(node, absl::StrCat("a whole number, at most ", most));
  }
  *out = node.json.get<uint64_t>();
  return true;
}

bool QueryJsonReader::ReadTime(const Node& node, int64_t* out) {
  if (!node.json.is_string()) {
    return Expected(node, "a time such as \"10s\"");
  }
  const auto ns = ParseTimeText(node.json.get<std::string>());
  if (!ns.ok()) return Fail(node, std::string(ns.status().message()));
  *out = *ns;
  return true;
}

bool QueryJsonReader::ReadDuration(const Node& node, int64_t* out) {
  if (!node.json.is_string()) {
    return Expected(node, "a duration such as \"10s\"");
  }
  const auto ns = ParseDurationText(node.json.get<std::string>());
  if (!ns.ok()) return Fail(node, std::string(ns.status().message()));
  if (*ns == 0) return Expected(node, "more than 0 s");
  *out = *ns;
  return true;
}

bool QueryJsonReader::ReadComparison(const Node& node, Comparison* out) {
  std::string name;
  if (!ReadText(node, &name)) return false;
  const auto comparison = ValueIn(kComparisons, name);
  if (!comparison.has_value()) {
    return Expected(node, "one of < <= = >= >");
  }
  *out = *comparison;
  return true;
}

// --- Structure and errors ---------------------------------------------------

bool QueryJsonReader::Keys(const Node& node,
                           const std::vector<std::string>& needed,
                           const std::vector<std::string>& allowed) {
  if (!node.json.is_object()) return Expected(node, "an object");
  std::vector<std::string> known = needed;
  known.insert(known.end(), allowed.begin(), allowed.end());
  for (const auto& [key, value] : node.json.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string meant = DidYouMean(key, known);
    return Fail(node,
                absl::StrCat("unknown key ", Quoted(key),
                             meant.empty() ? "; expected " : meant,
                             meant.empty() ? absl::StrJoin(known, ", ") : ""));
  }
  for (const std::string& key : needed) {
    if (!node.Has(key.c_str())) {
      return Fail(node, absl::StrCat("key ", Quoted(key), " is missing"));
    }
  }
  return true;
}

bool QueryJsonReader::OneKey(const Node& node,
                             const std::vector<std::string>& known,
                             std::string* key) {
  if (!Keys(node, {}, known)) return false;
  if (node.json.size() != 1) {
    return Fail(node,
                absl::StrCat("expected one of ", absl::StrJoin(known, ", "),
                             ", found ", node.json.size(), " keys"));
  }
  *key = node.json.begin().key();
  return true;
}

template <typename Reader>
bool QueryJsonReader::Each(const Node& node, Reader read) {
  if (!node.json.is_array()) return Expected(node, "a list");
  for (size_t i = 0; i < node.json.size(); ++i) {
    if (!read(node[i])) return false;
  }
  return true;
}

bool QueryJsonReader::Expected(const Node& node, const std::string& what) {
  constexpr size_t kMost = 40;
  const bool inner = node.json.is_structured();
  const std::string found =
      inner ? absl::StrCat("an ", node.json.type_name()) : node.json.dump();
  return Fail(node,
              absl::StrCat("expected ", what, ", found ",
                           found.size() > kMost ? "a long value" : found));
}

bool QueryJsonReader::Fail(const Node& node, const std::string& what) {
  error_ = node.path.empty() ? what : absl::StrCat(node.path, ": ", what);
  return false;
}

}  // namespace fovea
