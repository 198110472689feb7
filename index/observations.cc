// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/observations.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "index/internal/pack_putter.h"
#include "index/observation_pack.h"
#include "index/presence.h"
#include "index/span_mark.h"

namespace fovea {
namespace {

// Calls `visit` for rows from `begin` to `end`, until it fails.
using RowVisitor =
    std::function<absl::Status(std::string_view key, std::string_view value,
                               const ObservationKeyParts& parts)>;
absl::Status VisitRows(ChunkStore* store, std::string_view begin,
                       std::string_view end, const RowVisitor& visit) {
  absl::Status status;
  const absl::Status scanned = store->Scan(
      Family::kSem, begin, end,
      [&](std::string_view key, std::string_view value) {
        const auto parts = ParseObservationKey(key);
        status = parts.ok() ? visit(key, value, *parts) : parts.status();
        return status.ok();
      });
  return scanned.ok() ? status : scanned;
}

// The first label of a stream at or behind `begin`, and how far back its
// packs reach; empty where there is none.
struct LabelRows {
  std::string label;
  uint64_t marked_span = 0;
};
absl::StatusOr<LabelRows> FindLabel(ChunkStore* store, StreamId stream,
                                    std::string_view begin) {
  LabelRows found;
  const absl::Status scanned =
      store->Scan(Family::kSem, begin, StreamPrefix(stream + 1),
                  [&](std::string_view key, std::string_view) {
                    const auto parts = ParseObservationKey(key);
                    if (!parts.ok()) return true;  // Verify() names it
                    if (found.label.empty()) found.label = parts->label;
                    if (parts->label != found.label) return false;
                    const bool mark = parts->start_ns == kMarkStart;
                    if (mark) found.marked_span = parts->track;
                    return mark;
                  });
  if (!scanned.ok()) return scanned;
  return found;
}

// Deletes a row, mark or not, with what stands beside it. Returns its key.
std::string DeleteRow(const ObservationKeyParts& row, CommitBatch* batch) {
  std::string key =
      ObservationKey(row.stream, row.label, row.start_ns, row.track);
  batch->DeleteRow(Family::kSem, key);
  batch->DeleteRow(Family::kSemx, PresenceKeyOf(row));
  return key;
}

// Cuts the rows of one stream, label by label.
class StreamCut {
 public:
  // Null `model`: of every one.
  StreamCut(ChunkStore* store, std::span<const IndexSpan> removed,
            const ModelKey* model, CommitBatch* batch)
      : store_(store), removed_(removed), model_(model), batch_(batch) {}

  absl::Status Rows(std::string_view begin, std::string_view end) {
    absl::Status status =
        VisitRows(store_, begin, end,
                  [this](std::string_view key, std::string_view value,
                         const ObservationKeyParts& parts) {
                    if (parts.label != label_) {
                      absl::Status s = EndLabel();
                      if (!s.ok()) return s;
                      label_ = parts.label;
                    }
                    return Row(key, value, parts);
                  });
    if (status.ok()) status = EndLabel();
    return status;
  }

  const ObservationCuts& cuts() const { return cuts_; }

 private:
  absl::Status Row(std::string_view key, std::string_view value,
                   const ObservationKeyParts& parts) {
    if (parts.start_ns == kMarkStart) {
      marks_.push_back(parts);
      return absl::OkStatus();
    }
    const auto pack = ObservationPack::Decode(key, value);
    if (!pack.ok()) return pack.status();
    if ((model_ != nullptr && pack->model() != *model_) || !IsTouched(*pack)) {
      some_left_ = true;
      return absl::OkStatus();
    }
    const auto all = pack->All();
    if (!all.ok()) return all.status();
    std::vector<Observation> left;
    if (CutAll(*all, &left)) {
      gone_.push_back(parts);
      std::ranges::move(left, std::back_inserter(left_));
    } else {
      some_left_ = true;
    }
    return absl::OkStatus();
  }

  // Told without making boxes.
  bool IsTouched(const ObservationPack& pack) const {
    for (size_t i = 0; i < pack.size(); ++i) {
      const auto span = std::ranges::upper_bound(removed_, pack[i].first_index,
                                                 {}, &IndexSpan::end_index);
      if (span != removed_.end() && span->first_index <= pack[i].last_index) {
        return true;
      }
    }
    return false;
  }

  // True when any is cut.
  bool CutAll(const std::vector<Observation>& all,
              std::vector<Observation>* left) {
    bool cut = false;
    for (const Observation& whole : all) {
      std::vector<Observation> parts = WithoutSpans(whole, removed_);
      if (parts.size() != 1 || parts[0] != whole) {
        cut = true;
        ++(parts.empty() ? cuts_.removed : cuts_.trimmed);
      }
      std::ranges::move(parts, std::back_inserter(*left));
    }
    return cut;
  }

  // Marks of a label that is no more would still name it.
  absl::Status EndLabel() {
    const std::vector<Observation> left = std::exchange(left_, {});
    const std::vector<ObservationKeyParts> gone = std::exchange(gone_, {});
    const std::vector<ObservationKeyParts> marks = std::exchange(marks_, {});
    const bool label_ends = !std::exchange(some_left_, false) && left.empty();
    if (batch_ == nullptr) return absl::OkStatus();
    // A part may have the key of the whole, whose values must go.
    PackPutter putter(store_, /*grow=*/false, batch_);
    for (const ObservationKeyParts& row : gone) {
      putter.Gone(DeleteRow(row, batch_));
    }
    for (const ObservationKeyParts& mark : marks) {
      if (label_ends) DeleteRow(mark, batch_);
    }
    std::vector<const Observation*> parts;
    for (const Observation& o : left) parts.push_back(&o);
    return putter.Put(std::move(parts));
  }

