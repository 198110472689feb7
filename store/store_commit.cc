// SPDX-License-Identifier: GPL-2.0-or-later
//
// Committing. The order is the promise: payloads and journal appended,
// segment synced, folder synced when the file is new, and only then rows in
// the catalogue and OK. The catalogue brings them to disk when it likes: the
// journal has them.

#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr int64_t kHourNs = 3'600'000'000'000;

// Floor, so that hours before 1970 are whole ones too.
int64_t HourOf(int64_t ns) {
  const int64_t hour = ns / kHourNs;
  return ns % kHourNs < 0 ? hour - 1 : hour;
}

// What a commit adds to its segment, snapshot of a new one aside.
uint64_t SegmentBytes(const CommitPlan& plan) {
  return plan.PayloadBytes() + kRecordOverhead * (plan.chunks.size() + 1) +
         JournalBytes(plan.rows);
}

}  // namespace

SegmentStore::SegmentStore(Parts parts, const Recovered& recovered)
    : parts_(std::move(parts)),
      catalogue_(parts_.catalogue.get()),
      folder_(parts_.folder.get()),
      log_(parts_.options.file_system, folder_, parts_.format.id,
           parts_.options.segment_bytes),
      last_sequence_(recovered.last_sequence) {
  absl::MutexLock lock(&commit_mutex_);
  if (parts_.options.read_only) {
    refused_ = absl::FailedPreconditionError("the store is open read-only");
  }
}

SegmentStore::~SegmentStore() {
  absl::MutexLock lock(&commit_mutex_);
  if (!refused_.ok() || !committed_ || log_.needs_roll_back()) return;
  // A commit that another one follows is known to have been synced, so that
  // damage to it is never taken for a torn end and cut. Hence an empty one,
  // whose own loss does not matter.
  const std::string journal = EncodeJournal({last_sequence_ + 1, {}});
  if (!log_.AppendJournal(last_sequence_ + 1, BytesOf(journal)).ok()) {
    log_.RollBack().IgnoreError();
  }
}

absl::Status SegmentStore::ResumeLog(const Recovered& recovered) {
  absl::MutexLock lock(&commit_mutex_);
  if (!recovered.open_segment.has_value()) return absl::OkStatus();
  log_.set_next_id(*recovered.open_segment + 1);
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header,
                         folder_->Find(*recovered.open_segment));
  return log_.Resume(header, recovered.open_state);
}

absl::StatusOr<CommitReceipt> SegmentStore::Commit(CommitBatch batch) {
  absl::MutexLock lock(&commit_mutex_);
  FOVEA_RETURN_IF_ERROR(CheckWritable());
  if (batch.empty()) return CommitReceipt{.sequence = last_sequence_};
  CommitPlanner planner(
      catalogue_, [this](const ChunkId& id) { return ReadChunk(id); },
      last_sequence_ + 1);
  for (const auto& drop : DropsOf(batch)) {
    FOVEA_RETURN_IF_ERROR(CheckChunk({}, drop.owner));
    FOVEA_RETURN_IF_ERROR(planner.Drop(drop.id, drop.owner));
  }
  for (const auto& chunk : ChunksOf(batch)) {
    FOVEA_RETURN_IF_ERROR(CheckChunk(chunk.payload, chunk.owner));
    FOVEA_RETURN_IF_ERROR(planner.Put(chunk.id, chunk.payload, chunk.owner));
  }
  for (auto& row : RowsOf(batch)) {
    FOVEA_RETURN_IF_ERROR(CheckRow({row.family, row.key, row.value}));
    planner.Change(row.family, std::move(row.key), std::move(row.value));
  }
  FOVEA_ASSIGN_OR_RETURN(CommitPlan plan, planner.Finish());
  FOVEA_RETURN_IF_ERROR(CheckPriors(catalogue_, plan));
  FOVEA_RETURN_IF_ERROR(Write(&plan, kStoreLimits.reserve_bytes));
  plan.receipt.sequence = last_sequence_;
  return plan.receipt;
}

absl::Status SegmentStore::CheckWritable() const { return refused_; }

absl::Status SegmentStore::Write(CommitPlan* plan, uint64_t reserve) {
  FOVEA_RETURN_IF_ERROR(CheckWritable());
  FOVEA_RETURN_IF_ERROR(CheckPlan(*plan));
  FOVEA_RETURN_IF_ERROR(log_.RollBack());  // owed by a commit that failed
  FOVEA_RETURN_IF_ERROR(CheckSpace(SegmentBytes(*plan) + reserve));
  const uint64_t sequence = last_sequence_ + 1;
  if (absl::Status status = AppendRecords(plan, sequence); !status.ok()) {
    log_.RollBack().IgnoreError();  // tried again before the next commit
    return status;
  }
  if (absl::Status status = log_.MakeDurable(); !status.ok()) {
    // The pages may be clean in memory and absent on disk; take them back
    // so that no later open builds on them.
    log_.RollBack().IgnoreError();
    return Refuse(status);
  }
  AddCommitRows(sequence, log_.segment_id(), log_.state(), &plan->rows);
  if (absl::Status status = catalogue_->Write(plan->rows); !status.ok()) {
    // It may or may not hold the commit now: only recovery can tell.
    Refuse(status).IgnoreError();
    return status;
  }
  log_.Accept();
  last_sequence_ = sequence;
  committed_ = true;
  return absl::OkStatus();
}

absl::Status SegmentStore::AppendRecords(CommitPlan* plan, uint64_t sequence) {
  const int64_t hour = HourOf(parts_.options.now_ns());
  if (log_.NeedsNewSegment(SegmentBytes(*plan), hour)) {
    FOVEA_RETURN_IF_ERROR(StartSegment(sequence - 1, hour));
  }
  for (const NewChunk& chunk : plan->chunks) {
    FOVEA_ASSIGN_OR_RETURN(ChunkPlace place,
                           log_.AppendChunk(chunk.id, chunk.payload));
    place.waiting_since = chunk.waiting_since;
    plan->rows.push_back(
        {Family::kLoc, PlaceKey(chunk.id), EncodePlace(place)});
  }
  const std::string journal = EncodeJournal({sequence, plan->rows});
  return log_.AppendJournal(sequence, BytesOf(journal));
}

absl::Status SegmentStore::StartSegment(uint64_t sequence, int64_t hour) {
  FOVEA_ASSIGN_OR_RETURN(std::vector<RowChange> rows,
                         ReadSnapshotRows(catalogue_));
  if (JournalBytes(rows) > kStoreLimits.journal_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("meta and prior rows of ", JournalBytes(rows),
                     " bytes exceed the limit of ", kStoreLimits.journal_bytes,
                     " for a segment's snapshot"));
  }
  const std::string snapshot = EncodeJournal({sequence, std::move(rows)});
  return log_.StartSegment(hour, sequence, BytesOf(snapshot));
}

absl::Status SegmentStore::CheckSpace(uint64_t bytes) const {
  FOVEA_ASSIGN_OR_RETURN(const uint64_t free,
                         parts_.options.file_system->FreeBytes(parts_.path));
  if (free >= bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "store '", parts_.path, "': disk full: ", free, " bytes free, ", bytes,
      " needed; free some, or remove "
      "streams and prune"));
}

absl::Status SegmentStore::Refuse(const absl::Status& why) {
  refused_ = absl::FailedPreconditionError(absl::StrCat(
      "store '", parts_.path,
      "' is read-only until reopened: ", std::string(why.message())));
  return refused_;
}

}  // namespace fovea
