// SPDX-License-Identifier: GPL-2.0-or-later
//
// Maps behind one mutex.

#include "tests/support/memory_store.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"

namespace fovea::testing {
namespace {

bool BelongsToStore(Family family) {
  return family == Family::kLoc || family == Family::kRef ||
         family == Family::kGcq;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

absl::StatusOr<CommitReceipt> MemoryStore::Commit(CommitBatch batch) {
  for (const auto& row : RowsOf(batch)) {
    if (BelongsToStore(row.family)) {
      return absl::InvalidArgumentError("family belongs to the store");
    }
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  CommitReceipt receipt;
  for (auto& chunk : ChunksOf(batch)) {
    auto [place, is_new] = chunks_.try_emplace(chunk.id);
    const auto bytes = static_cast<int64_t>(chunk.payload.size());
    ++(is_new ? receipt.chunks_new : receipt.chunks_known);
    (is_new ? receipt.bytes_new : receipt.bytes_known) += bytes;
    if (is_new) place->second.payload = std::move(chunk.payload);
    place->second.owners.insert(chunk.owner);
  }
  for (const auto& row : RowsOf(batch)) {
    if (row.range_end.empty()) continue;
    Rows& rows = RowsIn(row.family);
    rows.erase(rows.lower_bound(row.key), rows.lower_bound(row.range_end));
  }
  for (auto& row : RowsOf(batch)) {
    if (!row.range_end.empty()) continue;
    if (row.value.has_value()) {
      RowsIn(row.family)[row.key] = *std::move(row.value);
    } else {
      RowsIn(row.family).erase(row.key);
    }
  }
  for (const auto& drop : DropsOf(batch)) {
    const auto chunk = chunks_.find(drop.id);
    if (chunk != chunks_.end()) chunk->second.owners.erase(drop.owner);
  }
  receipt.sequence = ++sequence_;
  return receipt;
}

absl::StatusOr<std::vector<uint8_t>> MemoryStore::ReadChunk(const ChunkId& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto chunk = chunks_.find(id);
  if (chunk == chunks_.end()) return absl::NotFoundError("no such chunk");
  return chunk->second.payload;
}

absl::StatusOr<std::vector<uint8_t>> MemoryStore::ReadChunkRange(
    const ChunkId& id, uint64_t offset, uint64_t length) {
  auto payload = ReadChunk(id);
  if (!payload.ok()) return payload;
  if (offset > payload->size() || length > payload->size() - offset) {
    return absl::OutOfRangeError("range goes beyond the chunk");
  }
  const uint8_t* begin = payload->data() + offset;
  return std::vector<uint8_t>(begin, begin + length);
}

absl::StatusOr<std::string> MemoryStore::Get(Family family,
                                             std::string_view key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto row = RowsIn(family).find(key);
  if (row == RowsIn(family).end()) return absl::NotFoundError("no such row");
  return row->second;
}

absl::Status MemoryStore::Scan(Family family, std::string_view begin,
                               std::string_view end, const Visitor& visit) {
  Rows snapshot;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Rows& rows = RowsIn(family);
    for (auto row = rows.lower_bound(begin);
         row != rows.end() && (end.empty() || row->first < end); ++row) {
      snapshot.insert(*row);
    }
  }
  for (const auto& [key, value] : snapshot) {
    if (!visit(key, value)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<ChunkStore::KeyValue> MemoryStore::SeekBackward(
    Family family, std::string_view key, std::string_view prefix) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Rows& rows = RowsIn(family);
  // `key` may lie beyond the prefix: rows between the two are passed over.
  for (auto row = rows.upper_bound(key); row != rows.begin();) {
    --row;
    if (StartsWith(row->first, prefix))
      return KeyValue{row->first, row->second};
    if (row->first < prefix) break;
  }
  return absl::NotFoundError("no such row");
}

uint64_t MemoryStore::last_sequence() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return sequence_;
}

absl::StatusOr<std::unique_ptr<StoreReader>> MemoryStore::TakeSnapshot(
    int64_t) {
  auto copy = std::make_unique<MemoryStore>();
  const std::lock_guard<std::mutex> lock(mutex_);
  copy->rows_ = rows_;
  copy->chunks_ = chunks_;
  copy->sequence_ = sequence_;
  return std::unique_ptr<StoreReader>(std::move(copy));
}

absl::StatusOr<VerifyReport> MemoryStore::Scrub(const ScrubOptions& options) {
  const std::lock_guard<std::mutex> lock(mutex_);
  VerifyReport report;
  for (const Rows& rows : rows_) {
    report.rows += static_cast<int64_t>(rows.size());
  }
  for (const auto& [id, chunk] : chunks_) {
    ++report.chunks;
    report.bytes += static_cast<int64_t>(chunk.payload.size());
    if (chunk.owners.empty()) ++report.unreferenced_chunks;
    if (options.deep && ChunkId::Of(chunk.payload) != id) {
      report.problems.push_back(
          {"chunk " + id.ToHex(), 0, "SHA-256 of the payload is another", ""});
    }
  }
  const auto bytes = static_cast<uint64_t>(report.bytes);
  if (options.progress && !options.progress(bytes, bytes)) {
    return absl::CancelledError("verify: interrupted");
  }
  return report;
}

absl::StatusOr<int64_t> MemoryStore::DropLeaks(std::span<const Reference>) {
  return 0;
}

absl::StatusOr<PruneReport> MemoryStore::Prune() {
  const std::lock_guard<std::mutex> lock(mutex_);
  PruneReport report;
  for (auto chunk = chunks_.begin(); chunk != chunks_.end();) {
    if (!chunk->second.owners.empty()) {
      ++chunk;
      continue;
    }
    ++report.chunks_removed;
    report.bytes_freed += chunk->second.payload.size();
    chunk = chunks_.erase(chunk);
  }
  return report;
}

absl::StatusOr<PruneReport> MemoryStore::Reclaim(const ReclaimOptions&) {
  return Prune();
}

absl::StatusOr<std::vector<SegmentSpace>> MemoryStore::MeasureSegments(
    const Gone&) {
  return std::vector<SegmentSpace>();
}

absl::StatusOr<DiskSpace> MemoryStore::Space() {
  DiskSpace space;
  space.free_bytes = space.disk_bytes = uint64_t{1} << 40;
  return space;
}

absl::StatusOr<DiskUsage> MemoryStore::Usage() {
  const std::lock_guard<std::mutex> lock(mutex_);
  DiskUsage usage;
  for (const auto& [id, chunk] : chunks_) {
    ++usage.chunks;
    (chunk.owners.empty() ? usage.dead_chunk_bytes : usage.live_chunk_bytes) +=
        chunk.payload.size();
  }
  return usage;
}

}  // namespace fovea::testing
