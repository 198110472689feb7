// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pruning: after it neither payloads without owners nor deleted rows are in
// any file. Segments that still mention something gone are rewritten, oldest
// first: what is live is copied into a fresh segment by ordinary commits,
// then the old file is removed. Oldest first, because a delete may only
// vanish when no older file holds the put it undoes. A crash at any point
// leaves a store whose catalogue still follows from its segments.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/segment_copy.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"
#include "store/planted_bug.h"

namespace fovea {
namespace {

constexpr size_t kChunksPerForgetting = 4096;
constexpr uint64_t kNoSegment = UINT64_MAX;

bool EpochsDiffer(Family family, const std::string& old_value,
                  const std::string& now) {
  const absl::StatusOr<DerivedRow> a = DecodeDerivedRow(family, old_value);
  const absl::StatusOr<DerivedRow> b = DecodeDerivedRow(family, now);
  return !a.ok() || !b.ok() || a->epoch != b->epoch;
}

// True when `row` says what must not stay though its key is there. Old
// values of meta and loc rows say nothing private; those of priors and
// observations are rewritten all the time and matter only where the present
// one did not grow out of them.
bool OldValueMatters(const RowChange& row, const std::string& now) {
  if (row.value == now) return false;
  switch (row.family) {
    case Family::kGop:
    case Family::kTime:
    case Family::kFtab:
    case Family::kBlock:
      return true;
    case Family::kPrior:
    case Family::kSem:
    case Family::kSemx:
    case Family::kRes:
    case Family::kDec:
      return row.value.has_value() && EpochsDiffer(row.family, *row.value, now);
    case Family::kMeta:
    case Family::kLoc:
    case Family::kRef:
    case Family::kGcq:
      break;
  }
  return false;
}

// Walks one segment's committed part until something stale turns up.
class StaleFinder {
 public:
  StaleFinder(Catalogue* catalogue, SegmentReader& reader)
      : catalogue_(catalogue), reader_(reader) {}

  absl::StatusOr<bool> Find(uint64_t end) {
    const SegmentVisitor visitor = {
        [this](const RecordHeader& header) { return Visit(header); },
        [](uint64_t, uint64_t, const absl::Status&) {
          return absl::OkStatus();
        }};
    const absl::Status status =
        WalkSegment(reader_, kSegmentHeaderBytes, end, visitor);
    if (found_) return true;
    FOVEA_RETURN_IF_ERROR(status);
    return false;
  }

 private:
  absl::Status Visit(const RecordHeader& header) {
    FOVEA_ASSIGN_OR_RETURN(found_, header.type == RecordType::kChunk
                                       ? ChunkIsStale(header)
                                       : RowsAreStale(header));
    return found_ ? absl::CancelledError("found") : absl::OkStatus();
  }

  absl::StatusOr<bool> ChunkIsStale(const RecordHeader& header) const {
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(catalogue_, header.chunk));
    return !place.has_value() || place->segment != header.segment ||
           place->offset != header.offset;
  }

  absl::StatusOr<bool> RowsAreStale(const RecordHeader& header) const {
    const absl::StatusOr<std::vector<uint8_t>> payload =
        reader_.ReadPayload(header);
    if (absl::IsDataLoss(payload.status())) return false;
    FOVEA_RETURN_IF_ERROR(payload.status());
    FOVEA_ASSIGN_OR_RETURN(const Journal journal, DecodeJournal(*payload));
    for (const RowChange& row : journal.rows) {
      if (row.is_range()) return true;
      FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> now,
                             catalogue_->Get(row.family, row.key));
      if (!now.has_value() || OldValueMatters(row, *now)) return true;
    }
    return false;
  }

  Catalogue* const catalogue_;
  SegmentReader& reader_;
  bool found_ = false;
};

absl::StatusOr<SegmentState> StateOf(Catalogue* catalogue, uint64_t segment) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         catalogue->Get(Family::kMeta, SegmentKey(segment)));
  if (value.has_value()) return DecodeSegmentState(*value);
  return absl::DataLossError(absl::StrCat("catalogue: no row of segment ",
                                          segment,
                                          "; run `fovea doctor --rebuild`"));
}

