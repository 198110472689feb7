// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/decision_book.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "store/row_limits.h"

namespace fovea {
namespace {

constexpr auto kLastKind = DecisionKind::kGap;
constexpr auto kLastCause = DecisionCause::kTooDear;

std::pair<uint64_t, uint32_t> PlaceOf(const DecisionEntry& e) {
  return {e.index, e.region};
}

DecisionEntry EntryOf(const DecidedInput& input) {
  const Decision& decision = input.decision;
  DecisionEntry entry;
  entry.index = input.index;
  entry.region = input.region;
  entry.kind = static_cast<uint8_t>(decision.kind);
  entry.cause = static_cast<uint8_t>(decision.cause);
  entry.shadowed = decision.shadowed;
  entry.wrong = decision.wrong;
  entry.reference_stream = decision.reference_stream;
  entry.reference_index = decision.reference_index;
  entry.distance = decision.distance;
  entry.check_probability = decision.check_probability;
  entry.threshold_version = decision.threshold_version;
  return entry;
}

DecidedInput InputOf(const DecisionKeyParts& key, const DecisionEntry& entry) {
  DecidedInput input;
  input.model = key.model;
  input.kind = static_cast<InputKind>(key.input_kind);
  input.index = entry.index;
  input.region = entry.region;
  Decision& decision = input.decision;
  decision.kind = static_cast<DecisionKind>(entry.kind);
  decision.cause = static_cast<DecisionCause>(entry.cause);
  decision.shadowed = entry.shadowed;
  decision.wrong = entry.wrong;
  decision.reference_stream = entry.reference_stream;
  decision.reference_index = entry.reference_index;
  decision.distance = entry.distance;
  decision.check_probability = entry.check_probability;
  decision.threshold_version = entry.threshold_version;
  return input;
}

struct StoredRow {
  DecisionKeyParts key;
  DecisionRow row;
};

absl::StatusOr<StoredRow> ReadRow(std::string_view key,
                                  std::string_view value) {
  const auto parts = ParseDecisionKey(key);
  if (!parts.ok()) return parts.status();
  auto row = DecodeDecisionRow(*parts, value);
  if (row.ok()) return StoredRow{*parts, *std::move(row)};
  return absl::Status(
      row.status().code(),
      absl::StrCat("decisions about stream ", parts->stream, " from ",
                   parts->index, " on: ", std::string(row.status().message()),
                   "; run 'fovea doctor --rebuild'"));
}

// Rows from `begin` on and before `end`, until `visit` returns false.
absl::Status VisitRows(StoreReader* store, std::string_view begin,
                       std::string_view end,
                       const std::function<bool(StoredRow)>& visit) {
  absl::Status bad;
  const absl::Status scanned =
      store->Scan(Family::kDec, begin, end,
                  [&](std::string_view key, std::string_view value) {
                    auto row = ReadRow(key, value);
                    bad = row.status();
                    return bad.ok() && visit(*std::move(row));
                  });
  return scanned.ok() ? bad : scanned;
}

// The key of the row of the key's stream, model and kind that `key` falls into:
// the last one that begins there or before, or `key` where none does.
absl::StatusOr<std::string> RowKeyAt(StoreReader* store,
                                     const DecisionKeyParts& key) {
  const auto row = store->SeekBackward(
      Family::kDec, DecisionKey(key),
      DecisionPrefix(key.stream, key.model, key.input_kind));
  if (row.ok()) return row->key;
  if (absl::IsNotFound(row.status())) return DecisionKey(key);
  return row.status();
}

bool StartsWith(const std::vector<DecisionEntry>& all,
                const std::vector<DecisionEntry>& first) {
  return first.size() <= all.size() &&
         std::ranges::equal(first, std::span(all).first(first.size()));
}

absl::Status CheckKnown(const DecisionEntry& entry) {
  if (entry.kind <= static_cast<uint8_t>(kLastKind) &&
      entry.cause <= static_cast<uint8_t>(kLastCause)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("decision about ", entry.index, " of kind ", int{entry.kind},
                   " and cause ", int{entry.cause},
                   " was written by a newer release; use a newer fovea"));
}

// The first key there is from `begin` on and before `end`.
absl::StatusOr<std::optional<DecisionKeyParts>> NextGroup(
    StoreReader* store, std::string_view begin, std::string_view end) {
  std::optional<DecisionKeyParts> group;
  absl::Status bad;
  const absl::Status scanned = store->Scan(
      Family::kDec, begin, end, [&](std::string_view key, std::string_view) {
        const auto parts = ParseDecisionKey(key);
        bad = parts.status();
        if (parts.ok()) group = *parts;
        return false;
      });
  if (!scanned.ok()) return scanned;
  if (!bad.ok()) return bad;
  return group;
}

// Those of the key's model and kind of input; false when `visit` ended it.
absl::StatusOr<bool> VisitGroup(
    StoreReader* store, DecisionKeyParts key, const DecisionQuery& query,
    const std::function<bool(const DecidedInput&)>& visit) {
  key.index = query.first_index;
  key.region = 0;
  const auto begin = RowKeyAt(store, key);
  if (!begin.ok()) return begin.status();
  bool go_on = true;
  absl::Status bad;
  const absl::Status visited = VisitRows(
      store, *begin, DecisionPrefixEnd(key.stream, key.model, key.input_kind),
      [&](const StoredRow& stored) {
        for (const DecisionEntry& e : stored.row.entries) {
          if (e.index < query.first_index) continue;
          if (e.index >= query.end_index) return false;
          bad = CheckKnown(e);
          go_on = bad.ok() && visit(InputOf(stored.key, e));
          if (!go_on) return false;
        }
        return true;
      });
  if (!visited.ok()) return visited;
  if (!bad.ok()) return bad;
  return go_on;
}

}  // namespace

absl::Status DecisionBook::Add(const DecidedInput& input) {
  Group& group = groups_[{input.model, static_cast<uint8_t>(input.kind)}];
  const Place place = {input.index, input.region};
  const std::optional<Place> last =
      group.added.empty() ? group.last : PlaceOf(group.added.back());
  if (last.has_value() && place <= *last) {
    return absl::InvalidArgumentError(absl::StrCat(
        "stream ", stream_, ": a decision about ", place.first, " region ",
        place.second, " comes behind one about ", last->first, " region ",
        last->second, "; they have to rise"));
  }
  group.added.push_back(EntryOf(input));
  return absl::OkStatus();
}

absl::Status DecisionBook::Put(CommitBatch* batch) {
  for (auto& [input, group] : groups_) {
    if (group.added.empty()) continue;
    if (absl::Status s = PutGroup(input, &group, batch); !s.ok()) return s;
  }
  return absl::OkStatus();
}

DecisionKeyParts DecisionBook::KeyAt(const Input& input,
                                     const Place& place) const {
  return {stream_, input.first, input.second, place.first, place.second};
}

// Those that what was added falls into or may be appended to.
absl::StatusOr<DecisionBook::Rows> DecisionBook::ReadRows(const Input& input,
                                                          const Group& group) {
  const Place first = PlaceOf(group.added.front());
  Rows rows = group.open;
  // What the book has gone over is in its hands.
  std::string begin =
      DecisionKey(KeyAt(input, group.last.value_or(first))) + '\0';
  if (!group.last.has_value()) {
    const auto key = RowKeyAt(store_, KeyAt(input, first));
    if (!key.ok()) return key.status();
    begin = *key;
  }
  const std::string end =
      DecisionKey(KeyAt(input, PlaceOf(group.added.back()))) + '\0';
  const absl::Status read =
      VisitRows(store_, begin, end, [&](StoredRow stored) {
        rows.try_emplace({stored.key.index, stored.key.region},
                         std::move(stored.row));
        return true;
      });
  if (!read.ok()) return read;
  std::erase_if(rows, [&](const auto& row) {
    const auto& entries = row.second.entries;
    return entries.size() == kRowLimits.max_row_decisions &&
           PlaceOf(entries.back()) < first;
  });
  return rows;
}

// What was added takes the place of what stands there. What lies behind it
// stays in a row of its own, so that there is room for what comes next.
DecisionBook::Rows DecisionBook::Merged(
    const Rows& rows, const std::vector<DecisionEntry>& added) {
  const Place last = PlaceOf(added.back());
  std::map<Place, DecisionEntry> up_to_last;
  std::vector<DecisionEntry> behind;
  for (const auto& [place, row] : rows) {
    for (const DecisionEntry& e : row.entries) {
      if (PlaceOf(e) <= last) {
        up_to_last[PlaceOf(e)] = e;
      } else {
        behind.push_back(e);
      }
    }
  }
  for (const DecisionEntry& e : added) up_to_last[PlaceOf(e)] = e;
  Rows merged;
  for (const auto& [place, e] : up_to_last) {
    const bool full =
        merged.empty() || std::prev(merged.end())->second.entries.size() ==
                              kRowLimits.max_row_decisions;
    const auto row = full ? merged.try_emplace(merged.end(), place)
                          : std::prev(merged.end());
    row->second.entries.push_back(e);
  }
  if (!behind.empty()) {
    merged[PlaceOf(behind.front())].entries = std::move(behind);
  }
  return merged;
}

absl::Status DecisionBook::PutGroup(const Input& input, Group* group,
                                    CommitBatch* batch) {
  const auto rows = ReadRows(input, *group);
  if (!rows.ok()) return rows.status();
  Rows merged = Merged(*rows, group->added);
  for (const auto& [place, row] : *rows) {
    if (merged.contains(place)) continue;
    batch->DeleteRow(Family::kDec, DecisionKey(KeyAt(input, place)));
  }
  for (auto& [place, row] : merged) {
    const auto old = rows->find(place);
    const bool grew =
        old != rows->end() && StartsWith(row.entries, old->second.entries);
    row.epoch = grew ? old->second.epoch : store_->NewEpoch();
    if (grew && row.entries.size() == old->second.entries.size()) continue;
    batch->PutRow(Family::kDec, DecisionKey(KeyAt(input, place)),
                  EncodeDecisionRow(row));
  }
  group->last = PlaceOf(group->added.back());
  group->added.clear();
  // From the row that holds the last one on.
  merged.erase(merged.begin(), std::prev(merged.upper_bound(*group->last)));
  group->open = std::move(merged);
  return absl::OkStatus();
}

absl::Status ReadDecisions(
    StoreReader* store, const DecisionQuery& query,
    const std::function<bool(const DecidedInput&)>& visit) {
  std::string next = query.model.has_value()
                         ? DecisionPrefix(query.stream, *query.model, 0)
                         : StreamPrefix(query.stream);
  while (true) {
    auto group = NextGroup(store, next, StreamPrefix(query.stream + 1));
    if (!group.ok()) return group.status();
    if (!group->has_value()) return absl::OkStatus();
    if (query.model.has_value() && (*group)->model != *query.model) {
      return absl::OkStatus();
    }
    const auto go_on = VisitGroup(store, **group, query, visit);
    if (!go_on.ok()) return go_on.status();
    if (!*go_on) return absl::OkStatus();
    next =
        DecisionPrefixEnd(query.stream, (*group)->model, (*group)->input_kind);
  }
}

}  // namespace fovea
