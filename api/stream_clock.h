// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the clock of a stream's device runs against the store's, that of the
// streams recorded beside it. Kept beside the stream: its samples stay at the
// times that the device gave them, and what reads several streams together
// asks here.

#ifndef FOVEA_API_STREAM_CLOCK_H_
#define FOVEA_API_STREAM_CLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/store.h"
#include "api/time_range.h"
#include "api/timed_source.h"
#include "codec/clock_fit.h"
#include "codec/clock_map.h"
#include "codec/sample.h"
#include "store/commit_batch.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// The map of a stream; none: it runs with the store's clock as far as is
// known. kNotFound: no such stream; kDataLoss: damaged.
absl::StatusOr<std::optional<ClockMap>> StreamClock(Store* store,
                                                    const std::string& stream);
absl::StatusOr<std::optional<ClockMap>> FindClock(StoreReader* store,
                                                  StreamId stream);

// Replaces it, or (none) forgets it.
absl::Status SetStreamClock(Store* store, const std::string& stream,
                            const std::optional<ClockMap>& clock);

// Adds to `batch` that the stream's clock went on so, behind what is known of
// it.
absl::Status ExtendClock(StoreReader* store, StreamId stream,
                         const ClockMap& clock, CommitBatch* batch);

// Device times that can map into `range` of the store's clock: those that do,
// and a nanosecond or two beside them.
TimeRange OnDeviceClock(const ClockMap& clock, TimeRange range);

// Another source at the store's times, those in `range` alone.
std::unique_ptr<TimedSource> OnStoreClock(ClockMap clock, TimeRange range,
                                          std::unique_ptr<TimedSource> source);

// A batch of `channels` likewise.
SeriesBatch OnStoreClock(const ClockMap& clock, TimeRange range,
                         const SeriesBatch& batch, size_t channels);

// A table of two columns: what the device's clock and the store's read at a
// moment, whole nanoseconds; a third, optional, is the uncertainty. A first
// line that is no numbers is its head. kInvalidArgument, naming the line: what
// is none; kResourceExhausted: more than kMaxClockLines lines.
inline constexpr size_t kMaxClockLines = 10'000'000;
absl::StatusOr<std::vector<ClockPoint>> ParseClockTable(std::string_view text);

}  // namespace fovea

#endif  // FOVEA_API_STREAM_CLOCK_H_
