// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which frames of a stream are shown in spans of time, for models to look
// at.

#ifndef FOVEA_API_RUN_PLAN_H_
#define FOVEA_API_RUN_PLAN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "api/look_spans.h"
#include "api/store.h"
#include "index/frame_index.h"
#include "index/observation_cut.h"
#include "store/store_reader.h"

namespace fovea {

// The frames held that are shown in any of `ranges` (empty: all), and those
// before them from the last one whose index divides by `step`: what is seen
// there holds until the next. `order` is that of the stream.
absl::StatusOr<std::vector<FrameSpan>> FramesShown(
    StoreReader* store, StreamId stream, TimeOrder order,
    std::span<const TimeRange> ranges, uint64_t step);

// GOPs that touch `span`, at most `limit`, from its beginning.
absl::StatusOr<std::vector<GopRef>> GopsOf(StoreReader* store, StreamId stream,
                                           FrameSpan span, size_t limit);

// With the times at which each begins and the next frame after it does, or
// would.
absl::StatusOr<std::vector<IndexSpan>> WithTimes(
    StoreReader* store, StreamId stream, std::span<const FrameSpan> spans);

}  // namespace fovea

#endif  // FOVEA_API_RUN_PLAN_H_
