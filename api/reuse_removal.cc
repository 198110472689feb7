// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/reuse_removal.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sensitivity/model_card.h"
#include "store/decision_rows.h"
#include "store/result_rows.h"

namespace fovea {
namespace {

// The first key from `begin` on and before `end`.
absl::StatusOr<std::optional<std::string>> FirstKey(StoreReader* store,
                                                    Family family,
                                                    std::string_view begin,
                                                    std::string_view end) {
  std::optional<std::string> first;
  const absl::Status scanned = store->Scan(
      family, begin, end, [&](std::string_view key, std::string_view) {
        first = std::string(key);
        return false;
      });
  if (!scanned.ok()) return scanned;
  return first;
}

// Ranges of nothing would make a prune rewrite their segment.
absl::Status DeleteWhereAny(StoreReader* store, Family family,
                            const std::string& begin, const std::string& end,
                            CommitBatch* batch) {
  const auto first = FirstKey(store, family, begin, end);
  if (!first.ok()) return first.status();
  if (first->has_value()) batch->DeleteRange(family, begin, end);
  return absl::OkStatus();
}

absl::Status ForgetResults(StoreReader* store, StreamId stream, bool camera,
                           std::span<const IndexSpan> removed,
                           CommitBatch* batch) {
  const auto models = ModelsWithResults(store);
  if (!models.ok()) return models.status();
  const uint64_t reach = camera ? 0 : uint64_t{kMaxWindow};
  for (const ModelKey& model : *models) {
    for (const IndexSpan& span : removed) {
      const uint64_t first =
          span.first_index - std::min(span.first_index, reach);
      const absl::Status status = DeleteWhereAny(
          store, Family::kRes, ResultPrefix(model, stream, first),
          span.end_index == UINT64_MAX
              ? ResultPrefix(model, stream + 1)
              : ResultPrefix(model, stream, span.end_index),
          batch);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

bool IsIn(std::span<const IndexSpan> spans, uint64_t index) {
  const auto span =
      std::ranges::upper_bound(spans, index, {}, &IndexSpan::end_index);
  return span != spans.end() && span->first_index <= index;
}

// Decisions of one stream, model and kind of input.
class DecisionCut {
 public:
  DecisionCut(StoreReader* store, const DecisionKeyParts& group,
              std::span<const IndexSpan> removed, CommitBatch* batch)
      : store_(store),
        group_(group),
        prefix_(DecisionPrefix(group.stream, group.model, group.input_kind)),
        removed_(removed),
        batch_(batch) {}

  absl::Status Cut() {
    for (const IndexSpan& span : removed_) {
      const std::string begin = KeyAt(span.first_index);
      const std::string end = KeyAt(span.end_index);
      absl::Status status = NoteRowAt(begin);
      if (status.ok()) status = NoteRowAt(end);
      if (status.ok()) {
        status = DeleteWhereAny(store_, Family::kDec, begin, end, batch_);
      }
      if (!status.ok()) return status;
    }
    for (const auto& [key, value] : touched_) {
      if (absl::Status s = PutWhatIsLeft(key, value); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  std::string KeyAt(uint64_t index) const {
    DecisionKeyParts parts = group_;
    parts.index = index;
    parts.region = 0;
    return DecisionKey(parts);
  }

  // The row that begins at a key or, where none does, before it.
  absl::Status NoteRowAt(const std::string& key) {
    auto row = store_->SeekBackward(Family::kDec, key, prefix_);
    if (absl::IsNotFound(row.status())) return absl::OkStatus();
    if (!row.ok()) return row.status();
    touched_[std::move(row->key)] = std::move(row->value);
    return absl::OkStatus();
  }

  absl::Status PutWhatIsLeft(const std::string& key, const std::string& value) {
    auto parts = ParseDecisionKey(key);
    if (!parts.ok()) return parts.status();
    auto row = DecodeDecisionRow(*parts, value);
    if (!row.ok()) return row.status();
    const auto cut = std::erase_if(row->entries, [&](const DecisionEntry& e) {
      return IsIn(removed_, e.index);
    });
    // One without any left begins in a span, and went by the range.
    if (cut == 0 || row->entries.empty()) return absl::OkStatus();
    row->epoch = store_->NewEpoch();
    parts->index = row->entries[0].index;
    parts->region = row->entries[0].region;
    batch_->PutRow(Family::kDec, DecisionKey(*parts), EncodeDecisionRow(*row));
    return absl::OkStatus();
  }

  StoreReader* const store_;
  const DecisionKeyParts group_;
  const std::string prefix_;
  const std::span<const IndexSpan> removed_;
  CommitBatch* const batch_;
  std::map<std::string, std::string> touched_;
};

bool IsWholeStream(std::span<const IndexSpan> removed) {
  return removed.size() == 1 && removed[0].first_index == 0 &&
         removed[0].end_index == UINT64_MAX;
}

absl::Status ForgetDecisions(StoreReader* store, StreamId stream,
                             std::span<const IndexSpan> removed,
                             CommitBatch* batch) {
  std::string next = StreamPrefix(stream);
  const std::string end = StreamPrefix(stream + 1);
  if (IsWholeStream(removed)) {  // whatever state its rows are in
    return DeleteWhereAny(store, Family::kDec, next, end, batch);
  }
  while (true) {
    const auto first = FirstKey(store, Family::kDec, next, end);
    if (!first.ok()) return first.status();
    if (!first->has_value()) return absl::OkStatus();
    const auto group = ParseDecisionKey(**first);
    if (!group.ok()) return group.status();
    const absl::Status status =
        DecisionCut(store, *group, removed, batch).Cut();
    if (!status.ok()) return status;
    next = DecisionPrefixEnd(stream, group->model, group->input_kind);
  }
}

}  // namespace

absl::StatusOr<std::vector<ModelKey>> ModelsWithResults(StoreReader* store) {
  std::vector<ModelKey> models;
  std::string next;
  while (true) {
    const auto first = FirstKey(store, Family::kRes, next, "");
    if (!first.ok()) return first.status();
    if (!first->has_value()) return models;
    const auto parts = ParseResultKey(**first);
    if (!parts.ok()) return parts.status();
    models.push_back(parts->model);
    next = ResultPrefixEnd(parts->model);
  }
}

absl::Status ForgetReuse(StoreReader* store, StreamId stream, bool camera,
                         std::span<const IndexSpan> removed,
                         CommitBatch* batch) {
  const absl::Status status =
      ForgetResults(store, stream, camera, removed, batch);
  return status.ok() ? ForgetDecisions(store, stream, removed, batch) : status;
}

}  // namespace fovea
