// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plans, then carries out. Commits take the rows by the range, those of a
// stream in one; what they held is dropped in portions afterwards, so that
// ingests wait for neither.

#include "api/retention.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <utility>

#include "api/expiry_plan.h"
#include "api/look_book.h"
#include "api/reuse_removal.h"
#include "api/stop_flag.h"
#include "codec/sample.h"
#include "index/observations.h"
#include "store/derived_rows.h"

namespace fovea {
namespace {

constexpr int kMostRounds = 16;

// Freed beyond what is wanted: letting go writes something itself.
constexpr uint64_t kLeastMargin = 64 << 10;
constexpr uint64_t kMarginPart = 100;  // one in so many bytes of the store
constexpr uint64_t kRowBytesAtOnce = 1 << 20;  // of changes in a commit
constexpr size_t kObservationRowsAtOnce = 1 << 16;
// A portion costs a flush of the catalogue.
constexpr size_t kReferencesAtOnce = 16384;

std::string JustBehind(std::string key) {
  key.push_back('\0');
  return key;
}

// `coming`: bytes that are about to be stored.
uint64_t Wanted(const RetentionPolicy& policy, const DiskSpace& space,
                uint64_t coming) {
  uint64_t wanted = 0;
  const uint64_t taken = space.store_bytes() + coming;
  if (policy.max_bytes.has_value() && taken > *policy.max_bytes) {
    wanted = taken - *policy.max_bytes;
  }
  const uint64_t least_free = policy.LeastFree(space.disk_bytes) + coming;
  if (policy.LeastFree(space.disk_bytes) > 0 && least_free > space.free_bytes) {
    wanted = std::max(wanted, least_free - space.free_bytes);
  }
  if (wanted == 0) return 0;
  return wanted + std::max(kLeastMargin, space.store_bytes() / kMarginPart);
}

absl::StatusOr<uint64_t> WouldFree(ChunkStore* store,
                                   const ExpiryPlanner& planner,
                                   uint64_t wanted) {
  absl::StatusOr<std::vector<SegmentSpace>> spaces =
      store->MeasureSegments(planner.AllFound());
  if (!spaces.ok()) return spaces.status();
  uint64_t freed = 0;
  for (const SegmentSpace& space :
       ChooseSegments(*std::move(spaces), {.wanted_bytes = wanted})) {
    freed += space.dead_bytes();
  }
  return freed;
}

// Finds what goes, and fills in the report as if it were gone. When no room
// is wanted, only a `forecast` tells what the store will take: it costs a look
// at every chunk there is.
absl::Status Plan(ChunkStore* store, const RetentionPolicy& policy,
                  uint64_t coming_bytes, bool forecast, ExpiryPlanner* planner,
                  RetentionReport* report) {
  const absl::StatusOr<DiskSpace> space = store->Space();
  if (!space.ok()) return space.status();
  report->store_bytes_before = space->store_bytes();
  report->free_bytes_before = space->free_bytes;
  report->wanted_bytes = Wanted(policy, *space, coming_bytes);
  if (absl::Status s = planner->ExpireByAge(); !s.ok()) return s;
  if (report->wanted_bytes == 0 && !forecast) return absl::OkStatus();
  absl::StatusOr<uint64_t> freed =
      WouldFree(store, *planner, report->wanted_bytes);
  for (int round = 0; round < kMostRounds; ++round) {
    if (!freed.ok()) return freed.status();
    if (*freed >= report->wanted_bytes || planner->full() ||
        !planner->may_have_more()) {
      break;
    }
    if (absl::Status s = planner->ExpireForRoom(report->wanted_bytes - *freed);
        !s.ok()) {
      return s;
    }
    freed = WouldFree(store, *planner, report->wanted_bytes);
  }
  if (!freed.ok()) return freed.status();
  report->store_bytes_after =
      report->store_bytes_before - std::min(*freed, report->store_bytes_before);
  report->enough = *freed >= report->wanted_bytes;
  return absl::OkStatus();
}

void AddTo(const StreamExpiry& found, RetentionReport* report) {
  if (found.chunks() == 0) return;
  for (StreamExpiry& known : report->streams) {
    if (known.stream != found.stream) continue;
    known.chunks_by_age += found.chunks_by_age;
    known.chunks_for_room += found.chunks_for_room;
    known.samples += found.samples;
    known.bytes += found.bytes;
    known.from_ns = std::min(known.from_ns, found.from_ns);
    known.to_ns = std::max(known.to_ns, found.to_ns);
    return;
  }
  report->streams.push_back(found);
}

// --- one stream ---------------------------------------------------------

// Deletes the run's time rows: by the range where no others are in it.
absl::Status ExpireTimeRows(ChunkStore* store, const ExpiredStream& stream,
                            const ExpiredRun& run, CommitBatch* batch) {
  const StreamId id = stream.row.id;
  const absl::StatusOr<GopKeyParts> first = ParseGopKey(run.first_key);
  const absl::StatusOr<GopKeyParts> last = ParseGopKey(run.last_key);
  if (!first.ok()) return first.status();
  if (!last.ok()) return last.status();
  const std::string begin = TimeKey(id, run.first_start_ns, first->first_index);
  const std::string end =
      JustBehind(TimeKey(id, run.last_start_ns, last->first_index));
  int64_t rows = 0;
  if (run.ordered) {
    const absl::Status scanned = store->Scan(
        Family::kTime, begin, end,
        [&](std::string_view, std::string_view) { return ++rows <= run.rows; });
    if (!scanned.ok()) return scanned;
  }
  if (rows == run.rows) {
    batch->DeleteRange(Family::kTime, begin, end);
    return absl::OkStatus();
  }
  absl::Status bad;
  const absl::Status scanned = store->Scan(
      Family::kGop, run.first_key, JustBehind(run.last_key),
      [&](std::string_view key, std::string_view value) {
        const absl::StatusOr<GopKeyParts> parts = ParseGopKey(key);
        const absl::StatusOr<GopRow> row = DecodeGopRow(value);
        bad.Update(parts.status());
        bad.Update(row.status());
        if (!bad.ok()) return false;
        batch->DeleteRow(Family::kTime,
                         TimeKey(id, row->start_ns, parts->first_index));
        return true;
      });
  return scanned.ok() ? bad : scanned;
}

// What models looked at, answered and what was decided.
absl::Status ExpireLooks(ChunkStore* store, const ExpiredStream& stream,
                         CommitBatch* batch) {
  std::vector<IndexSpan> spans;
  for (const ExpiredRun& run : stream.runs) {
    spans.push_back({run.first_index, run.end_index, run.start_ns, run.end_ns});
  }
  if (stream.runs[0].first_index == stream.first_held_index) {
    spans[0].first_index = 0;
  }
  const absl::Status looks = ForgetLooks(store, stream.row.id, spans, batch);
  if (!looks.ok()) return looks;
  const bool camera =
      static_cast<StreamKind>(stream.row.kind) == StreamKind::kCamera;
  return ForgetReuse(store, stream.row.id, camera, spans, batch);
}

absl::Status CommitAs(RetentionClass retention_class, CommitBatch* batch,
                      ChunkStore* store) {
  if (batch->empty()) return absl::OkStatus();
  batch->set_retention_class(retention_class);
  return store->Commit(std::exchange(*batch, {})).status();
}

// Before what they were made on, so that what no longer fits in a commit may
// go in others before it.
absl::Status ExpireObservations(ChunkStore* store, const ExpiredStream& stream,
                                RetentionClass retention_class,
                                CommitBatch* batch) {
  const Observations observations(store);
  // From the stream's beginning on and in order, so that what is older is
  // gone with it.
  const bool prefix = stream.runs.size() == 1 && stream.runs[0].ordered &&
                      stream.runs[0].first_index == stream.first_held_index;
  if (!prefix) {
    std::vector<IndexSpan> spans;
    for (const ExpiredRun& run : stream.runs) {
      spans.push_back(
          {run.first_index, run.end_index, run.start_ns, run.end_ns});
    }
    return observations.Cut(stream.row.id, spans, batch).status();
  }
  const ExpiredRun& run = stream.runs[0];
  const IndexSpan span = {run.first_index, run.end_index, run.start_ns,
                          run.end_ns};
  while (true) {
    const auto whole = observations.CutBeginning(stream.row.id, span,
                                                 kObservationRowsAtOnce, batch);
    if (!whole.ok()) return whole.status();
    if (*whole) return absl::OkStatus();
    if (absl::Status s = CommitAs(retention_class, batch, store); !s.ok()) {
      return s;
    }
  }
}

absl::Status BookExpiry(StreamRegistry* registry, const ExpiredStream& stream,
                        CommitBatch* batch) {
  absl::StatusOr<StreamGone> gone = registry->Gone(stream.row.id);
  if (!gone.ok()) return gone.status();
  gone->samples += stream.expiry.samples;
  gone->bytes += static_cast<int64_t>(stream.expiry.bytes);
  gone->chunks += stream.expiry.chunks();
  const ExpiredRun& last = stream.runs.back();
  gone->end_index = std::max(gone->end_index, last.end_index);
  gone->end_block = std::max(gone->end_block, last.end_block);
  gone->end_ns = std::max(gone->end_ns, last.end_ns);
  batch->PutRow(Family::kMeta, StreamGoneKey(stream.row.id),
                EncodeStreamGone(*gone));
  return absl::OkStatus();
}

absl::Status ExpireRows(ChunkStore* store, const ExpiredStream& stream,
                        RetentionClass retention_class, CommitBatch* batch) {
  if (absl::Status s =
          ExpireObservations(store, stream, retention_class, batch);
      !s.ok()) {
    return s;
  }
  StreamRegistry registry(store);
  const bool camera =
      static_cast<StreamKind>(stream.row.kind) == StreamKind::kCamera;
  for (const ExpiredRun& run : stream.runs) {
    const std::string end = JustBehind(run.last_key);
    if (!camera) {
      batch->DeleteRange(Family::kBlock, run.first_key, end);
      continue;
    }
    batch->DeleteRange(Family::kGop, run.first_key, end);
    batch->DeleteRange(Family::kFtab, run.first_key, end);
    if (absl::Status s = ExpireTimeRows(store, stream, run, batch); !s.ok()) {
      return s;
    }
  }
  if (absl::Status s = ExpireLooks(store, stream, batch); !s.ok()) return s;
  return BookExpiry(&registry, stream, batch);
}

// --- all of them --------------------------------------------------------

// Of all streams together, so that there are few portions.
absl::Status DropReferences(ChunkStore* store,
                            std::vector<ExpiredStream>& streams, int64_t total,
                            const RetentionOptions& options) {
  std::vector<Reference> left;
  for (ExpiredStream& stream : streams) {
    std::ranges::move(stream.references, std::back_inserter(left));
    stream.references = {};
  }
  int64_t done = 0;
  for (std::span<const Reference> rest = left; !rest.empty();) {
    if (Stopped(options.stop)) return absl::CancelledError("interrupted");
    const auto portion = rest.first(std::min(rest.size(), kReferencesAtOnce));
    rest = rest.subspan(portion.size());
    const auto dropped = store->DropLeaks(portion);
    if (!dropped.ok()) return dropped.status();
    done += static_cast<int64_t>(portion.size());
    if (options.progress) options.progress(done, total);
  }
  return absl::OkStatus();
}

// Rows of all streams go first: nothing that was shown to be old is seen any
// more while its bytes are being freed. A stream's go in one commit, which
// costs a sync, so those of a retention class share it.
absl::Status Expire(ChunkStore* store, std::vector<ExpiredStream>& streams,
                    const RetentionOptions& options) {
  StreamRegistry registry(store);
  std::map<RetentionClass, CommitBatch> batches;
  int64_t total = 0;
  for (const ExpiredStream& stream : streams) {
    if (Stopped(options.stop)) return absl::CancelledError("interrupted");
    if (stream.runs.empty()) continue;
    const auto retention_class = registry.Class(stream.row.id);
    if (!retention_class.ok()) return retention_class.status();
    CommitBatch& batch = batches[*retention_class];
    if (absl::Status s = ExpireRows(store, stream, *retention_class, &batch);
        !s.ok()) {
      return s;
    }
    total += stream.expiry.chunks();
    if (batch.payload_bytes() < kRowBytesAtOnce) continue;
    if (absl::Status s = CommitAs(*retention_class, &batch, store); !s.ok()) {
      return s;
    }
  }
  for (auto& [retention_class, batch] : batches) {
    if (absl::Status s = CommitAs(retention_class, &batch, store); !s.ok()) {
      return s;
    }
  }
  return DropReferences(store, streams, total, options);
}

}  // namespace

absl::StatusOr<RetentionReport> PlanRetention(ChunkStore* store,
                                              const RetentionPolicy& policy,
                                              const RetentionOptions& options) {
  ExpiryPlanner planner(store, policy, options.now_ns);
  RetentionReport report;
  if (absl::Status s = Plan(store, policy, options.coming_bytes,
                            /*forecast=*/true, &planner, &report);
      !s.ok()) {
    return s;
  }
  for (const ExpiredStream& stream : planner.streams()) {
    AddTo(stream.expiry, &report);
  }
  return report;
}

absl::StatusOr<RetentionReport> ApplyRetention(
    ChunkStore* store, const RetentionPolicy& policy,
    const RetentionOptions& options) {
  RetentionReport report;
  for (bool first = true, more = true; more; first = false) {
    ExpiryPlanner planner(store, policy, options.now_ns);
    RetentionReport pass;
    if (absl::Status s = Plan(store, policy, options.coming_bytes,
                              /*forecast=*/false, &planner, &pass);
        !s.ok()) {
      return s;
    }
    if (first) report = pass;
    for (const ExpiredStream& stream : planner.streams()) {
      AddTo(stream.expiry, &report);
    }
    if (absl::Status s = Expire(store, planner.streams(), options); !s.ok()) {
      return s;
    }
    const absl::StatusOr<PruneReport> reclaimed =
        store->Reclaim({.wanted_bytes = pass.wanted_bytes});
    if (!reclaimed.ok()) return reclaimed.status();
    more = planner.full();
  }
  const absl::StatusOr<DiskSpace> space = store->Space();
  if (!space.ok()) return space.status();
  report.store_bytes_after = space->store_bytes();
  report.enough = Wanted(policy, *space, options.coming_bytes) == 0;
  return report;
}

}  // namespace fovea
