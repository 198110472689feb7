// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stored frames and samples of a range of times, one after another in
// stored order, a page of rows in memory at a time.

#ifndef FOVEA_API_STORED_TIMES_H_
#define FOVEA_API_STORED_TIMES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "api/block_reader.h"
#include "api/series_blocks.h"
#include "api/time_range.h"
#include "api/timed_source.h"
#include "codec/sample.h"
#include "index/frame_index.h"
#include "store/store_reader.h"

namespace fovea {

// Samples of an imu or series stream. Fails as ForEachBlock() and
// SeriesBlocks do.
class StoredSamples : public TimedSource {
 public:
  // `store` must outlive this object. kRising: no sample is before the one
  // before it.
  StoredSamples(StoreReader* store, StreamId stream, size_t channels,
                TimeRange range, TimeOrder order);

  absl::StatusOr<std::optional<TimedSample>> Next() override;

 private:
  absl::StatusOr<bool> NextBlock();

  const size_t channels_;
  const TimeRange range_;
  SeriesBlocks series_;
  BlockCursor blocks_;
  SeriesBatch batch_;         // of the block
  uint64_t first_index_ = 0;  // its first sample's
  size_t at_ = 0;             // of its samples
};

// Times of a camera's frames, from the catalogue alone. Fails as FrameIndex
// does.
class StoredFrameTimes : public TimedSource {
 public:
  // As above; with kRising times may repeat.
  StoredFrameTimes(StoreReader* store, StreamId stream, TimeRange range,
                   TimeOrder order);

  absl::StatusOr<std::optional<TimedSample>> Next() override;

 private:
  absl::Status FindFirst();
  absl::Status FillPage();
  absl::StatusOr<bool> NextGop();

  const FrameIndex index_;
  const StreamId stream_;
  const TimeRange range_;
  const bool rising_;
  std::optional<uint64_t> next_index_;  // of GOPs; none: not begun
  std::deque<GopRef> page_;
  bool ended_ = false;          // no page after this one
  std::vector<int64_t> times_;  // of the GOP, in presentation order
  uint64_t first_index_ = 0;
  size_t at_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_STORED_TIMES_H_
