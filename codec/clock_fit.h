// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clock maps from moments at which a device's clock and the store's were both
// read.

#ifndef FOVEA_CODEC_CLOCK_FIT_H_
#define FOVEA_CODEC_CLOCK_FIT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/clock_map.h"

namespace fovea {

// Moments that both clocks were read at.
struct ClockReading {
  int64_t device_ns = 0;
  int64_t store_ns = 0;
};

enum class ClockError : uint8_t {
  // Read when a message of the device came in: never too early, often late.
  kLate,
  // Read at events that both saw: as likely early as late.
  kEitherWay,
};

struct ClockFitOptions {
  ClockError error = ClockError::kLate;
  // Stretch of device time over which the clock's rate is taken for constant;
  // longer in recordings that would take more than kMaxClockPoints.
  int64_t piece_ns = 60'000'000'000;
};

// The map that readings tell, in any order. Of late ones it follows the
// earliest: the line below all of a stretch that is nearest to them (Moon,
// Skelly, Towsley, "Estimation and removal of clock skew from network delay
// measurements", 1999), whatever delay all have in common counted to the
// clock; of others the line of the median slope (Theil and Sen). The
// uncertainty is three times the median distance of the readings, of late
// ones those that LateReadings keeps (19 in 20 of normal errors are within);
// of fewer than eight, from which no rate is told, the farthest.
// kInvalidArgument: no readings, times beyond kMaxClockTime, options below 1;
// kFailedPrecondition: one clock stands or runs backward while the other runs.
absl::StatusOr<ClockMap> FitClockMap(std::span<const ClockReading> readings,
                                     const ClockFitOptions& options);

// Readings of one device in bounded memory: of those of a tenth of a second
// (longer in recordings beyond a day) only the earliest is kept.
class LateReadings {
 public:
  void Add(ClockReading reading);
  std::vector<ClockReading> Take();

 private:
  static constexpr size_t kMost = size_t{1} << 20;

  void Widen();

  int64_t bucket_ns_ = 100'000'000;
  std::map<int64_t, ClockReading> earliest_;  // by bucket of device time
};

}  // namespace fovea

#endif  // FOVEA_CODEC_CLOCK_FIT_H_
