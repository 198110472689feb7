// SPDX-License-Identifier: GPL-2.0-or-later
//
// Retention: what a policy lets go, and letting it go. First what is too old
// by its stream's rule, then, while the store takes more room than it may,
// the oldest of all. Age counts from when something was recorded where the
// stream's times are a clock's, else from when it came in. What a pin holds
// stays.

#ifndef FOVEA_API_RETENTION_H_
#define FOVEA_API_RETENTION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/retention_policy.h"
#include "api/stream_registry.h"
#include "store/chunk_store.h"

namespace fovea {

// What goes of one stream.
struct StreamExpiry {
  std::string stream;
  int64_t chunks_by_age = 0;
  int64_t chunks_for_room = 0;
  int64_t samples = 0;
  uint64_t bytes = 0;   // payload, shared or not
  int64_t from_ns = 0;  // of the first and to the end of the last
  int64_t to_ns = 0;

  int64_t chunks() const { return chunks_by_age + chunks_for_room; }
};

struct RetentionReport {
  std::vector<StreamExpiry> streams;  // those that lose something
  uint64_t store_bytes_before = 0;
  uint64_t store_bytes_after = 0;
  uint64_t free_bytes_before = 0;
  uint64_t wanted_bytes = 0;  // to come within max and min-free
  bool enough = true;         // they were had
};

struct RetentionOptions {
  int64_t now_ns = 0;         // wall clock
  uint64_t coming_bytes = 0;  // to make room for, beside what is there
  const std::atomic<bool>* stop = nullptr;
  // Chunks let go so far, and of how many.
  std::function<void(int64_t done, int64_t total)> progress = {};
};

// What ApplyRetention() would do now.
absl::StatusOr<RetentionReport> PlanRetention(ChunkStore* store,
                                              const RetentionPolicy& policy,
                                              const RetentionOptions& options);

// Lets it go: rows first, by the range, then references, then space. Streams
// may be ingested into meanwhile. Cut short at any moment it leaves nothing
// half done: the next one goes on. Reports what was so.
absl::StatusOr<RetentionReport> ApplyRetention(ChunkStore* store,
                                               const RetentionPolicy& policy,
                                               const RetentionOptions& options);

}  // namespace fovea

#endif  // FOVEA_API_RETENTION_H_
