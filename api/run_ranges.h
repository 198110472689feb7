// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a run over stored footage is kept to: clips of a query, times at
// which something moves. Catalogue rows tell both; no frame is decoded.

#ifndef FOVEA_API_RUN_RANGES_H_
#define FOVEA_API_RUN_RANGES_H_

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/store.h"
#include "api/time_range.h"
#include "index/motion_spans.h"
#include "index/query.h"

namespace fovea {

// The query's clips in one stream, by time and apart from each other. One
// that names no streams is asked of this one alone. Puts what the answer
// notes into `notes`. Errors are those of Store::Query().
absl::StatusOr<std::vector<TimeRange>> ClipRanges(
    Store* store, const StreamSummary& stream, const Query& query,
    std::vector<std::string>* notes, const std::atomic<bool>* stop);

// The same of MovingSpans(), over all of the stream.
absl::StatusOr<std::vector<TimeRange>> MovingRanges(
    StoreReader* store, StreamId stream, const MovingSpanOptions& options,
    MotionSources* sources);

// What lies in one of either list. The first may be in any order, its ranges
// may overlap; the second is as above. Neither being empty means all time.
std::vector<TimeRange> Common(std::vector<TimeRange> a,
                              const std::vector<TimeRange>& b);

}  // namespace fovea

#endif  // FOVEA_API_RUN_RANGES_H_
