// SPDX-License-Identifier: GPL-2.0-or-later
//
// Learns from a stored imu or series stream when a model of windows need not
// be asked: a filter/sensor_tree.h for WindowReuseOptions::tree. The sibling
// of api/learn_filter.h for cameras.

#ifndef FOVEA_API_LEARN_WINDOWS_H_
#define FOVEA_API_LEARN_WINDOWS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/store.h"
#include "api/window_model.h"
#include "filter/sensor_tree.h"

namespace fovea {

struct LearnWindowsOptions {
  WindowModel* model = nullptr;   // asked about every window; outlives the call
  int hop = 0;                    // as RunWindowsOptions
  TimeRange range;                // of the stream
  int64_t most_windows = 10'000;  // from the range's beginning
  uint64_t seed = 1;              // of the choice of pairs
};

struct LearntTree {
  // None where it was no better than the distance between windows, by what is
  // held without error on windows it has not seen.
  std::optional<SensorTree> tree;
  int64_t windows = 0;
  int64_t windows_held_out = 0;  // the last of them, by which both are judged
  size_t classes = 0;            // 1 + the greatest that was told
  // Share of the windows held out that need no run where 5 % of all answers may
  // be of another class.
  double avoided_before = 0, avoided_after = 0;
};

// The first 60 % of the windows teach, the rest judges. Windows without a
// class are passed over. `progress` (may be null) gets windows done and to do;
// the number to do is 0 where it is not known. kInvalidArgument: no model, and
// errors of ReadWindows(); kFailedPrecondition: fewer than 100 windows, or all
// that teach are of one class; kCancelled by `stop`; errors of the model, which
// name the window.
absl::StatusOr<LearntTree> LearnWindows(
    Store* store, const std::string& stream, const LearnWindowsOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_LEARN_WINDOWS_H_
