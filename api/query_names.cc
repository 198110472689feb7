// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/query_names.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <variant>

#include "absl/strings/str_cat.h"
#include "api/nearest_name.h"
#include "index/find_clips.h"
#include "index/name_pattern.h"
#include "index/observation_reader.h"
#include "index/query_picture_check.h"

namespace fovea {
namespace {

struct Named {
  std::set<std::string> labels;
  std::set<std::string> channels;  // with a norm: "accel"
  std::set<std::string> streams;   // patterns
};

void AddNames(const ObjectQuery& object, Named* named) {
  named->labels.insert(object.labels.begin(), object.labels.end());
  for (const Relation& relation : object.relations) {
    AddNames(relation.other, named);
  }
}

void AddNames(const Condition& condition, Named* named);

void AddNames(const std::vector<Condition>& parts, Named* named) {
  for (const Condition& part : parts) AddNames(part, named);
}

struct Collector {
  Named* named;
  void operator()(const CountCondition& c) { AddNames(c.object, named); }
  void operator()(const SensorCondition& c) {
    named->channels.insert(c.channel);
  }
  void operator()(const Conjunction& c) { AddNames(c.parts, named); }
  void operator()(const Disjunction& c) { AddNames(c.parts, named); }
  void operator()(const Negation& c) { AddNames(c.part, named); }
  void operator()(const Lasting& c) { AddNames(c.part, named); }
  void operator()(const Sequence& c) { AddNames(c.parts, named); }
  void operator()(const Elsewhere& c) {
    named->streams.insert(c.stream);
    AddNames(c.part, named);
  }
};

void AddNames(const Condition& condition, Named* named) {
  std::visit(Collector{named}, condition.what);
}

absl::Status CheckStreams(const std::set<std::string>& patterns,
                          const StoreFacts& facts) {
  for (const std::string& pattern : patterns) {
    const bool matches =
        std::ranges::any_of(facts.streams(), [&](const QueryStream& stream) {
          return MatchesPattern(pattern, stream.name);
        });
    if (matches) continue;
    std::vector<std::string> names;
    for (const QueryStream& stream : facts.streams()) {
      names.push_back(stream.name);
    }
    const std::string nearest = NearestName(pattern, names);
    return absl::NotFoundError(absl::StrCat(
        "no stream called '", pattern, "'",
        nearest.empty() ? "; 'fovea ls' lists them"
                        : absl::StrCat("; did you mean '", nearest, "'?")));
  }
  return absl::OkStatus();
}

absl::Status CheckPictures(const Query& query, const StoreFacts& facts) {
  for (const QueryStream& stream : facts.streams()) {
    if (!stream.camera || !IsAmong(query, stream)) continue;
    if (auto s = CheckQueryAgainstPicture(query, stream.name, stream.width,
                                          stream.height);
        !s.ok()) {
      return s;
    }
  }
  return absl::OkStatus();
}

// One look-up per stream.
absl::StatusOr<bool> IsObserved(const std::string& label,
                                const StoreFacts& facts, StoreReader* store) {
  for (const QueryStream& stream : facts.streams()) {
    const auto row = store->SeekBackward(Family::kSem,
                                         ObservationPrefixEnd(stream.id, label),
                                         ObservationPrefix(stream.id, label));
    if (row.ok()) return true;
    if (!absl::IsNotFound(row.status())) return row.status();
  }
  return false;
}

// kNotFound where one of `known` is spelt almost so.
absl::Status CheckSpelling(const char* noun, const std::string& name,
                           const std::vector<std::string>& known) {
  const std::string nearest = NearestName(name, known);
  if (nearest.empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no ", noun, " '", name,
                                          "' in the store; did you mean '",
                                          nearest, "'?"));
}

absl::Status CheckLabels(const std::set<std::string>& labels,
                         const StoreFacts& facts, StoreReader* store,
                         std::vector<std::string>* notes) {
  for (const std::string& label : labels) {
    const auto observed = IsObserved(label, facts, store);
    if (!observed.ok()) return observed.status();
    if (*observed) continue;
    const auto counts = ListLabels(store);
    if (!counts.ok()) return counts.status();
    std::vector<std::string> known;
    for (const LabelCount& count : *counts) known.push_back(count.label);
    if (auto s = CheckSpelling("label", label, known); !s.ok()) return s;
    notes->push_back(
        absl::StrCat("nothing called '", label, "' has been observed"));
  }
  return absl::OkStatus();
}

bool IsChannel(const std::string& name, const std::string& channel) {
  return channel.starts_with(name);
}

absl::Status CheckChannels(const std::set<std::string>& names,
                           const StoreFacts& facts,
                           std::vector<std::string>* notes) {
  std::set<std::string> known;
  for (const QueryStream& stream : facts.streams()) {
    for (const Channel& channel :
         facts.Find(stream.id)->description.series.channels) {
      known.insert(channel.name);
      // "accel norm" goes by the name that the axes share.
      const size_t axis = channel.name.rfind('_');
      if (axis != std::string::npos) known.insert(channel.name.substr(0, axis));
    }
  }
  for (const std::string& name : names) {
    if (std::ranges::any_of(known, [&](const std::string& channel) {
          return IsChannel(name, channel);
        })) {
      continue;
    }
    if (auto s = CheckSpelling("channel", name, {known.begin(), known.end()});
        !s.ok()) {
      return s;
    }
    notes->push_back(absl::StrCat("no channel '", name, "' is recorded"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckQueryNames(
    const Query& query, const StoreFacts& facts, StoreReader* store) {
  Named named;
  named.streams.insert(query.streams.begin(), query.streams.end());
  AddNames(query.condition, &named);
  std::vector<std::string> notes;
  if (auto s = CheckStreams(named.streams, facts); !s.ok()) return s;
  if (auto s = CheckPictures(query, facts); !s.ok()) return s;
  if (auto s = CheckLabels(named.labels, facts, store, &notes); !s.ok()) {
    return s;
  }
  if (auto s = CheckChannels(named.channels, facts, &notes); !s.ok()) return s;
  return notes;
}

bool NamesLabel(const Query& query, const std::string& label) {
  Named named;
  AddNames(query.condition, &named);
  return named.labels.contains(label);
}

}  // namespace fovea
