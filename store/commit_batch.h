// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is committed together, and what a commit did.

#ifndef FOVEA_STORE_COMMIT_BATCH_H_
#define FOVEA_STORE_COMMIT_BATCH_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/chunk_id.h"
#include "store/family.h"
#include "store/retention_class.h"

namespace fovea {

// What has to land together. Build one, hand it to ChunkStore::Commit().
class CommitBatch {
 public:
  // Adds a chunk owned by `owner` (any key that names who needs it: a GOP
  // row's key). Equal payloads are stored once. Copies the bytes.
  ChunkId PutChunk(std::span<const uint8_t> payload, std::string_view owner);

  // Catalogue changes; kLoc, kRef, kGcq and meta keys that start with '~'
  // belong to the store and are refused at Commit().
  void PutRow(Family family, std::string_view key, std::string_view value);
  void DeleteRow(Family family, std::string_view key);

  // Deletes all rows with begin <= key < end that stood before this batch;
  // what the batch itself puts there stays. Costs the same for one row as
  // for a million. Only kGop, kTime, kFtab, kBlock, kSem, kRes and kDec. What
  // the rows held leaks until DropLeaks(), or until a scrub finds it.
  void DeleteRange(Family family, std::string_view begin, std::string_view end);

  // `owner` lets go of a chunk; one without owners waits for Prune(). One
  // that the same batch also puts for that owner stays.
  void DropChunk(const ChunkId& id, std::string_view owner);

  // What is kept equally long lies together, so that it can go together
  // without copying what stays. Decides nothing else.
  void set_retention_class(RetentionClass c) { retention_class_ = c; }

  bool empty() const;
  uint64_t payload_bytes() const;  // of chunks and rows so far

 private:
  friend class ChunkStore;
  struct Chunk {
    ChunkId id;
    std::string owner;
    std::vector<uint8_t> payload;
  };
  struct Row {
    Family family;
    std::string key;
    std::optional<std::string> value;  // none: delete
    std::string range_end = {};        // not empty: up to there
  };
  struct Drop {
    ChunkId id;
    std::string owner;
  };
  std::vector<Chunk> chunks_;
  std::vector<Row> rows_;
  std::vector<Drop> drops_;
  RetentionClass retention_class_ = 0;
};

struct CommitReceipt {
  uint64_t sequence = 0;     // of the commit; grows by one
  int64_t chunks_new = 0;    // payload appended
  int64_t chunks_known = 0;  // found already stored, byte-compared
  int64_t bytes_new = 0;
  int64_t bytes_known = 0;
};

}  // namespace fovea

#endif  // FOVEA_STORE_COMMIT_BATCH_H_