absl::StatusOr<std::vector<WaitingKeyParts>> ReadWaiting(
    Catalogue* catalogue, const std::string& after) {
  std::vector<WaitingKeyParts> waiting;
  absl::Status bad;
  FOVEA_RETURN_IF_ERROR(catalogue->Scan(
      Family::kGcq, after, "", [&](std::string_view key, std::string_view) {
        const absl::StatusOr<WaitingKeyParts> parts = ParseWaitingKey(key);
        bad.Update(parts.status());
        if (bad.ok()) waiting.push_back(*parts);
        return bad.ok() && waiting.size() < kChunksPerForgetting;
      }));
  FOVEA_RETURN_IF_ERROR(bad);
  return waiting;
}

}  // namespace

absl::StatusOr<PruneReport> SegmentStore::Prune() {
  absl::MutexLock maintenance(&maintenance_mutex_);
  FOVEA_RETURN_IF_ERROR(BeginPrune());
  PruneReport report;
  FOVEA_RETURN_IF_ERROR(ForgetUnowned(PurgeDue::kAtOnce, &report));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<uint64_t> stale,
                         FindStaleSegments());
  // Those that are not stale say nothing of what is gone.
  FOVEA_RETURN_IF_ERROR(Rewrite(stale, kNoSegment, PurgeDue::kAtOnce, &report));
  FOVEA_ASSIGN_OR_RETURN(report.readers, Readers());
  if (report.readers.empty()) FOVEA_RETURN_IF_ERROR(PurgeIfOwed());
  FillBallast();
  return report;
}

absl::StatusOr<PruneReport> SegmentStore::Reclaim(
    const ReclaimOptions& options) {
  absl::MutexLock maintenance(&maintenance_mutex_);
  FOVEA_RETURN_IF_ERROR(BeginPrune());
  PruneReport report;
  FOVEA_RETURN_IF_ERROR(ForgetUnowned(PurgeDue::kWithNextPrune, &report));
  FOVEA_ASSIGN_OR_RETURN(std::vector<SegmentSpace> spaces, MeasureSegments({}));
  std::vector<uint64_t> chosen;
  for (const SegmentSpace& space : ChooseSegments(std::move(spaces), options)) {
    chosen.push_back(space.segment);
  }
  FOVEA_ASSIGN_OR_RETURN(const uint64_t oldest_staying,
                         OldestOtherThan(chosen));
  FOVEA_RETURN_IF_ERROR(
      Rewrite(chosen, oldest_staying, PurgeDue::kWithNextPrune, &report));
  FOVEA_ASSIGN_OR_RETURN(report.readers, Readers());
  FillBallast();
  return report;
}

absl::Status SegmentStore::BeginPrune() {
  {
    absl::MutexLock lock(&commit_mutex_);
    FOVEA_RETURN_IF_ERROR(CheckWritable());
  }
  return FinishRetired(parts_.options.file_system, folder_, catalogue_);
}

absl::Status SegmentStore::Rewrite(const std::vector<uint64_t>& segments,
                                   uint64_t oldest_staying, PurgeDue due,
                                   PruneReport* report) {
  if (segments.empty()) return absl::OkStatus();
  FOVEA_RETURN_IF_ERROR(OwePurge(due));
  FOVEA_RETURN_IF_ERROR(BeginFreshSegment());
  std::vector<uint64_t> retired;
  for (const uint64_t segment : segments) {
    const bool keep_tombstones = oldest_staying < segment;
    if (IsPlanted(PlantedBug::kPruneBeforeCopy)) {
      FOVEA_ASSIGN_OR_RETURN(const SegmentHeader file, folder_->Find(segment));
      FOVEA_RETURN_IF_ERROR(
          parts_.options.file_system->Remove(folder_->PathOf(file)));
    }
    const uint64_t copied = report->bytes_copied;
    FOVEA_ASSIGN_OR_RETURN(const bool whole,
                           CopyForward(segment, keep_tombstones, report));
    if (whole) {
      FOVEA_RETURN_IF_ERROR(Retire(segment));
      retired.push_back(segment);
    } else {
      oldest_staying = std::min(oldest_staying, segment);
    }
    // What copies took comes back before more is copied. Segments nothing of
    // which was wanted go together: each time costs a flush.
    if (report->bytes_copied > copied) {
      FOVEA_RETURN_IF_ERROR(RemoveRetired(&retired, report));
    }
  }
  FOVEA_RETURN_IF_ERROR(RemoveRetired(&retired, report));
  report->bytes_freed -= std::min(report->bytes_freed, report->bytes_copied);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> SegmentStore::OldestOtherThan(
    const std::vector<uint64_t>& segments) const {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue_));
  for (const auto& [id, state] : states) {
    if (!state.retired && !std::ranges::binary_search(segments, id)) return id;
  }
  return kNoSegment;
}

