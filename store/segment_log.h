// SPDX-License-Identifier: GPL-2.0-or-later
//
// The segment open for appending, of one retention class. A commit's records
// go into one file; until Accept() they can be taken back, and after a
// failure they are.

#ifndef FOVEA_STORE_SEGMENT_LOG_H_
#define FOVEA_STORE_SEGMENT_LOG_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/file_system.h"
#include "store/internal/store_rows.h"
#include "store/segment_folder.h"
#include "store/segment_writer.h"

namespace fovea {

// Not thread-safe. Order of calls: Begin, appends, MakeDurable, Accept; at
// any failure RollBack.
class SegmentLog {
 public:
  SegmentLog(FileSystem* file_system, SegmentFolder* folder,
             const StoreId& store_id, RetentionClass retention_class,
             uint64_t segment_bytes)
      : file_system_(file_system),
        folder_(folder),
        store_id_(store_id),
        retention_class_(retention_class),
        segment_bytes_(segment_bytes) {}

  // Continues `header`'s file, of which `state` is committed and nothing
  // else is there.
  absl::Status Resume(const SegmentHeader& header, const SegmentState& state);

  // True when a commit of `bytes` at `hour` has to begin a new segment.
  bool NeedsNewSegment(uint64_t bytes, int64_t hour) const;
  // Requires an `id` that no file has.
  absl::Status StartSegment(uint64_t id, int64_t hour, uint64_t sequence,
                            std::span<const uint8_t> snapshot);

  absl::StatusOr<ChunkPlace> AppendChunk(const ChunkId& id,
                                         std::span<const uint8_t> payload);
  absl::Status AppendJournal(uint64_t sequence,
                             std::span<const uint8_t> payload);

  // Syncs the file, then, when it is new, its folder.
  absl::Status MakeDurable();
  void Accept();

  // Cuts the file back to what was accepted, or removes a new one. When that
  // fails too it is tried again before the next commit.
  absl::Status RollBack();
  bool needs_roll_back() const { return tail_unknown_; }

  // The next commit starts a new segment.
  void Seal() { sealed_ = true; }

  uint64_t segment_id() const { return header_.id; }
  bool is_new() const { return is_new_; }  // nothing accepted in it yet
  // With the records appended so far.
  const SegmentState& state() const { return pending_; }

 private:
  absl::Status SyncFile();

  FileSystem* const file_system_;
  SegmentFolder* const folder_;
  const StoreId store_id_;
  const RetentionClass retention_class_;
  const uint64_t segment_bytes_;

  std::unique_ptr<SegmentWriter> writer_;
  SegmentHeader header_;
  SegmentState accepted_;
  SegmentState pending_;
  bool sealed_ = true;  // no segment to append to
  bool is_new_ = false;
  bool tail_unknown_ = false;  // RollBack() is owed
};

}  // namespace fovea

#endif  // FOVEA_STORE_SEGMENT_LOG_H_
