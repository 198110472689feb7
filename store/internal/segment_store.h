// SPDX-License-Identifier: GPL-2.0-or-later
//
// ChunkStore on segment files and a catalogue. One mutex orders commits, of all
// retention classes; readers take none of it, so they never wait for a sync.
// The steps of Scrub(), Prune() and Reclaim() that look at rows and files
// together exclude each other, not commits.

#ifndef FOVEA_STORE_INTERNAL_SEGMENT_STORE_H_
#define FOVEA_STORE_INTERNAL_SEGMENT_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "store/ballast.h"
#include "store/chunk_store.h"
#include "store/commit_plan.h"
#include "store/format_file.h"
#include "store/internal/catalogue.h"
#include "store/internal/segment_copy.h"
#include "store/internal/snapshots.h"
#include "store/internal/store_rows.h"
#include "store/leases.h"
#include "store/recovery.h"
#include "store/segment_folder.h"
#include "store/segment_log.h"

namespace fovea {

// Names below a store's folder.
inline constexpr char kSegmentsName[] = "segments";
inline constexpr char kCatalogueName[] = "catalogue";
inline constexpr char kNewCatalogueName[] = "catalogue.new";
inline constexpr char kOldCatalogueName[] = "catalogue.old";
inline constexpr char kLockName[] = "LOCK";

class BackupFolder;

// Parts of reading that a store and its snapshots share.
absl::Status ChunkNotStored(const ChunkId& id);
absl::StatusOr<std::vector<uint8_t>> ReadChunkAt(SegmentFolder* folder,
                                                 const ChunkId& id,
                                                 const ChunkPlace& place);
absl::StatusOr<std::vector<uint8_t>> CutPayload(const ChunkId& id,
                                                std::vector<uint8_t> payload,
                                                uint64_t offset,
                                                uint64_t length);

class SegmentStore final : public ChunkStore {
 public:
  // What ChunkStore::Open() has put together.
  struct Parts {
    std::string path;
    ChunkStoreOptions options;  // file_system and now_ns set
    FormatFile format;
    std::unique_ptr<FileLock> lock;      // of one that may write
    std::unique_ptr<ReaderLease> lease;  // of one that may not, where it can
    std::unique_ptr<SegmentFolder> folder;
    std::unique_ptr<Catalogue> catalogue;
  };
  SegmentStore(Parts parts, const Recovered& recovered);
  ~SegmentStore() override;

  // Makes the store ready to append where recovery left off.
  absl::Status ResumeLogs(const Recovered& recovered);

  // Sets the ballast aside where there is room for it.
  void FillBallast();

  // Erases what earlier prunes left, unless somebody may still read it.
  absl::Status EndErasure();