absl::Status SegmentStore::OwePurge(PurgeDue due) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> owed,
                         catalogue_->Get(Family::kMeta, kPurgeOwedKey));
  const std::string value(1, static_cast<char>(due));
  if (owed.has_value() && *owed >= value) return absl::OkStatus();
  return catalogue_->Write(
      {{Family::kMeta, std::string(kPurgeOwedKey), value}});
}

absl::Status SegmentStore::EndErasure() {
  absl::MutexLock maintenance(&maintenance_mutex_);
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> owed,
                         catalogue_->Get(Family::kMeta, kPurgeOwedKey));
  const std::string at_once(1, static_cast<char>(PurgeDue::kAtOnce));
  if (owed != at_once) return absl::OkStatus();
  FOVEA_ASSIGN_OR_RETURN(const std::vector<ReaderHold> readers, Readers());
  return readers.empty() ? PurgeIfOwed() : absl::OkStatus();
}

absl::Status SegmentStore::PurgeIfOwed() {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> owed,
                         catalogue_->Get(Family::kMeta, kPurgeOwedKey));
  if (!owed.has_value()) return absl::OkStatus();
  // Readers may have gone since a segment had to wait.
  FOVEA_RETURN_IF_ERROR(
      FinishRetired(parts_.options.file_system, folder_, catalogue_));
  FOVEA_ASSIGN_OR_RETURN(const bool purged, catalogue_->PurgeDeleted());
  if (!purged) return absl::OkStatus();  // owed until the next prune
  FOVEA_RETURN_IF_ERROR(catalogue_->Write(
      {{Family::kMeta, std::string(kPurgeOwedKey), std::nullopt}}));
  return catalogue_->Flush();
}

absl::Status SegmentStore::ForgetUnowned(PurgeDue due, PruneReport* report) {
  std::string after;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const std::vector<WaitingKeyParts> waiting,
                           ReadWaiting(catalogue_, after));
    if (waiting.empty()) return absl::OkStatus();
    FOVEA_RETURN_IF_ERROR(OwePurge(due));
    absl::MutexLock lock(&commit_mutex_);
    CommitPlan plan;
    for (const auto& [epoch, id] : waiting) {
      after = WaitingKey(epoch, id) + '\0';
      FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                             ReadPlace(catalogue_, id));
      FOVEA_ASSIGN_OR_RETURN(
          const bool owned,
          HasOwner(catalogue_, id, [](std::string_view) { return false; }));
      // Put again since it was listed, perhaps: it stays.
      if (owned || !place.has_value() || place->waiting_since != epoch) {
        continue;
      }
      plan.rows.push_back({Family::kLoc, PlaceKey(id), std::nullopt});
      plan.rows.push_back({Family::kGcq, WaitingKey(epoch, id), std::nullopt});
      report->chunks_removed += 1;
    }
    if (!plan.rows.empty())
      FOVEA_RETURN_IF_ERROR(Write(&plan, Room::kMayTakeBallast));
  }
}

absl::StatusOr<std::vector<uint64_t>> SegmentStore::FindStaleSegments() {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue_));
  std::vector<uint64_t> stale;
  for (const auto& [id, state] : states) {
    if (state.retired) continue;            // waits for its readers
    if (!folder_->Find(id).ok()) continue;  // Verify() names it
    FOVEA_ASSIGN_OR_RETURN(const auto reader, folder_->Reader(id));
    FOVEA_ASSIGN_OR_RETURN(const bool found,
                           StaleFinder(catalogue_, *reader).Find(state.end));
    if (found) stale.push_back(id);
  }
  return stale;
}

