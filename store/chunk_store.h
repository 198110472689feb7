// SPDX-License-Identifier: GPL-2.0-or-later
//
// The store: chunks in append-only segments, everything known about them
// in a catalogue. It knows integers and bytes, not codecs. Segments are the
// truth: each commit writes its chunks and one journal record holding all
// its catalogue changes, so the catalogue can be rebuilt from segments
// alone. store/FORMAT.md draws every byte.

#ifndef FOVEA_STORE_CHUNK_STORE_H_
#define FOVEA_STORE_CHUNK_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_id.h"
#include "store/commit_batch.h"
#include "store/derived_rows.h"
#include "store/family.h"
#include "store/file_system.h"
#include "store/reports.h"
#include "store/segment_space.h"
#include "store/store_reader.h"

namespace fovea {

// A row's claim on a chunk: `owner` is the row's key.
struct Reference {
  ChunkId chunk;
  std::string owner;
};

struct ScrubOptions {
  bool deep = false;  // reads every payload and compares its SHA-256

  // Drops references that no row holds (DropLeaks()). Nothing else is ever
  // changed.
  bool repair = false;

  // Of segments read; 0: as fast as it goes.
  uint64_t bytes_per_second = 0;

  // Gets bytes done, total; false from it ends the scrub with kCancelled.
  std::function<bool(uint64_t, uint64_t)> progress = {};
};

struct ChunkStoreOptions {
  bool create = false;  // make the store when the folder has none

  // Writes nothing but a lease (store/leases.h) where it may. Any number of
  // processes at once, beside one that writes, which they never hold up:
  // each sees the store as of its opening.
  bool read_only = false;
  int64_t lease_ns = 600'000'000'000;  // renewed by reading

  // A new segment is begun beyond this size or when the hour changes.
  // Smaller: space comes back sooner. Larger: fewer files.
  uint64_t segment_bytes = 256ULL << 20;

  // Rows of one family kept in memory before they go to a table file.
  // Smaller: less memory, and less to read from journals at the next
  // opening. Larger: fewer bytes written.
  uint64_t catalogue_buffer_bytes = 4ULL << 20;

  // Space set aside in the store's folder, which removing and pruning take
  // when others have filled the disk. 0: none.
  uint64_t ballast_bytes = 8ULL << 20;

  FileSystem* file_system = nullptr;  // null: FileSystem::Posix()
  std::function<int64_t()> now_ns;    // wall clock; null: the system's
};

// Thread-safe. One process at a time may write; many threads may read while
// one writes.
class ChunkStore : public StoreReader {
 public:
  // Opens or creates the store in folder `path`, recovering what a crash
  // left: only segments open at that time are scanned. kNotFound (no store
  // there), kUnavailable ("in use by pid N"; read-only: it changed too fast),
  // kFailedPrecondition (a newer format, or damage recovery must not guess
  // about).
  static absl::StatusOr<std::unique_ptr<ChunkStore>> Open(
      const std::string& path, const ChunkStoreOptions& options);

  // Acknowledges: returns OK only once payloads and the journal record of
  // all rows are on stable storage, in that order, and the rows can be
  // read. All of the batch is seen or none of it. kResourceExhausted: disk
  // full, nothing changed; a batch that deletes and brings no chunks may take
  // the ballast. After a failed sync the store is read-only until
  // reopened (kFailedPrecondition).
  virtual absl::StatusOr<CommitReceipt> Commit(CommitBatch batch) = 0;

  // What the store holds now, for as long as the result lives but at most
  // for `lease_ns` (0 < lease_ns <= kStoreLimits.lease_ns), whatever is
  // committed or pruned meanwhile; after that its calls return
  // kFailedPrecondition "lease expired". What a prune removes keeps its disk
  // space until then. Must not outlive the store.
  virtual absl::StatusOr<std::unique_ptr<StoreReader>> TakeSnapshot(
      int64_t lease_ns) = 0;

  // Goes over segments, locations, references and rows, and tells what does
  // not fit together. Commits and prunes go on meanwhile.
  virtual absl::StatusOr<VerifyReport> Scrub(const ScrubOptions& options) = 0;

  // Drops those of `references` that leak: that no row holds, its row having
  // gone by the range or naming another chunk by now. Chunks left without any
  // are dead space from then on. Not a commit: what a crash brings back leaks
  // again, and a rebuild drops all leaks there are. Returns how many.
  virtual absl::StatusOr<int64_t> DropLeaks(
      std::span<const Reference> references) = 0;

  // Erases chunks without owners and rows that were deleted: segments that
  // hold any are rewritten without them and removed. Nothing owned is ever
  // absent meanwhile. What a reader or a scan still reads is erased by the
  // next prune, or the next opening for writing.
  virtual absl::StatusOr<PruneReport> Prune() = 0;

  // Brings back space where that costs little: removes segments nothing of
  // which is wanted any more, rewrites those that are mostly dead. Deleted
  // rows may stay in files until Prune().
  virtual absl::StatusOr<PruneReport> Reclaim(
      const ReclaimOptions& options) = 0;

  // What there is for Reclaim(), were `gone` not there.
  virtual absl::StatusOr<std::vector<SegmentSpace>> MeasureSegments(
      const Gone& gone) = 0;

  // Usage() looks at every chunk's row; Space() at files only.
  virtual absl::StatusOr<DiskUsage> Usage() = 0;
  virtual absl::StatusOr<DiskSpace> Space() = 0;

  // Writes what the store holds now into the folder `target`, which is
  // missing, empty or holds an earlier backup of this store: then only what
  // is new is added. Commits and prunes go on meanwhile. Until it returns OK
  // the earlier backup is the one that counts. `progress` (may be empty) gets
  // bytes done, total; false from it ends the backup with kCancelled.
  virtual absl::StatusOr<BackupReport> Backup(
      const std::string& target, const BackupOptions& options,
      const std::function<bool(uint64_t, uint64_t)>& progress);

  // Makes the catalogue anew from the segments alone; the old one is kept
  // beside it until the new one is complete. The store must not be open.
  static absl::Status Rebuild(const std::string& path,
                              const ChunkStoreOptions& options);

  // Takes a store of an older format to the present one, so that it can be
  // written again; reading needs none of it. All or nothing, and there is no
  // way back. With `dry_run` it only reports. The store must not be open for
  // writing. kFailedPrecondition: a newer format.
  static absl::StatusOr<MigrateReport> Migrate(const std::string& path,
                                               const ChunkStoreOptions& options,
                                               bool dry_run);

 protected:
  ChunkStore() = default;
  // Lets implementations see inside a batch.
  static std::vector<CommitBatch::Chunk>& ChunksOf(CommitBatch& batch) {
    return batch.chunks_;
  }
  static std::vector<CommitBatch::Row>& RowsOf(CommitBatch& batch) {
    return batch.rows_;
  }
  static std::vector<CommitBatch::Drop>& DropsOf(CommitBatch& batch) {
    return batch.drops_;
  }
  static RetentionClass RetentionClassOf(const CommitBatch& batch) {
    return batch.retention_class_;
  }
};

}  // namespace fovea

#endif  // FOVEA_STORE_CHUNK_STORE_H_
