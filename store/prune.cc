// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pruning: after it neither payloads without owners nor deleted rows are in
// any file. Segments that still mention something gone are rewritten, oldest
// first: what is live is copied into a fresh segment by ordinary commits,
// then the old file is removed. Oldest first, because a delete may only
// vanish when no older file holds the put it undoes. A crash at any point
// leaves a store whose catalogue still follows from its segments.

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr size_t kChunksPerForgetting = 4096;
constexpr uint64_t kBytesPerCopy = 8 << 20;

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

// What of a segment may have to be copied; which of it still has to is
// decided when it is written, under the commit mutex.
struct CopyCandidates {
  struct Chunk {
    RecordHeader header;
    std::vector<uint8_t> payload;
  };
  std::vector<Chunk> chunks;
  std::vector<RowChange> rows;
  uint64_t bytes = 0;

  void Add(const RecordHeader& header, std::vector<uint8_t> payload) {
    bytes += payload.size();
    chunks.push_back({header, std::move(payload)});
  }
  void Add(std::vector<RowChange> changes) {
    bytes += JournalBytes(changes);
    std::ranges::move(changes, std::back_inserter(rows));
  }
};

// True when `row` of segment `from` is still needed to say what is so.
absl::StatusOr<bool> IsCurrent(Catalogue* catalogue, const RowChange& row,
                               uint64_t from, bool keep_tombstones) {
  // The snapshot of the fresh segment holds what is current of these.
  if (IsInSnapshots(row.family) && row.value.has_value()) return false;
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> now,
                         catalogue->Get(row.family, row.key));
  if (now != row.value) return false;
  if (!row.value.has_value()) return keep_tombstones;
  if (row.family != Family::kLoc) return true;
  // A chunk of this very segment gets a new place when it is copied.
  FOVEA_ASSIGN_OR_RETURN(const ChunkPlace place, DecodePlace(*row.value));
  return place.segment != from;
}

absl::StatusOr<CommitPlan> PlanCopy(Catalogue* catalogue,
                                    const CopyCandidates& candidates,
                                    uint64_t from, bool keep_tombstones) {
  CommitPlan plan;
  for (const CopyCandidates::Chunk& chunk : candidates.chunks) {
    const RecordHeader& header = chunk.header;
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(catalogue, header.chunk));
    if (place.has_value() && place->segment == from &&
        place->offset == header.offset) {
      plan.chunks.push_back(
          {header.chunk, chunk.payload, place->waiting_since});
    }
  }
  std::map<std::pair<Family, std::string>, std::optional<std::string>> rows;
  for (const RowChange& row : candidates.rows) {
    FOVEA_ASSIGN_OR_RETURN(const bool current,
                           IsCurrent(catalogue, row, from, keep_tombstones));
    if (current) rows[{row.family, row.key}] = row.value;
  }
  for (auto& [place, value] : rows) {
    plan.rows.push_back({place.first, place.second, std::move(value)});
  }
  return plan;
}

// Reads a segment's candidates and hands them on in bounded portions.
class SegmentCopier {
 public:
  using WriteOut = std::function<absl::Status(const CopyCandidates&)>;

  SegmentCopier(Catalogue* catalogue, SegmentReader& reader, WriteOut write_out)
      : catalogue_(catalogue),
        reader_(reader),
        write_out_(std::move(write_out)) {}

  // False when something could not be read, so the file has to stay.
  absl::StatusOr<bool> Copy(uint64_t end) {
    const SegmentVisitor visitor = {
        [this](const RecordHeader& header) { return Visit(header); },
        [this](uint64_t, uint64_t, const absl::Status&) {
          whole_ = false;
          return absl::OkStatus();
        }};
    FOVEA_RETURN_IF_ERROR(
        WalkSegment(reader_, kSegmentHeaderBytes, end, visitor));
    FOVEA_RETURN_IF_ERROR(WriteCollected());
    return whole_;
  }

