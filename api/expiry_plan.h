// SPDX-License-Identifier: GPL-2.0-or-later
//
// What has to go under a policy, row by row: the planning half of retention.

#ifndef FOVEA_API_EXPIRY_PLAN_H_
#define FOVEA_API_EXPIRY_PLAN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "api/label_keeper.h"
#include "api/retention.h"
#include "api/retention_policy.h"
#include "api/stream_registry.h"
#include "store/chunk_store.h"

namespace fovea {

// Rows of a stream that follow each other and all go.
struct ExpiredRun {
  std::string first_key;
  std::string last_key;
  uint64_t first_index = 0;
  uint64_t end_index = 0;
  uint64_t end_block = 0;  // of block rows
  int64_t rows = 0;
  int64_t first_start_ns = 0;
  int64_t last_start_ns = 0;
  int64_t start_ns = 0;  // the least and the greatest time in it
  int64_t end_ns = 0;
  bool ordered = true;  // starts never fall
};

struct ExpiredStream {
  StreamRow row;
  StreamExpiry expiry;
  uint64_t first_held_index = 0;  // of the first row that was there
  std::vector<ExpiredRun> runs;
  std::vector<Reference> references;
};

// One pass over the streams; keeps what goes in memory, so at most
// kRowsPerPass rows. Not thread-safe.
class ExpiryPlanner {
 public:
  static constexpr int64_t kRowsPerPass = 1 << 20;

  ExpiryPlanner(ChunkStore* store, const RetentionPolicy& policy,
                int64_t now_ns);
  ~ExpiryPlanner();

  // Finds all that is too old.
  absl::Status ExpireByAge();

  // Finds, the oldest first, what frees about `bytes` more.
  absl::Status ExpireForRoom(uint64_t bytes);

  // True while something found for room may be followed by more.
  bool may_have_more() const;
  // True when the pass ended for its size.
  bool full() const { return rows_ >= kRowsPerPass; }
  int64_t rows() const { return rows_; }

  std::vector<ExpiredStream>& streams() { return streams_; }

  // What MeasureSegments() has to take for gone.
  Gone AllFound() const;

 private:
  struct Row;
  class Cursor;

  absl::Status OpenCursors();
  // Of a row that is too old by its stream's rule.
  absl::StatusOr<bool> MayGo(const std::string& stream, const Row& row,
                             int64_t age_ns, LabelKeeper* labels) const;
  absl::Status Take(Cursor* cursor, bool by_age);
  absl::Status CountOwners(const ChunkId& chunk, uint64_t bytes);
  int64_t WallOf(const Cursor& cursor, int64_t time_ns) const;

  ChunkStore* const store_;
  StreamRegistry registry_;
  const RetentionPolicy& policy_;
  const int64_t now_ns_;
  std::vector<std::unique_ptr<Cursor>> cursors_;
  std::vector<ExpiredStream> streams_;  // by cursor
  int64_t rows_ = 0;
  uint64_t freed_bytes_ = 0;
  // Owners still to go of chunks that have several.
  absl::flat_hash_map<ChunkId, int64_t> owners_left_;
  absl::flat_hash_set<ChunkId> gone_chunks_;
};

}  // namespace fovea

#endif  // FOVEA_API_EXPIRY_PLAN_H_
