// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finished measurements on disk: points.jsonl, one line each, appended as
// they come and found again by everything that could change them.

#ifndef FOVEA_BENCH_ACCURACY_POINTS_H_
#define FOVEA_BENCH_ACCURACY_POINTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "bench/accuracy/agreement.h"

namespace fovea::bench {

// What it costs, in CPU milliseconds a frame on one thread.
struct Cost {
  double map_ms = 0;
  double encode_ms = 0;
  double decode_ms = 0;
  double judge_ms = 0;  // per scored frame
};

// One clip under one policy at one rate, seen by one judge.
struct Point {
  std::string settings;  // all that went into it, as one line of JSON
  std::string clip;
  std::string policy;
  std::string judge;
  double crf = 0;
  double frames_per_second = 0;
  int every = 1;
  std::vector<int> frame_bytes;      // of each encoded frame
  std::vector<Agreement> agreement;  // of each scored frame
  Cost cost;

  double bytes() const;
  // Map and encoder.
  double cpu_seconds_per_stream_hour() const;
};

// Thread-safe.
class PointFile {
 public:
  // To write: makes FOLDER/points.jsonl where it is absent, and cuts a torn
  // last line off. kFailedPrecondition while another process writes there.
  // To read: may be done beside a writer; a torn last line is left alone.
  // Damage before the last line is kDataLoss with its line number.
  enum class Mode : uint8_t { kRead, kWrite };
  static absl::StatusOr<std::unique_ptr<PointFile>> Open(
      const std::string& folder, Mode mode);
  ~PointFile();

  bool Has(const std::string& settings) const;
  // Empty settings where there is none.
  Point Get(const std::string& settings) const;

  // Appends one line; it is with the system when this returns.
  // kFailedPrecondition when opened to read.
  absl::Status Add(const Point& point);

 private:
  explicit PointFile(std::string path) : path_(std::move(path)) {}
  absl::Status Claim();
  // Bytes of whole lines.
  absl::StatusOr<uint64_t> Read();

  const std::string path_;
  int claim_ = -1;  // descriptor that holds the lock; -1: only reads
  mutable absl::Mutex mutex_;
  std::map<std::string, Point> points_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_POINTS_H_