 private:
  absl::Status Visit(const RecordHeader& header) {
    if (header.type == RecordType::kSnapshot) return absl::OkStatus();
    if (header.type == RecordType::kChunk) {
      FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                             ReadPlace(catalogue_, header.chunk));
      if (!place.has_value() || place->offset != header.offset ||
          place->segment != header.segment) {
        return absl::OkStatus();
      }
    }
    absl::StatusOr<std::vector<uint8_t>> payload = reader_.ReadPayload(header);
    if (absl::IsDataLoss(payload.status())) {
      whole_ = false;
      return absl::OkStatus();
    }
    FOVEA_RETURN_IF_ERROR(payload.status());
    if (header.type == RecordType::kChunk) {
      collected_.Add(header, *std::move(payload));
    } else {
      FOVEA_ASSIGN_OR_RETURN(Journal journal, DecodeJournal(*payload));
      collected_.Add(std::move(journal.rows));
    }
    return collected_.bytes < kBytesPerCopy ? absl::OkStatus()
                                            : WriteCollected();
  }

  absl::Status WriteCollected() {
    const CopyCandidates portion = std::exchange(collected_, {});
    return write_out_(portion);
  }

  Catalogue* const catalogue_;
  SegmentReader& reader_;
  const WriteOut write_out_;
  CopyCandidates collected_;
  bool whole_ = true;
};

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
  {
    absl::MutexLock lock(&commit_mutex_);
    FOVEA_RETURN_IF_ERROR(CheckWritable());
  }
  PruneReport report;
  FOVEA_RETURN_IF_ERROR(
      FinishRetired(parts_.options.file_system, folder_, catalogue_));
  FOVEA_RETURN_IF_ERROR(ForgetUnowned(&report));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<uint64_t> stale,
                         FindStaleSegments());
  if (!stale.empty()) {
    FOVEA_RETURN_IF_ERROR(OwePurge());
    FOVEA_RETURN_IF_ERROR(BeginFreshSegment());
  }
  bool older_stays = false;
  for (const uint64_t segment : stale) {
    FOVEA_ASSIGN_OR_RETURN(const bool whole,
                           CopyForward(segment, older_stays, &report));
    if (whole) FOVEA_RETURN_IF_ERROR(RemoveSegment(segment, &report));
    older_stays = older_stays || !whole;
  }
  report.bytes_freed -= std::min(report.bytes_freed, report.bytes_copied);
  FOVEA_RETURN_IF_ERROR(PurgeIfOwed());
  return report;
}

absl::Status SegmentStore::OwePurge() {
  return catalogue_->Write(
      {{Family::kMeta, std::string(kPurgeOwedKey), std::string(1, '\1')}});
}

absl::Status SegmentStore::PurgeIfOwed() {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> owed,
                         catalogue_->Get(Family::kMeta, kPurgeOwedKey));
  if (!owed.has_value()) return absl::OkStatus();
  FOVEA_RETURN_IF_ERROR(catalogue_->PurgeDeleted());
  FOVEA_RETURN_IF_ERROR(catalogue_->Write(
      {{Family::kMeta, std::string(kPurgeOwedKey), std::nullopt}}));
  return catalogue_->Flush();
}

absl::Status SegmentStore::ForgetUnowned(PruneReport* report) {
  std::string after;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const std::vector<WaitingKeyParts> waiting,
                           ReadWaiting(catalogue_, after));
    if (waiting.empty()) return absl::OkStatus();
    FOVEA_RETURN_IF_ERROR(OwePurge());
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
    if (!plan.rows.empty()) FOVEA_RETURN_IF_ERROR(Write(&plan, 0));
  }
}

absl::StatusOr<std::vector<uint64_t>> SegmentStore::FindStaleSegments() {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue_));
  std::vector<uint64_t> stale;
  for (const auto& [id, state] : states) {
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
  // sequence.
  absl::MutexLock lock(&commit_mutex_);
  log_.Seal();
  CommitPlan plan;
  return Write(&plan, 0);
}

absl::StatusOr<bool> SegmentStore::CopyForward(uint64_t segment,
                                               bool keep_tombstones,
                                               PruneReport* report) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue_));
  FOVEA_ASSIGN_OR_RETURN(const auto reader, folder_->Reader(segment));
  SegmentCopier copier(
      catalogue_, *reader, [&](const CopyCandidates& candidates) {
        absl::MutexLock lock(&commit_mutex_);
        FOVEA_ASSIGN_OR_RETURN(
            CommitPlan plan,
            PlanCopy(catalogue_, candidates, segment, keep_tombstones));
        if (plan.chunks.empty() && plan.rows.empty()) {
          return absl::OkStatus();
        }
        report->bytes_copied += plan.PayloadBytes() + JournalBytes(plan.rows);
        return Write(&plan, 0);
      });
  return copier.Copy(states.at(segment).end);
}

absl::Status SegmentStore::RemoveSegment(uint64_t segment,
                                         PruneReport* report) {
  FOVEA_ASSIGN_OR_RETURN(SegmentStates states, ReadSegmentStates(catalogue_));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t bytes, folder_->FileBytes(segment));
  SegmentState state = states.at(segment);
  state.retired = true;
  FOVEA_RETURN_IF_ERROR(catalogue_->Write(
      {{Family::kMeta, SegmentKey(segment), EncodeSegmentState(state)}}));
  FOVEA_RETURN_IF_ERROR(
      FinishRetired(parts_.options.file_system, folder_, catalogue_));
  report->segments_removed += 1;
  report->bytes_freed += bytes;
  return absl::OkStatus();
}

}  // namespace fovea
