// SPDX-License-Identifier: GPL-2.0-or-later
//
// Removing what must not be kept: rows and references in one commit, then
// the bytes.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/coding_tables.h"
#include "api/held_spans.h"
#include "api/look_book.h"
#include "api/reuse_removal.h"
#include "api/store.h"
#include "index/observations.h"
#include "store/audit_rows.h"
#include "store/coding_rows.h"

namespace fovea {
namespace {

constexpr char kRemovedReason[] = "removed on request";

bool Touches(int64_t start_ns, int64_t end_ns, TimeRange range) {
  return TouchesTime(start_ns, end_ns, range.from_ns, range.to_ns);
}

struct Removal {
  CommitBatch batch;
  int64_t chunks = 0;
  int64_t samples = 0;
  int64_t bytes = 0;
  int64_t priors = 0;
  ObservationCuts observations;

  void Count(int64_t removed_samples, uint64_t removed_bytes) {
    ++chunks;
    samples += removed_samples;
    bytes += static_cast<int64_t>(removed_bytes);
  }
};

absl::Status RemoveGop(StreamId stream, std::string_view key,
                       std::string_view value, TimeRange range,
                       Removal* removal) {
  absl::StatusOr<GopRow> row = DecodeGopRow(value);
  if (!row.ok()) return row.status();
  absl::StatusOr<GopKeyParts> parts = ParseGopKey(key);
  if (!parts.ok()) return parts.status();
  if (!Touches(row->start_ns, row->start_ns + row->duration_ns, range)) {
    return absl::OkStatus();
  }
  removal->batch.DeleteRow(Family::kGop, key);
  removal->batch.DeleteRow(Family::kFtab, key);
  removal->batch.DeleteRow(Family::kTime,
                           TimeKey(stream, row->start_ns, parts->first_index));
  removal->batch.DropChunk(row->chunk, key);
  // Another view of the same frames (a job was killed) is in no books.
  if (parts->view == 0) removal->Count(row->frames, row->size);
  return absl::OkStatus();
}

absl::Status RemoveBlock(std::string_view key, std::string_view value,
                         TimeRange range, Removal* removal) {
  absl::StatusOr<BlockRow> row = DecodeBlockRow(value);
  if (!row.ok()) return row.status();
  if (!Touches(row->start_ns, row->end_ns + 1, range)) return absl::OkStatus();
  removal->batch.DeleteRow(Family::kBlock, key);
  if (row->is_chunk) removal->batch.DropChunk(row->chunk, key);
  removal->Count(row->samples, row->size());
  return absl::OkStatus();
}

// Keeps the sum: what was stored is now rejected, with its reason.
void MoveCounts(const Removal& removal, StreamCounts* counts) {
  counts->stored -= removal.samples;
  counts->stored_bytes -= removal.bytes;
  counts->chunks -= removal.chunks;
  for (StreamCounts::Reason& reason : counts->rejected) {
    if (reason.why != kRemovedReason) continue;
    reason.samples += removal.samples;
    return;
  }
  counts->rejected.push_back({kRemovedReason, removal.samples});
}

// The stream goes on behind its present end, though that may be what goes:
// indexes are given once.
absl::Status BookRemoval(StreamRegistry* registry, const StreamRow& row,
                         Removal* removal) {
  absl::StatusOr<StreamCounts> counts = registry->BookedCounts(row.id);
  if (!counts.ok()) return counts.status();
  absl::StatusOr<StreamGone> gone = registry->Gone(row.id);
  if (!gone.ok()) return gone.status();
  const absl::StatusOr<StreamExtent> extent = registry->Extent(row);
  if (!extent.ok()) return extent.status();
  MoveCounts(*removal, &*counts);
  gone->end_index = extent->end_index;
  gone->end_block = extent->end_block;
  gone->end_ns = std::max(gone->end_ns, extent->end_ns);
  removal->batch.PutRow(Family::kMeta, StreamCountsKey(row.id),
                        EncodeStreamCounts(*counts));
  removal->batch.PutRow(Family::kMeta, StreamGoneKey(row.id),
                        EncodeStreamGone(*gone));
  return absl::OkStatus();
}

bool IsEverything(TimeRange range) {
  return range.from_ns == INT64_MIN && range.to_ns == INT64_MAX;
}

// What was observed, looked at, answered and decided.
absl::Status RemoveObservations(ChunkStore* store, StreamId stream, bool camera,
                                TimeRange range, Removal* removal) {
  const Observations observations(store);
  absl::StatusOr<ObservationCuts> cuts;
  std::vector<IndexSpan> removed = {{0, UINT64_MAX, INT64_MIN, INT64_MAX}};
  if (IsEverything(range)) {
    cuts = observations.RemoveAll(stream, &removal->batch);
  } else {
    const auto held = HeldSpans(store, stream, camera);
    if (!held.ok()) return held.status();
    removed = SpansTouching(*held, range.from_ns, range.to_ns);
    cuts = observations.Cut(stream, removed, &removal->batch);
  }
  if (!cuts.ok()) return cuts.status();
  removal->observations = *cuts;
  const absl::Status looks =
      ForgetLooks(store, stream, removed, &removal->batch);
  if (!looks.ok()) return looks;
  return ForgetReuse(store, stream, camera, removed, &removal->batch);
}

// A mean cannot be had without the frames that go, so it goes with them and
// is learned again.
absl::Status RemovePriors(ChunkStore* store, StreamId stream,
                          Removal* removal) {
  return store->Scan(Family::kPrior, StreamPrefix(stream),
                     StreamPrefix(stream + 1),
                     [&](std::string_view key, std::string_view) {
                       removal->batch.DeleteRow(Family::kPrior, key);
                       ++removal->priors;
                       return true;
                     });
}

absl::Status RemoveDerived(ChunkStore* store, StreamId stream, bool camera,
                           TimeRange range, Removal* removal) {
  if (absl::Status s =
          RemoveObservations(store, stream, camera, range, removal);
      !s.ok()) {
    return s;
  }
  if (!IsEverything(range) && removal->batch.empty()) return absl::OkStatus();
  return RemovePriors(store, stream, removal);
}

}  // namespace

absl::StatusOr<RemoveReport> Store::Remove(const std::string& stream,
                                           TimeRange range) {
  const absl::ReaderMutexLock lock(&observed_);
  absl::StatusOr<StreamRow> row = registry_.Find(stream);
  if (!row.ok()) return row.status();
  Removal removal;
  absl::Status inner;
  const bool camera = static_cast<StreamKind>(row->kind) == StreamKind::kCamera;
  absl::Status status = chunks_->Scan(
      camera ? Family::kGop : Family::kBlock, StreamPrefix(row->id),
      StreamPrefix(row->id + 1),
      [&](std::string_view key, std::string_view value) {
        inner = camera ? RemoveGop(row->id, key, value, range, &removal)
                       : RemoveBlock(key, value, range, &removal);
        return inner.ok();
      });
  if (!status.ok()) return status;
  if (!inner.ok()) return inner;
  status = RemoveDerived(chunks_.get(), row->id, camera, range, &removal);
  if (!status.ok()) return status;
  if (IsEverything(range)) {
    removal.batch.DeleteRow(Family::kMeta, StreamKey(row->id));
    removal.batch.DeleteRow(Family::kMeta, StreamNameKey(row->name));
    for (const std::string& key :
         {StreamCountsKey(row->id), StreamGoneKey(row->id),
          IngestTimesKey(row->id), StreamClassKey(row->id),
          ClockMapKey(row->id)}) {
      removal.batch.DeleteRow(Family::kMeta, key);
    }
    status = chunks_->Scan(Family::kMeta, AuditPrefix(row->id),
                           AuditPrefix(row->id + 1),
                           [&](std::string_view key, std::string_view) {
                             removal.batch.DeleteRow(Family::kMeta, key);
                             return true;
                           });
    if (!status.ok()) return status;
    status = ForgetTables(chunks_.get(), row->id, &removal.batch);
    if (!status.ok()) return status;
  } else if (removal.samples > 0) {
    status = BookRemoval(&registry_, *row, &removal);
    if (!status.ok()) return status;
  }
  RemoveReport report;
  report.chunks_removed = removal.chunks;
  report.samples_removed = removal.samples;
  report.observations_removed = removal.observations.removed;
  report.observations_trimmed = removal.observations.trimmed;
  report.priors_removed = removal.priors;
  if (removal.batch.empty()) return report;
  absl::StatusOr<CommitReceipt> receipt =
      chunks_->Commit(std::move(removal.batch));
  if (!receipt.ok()) return receipt.status();
  absl::StatusOr<PruneReport> prune = chunks_->Prune();
  if (!prune.ok()) return prune.status();
  report.prune = *prune;
  return report;
}

}  // namespace fovea
