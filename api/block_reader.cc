// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/block_reader.h"

#include <string>
#include <string_view>

namespace fovea {
namespace {

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
  uint64_t first = 0;
  if (rising && from_ns != INT64_MIN) {
    const auto found = FirstBlockTouching(store, stream, from_ns);
    if (!found.ok()) return found.status();
    first = *found;
  }
  absl::Status inner;
  const absl::Status status = store->Scan(
      Family::kBlock, BlockKey(stream, first), StreamPrefix(stream + 1),
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

}  // namespace fovea
