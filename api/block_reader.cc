// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/block_reader.h"

#include <string>
#include <string_view>
#include <utility>

namespace fovea {
namespace {

// Rows are 512 bytes at most, 64 KiB of earlier releases.
constexpr size_t kPageRows = 32;

bool Touches(const BlockRow& row, int64_t from_ns, int64_t to_ns) {
  return row.start_ns < to_ns && row.end_ns >= from_ns;
}

// The first block of rising times that ends at or after `from_ns`, found by
// halving the block numbers: they have no index of their own by time.
absl::StatusOr<uint64_t> FirstBlockTouching(StoreReader* store, StreamId stream,
                                            int64_t from_ns) {
  const std::string prefix = StreamPrefix(stream);
  const auto last =
      store->SeekBackward(Family::kBlock, BlockKey(stream, UINT64_MAX), prefix);
  if (absl::IsNotFound(last.status())) return 0;
  if (!last.ok()) return last.status();
  const auto end = ParseBlockKey(last->key);
  if (!end.ok()) return end.status();
  uint64_t first = 0;
  uint64_t beyond = end->block_seq;
  while (first < beyond) {
    const uint64_t middle = first + (beyond - first) / 2;
    const auto found =
        store->SeekBackward(Family::kBlock, BlockKey(stream, middle), prefix);
    if (!found.ok() && !absl::IsNotFound(found.status())) {
      return found.status();
    }
    if (found.ok()) {
      const auto row = DecodeBlockRow(found->value);
      if (!row.ok()) return row.status();
      if (row->end_ns >= from_ns) {
        beyond = middle;
        continue;
      }
    }
    first = middle + 1;
  }
  return first;
}

absl::StatusOr<uint64_t> FirstBlock(StoreReader* store, StreamId stream,
                                    int64_t from_ns, bool rising) {
  if (!rising || from_ns == INT64_MIN) return 0;
  return FirstBlockTouching(store, stream, from_ns);
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> BlockBytes(StoreReader* store,
                                                const BlockRow& row) {
  std::vector<uint8_t> bytes(row.bytes.begin(), row.bytes.end());
  if (!row.is_chunk) return bytes;
  absl::StatusOr<std::vector<uint8_t>> chunk = store->ReadChunk(row.chunk);
  if (!chunk.ok() || bytes.empty()) return chunk;
  bytes.insert(bytes.end(), chunk->begin(), chunk->end());
  return bytes;
}

absl::Status ForEachBlock(
    StoreReader* store, StreamId stream, int64_t from_ns, int64_t to_ns,
    TimeOrder order,
    const std::function<absl::StatusOr<bool>(const BlockRow&)>& visit) {
  const bool rising = order == TimeOrder::kRising;
  const auto first = FirstBlock(store, stream, from_ns, rising);
  if (!first.ok()) return first.status();
  absl::Status inner;
  const absl::Status status = store->Scan(
      Family::kBlock, BlockKey(stream, *first), StreamPrefix(stream + 1),
      [&](std::string_view, std::string_view value) {
        const absl::StatusOr<BlockRow> row = DecodeBlockRow(value);
        inner = row.status();
        if (!row.ok()) return false;
        if (rising && row->start_ns >= to_ns) return false;
        if (!Touches(*row, from_ns, to_ns)) return true;
        const absl::StatusOr<bool> going = visit(*row);
        inner = going.status();
        return going.ok() && *going;
      });
  return status.ok() ? inner : status;
}

BlockCursor::BlockCursor(StoreReader* store, StreamId stream, int64_t from_ns,
                         int64_t to_ns, TimeOrder order)
    : store_(store),
      stream_(stream),
      from_ns_(from_ns),
      to_ns_(to_ns),
      rising_(order == TimeOrder::kRising) {}

absl::Status BlockCursor::FillPage() {
  if (!next_seq_.has_value()) {
    const auto first = FirstBlock(store_, stream_, from_ns_, rising_);
    if (!first.ok()) return first.status();
    next_seq_ = *first;
  }
  absl::Status inner;
  bool full = false;
  const absl::Status status = store_->Scan(
      Family::kBlock, BlockKey(stream_, *next_seq_), StreamPrefix(stream_ + 1),
      [&](std::string_view key, std::string_view value) {
        const auto parts = ParseBlockKey(key);
        auto row = DecodeBlockRow(value);
        inner = parts.ok() ? row.status() : parts.status();
        if (!inner.ok()) return false;
        if (rising_ && row->start_ns >= to_ns_) return false;
        next_seq_ = parts->block_seq + 1;
        if (Touches(*row, from_ns_, to_ns_)) page_.push_back(*std::move(row));
        full = page_.size() == kPageRows;
        return !full;
      });
  ended_ = !full;
  return status.ok() ? inner : status;
}

absl::StatusOr<std::optional<BlockRow>> BlockCursor::Next() {
  if (page_.empty() && !ended_) {
    if (absl::Status s = FillPage(); !s.ok()) return s;
  }
  if (page_.empty()) return std::optional<BlockRow>();
  std::optional<BlockRow> row = std::move(page_.front());
  page_.pop_front();
  return row;
}

}  // namespace fovea
