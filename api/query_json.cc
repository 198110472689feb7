// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/query_json.h"

#include <exception>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "api/internal/query_json_reader.h"
#include "api/internal/query_words.h"
#include "api/time_text.h"
#include "index/query_check.h"
#include "index/utf8.h"
#include "nlohmann/json.hpp"

namespace fovea {
namespace {

// Keeps its keys in the order in which they are written here.
using Out = nlohmann::ordered_json;

Out JsonOf(const Length& length) {
  if (length.percent) return LengthText(length);
  return length.value;
}

Out JsonOf(const Point& a, const Point& b) {
  return Out::array({JsonOf(a.x), JsonOf(a.y), JsonOf(b.x), JsonOf(b.y)});
}

Out JsonOf(const Place& place) {
  Out out;
  const Area& area = place.area;
  out[NameIn(kPlaces, place.kind)] =
      place.kind == Place::Kind::kCrosses
          ? JsonOf(place.start, place.end)
          : JsonOf({area.left, area.top}, {area.right, area.bottom});
  return out;
}

Out JsonOf(const ObjectQuery& object) {
  Out out = Out::object();
  if (!object.labels.empty()) out["label"] = object.labels;
  if (object.least_score != 0) out["score"] = object.least_score;
  if (!object.model.empty()) out["model"] = object.model;
  for (const auto& [name, value] : object.attributes) {
    out["with"].push_back({{"name", name}, {"value", value}});
  }
  for (const Place& place : object.places) {
    out["places"].push_back(JsonOf(place));
  }
  for (const Relation& relation : object.relations) {
    Out entry;
    entry[NameIn(kRelations, relation.kind)] = JsonOf(relation.other);
    out["relations"].push_back(std::move(entry));
  }
  if (object.least_length_ns != 0) {
    out["lasting"] = FormatExactDuration(object.least_length_ns);
  }
  return out;
}

Out JsonOf(const Condition& condition);

Out JsonOf(const std::vector<Condition>& parts) {
  Out out = Out::array();
  for (const Condition& part : parts) out.push_back(JsonOf(part));
  return out;
}

Out JsonOf(const Conjunction& all) {
  Out out;
  out["and"] = JsonOf(all.parts);
  return out;
}

Out JsonOf(const Disjunction& any) {
  Out out;
  out["or"] = JsonOf(any.parts);
  return out;
}

Out JsonOf(const Negation& negation) {
  Out out;
  out["not"] = JsonOf(negation.part[0]);
  return out;
}

Out JsonOf(const Lasting& lasting) {
  Out out;
  out["for"] = {{"condition", JsonOf(lasting.part[0])},
                {"duration", FormatExactDuration(lasting.least_length_ns)}};
  return out;
}

Out JsonOf(const Sequence& sequence) {
  Out out;
  out["then"] = {{"first", JsonOf(sequence.parts[0])},
                 {"next", JsonOf(sequence.parts[1])},
                 {"within", FormatExactDuration(sequence.within_ns)}};
  return out;
}

Out JsonOf(const Elsewhere& elsewhere) {
  Out out;
  out["on"] = {{"stream", elsewhere.stream},
               {"condition", JsonOf(elsewhere.part[0])}};
  return out;
}

Out JsonOf(const SensorCondition& sensor) {
  Out out;
  Out& value = out["sensor"];
  value["channel"] = sensor.channel;
  if (sensor.norm) value["norm"] = true;
  value["is"] = NameIn(kComparisons, sensor.comparison);
  value["value"] = sensor.value;
  if (!sensor.unit.empty()) value["unit"] = sensor.unit;
  return out;
}

Out JsonOf(const CountCondition& count) {
  Out out;
  if (count.comparison == Comparison::kAtLeast && count.count == 1) {
    out["object"] = JsonOf(count.object);
  } else {
    out["count"] = {{"is", NameIn(kComparisons, count.comparison)},
                    {"number", count.count},
                    {"object", JsonOf(count.object)}};
  }
  return out;
}

Out JsonOf(const Condition& condition) {
  return std::visit([](const auto& what) { return JsonOf(what); },
                    condition.what);
}

// Looks on while JSON is parsed: the library keeps the last of equal keys,
// and would nest as deep as the text does.
class Watch {
 public:
  bool See(int depth, QueryJson::parse_event_t event, const QueryJson& parsed) {
    if (!error_.empty()) return false;
    using Event = QueryJson::parse_event_t;
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (static_cast<size_t>(depth) > kQueryLimits.json_nesting) {
      error_ = absl::StrCat("expected at most ", kQueryLimits.json_nesting,
                            " levels, found more");
    } else if (event == Event::key &&
               !keys_.back().insert(parsed.get<std::string>()).second) {
      error_ = absl::StrCat("key ", Quoted(parsed.get<std::string>()),
                            " stands twice");
    }
    return error_.empty();
  }

  const std::string& error() const { return error_; }

 private:
  std::vector<std::set<std::string>> keys_;
  std::string error_;
};

// The library quotes what it read last, as long and as broken as it was.
absl::Status Refuse(const std::string& what) {
  constexpr size_t kMost = 300;
  const std::string start = what.substr(0, kMost);
  return absl::InvalidArgumentError(absl::StrCat(
      "query JSON: ", IsUtf8(what) ? start.substr(0, Utf8Prefix(start))
                                   : absl::CEscape(start)));
}

}  // namespace

std::string QueryToJson(const Query& query) {
  Out out;
  out["find"] = JsonOf(query.condition);
  if (!query.streams.empty()) out["among"] = query.streams;
  if (query.from_ns != INT64_MIN) out["from"] = FormatExactTime(query.from_ns);
  if (query.to_ns != INT64_MAX) out["to"] = FormatExactTime(query.to_ns);
  if (query.order != QueryOrder::kTime) {
    out["order"] = NameIn(kOrders, query.order);
  }
  if (query.limit.has_value()) out["limit"] = *query.limit;
  return out.dump();
}

absl::StatusOr<Query> ParseQueryJson(std::string_view json) {
  if (json.size() > kQueryLimits.json_bytes) {
    return Refuse(absl::StrCat("expected at most ", kQueryLimits.json_bytes,
                               " bytes, found ", json.size()));
  }
  Watch watch;
  QueryJson parsed;
  try {
    parsed = QueryJson::parse(
        json, [&](int depth, QueryJson::parse_event_t event, QueryJson& value) {
          return watch.See(depth, event, value);
        });
  } catch (const std::exception& error) {
    const std::string what = error.what();
    return Refuse(what.substr(what.find("] ") + 2));
  }
  if (!watch.error().empty()) return Refuse(watch.error());
  Query query;
  QueryJsonReader reader;
  if (!reader.Read(parsed, &query)) return Refuse(reader.error());
  if (auto s = CheckQuery(query); !s.ok()) {
    return Refuse(std::string(s.message()));
  }
  return query;
}

}  // namespace fovea
