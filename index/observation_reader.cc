// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows come by the start of their first observation. A pack is kept open
// until the rows have got past its last one, and what the open ones hold is
// merged.

#include "index/observation_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "index/span_mark.h"

namespace fovea {
namespace {

// Tells observations of one stream and label apart.
using Place = std::pair<int64_t, uint64_t>;  // start, track

// A pack some of whose observations are still to come.
struct OpenPack {
  ObservationPack pack;
  size_t at = 0;
  uint64_t row = 0;  // greater: came later

  Place place() const { return {pack[at].start_ns, pack[at].track}; }
  // For a heap: what comes first is on top. Of equals the one of the later
  // row, which stands before the others.
  static bool IsBehind(const OpenPack& a, const OpenPack& b) {
    return std::tuple(b.place(), a.row) < std::tuple(a.place(), b.row);
  }
};

// Goes over the rows of a selection once.
class SelectionWalk {
 public:
  SelectionWalk(const ObservationSelection& selection,
                const PackedVisitor& visit)
      : selection_(selection), visit_(visit) {}

  // Leaves out what is listed before.
  void StartAt(ObservationKeyParts cursor) { cursor_ = std::move(cursor); }

  absl::Status Run(StoreReader* reader) {
    const ObservationSelection& s = selection_;
    std::string begin = s.label.empty() ? StreamPrefix(s.stream)
                                        : ObservationPrefix(s.stream, s.label);
    const std::string end = s.label.empty()
                                ? StreamPrefix(s.stream + 1)
                                : ObservationPrefixEnd(s.stream, s.label);
    if (cursor_) begin = ObservationPrefix(s.stream, cursor_->label);
    while (!begin.empty()) {
      skip_to_.clear();
      const absl::Status scanned =
          reader->Scan(Family::kSem, begin, end,
                       [this](std::string_view key, std::string_view value) {
                         return Row(key, value);
                       });
      if (!scanned.ok()) return scanned;
      if (!status_.ok()) return status_;
      begin = skip_to_;
    }
    if (!stopped_) EmitAll();
    return status_;
  }

 private:
  // False ends the scan; it goes on at skip_to_, if anywhere.
  bool Row(std::string_view key, std::string_view value) {
    auto parts = ParseObservationKey(key);
    if (!parts.ok()) return Fail(parts.status());
    if (parts->label != label_ && !BeginLabel(*parts)) return false;
    if (parts->start_ns == kMarkStart) {
      marked_span_ = std::max(marked_span_, parts->track);
      return true;
    }
    if (parts->start_ns < Earliest()) {
      skip_to_ = ObservationPrefix(parts->stream, label_, Earliest());
      return false;
    }
    if (parts->start_ns >= selection_.to_ns) {
      skip_to_ = ObservationPrefixEnd(parts->stream, label_);
      return false;
    }
    return EmitBefore({parts->start_ns, parts->track}) && Open(key, value);
  }

  bool BeginLabel(ObservationKeyParts& parts) {
    if (!EmitAll()) return false;
    if (cursor_ && cursor_->label != parts.label) cursor_.reset();
    label_ = std::move(parts.label);
    marked_span_ = 0;
    return true;
  }

  // Rows that begin before hold nothing that is selected.
  int64_t Earliest() const {
    const int64_t by_time = EarliestStart(selection_.from_ns, marked_span_);
    if (!cursor_) return by_time;
    return std::max(by_time, EarliestHolder(cursor_->start_ns, marked_span_));
  }

  bool Open(std::string_view key, std::string_view value) {
    const auto summary = SummarisePack(key, value);
    if (!summary.ok()) return Fail(summary.status());
    if (summary->until_ns <= selection_.from_ns) return true;
    auto pack = ObservationPack::Decode(key, value);
    if (!pack.ok()) return Fail(pack.status());
    Push({*std::move(pack), 0, ++rows_});
    return true;
  }

  // Puts it among the open ones, unless nothing of it is left.
  void Push(OpenPack open) {
    while (open.at < open.pack.size() && !IsSelected(open)) ++open.at;
    if (open.at == open.pack.size()) return;
    open_.push_back(std::move(open));
    std::ranges::push_heap(open_, OpenPack::IsBehind);
  }

  bool IsSelected(const OpenPack& open) const {
    const ObservationPack::Entry& entry = open.pack[open.at];
    if (cursor_ && open.place() < Place{cursor_->start_ns, cursor_->track}) {
      return false;
    }
    return HoldsWithin(entry.start_ns, entry.end_ns, selection_.from_ns,
                       selection_.to_ns);
  }

  bool EmitAll() {
    while (!open_.empty()) {
      if (!EmitTop()) return false;
    }
    last_.reset();
    return true;
  }

  bool EmitBefore(const Place& end) {
    while (!open_.empty() && open_.front().place() < end) {
      if (!EmitTop()) return false;
    }
    return true;
  }

