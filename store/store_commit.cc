// SPDX-License-Identifier: GPL-2.0-or-later
//
// Committing. The order is the promise: payloads and journal appended,
// segment synced, folder synced when the file is new, and only then rows in
// the catalogue and OK. The catalogue brings them to disk when it likes: the
// journal has them.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "store/internal/byte_coding.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"
#include "store/planted_bug.h"

namespace fovea {
namespace {

constexpr int64_t kHourNs = 3'600'000'000'000;
constexpr absl::Duration kLongestTurn = absl::Milliseconds(20);

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
      ballast_(parts_.options.file_system, parts_.path,
               parts_.options.ballast_bytes),
      last_sequence_(recovered.last_sequence) {
  folder_->SetHeld([this]() -> absl::StatusOr<bool> {
    FOVEA_ASSIGN_OR_RETURN(const auto readers, Readers());
    return !readers.empty();
  });
  absl::MutexLock lock(&commit_mutex_);
  if (parts_.options.read_only) {
    refused_ = absl::FailedPreconditionError("the store is open read-only");
  }
}

SegmentStore::~SegmentStore() {
  absl::MutexLock lock(&commit_mutex_);
  if (!refused_.ok() || last_log_ == nullptr || last_log_->needs_roll_back()) {
    return;
  }
  // A commit that another one follows is known to have been synced, so that
  // damage to it is never taken for a torn end and cut. Hence an empty one,
  // whose own loss does not matter.
  const std::string journal = EncodeJournal({last_sequence_ + 1, {}});
  if (!last_log_->AppendJournal(last_sequence_ + 1, BytesOf(journal)).ok()) {
    last_log_->RollBack().IgnoreError();
  }
}

absl::Status SegmentStore::ResumeLogs(const Recovered& recovered) {
  absl::MutexLock lock(&commit_mutex_);
  next_segment_ = recovered.newest_segment + 1;
  for (const auto& [id, state] : recovered.open) {
    FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, folder_->Find(id));
    FOVEA_RETURN_IF_ERROR(LogOf(header.retention_class)->Resume(header, state));
  }
  return absl::OkStatus();
}

void SegmentStore::FillBallast() {
  absl::MutexLock lock(&commit_mutex_);
  ballast_.Fill().IgnoreError();  // a store without one works as well
}

SegmentLog* SegmentStore::LogOf(RetentionClass retention_class) {
  return &logs_
              .try_emplace(retention_class, parts_.options.file_system, folder_,
                           parts_.format.id, retention_class,
                           parts_.options.segment_bytes)
              .first->second;
}

absl::Status SegmentStore::RollBack() {
  for (auto& [retention_class, log] : logs_) {
    FOVEA_RETURN_IF_ERROR(log.RollBack());
  }
  return absl::OkStatus();
}

void SegmentStore::LetCommitsGoFirst() {
  const auto none_waits = [this] { return commits_waiting_ == 0; };
  commit_mutex_.AwaitWithTimeout(absl::Condition(&none_waits), kLongestTurn);
}

absl::StatusOr<CommitReceipt> SegmentStore::Commit(CommitBatch batch) {
  ++commits_waiting_;
  absl::MutexLock lock(&commit_mutex_);
  --commits_waiting_;
  FOVEA_RETURN_IF_ERROR(CheckWritable());
  if (batch.empty()) return CommitReceipt{.sequence = last_sequence_};
  const Room room =
      MakesRoom(batch) ? Room::kMayTakeBallast : Room::kLeavesReserve;
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
    FOVEA_RETURN_IF_ERROR(
        CheckRow({row.family, row.key, row.value, row.range_end}));
    if (row.range_end.empty()) {
      planner.Change(row.family, std::move(row.key), std::move(row.value));
    } else {
      planner.DropRange(row.family, std::move(row.key),
                        std::move(row.range_end));
    }
  }
  FOVEA_ASSIGN_OR_RETURN(CommitPlan plan, planner.Finish());
  plan.retention_class = RetentionClassOf(batch);
  FOVEA_RETURN_IF_ERROR(CheckPriors(catalogue_, plan));
  FOVEA_RETURN_IF_ERROR(Write(&plan, room));
  plan.receipt.sequence = last_sequence_;
  return plan.receipt;
}