absl::Status SegmentStore::BeginFreshSegment() {
  // An empty commit: whatever goes, the newest segment holds the newest
  // sequence. No segment is appended to that may be among those that go.
  absl::MutexLock lock(&commit_mutex_);
  for (auto& [retention_class, log] : logs_) log.Seal();
  CommitPlan plan;
  return Write(&plan, Room::kMayTakeBallast);
}

absl::StatusOr<bool> SegmentStore::CopyForward(uint64_t segment,
                                               bool keep_tombstones,
                                               PruneReport* report) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentState state,
                         StateOf(catalogue_, segment));
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, folder_->Find(segment));
  FOVEA_ASSIGN_OR_RETURN(const auto reader, folder_->Reader(segment));
  const CopyOrigin origin = {segment, header.retention_class, keep_tombstones};
  SegmentCopier copier(catalogue_, *reader,
                       [&](const CopyCandidates& candidates) {
                         return WriteCopies(candidates, origin, report);
                       });
  FOVEA_ASSIGN_OR_RETURN(const bool whole, copier.Copy(state.end));
  if (!keep_tombstones) return whole;
  for (const RowChange& range : copier.TakeRanges()) {
    FOVEA_RETURN_IF_ERROR(CopyRange(range, origin, report));
  }
  return whole;
}

absl::Status SegmentStore::WriteCopies(const CopyCandidates& candidates,
                                       const CopyOrigin& origin,
                                       PruneReport* report) {
  absl::MutexLock lock(&commit_mutex_);
  LetCommitsGoFirst();
  FOVEA_ASSIGN_OR_RETURN(auto plans, PlanCopy(catalogue_, candidates, origin));
  for (auto& [retention_class, plan] : plans) {
    report->bytes_copied += plan.PayloadBytes() + JournalBytes(plan.rows);
    FOVEA_RETURN_IF_ERROR(Write(&plan, Room::kMayTakeBallast));
  }
  return absl::OkStatus();
}

absl::Status SegmentStore::CopyRange(const RowChange& range,
                                     const CopyOrigin& origin,
                                     PruneReport* report) {
  for (std::string begin = range.key; begin < range.range_end;) {
    absl::MutexLock lock(&commit_mutex_);
    LetCommitsGoFirst();
    FOVEA_ASSIGN_OR_RETURN(CommitPlan plan,
                           PlanRangeCopy(catalogue_, range, &begin));
    plan.retention_class = origin.retention_class;
    report->bytes_copied += JournalBytes(plan.rows);
    FOVEA_RETURN_IF_ERROR(Write(&plan, Room::kMayTakeBallast));
  }
  return absl::OkStatus();
}

absl::Status SegmentStore::Retire(uint64_t segment) {
  FOVEA_ASSIGN_OR_RETURN(SegmentState state, StateOf(catalogue_, segment));
  state.retired = true;
  return catalogue_->Write(
      {{Family::kMeta, SegmentKey(segment), EncodeSegmentState(state)}});
}

absl::Status SegmentStore::RemoveRetired(std::vector<uint64_t>* retired,
                                         PruneReport* report) {
  if (retired->empty()) return absl::OkStatus();
  std::vector<uint64_t> bytes;
  for (const uint64_t segment : *retired) {
    FOVEA_ASSIGN_OR_RETURN(bytes.emplace_back(), folder_->FileBytes(segment));
  }
  FOVEA_RETURN_IF_ERROR(
      FinishRetired(parts_.options.file_system, folder_, catalogue_));
  for (size_t i = 0; i < retired->size(); ++i) {
    if (folder_->Find((*retired)[i]).ok()) {
      report->segments_waiting += 1;
      continue;
    }
    report->segments_removed += 1;
    report->bytes_freed += bytes[i];
  }
  retired->clear();
  return absl::OkStatus();
}

}  // namespace fovea
