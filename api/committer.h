// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gathers what the streams of one ingest produce and commits it in groups:
// large enough to keep syncs and write amplification low, young enough to
// lose little in a crash. Acknowledges only what ChunkStore::Commit() accepted.

#ifndef FOVEA_API_COMMITTER_H_
#define FOVEA_API_COMMITTER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/ingest.h"
#include "store/chunk_store.h"

namespace fovea {

// Not thread-safe; one per ingest.
class Committer {
 public:
  // Null `store`: a dry run, nothing is written or acknowledged.
  Committer(ChunkStore* store, const IngestOptions& options,
            IngestObserver* observer);

  ChunkStore* store() const { return store_; }
  CommitBatch* batch() { return &batch_; }

  // Of the commits from here on.
  void set_retention_class(RetentionClass c) { retention_class_ = c; }

  int64_t WallNs() const { return options_.now_ns(); }

  // Told to the observer once the batch under way is committed.
  void Acknowledge(Acknowledgement ack);

  // Adds what belongs into every commit, such as counts; called right before
  // each. Where it fails nothing is committed.
  using Rows = std::function<absl::Status(CommitBatch*)>;
  void BeforeCommit(Rows rows);

  // Commits when enough bytes wait or the oldest waits long enough. Errors of
  // ChunkStore::Commit() and of what is called before; there is no going on
  // from either.
  absl::Status CommitIfDue();
  absl::Status Commit();

  uint64_t bytes_appended() const { return bytes_appended_; }
  uint64_t bytes_known() const { return bytes_known_; }
  uint64_t bytes_committed() const { return bytes_committed_; }

 private:
  int64_t Now() const { return options_.monotonic_ns(); }

  ChunkStore* const store_;
  const IngestOptions& options_;
  IngestObserver* const observer_;
  CommitBatch batch_;
  RetentionClass retention_class_ = 0;
  std::vector<Acknowledgement> acks_;
  std::vector<Rows> before_commit_;
  int64_t oldest_ns_ = 0;  // when the first pending thing came
  uint64_t bytes_appended_ = 0;
  uint64_t bytes_known_ = 0;
  uint64_t bytes_committed_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_COMMITTER_H_
