// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a source on a thread of its own, so that decoding overlaps encoding,
// and hands items over through a queue bounded by bytes.

#ifndef FOVEA_API_SOURCE_READER_H_
#define FOVEA_API_SOURCE_READER_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "codec/formats/source.h"

namespace fovea {

class SourceReader {
 public:
  // Starts reading at once. `source` must outlive this object.
  explicit SourceReader(Source* source);
  ~SourceReader();  // stops the source and joins the thread

  enum class State { kItem, kEnd, kNothingYet };

  // Waits up to `timeout` for the next item. kEnd: the source is through;
  // status() says how.
  State Next(absl::Duration timeout, SourceItem* item);

  // OK, or the error that ended the source. Valid after kEnd.
  absl::Status status() const;

 private:
  void Run();
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Entry {
    SourceItem item;
    size_t bytes;
  };

  Source* const source_;
  mutable absl::Mutex mutex_;
  std::deque<Entry> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace fovea

#endif  // FOVEA_API_SOURCE_READER_H_