bool SegmentStore::MakesRoom(CommitBatch& batch) {
  const bool deletes =
      !DropsOf(batch).empty() ||
      std::ranges::any_of(RowsOf(batch), [](const auto& row) {
        return !row.value.has_value() || !row.range_end.empty();
      });
  return deletes && ChunksOf(batch).empty();
}

absl::Status SegmentStore::CheckWritable() const { return refused_; }

absl::Status SegmentStore::Write(CommitPlan* plan, Room room) {
  FOVEA_RETURN_IF_ERROR(CheckWritable());
  FOVEA_RETURN_IF_ERROR(CheckPlan(*plan));
  FOVEA_RETURN_IF_ERROR(RollBack());  // owed by a commit that failed
  FOVEA_RETURN_IF_ERROR(MakeSpace(SegmentBytes(*plan), room));
  const uint64_t sequence = last_sequence_ + 1;
  SegmentLog* const log = LogOf(plan->retention_class);
  if (absl::Status status = AppendRecords(plan, sequence, log); !status.ok()) {
    log->RollBack().IgnoreError();  // tried again before the next commit
    if (IsPlanted(PlantedBug::kAcknowledgeUnwritten)) return absl::OkStatus();
    return status;
  }
  if (absl::Status status = log->MakeDurable(); !status.ok()) {
    // The pages may be clean in memory and absent on disk; take them back
    // so that no later open builds on them.
    log->RollBack().IgnoreError();
    return Refuse(status);
  }
  AddCommitRows(sequence, log->segment_id(), log->state(), &plan->rows);
  if (absl::Status status = catalogue_->Write(plan->rows); !status.ok()) {
    // It holds all of the commit or nothing. In the first case, and when it
    // cannot say, recovery finds the same.
    const absl::StatusOr<LastCommit> last = ReadLastCommit(catalogue_);
    if (last.ok() && last->sequence < sequence) log->RollBack().IgnoreError();
    Refuse(status).IgnoreError();
    return status;
  }
  if (log->is_new()) next_segment_ = log->segment_id() + 1;
  log->Accept();
  last_sequence_ = sequence;
  last_log_ = log;
  return absl::OkStatus();
}

absl::Status SegmentStore::AppendRecords(CommitPlan* plan, uint64_t sequence,
                                         SegmentLog* log) {
  const int64_t hour = HourOf(parts_.options.now_ns());
  if (log->NeedsNewSegment(SegmentBytes(*plan), hour)) {
    FOVEA_RETURN_IF_ERROR(StartSegment(sequence - 1, hour, log));
  }
  for (const NewChunk& chunk : plan->chunks) {
    FOVEA_ASSIGN_OR_RETURN(ChunkPlace place,
                           log->AppendChunk(chunk.id, chunk.payload));
    place.waiting_since = chunk.waiting_since;
    plan->rows.push_back(
        {Family::kLoc, PlaceKey(chunk.id), EncodePlace(place)});
  }
  const std::string journal = EncodeJournal({sequence, plan->rows});
  return log->AppendJournal(sequence, BytesOf(journal));
}

absl::Status SegmentStore::StartSegment(uint64_t sequence, int64_t hour,
                                        SegmentLog* log) {
  FOVEA_ASSIGN_OR_RETURN(std::vector<RowChange> rows,
                         ReadSnapshotRows(catalogue_));
  if (JournalBytes(rows) > kStoreLimits.journal_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("meta and prior rows of ", JournalBytes(rows),
                     " bytes exceed the limit of ", kStoreLimits.journal_bytes,
                     " for a segment's snapshot"));
  }
  const std::string snapshot = EncodeJournal({sequence, std::move(rows)});
  return log->StartSegment(next_segment_, hour, sequence, BytesOf(snapshot));
}

absl::Status SegmentStore::MakeSpace(uint64_t bytes, Room room) {
  FileSystem* const file_system = parts_.options.file_system;
  if (room == Room::kLeavesReserve) {
    bytes += kStoreLimits.reserve_bytes + ballast_.missing();
  } else {
    FOVEA_RETURN_IF_ERROR(ballast_.ReleaseBelow(bytes));
  }
  FOVEA_ASSIGN_OR_RETURN(const uint64_t free,
                         file_system->FreeBytes(parts_.path));
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
