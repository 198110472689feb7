// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a device's clock read when the store's clock, that of the streams
// beside it, read something else: a line through points, with how far each may
// be off. Kept beside the samples, whose times stay as the device gave them:
// a better map can come later and nothing is rounded twice. codec/FORMAT.md
// draws the bytes.

#ifndef FOVEA_CODEC_CLOCK_MAP_H_
#define FOVEA_CODEC_CLOCK_MAP_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

// The two clocks at one moment, and how far the second may be from the truth.
struct ClockPoint {
  int64_t device_ns = 0;
  int64_t store_ns = 0;
  int64_t uncertainty_ns = 0;
  friend bool operator==(const ClockPoint&, const ClockPoint&) = default;
};

// A time on the other clock.
struct MappedTime {
  int64_t time_ns = 0;
  int64_t uncertainty_ns = 0;
};

inline constexpr size_t kMaxClockPoints = 2048;

// Times that a map can be about lie within 2^62 ns (146 years) of 0.
inline constexpr int64_t kMaxClockTime = int64_t{1} << 62;

// How much faster or slower than known a clock may run where no points tell:
// twice what a plain crystal is sold for.
inline constexpr double kUnknownClockRate = 100e-6;

// Immutable; any number of threads.
class ClockMap {
 public:
  // kInvalidArgument: no points, more than kMaxClockPoints, times beyond
  // kMaxClockTime, an uncertainty below 0, or a point that is not later than
  // the one before on both clocks.
  static absl::StatusOr<ClockMap> Create(std::vector<ClockPoint> points);

  // kDataLoss: damaged.
  static absl::StatusOr<ClockMap> Parse(std::span<const uint8_t> bytes);
  std::vector<uint8_t> Encode() const;

  const std::vector<ClockPoint>& points() const { return points_; }

  // Never runs backward. Between points on the line through both, its
  // uncertainty likewise; outside on the line of the nearest two (one point:
  // at the device's own rate), kUnknownClockRate of the distance less certain.
  MappedTime ToStore(int64_t device_ns) const;
  // The other way: the first device time that ToStore() maps there or later,
  // to within a nanosecond.
  MappedTime ToDevice(int64_t store_ns) const;

  // The rate of the store's clock over that of the device's, less 1, from the
  // first point to the last; 0 with one point.
  double Skew() const;

  // This map up to its last point and `later`'s points behind it.
  ClockMap Extended(const ClockMap& later) const;

  friend bool operator==(const ClockMap&, const ClockMap&) = default;

 private:
  explicit ClockMap(std::vector<ClockPoint> points)
      : points_(std::move(points)) {}

  std::vector<ClockPoint> points_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_CLOCK_MAP_H_
