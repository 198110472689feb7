// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of the family sem.

#include "index/observations.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

void PutObservation(const Observation& observation, uint64_t epoch,
                    CommitBatch* batch) {
  batch->PutRow(Family::kSem, KeyOf(observation),
                EncodeObservationRow({epoch, EncodeObservation(observation)}));
}

// Where the keys of a selection begin and end.
struct KeyRange {
  explicit KeyRange(const ObservationSelection& s)
      : begin(s.label.empty() ? StreamPrefix(s.stream)
                              : ObservationPrefix(s.stream, s.label)),
        end(s.label.empty() ? StreamPrefix(s.stream + 1)
                            : ObservationPrefixEnd(s.stream, s.label)) {}
  std::string begin;
  std::string end;
};

// Fills one page. Rows of a label are by start, and none is longer than an
// hour, so most of those outside the range are never looked at.
class PageReader {
 public:
  PageReader(const ObservationSelection& selection, size_t limit)
      : selection_(selection), limit_(limit) {
    const int64_t longest = kObservationLimits.max_length_ns;
    earliest_ns_ = selection.from_ns < INT64_MIN + longest
                       ? INT64_MIN
                       : selection.from_ns - longest;
  }

  absl::StatusOr<ObservationPage> Read(Store* store, std::string begin,
                                       const std::string& end) {
    while (!begin.empty()) {
      skip_to_.clear();
      const absl::Status scanned =
          store->Scan(Family::kSem, begin, end,
                      [this](std::string_view key, std::string_view value) {
                        return Visit(key, value);
                      });
      if (!scanned.ok()) return scanned;
      if (!damage_.ok()) return damage_;
      begin = skip_to_;
    }
    return std::move(page_);
  }

 private:
  // False ends the scan; it goes on at skip_to_, if anywhere.
  bool Visit(std::string_view key, std::string_view value) {
    const auto parts = ParseObservationKey(key);
    damage_ = parts.status();
    if (!parts.ok()) return false;
    if (parts->start_ns < earliest_ns_) {
      skip_to_ = ObservationPrefix(parts->stream, parts->label, earliest_ns_);
      return false;
    }
    if (parts->start_ns >= selection_.to_ns) {
      skip_to_ = ObservationPrefixEnd(parts->stream, parts->label);
      return false;
    }
    return Add(key, value);
  }

  bool Add(std::string_view key, std::string_view value) {
    auto observation = DecodeObservation(key, value);
    damage_ = observation.status();
    if (!observation.ok()) return false;
    if (!TouchesTime(observation->start_ns, observation->end_ns,
                     selection_.from_ns, selection_.to_ns)) {
      return true;
    }
    if (page_.observations.size() == limit_) {
      page_.next = std::string(key);
      return false;
    }
    page_.observations.push_back(*std::move(observation));
    return true;
  }

  const ObservationSelection& selection_;
  const size_t limit_;
  int64_t earliest_ns_ = 0;
  ObservationPage page_;
  std::string skip_to_;
  absl::Status damage_;
};

}  // namespace

absl::Status Observations::Put(const Observation& observation,
                               CommitBatch* batch) const {
  if (absl::Status s = CheckObservation(observation); !s.ok()) return s;
  const auto epoch = store_->EpochFor(Family::kSem, KeyOf(observation));
  if (!epoch.ok()) return epoch.status();
  PutObservation(observation, *epoch, batch);
  return absl::OkStatus();
}

absl::StatusOr<ObservationPage> Observations::List(
    const ObservationSelection& selection, size_t limit,
    std::string_view cursor) const {
  if (!selection.label.empty() && !IsLabel(selection.label)) {
    return absl::InvalidArgumentError(
        absl::StrCat("label of ", selection.label.size(), " bytes: at most ",
                     kRowLimits.max_label_bytes, ", without NUL"));
  }
  const KeyRange range(selection);
  if (!cursor.empty() && (cursor < range.begin || cursor >= range.end)) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream ", selection.stream,
                     ": the cursor belongs to another list of observations"));
  }
  return PageReader(selection, limit)
      .Read(store_, cursor.empty() ? range.begin : std::string(cursor),
            range.end);
}

absl::StatusOr<std::vector<LabelCount>> Observations::Labels(
    StreamId stream) const {
  std::vector<LabelCount> labels;
  absl::Status damage;
  const absl::Status scanned = store_->Scan(
      Family::kSem, StreamPrefix(stream), StreamPrefix(stream + 1),
      [&](std::string_view key, std::string_view) {
        auto parts = ParseObservationKey(key);
        damage = parts.status();
        if (!parts.ok()) return false;
        if (labels.empty() || labels.back().label != parts->label) {
          labels.push_back({std::move(parts->label), 0});
        }
        ++labels.back().observations;
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  return labels;
}

absl::StatusOr<ObservationCuts> Observations::Cut(
    StreamId stream, std::span<const IndexSpan> removed,
    CommitBatch* batch) const {
  ObservationCuts cuts;
  absl::Status damage;
  const absl::Status scanned =
      store_->Scan(Family::kSem, StreamPrefix(stream), StreamPrefix(stream + 1),
                   [&](std::string_view key, std::string_view value) {
                     const auto whole = DecodeObservation(key, value);
                     damage = whole.status();
                     if (!whole.ok()) return false;
                     const auto parts = WithoutSpans(*whole, removed);
                     if (parts.size() == 1 && parts[0] == *whole) return true;
                     ++(parts.empty() ? cuts.removed : cuts.trimmed);
                     if (batch == nullptr) return true;
                     batch->DeleteRow(Family::kSem, key);
                     // A part may have the key of the whole, whose values must
                     // go.
                     for (const Observation& part : parts) {
                       PutObservation(part, store_->NewEpoch(), batch);
                     }
                     return true;
                   });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  return cuts;
}

absl::StatusOr<ObservationCuts> Observations::RemoveAll(
    StreamId stream, CommitBatch* batch) const {
  ObservationCuts cuts;
  const absl::Status scanned =
      store_->Scan(Family::kSem, StreamPrefix(stream), StreamPrefix(stream + 1),
                   [&](std::string_view key, std::string_view) {
                     ++cuts.removed;
                     if (batch != nullptr) batch->DeleteRow(Family::kSem, key);
                     return true;
                   });
  if (!scanned.ok()) return scanned;
  return cuts;
}

}  // namespace fovea
