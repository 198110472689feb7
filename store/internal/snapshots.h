// SPDX-License-Identifier: GPL-2.0-or-later
//
// Snapshots of a store that this process holds: each keeps deleted rows in
// the catalogue and removed segments on the disk, so each has an end.

#ifndef FOVEA_STORE_INTERNAL_SNAPSHOTS_H_
#define FOVEA_STORE_INTERNAL_SNAPSHOTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "store/internal/catalogue.h"
#include "store/reports.h"
#include "store/segment_folder.h"
#include "store/store_reader.h"

namespace fovea {

// What one snapshot holds. Thread-safe.
class SnapshotHold {
 public:
  SnapshotHold(std::shared_ptr<CatalogueReader> rows, int64_t until_ns)
      : until_ns_(until_ns), rows_(std::move(rows)) {}

  // For the time of one call; kFailedPrecondition when the lease is over.
  absl::StatusOr<std::shared_ptr<CatalogueReader>> Rows(int64_t now_ns);
  // Lets go at the lease's end, or now. Returns whether it still holds.
  bool LiveAt(int64_t now_ns);
  void Close();
  int64_t until_ns() const { return until_ns_; }

 private:
  const int64_t until_ns_;
  absl::Mutex mutex_;
  std::shared_ptr<CatalogueReader> rows_ ABSL_GUARDED_BY(mutex_);
};

// All of a store's. Thread-safe.
class SnapshotBook {
 public:
  ~SnapshotBook();  // closes them: the catalogue goes next

  // Holds what the catalogue says now. Whoever asks Live() has seen it, or
  // what was committed before is in it.
  std::shared_ptr<SnapshotHold> Add(Catalogue* catalogue, int64_t until_ns);
  // Of those whose lease is not over; lets go of the others.
  std::vector<ReaderHold> Live(int64_t now_ns);

 private:
  absl::Mutex mutex_;
  std::vector<std::weak_ptr<SnapshotHold>> holds_ ABSL_GUARDED_BY(mutex_);
};

// The reading calls over a hold.
absl::StatusOr<std::unique_ptr<StoreReader>> ReadSnapshot(
    std::shared_ptr<SnapshotHold> hold, SegmentFolder* folder,
    std::function<int64_t()> now_ns);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_SNAPSHOTS_H_
