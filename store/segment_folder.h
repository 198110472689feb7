// SPDX-License-Identifier: GPL-2.0-or-later
//
// The segment files of a store: which there are, and open readers of those
// in use. A reader stays good after its file is removed.

#ifndef FOVEA_STORE_SEGMENT_FOLDER_H_
#define FOVEA_STORE_SEGMENT_FOLDER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "store/file_system.h"
#include "store/segment_format.h"
#include "store/segment_reader.h"

namespace fovea {

// Thread-safe.
class SegmentFolder {
 public:
  SegmentFolder(FileSystem* file_system, std::string path)
      : file_system_(file_system), path_(std::move(path)) {}

  // Learns the files there are. Two files with one id: kFailedPrecondition.
  absl::Status Load();

  const std::string& path() const { return path_; }
  std::string PathOf(const SegmentHeader& header) const;

  // Ids in ascending order.
  std::vector<uint64_t> Ids() const;
  // What the file's name says of segment `id`; kDataLoss when it has none.
  absl::StatusOr<SegmentHeader> Find(uint64_t id) const;
  absl::StatusOr<std::shared_ptr<SegmentReader>> Reader(uint64_t id);
  absl::StatusOr<uint64_t> FileBytes(uint64_t id);

  void Add(const SegmentHeader& header);
  // True while somebody may read segments that nothing refers to any more:
  // they are not removed then. `held` says so; at first nobody does.
  void SetHeld(std::function<absl::StatusOr<bool>()> held) {
    held_ = std::move(held);
  }
  absl::StatusOr<bool> Held() const { return held_ ? held_() : false; }

  // Removes the file, not yet durably: SyncDirectory(path()) makes it so.
  absl::Status Remove(uint64_t id);

 private:
  FileSystem* const file_system_;
  const std::string path_;
  std::function<absl::StatusOr<bool>()> held_;  // set before threads are

  mutable absl::Mutex mutex_;
  std::map<uint64_t, SegmentHeader> files_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, std::shared_ptr<SegmentReader>> readers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace fovea

#endif  // FOVEA_STORE_SEGMENT_FOLDER_H_
