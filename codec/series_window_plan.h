// SPDX-License-Identifier: GPL-2.0-or-later
//
// How blocks of a series are coded for a model (codec/imu/window_block.h): the
// unit that each channel is counted in, and the steps of its frequency bands.
// Made of a model's sensitivities, kept apart from the blocks; a block that was
// coded by one names it and decodes by the same one alone. codec/FORMAT.md
// draws the bytes.

#ifndef FOVEA_CODEC_SERIES_WINDOW_PLAN_H_
#define FOVEA_CODEC_SERIES_WINDOW_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/imu/window_plan.h"
#include "codec/sample.h"
#include "codec/series_sensitivity.h"

namespace fovea {

inline constexpr size_t kMaxSeriesWindowPlanBytes =
    16 + 64 * 8 + imu::kMaxWindowPlanBytes;

// At strength 0 an error of a step in one coefficient changes the model's
// margin by so much in the root mean square; steps double every 8.
inline constexpr double kFinestMarginChange = 1.0 / 1024;

class SeriesWindowPlan {
 public:
  // kDataLoss: damaged, or of another version.
  static absl::StatusOr<SeriesWindowPlan> Parse(std::span<const uint8_t> bytes);

  size_t channels() const { return units_.size(); }
  // Rows of a window.
  size_t window() const { return window_; }
  // A sample is its number times the unit of its channel.
  const std::vector<double>& units() const { return units_; }
  // Of MakeImuWindowPlan(), for numbers.
  const std::vector<uint8_t>& steps() const { return steps_; }
  // The checksum of its bytes, by which blocks name it.
  uint32_t id() const { return id_; }

 private:
  std::vector<double> units_;
  std::vector<uint8_t> steps_;
  size_t window_ = 0;
  uint32_t id_ = 0;
};

// The bytes of a plan for `series`, whose channels in any order are those of
// `sensitivity`. Windows last as long as the model's, or half, a quarter and so
// on of that, so that they have 8 to 128 rows. Sensitivity is that of the same
// frequency; what is above half the model's rate folds down, as the samples of
// its windows do. How large values usually are is learned of `recording`, rows
// x channels of the series, as long as they are numbers; it may be empty.
// kInvalidArgument: a channel that the model does not look at, of which nothing
// would be left; a rate of the series that is not known or at which windows are
// too short; energies that are all 0.
absl::StatusOr<std::vector<uint8_t>> MakeSeriesWindowPlan(
    const SeriesSensitivity& sensitivity, const SeriesInfo& series,
    std::span<const double> recording);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_WINDOW_PLAN_H_