  ChunkStore* const store_;
  const std::span<const IndexSpan> removed_;
  const ModelKey* const model_;
  CommitBatch* const batch_;
  ObservationCuts cuts_;
  // Of the label that is read.
  std::string label_;
  std::vector<ObservationKeyParts> marks_;
  std::vector<ObservationKeyParts> gone_;  // rows that are cut
  std::vector<Observation> left_;          // of these
  bool some_left_ = false;                 // in rows that are not
};

int64_t CountIn(std::string_view key, std::string_view value) {
  const auto summary = SummarisePack(key, value);
  return summary.ok() ? static_cast<int64_t>(summary->observations) : 1;
}

// The same for all from `begin` to `end`: beside them, what stands by label
// goes one by one. Takes what it deletes off `*most_rows`; at 0 the first ones
// go, and true says that there are more.
absl::StatusOr<bool> DeleteRange(ChunkStore* store, std::string_view begin,
                                 std::string_view end, size_t* most_rows,
                                 CommitBatch* batch) {
  std::string first, last;
  bool more = false;
  const absl::Status scanned = store->Scan(
      Family::kSem, begin, end, [&](std::string_view key, std::string_view) {
        more = *most_rows == 0;
        if (more) return false;
        --*most_rows;
        if (first.empty()) first = std::string(key);
        last = std::string(key);
        const auto parts = ParseObservationKey(key);
        if (!parts.ok()) return true;  // nothing beside it
        batch->DeleteRow(Family::kSemx, PresenceKeyOf(*parts));
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!first.empty()) batch->DeleteRange(Family::kSem, first, last + '\0');
  return more;
}

}  // namespace

absl::Status Observations::Put(const Observation& observation,
                               CommitBatch* batch) const {
  return PutAll({&observation, 1}, batch);
}

absl::Status Observations::PutAll(std::span<const Observation> observations,
                                  CommitBatch* batch) const {
  std::vector<const Observation*> all;
  all.reserve(observations.size());
  for (const Observation& o : observations) all.push_back(&o);
  return PackPutter(store_, /*grow=*/true, batch).Put(std::move(all));
}

absl::StatusOr<ObservationCuts> Observations::Cut(
    StreamId stream, std::span<const IndexSpan> removed, CommitBatch* batch,
    const ModelKey* model) const {
  StreamCut cut(store_, removed, model, batch);
  const absl::Status status =
      cut.Rows(StreamPrefix(stream), StreamPrefix(stream + 1));
  if (!status.ok()) return status;
  return cut.cuts();
}

absl::StatusOr<bool> Observations::CutBeginning(StreamId stream,
                                                const IndexSpan& removed,
                                                size_t most_rows,
                                                CommitBatch* batch) const {
  std::string next = StreamPrefix(stream);
  while (true) {
    const auto rows = FindLabel(store_, stream, next);
    if (!rows.ok()) return rows.status();
    if (rows->label.empty()) return true;
    const auto from = [&](int64_t start_ns) {
      return ObservationPrefix(stream, rows->label, start_ns);
    };
    const int64_t near_ns = EarliestStart(removed.end_ns, rows->marked_span);
    const auto more = DeleteRange(store_, from(kMarkStart + 1), from(near_ns),
                                  &most_rows, batch);
    if (!more.ok()) return more.status();
    if (*more) return false;
    StreamCut cut(store_, {&removed, 1}, nullptr, batch);
    const absl::Status status = cut.Rows(from(near_ns), from(removed.end_ns));
    if (!status.ok()) return status;
    next = ObservationPrefixEnd(stream, rows->label);
  }
}

absl::StatusOr<ObservationCuts> Observations::RemoveAll(
    StreamId stream, CommitBatch* batch) const {
  ObservationCuts cuts;
  const absl::Status scanned = store_->Scan(
      Family::kSem, StreamPrefix(stream), StreamPrefix(stream + 1),
      [&](std::string_view key, std::string_view value) {
        const auto parts = ParseObservationKey(key);
        const bool mark = parts.ok() && parts->start_ns == kMarkStart;
        if (!mark) cuts.removed += CountIn(key, value);
        if (batch == nullptr) return true;
        batch->DeleteRow(Family::kSem, key);
        if (parts.ok()) batch->DeleteRow(Family::kSemx, PresenceKeyOf(*parts));
        return true;
      });
  if (!scanned.ok()) return scanned;
  return cuts;
}

absl::StatusOr<int64_t> Observations::RemoveModel(StreamId stream,
                                                  std::string_view label,
                                                  const ModelKey& model,
                                                  CommitBatch* batch) const {
  int64_t removed = 0;
  const absl::Status status = VisitRows(
      store_,
      label.empty() ? StreamPrefix(stream) : ObservationPrefix(stream, label),
      label.empty() ? StreamPrefix(stream + 1)
                    : ObservationPrefixEnd(stream, label),
      [&](std::string_view key, std::string_view value,
          const ObservationKeyParts& parts) {
        if (parts.start_ns == kMarkStart) return absl::OkStatus();
        const auto summary = SummarisePack(key, value);
        if (!summary.ok()) return summary.status();
        if (summary->model != model) return absl::OkStatus();
        removed += static_cast<int64_t>(summary->observations);
        DeleteRow(parts, batch);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return removed;
}

}  // namespace fovea