  absl::StatusOr<CommitReceipt> Commit(CommitBatch batch) override;
  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id) override;
  absl::StatusOr<std::vector<uint8_t>> ReadChunkRange(const ChunkId& id,
                                                      uint64_t offset,
                                                      uint64_t length) override;
  absl::StatusOr<std::string> Get(Family family, std::string_view key) override;
  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const Visitor& visit) override;
  absl::StatusOr<KeyValue> SeekBackward(Family family, std::string_view key,
                                        std::string_view prefix) override;
  uint64_t last_sequence() const override { return last_sequence_; }
  absl::StatusOr<std::unique_ptr<StoreReader>> TakeSnapshot(
      int64_t lease_ns) override;
  absl::StatusOr<VerifyReport> Scrub(const ScrubOptions& options) override;
  absl::StatusOr<int64_t> DropLeaks(
      std::span<const Reference> references) override;
  absl::StatusOr<PruneReport> Prune() override;
  absl::StatusOr<PruneReport> Reclaim(const ReclaimOptions& options) override;
  absl::StatusOr<std::vector<SegmentSpace>> MeasureSegments(
      const Gone& gone) override;
  absl::StatusOr<DiskUsage> Usage() override;
  absl::StatusOr<DiskSpace> Space() override;
  absl::StatusOr<BackupReport> Backup(
      const std::string& target, const BackupOptions& options,
      const std::function<bool(uint64_t, uint64_t)>& progress) override;

 private:
  absl::Status CheckWritable() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  // What a commit may take of the disk.
  enum class Room { kLeavesReserve, kMayTakeBallast };
  static bool MakesRoom(CommitBatch& batch);
  // Acknowledges a plan made under the same hold of the mutex.
  absl::Status Write(CommitPlan* plan, Room room)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  absl::Status AppendRecords(CommitPlan* plan, uint64_t sequence,
                             SegmentLog* log)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  absl::Status StartSegment(uint64_t sequence, int64_t hour, SegmentLog* log)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  SegmentLog* LogOf(RetentionClass retention_class)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  absl::Status RollBack() ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  // For what takes the mutex again and again beside commits: those that wait
  // for it have it first, or most of them where there is always one.
  void LetCommitsGoFirst() ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  absl::Status MakeSpace(uint64_t bytes, Room room)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  // No commit is taken any more, for the reason given.
  absl::Status Refuse(const absl::Status& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  absl::StatusOr<ChunkPlace> Place(const ChunkId& id) const;

  // OK while this reader's segments stay.
  absl::Status CheckLease() const;
  // Who may still read what is removed.
  absl::StatusOr<std::vector<ReaderHold>> Readers();

  // Steps of Backup(), in their order. Segments already retired are in no
  // backup; the other two return those, and the sequence backed up.
  absl::Status BackUpFormat(BackupFolder* folder);
  absl::StatusOr<std::vector<uint64_t>> BackUpCatalogue(BackupFolder* folder);
  absl::StatusOr<uint64_t> BackUpSegments(const std::vector<uint64_t>& retired,
                                          BackupFolder* folder);

  // Steps of Prune() and Reclaim(), in their order.
  absl::Status BeginPrune() ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  absl::Status OwePurge(PurgeDue due);
  absl::Status ForgetUnowned(PurgeDue due, PruneReport* report);
  absl::StatusOr<std::vector<uint64_t>> FindStaleSegments();
  // Segments from `oldest_staying` on that are not rewritten may say what
  // was deleted since, so deletes after them are kept.
  absl::Status Rewrite(const std::vector<uint64_t>& segments,
                       uint64_t oldest_staying, PurgeDue due,
                       PruneReport* report);
  absl::StatusOr<uint64_t> OldestOtherThan(
      const std::vector<uint64_t>& segments) const;
  absl::Status BeginFreshSegment();
  absl::StatusOr<bool> CopyForward(uint64_t segment, bool keep_tombstones,
                                   PruneReport* report);
  absl::Status WriteCopies(const CopyCandidates& candidates,
                           const CopyOrigin& origin, PruneReport* report);
  absl::Status CopyRange(const RowChange& range, const CopyOrigin& origin,
                         PruneReport* report);
  absl::Status Retire(uint64_t segment);
  // Removes the files of segments retired, oldest first; `retired` is empty
  // afterwards.
  absl::Status RemoveRetired(std::vector<uint64_t>* retired,
                             PruneReport* report);
  absl::Status PurgeIfOwed();

  const Parts parts_;
  Catalogue* const catalogue_;
  SegmentFolder* const folder_;
  SnapshotBook snapshots_;

  absl::Mutex maintenance_mutex_ ABSL_ACQUIRED_BEFORE(commit_mutex_);
  absl::Mutex commit_mutex_;
  std::atomic<int> commits_waiting_ = 0;
  // One per class that had commits; the last one committed to.
  std::map<RetentionClass, SegmentLog> logs_ ABSL_GUARDED_BY(commit_mutex_);
  SegmentLog* last_log_ ABSL_GUARDED_BY(commit_mutex_) = nullptr;
  uint64_t next_segment_ ABSL_GUARDED_BY(commit_mutex_) = 1;
  Ballast ballast_ ABSL_GUARDED_BY(commit_mutex_);
  absl::Status refused_ ABSL_GUARDED_BY(commit_mutex_);
  bool committed_ ABSL_GUARDED_BY(commit_mutex_) = false;  // since opening
  std::atomic<uint64_t> last_sequence_;
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_SEGMENT_STORE_H_