  bool EmitTop() {
    std::ranges::pop_heap(open_, OpenPack::IsBehind);
    OpenPack top = std::move(open_.back());
    open_.pop_back();
    const Place place = top.place();
    if (last_ != place && !visit_(top.pack, top.at)) {
      stopped_ = true;
      return false;
    }
    last_ = place;
    ++top.at;
    Push(std::move(top));
    return true;
  }

  bool Fail(const absl::Status& status) {
    status_ = status;
    return false;
  }

  const ObservationSelection& selection_;
  const PackedVisitor& visit_;
  std::optional<ObservationKeyParts> cursor_;
  std::string label_;
  uint64_t marked_span_ = 0;
  std::vector<OpenPack> open_;  // a heap
  uint64_t rows_ = 0;
  std::optional<Place> last_;  // visited
  std::string skip_to_;
  bool stopped_ = false;
  absl::Status status_;
};

absl::Status CheckSelection(const ObservationSelection& selection) {
  if (selection.label.empty() || IsLabel(selection.label)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("label of ", selection.label.size(), " bytes: at most ",
                   kRowLimits.max_label_bytes, ", without NUL"));
}

absl::StatusOr<ObservationKeyParts> ParseCursor(
    const ObservationSelection& selection, std::string_view cursor) {
  auto parts = ParseObservationKey(cursor);
  if (parts.ok() && parts->stream == selection.stream &&
      (selection.label.empty() || selection.label == parts->label)) {
    return parts;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("stream ", selection.stream,
                   ": the cursor belongs to another list of observations"));
}

std::string CursorAt(const ObservationPack& pack, size_t i) {
  return ObservationKey(pack.stream(), pack.label(), pack[i].start_ns,
                        pack[i].track);
}

// Adds up what rows from `begin` to `end` hold.
absl::StatusOr<std::vector<LabelCount>> CountRows(StoreReader* reader,
                                                  std::string_view begin,
                                                  std::string_view end) {
  std::map<std::string, int64_t> counts;
  absl::Status damage;
  const absl::Status scanned =
      reader->Scan(Family::kSem, begin, end,
                   [&](std::string_view key, std::string_view value) {
                     auto parts = ParseObservationKey(key);
                     damage = parts.status();
                     if (!parts.ok()) return false;
                     if (parts->start_ns == kMarkStart) return true;
                     const auto summary = SummarisePack(key, value);
                     damage = summary.status();
                     if (!summary.ok()) return false;
                     counts[std::move(parts->label)] +=
                         static_cast<int64_t>(summary->observations);
                     return true;
                   });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  std::vector<LabelCount> labels;
  for (auto& [label, count] : counts) labels.push_back({label, count});
  return labels;
}

}  // namespace

absl::Status VisitPacked(StoreReader* reader,
                         const ObservationSelection& selection,
                         const PackedVisitor& visit) {
  if (absl::Status s = CheckSelection(selection); !s.ok()) return s;
  return SelectionWalk(selection, visit).Run(reader);
}

absl::Status VisitObservations(StoreReader* reader,
                               const ObservationSelection& selection,
                               const ObservationVisitor& visit) {
  absl::Status damage;
  const absl::Status status = VisitPacked(
      reader, selection, [&](const ObservationPack& pack, size_t i) {
        const auto observation = pack.At(i);
        damage = observation.status();
        return observation.ok() && visit(*observation);
      });
  return status.ok() ? damage : status;
}

absl::StatusOr<int64_t> CountObservations(
    StoreReader* reader, const ObservationSelection& selection) {
  int64_t count = 0;
  const absl::Status status =
      VisitPacked(reader, selection, [&](const ObservationPack&, size_t) {
        ++count;
        return true;
      });
  if (!status.ok()) return status;
  return count;
}

absl::StatusOr<ObservationPage> ListObservations(
    StoreReader* reader, const ObservationSelection& selection, size_t limit,
    std::string_view cursor) {
  if (absl::Status s = CheckSelection(selection); !s.ok()) return s;
  ObservationPage page;
  absl::Status damage;
  const PackedVisitor visit = [&](const ObservationPack& pack, size_t i) {
    if (page.observations.size() == limit) {
      page.next = CursorAt(pack, i);
      return false;
    }
    auto observation = pack.At(i);
    damage = observation.status();
    if (!observation.ok()) return false;
    page.observations.push_back(*std::move(observation));
    return true;
  };
  SelectionWalk walk(selection, visit);
  if (!cursor.empty()) {
    auto parts = ParseCursor(selection, cursor);
    if (!parts.ok()) return parts.status();
    walk.StartAt(*std::move(parts));
  }
  absl::Status status = walk.Run(reader);
  status.Update(damage);
  if (!status.ok()) return status;
  return page;
}

absl::StatusOr<std::vector<LabelCount>> ListLabels(StoreReader* reader,
                                                   StreamId stream) {
  return CountRows(reader, StreamPrefix(stream), StreamPrefix(stream + 1));
}

absl::StatusOr<std::vector<LabelCount>> ListLabels(StoreReader* reader) {
  return CountRows(reader, "", "");
}

}  // namespace fovea
