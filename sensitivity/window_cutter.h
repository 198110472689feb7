// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cuts an inertial or other series into the windows a model takes: its
// channels alone, resampled to its rate.

#ifndef FOVEA_SENSITIVITY_WINDOW_CUTTER_H_
#define FOVEA_SENSITIVITY_WINDOW_CUTTER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "sensitivity/model_card.h"

namespace fovea {

struct WindowCounts {
  int64_t rows = 0;
  // Of them, those not used: not later than the row before, or with a value
  // that is no number or beyond 10^30.
  int64_t passed_over = 0;
  int64_t stretches = 0;  // without a gap
  int64_t windows = 0;
};

// Where in the series a window lies.
struct WindowPlace {
  uint64_t first_index = 0;  // of the first row at its first sample or later
  uint64_t last_index = 0;   // of the row with which it was there
  int64_t start_ns = 0;      // of its first sample
  int64_t end_ns = 0;        // and of its last
  int64_t stretch = 0;       // from 1 on
};

// Not thread-safe. Memory is that of one window.
//
// Samples lie one period of the card's rate apart, from a stretch's first
// row on, on the straight line between the rows around them; there is no
// filter before it, so what a faster series holds above half the card's
// rate folds down. A row not later than the one before is passed over:
// recordings repeat times and run back a little. Where time leaps by more
// than 8 periods (of the card or the series, whichever is slower), ahead or
// back, a new stretch begins. No window reaches over the border of one, and
// what is left at its end is too short for a window.
class WindowCutter {
 public:
  // A window begins every `hop` samples; 0: half a window.
  // kInvalidArgument: errors of FindChannels(); `hop` below 0 or above
  // kMaxWindow; a series of less than an eighth of the card's rate, whose
  // samples would nearly all be made up.
  static absl::StatusOr<WindowCutter> Create(const ModelCard& card,
                                             const SeriesInfo& series, int hop);

  // The window's values in the stream's units, channel by channel; valid
  // during the call.
  using Visitor = std::function<absl::Status(const std::vector<double>&)>;

  // Takes the next rows of the series, and visits each window they complete.
  // The first error of `visit` ends it.
  absl::Status Add(const SeriesBatch& batch, const Visitor& visit) {
    return Add(batch, next_index_, visit);
  }
  // The same of rows that have indexes of their own, from `first_index` on.
  absl::Status Add(const SeriesBatch& batch, uint64_t first_index,
                   const Visitor& visit);

  // Of the window that is visited.
  const WindowPlace& place() const { return place_; }

  const WindowCounts& counts() const { return counts_; }

 private:
  WindowCutter() = default;

  bool Load(const double* row);
  void Begin(int64_t time_ns);
  absl::Status AddRow(int64_t time_ns, const Visitor& visit);
  absl::Status Resample(double elapsed_ns, const Visitor& visit);
  absl::Status Push(double share, const Visitor& visit);
  absl::Status Emit(const Visitor& visit);
  int64_t TimeOf(int64_t sample) const;

  std::vector<size_t> columns_;  // of the series
  size_t row_size_ = 0;
  size_t window_ = 0, hop_ = 0;
  double period_ns_ = 0, gap_ns_ = 0;

  // The stretch so far; times are since its first row.
  int64_t start_ns_ = 0, last_time_ns_ = 0;
  double last_ns_ = 0;
  int64_t samples_ = 0;                   // resampled so far
  std::vector<double> last_, next_;       // rows
  std::vector<double> pending_;           // samples of the next window, by time
  std::deque<uint64_t> pending_indexes_;  // rows at which they were there
  size_t skip_ = 0;                       // samples before it begins
  std::vector<double> values_;            // of a window, channel by channel
  uint64_t next_index_ = 0;               // of rows
  WindowPlace place_;
  WindowCounts counts_;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_WINDOW_CUTTER_H_
