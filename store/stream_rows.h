// SPDX-License-Identifier: GPL-2.0-or-later
//
// Meta rows about a stream beside its registry row: what went from it by
// retention, and when its parts came in.

#ifndef FOVEA_STORE_STREAM_ROWS_H_
#define FOVEA_STORE_STREAM_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/rows.h"

namespace fovea {

// What expired of a stream ("x" stream). Apart from the stream's counts,
// which belong to whoever ingests into it at the time.
struct StreamGone {
  int64_t samples = 0;
  int64_t bytes = 0;
  int64_t chunks = 0;
  // One past the last index and block that ever went, and their end: a
  // stream goes on from there though all of it may be gone.
  uint64_t end_index = 0;
  uint64_t end_block = 0;
  int64_t end_ns = 0;
  friend bool operator==(const StreamGone&, const StreamGone&) = default;
};
std::string StreamGoneKey(StreamId id);
std::string EncodeStreamGone(const StreamGone& gone);
absl::StatusOr<StreamGone> DecodeStreamGone(std::string_view value);

// When a stream's samples came in ("w" stream), for streams whose own times
// are no clock's: from `time_ns` on the wall clock ran beside the stream's,
// within kIngestTimesSlackNs.
struct IngestTime {
  int64_t time_ns = 0;  // of the stream
  int64_t wall_ns = 0;
  friend bool operator==(const IngestTime&, const IngestTime&) = default;
};
inline constexpr int64_t kIngestTimesSlackNs = 3'600'000'000'000;
std::string IngestTimesKey(StreamId id);
// Requires at most kRowLimits.max_ingest_times.
std::string EncodeIngestTimes(const std::vector<IngestTime>& times);
absl::StatusOr<std::vector<IngestTime>> DecodeIngestTimes(
    std::string_view value);

// The store's retention policy ("R"), as its text.
inline constexpr std::string_view kRetentionPolicyKey = "R";
std::string EncodeRetentionPolicy(std::string_view text);
absl::StatusOr<std::string> DecodeRetentionPolicy(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_STREAM_ROWS_H_
