// SPDX-License-Identifier: GPL-2.0-or-later
//
// The windows that a model takes of a stored series, one after another.

#ifndef FOVEA_API_WINDOW_READER_H_
#define FOVEA_API_WINDOW_READER_H_

#include <functional>
#include <span>

#include "absl/status/statusor.h"
#include "api/stream_summary.h"
#include "api/time_range.h"
#include "sensitivity/model_card.h"
#include "sensitivity/window_cutter.h"
#include "store/store_reader.h"

namespace fovea {

struct StoredWindow {
  WindowPlace place;               // indexes are those of the stream
  std::span<const double> values;  // channel by channel; during the call
};

// Calls `visit` for the windows of the samples in `range`, a window every
// `hop` samples of the card's rate (0: half a window), until it returns false
// or fails. What of the samples was used. kInvalidArgument: no imu or series
// stream, and errors of WindowCutter::Create(); those of the store.
absl::StatusOr<WindowCounts> ReadWindows(
    StoreReader* store, const StreamSummary& stream, const ModelCard& card,
    int hop, TimeRange range,
    const std::function<absl::StatusOr<bool>(const StoredWindow&)>& visit);

}  // namespace fovea

#endif  // FOVEA_API_WINDOW_READER_H_
