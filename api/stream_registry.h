// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams by name: ids, registry rows, and how far each has come.

#ifndef FOVEA_API_STREAM_REGISTRY_H_
#define FOVEA_API_STREAM_REGISTRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "store/retention_class.h"
#include "store/rows.h"
#include "store/store_reader.h"
#include "store/stream_rows.h"

namespace fovea {

inline constexpr char kExpiredReason[] = "expired by retention";

// What a stream's index rows say of its extent, and what went of its end.
struct StreamExtent {
  int64_t start_ns = 0;    // of the first GOP or block
  int64_t end_ns = 0;      // of the last one
  uint64_t end_index = 0;  // one past the last index
  uint64_t end_block = 0;  // one past the last block
};

// Thread-safe.
class StreamRegistry {
 public:
  explicit StreamRegistry(StoreReader* store) : store_(store) {}

  // kInvalidArgument unless `name` can be a stream name, and so a file
  // name: 1 to 200 bytes, no '/', '@', control characters or leading '.'.
  static absl::Status CheckName(const std::string& name);

  // `text` made into a valid name.
  static std::string NameFrom(const std::string& text);

  // kNotFound, with the nearest name, when there is none called so.
  absl::StatusOr<StreamRow> Find(const std::string& name);
  absl::StatusOr<std::vector<StreamRow>> List();  // by name
  // As they are: what expired counts as rejected, with its reason.
  absl::StatusOr<StreamCounts> Counts(StreamId id);
  // As who ingests into the stream keeps them: without what expired.
  absl::StatusOr<StreamCounts> BookedCounts(StreamId id);
  absl::StatusOr<StreamGone> Gone(StreamId id);
  // Empty: the stream's times are a clock's, or nobody noted them.
  absl::StatusOr<std::vector<IngestTime>> IngestTimes(StreamId id);
  absl::StatusOr<RetentionClass> Class(StreamId id);
  absl::StatusOr<StreamExtent> Extent(const StreamRow& row);

  // Ids are never given twice, not even after a stream is removed: they
  // grow with the store's commit sequence.
  StreamId NewId();

 private:
  absl::StatusOr<StreamRow> FindById(const std::string& name_row);
  absl::StatusOr<StreamExtent> CameraExtent(StreamId id);
  absl::StatusOr<StreamExtent> BlockExtent(StreamId id);

  StoreReader* const store_;
  absl::Mutex mutex_;
  StreamId last_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_STREAM_REGISTRY_H_
