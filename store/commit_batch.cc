// SPDX-License-Identifier: GPL-2.0-or-later
//
// Collects; nothing is checked before ChunkStore::Commit().

#include "store/commit_batch.h"

namespace fovea {

ChunkId CommitBatch::PutChunk(std::span<const uint8_t> payload,
                              std::string_view owner) {
  const ChunkId id = ChunkId::Of(payload);
  chunks_.push_back({id, std::string(owner), {payload.begin(), payload.end()}});
  return id;
}

void CommitBatch::PutRow(Family family, std::string_view key,
                         std::string_view value) {
  rows_.push_back({family, std::string(key), std::string(value), ""});
}

void CommitBatch::DeleteRow(Family family, std::string_view key) {
  rows_.push_back({family, std::string(key), std::nullopt, ""});
}

void CommitBatch::DeleteRange(Family family, std::string_view begin,
                              std::string_view end) {
  rows_.push_back({family, std::string(begin), std::nullopt, std::string(end)});
}

void CommitBatch::DropChunk(const ChunkId& id, std::string_view owner) {
  drops_.push_back({id, std::string(owner)});
}

bool CommitBatch::empty() const {
  return chunks_.empty() && rows_.empty() && drops_.empty();
}

uint64_t CommitBatch::payload_bytes() const {
  uint64_t bytes = 0;
  for (const Chunk& chunk : chunks_) bytes += chunk.payload.size();
  for (const Row& row : rows_) {
    bytes += row.key.size() + (row.value ? row.value->size() : 0);
  }
  return bytes;
}

}  // namespace fovea
