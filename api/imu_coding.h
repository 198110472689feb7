// SPDX-License-Identifier: GPL-2.0-or-later
//
// How an ingest codes inertial streams: the level, and how far samples may be
// from the sensor's, in physical units.

#ifndef FOVEA_API_IMU_CODING_H_
#define FOVEA_API_IMU_CODING_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/device_profiles.h"
#include "api/window_coding.h"
#include "codec/formats/source.h"
#include "codec/sample.h"
#include "codec/series_block.h"

namespace fovea {

// Holds for the channels whose name begins with `channel`.
struct ImuBound {
  std::string channel;  // "accel", "gyro_x"
  double value = 0;     // above 0, finite
  std::string unit;     // "" is the channel's own
};

struct ImuCodingOptions {
  ImuLevel level = ImuLevel::kNormal;
  std::vector<ImuBound> bounds;  // none: every bit is kept

  // Every imu stream has to fit one of these, where there are any; a store
  // remembers it for the device. Without, the newest one that it knows of the
  // device is taken, if `known_profiles`.
  std::vector<DeviceProfile> profiles;
  bool known_profiles = true;

  std::string device;  // what recorded imu streams; "": what the source says

  // With a model or a sensitivity: imu streams are coded for it, whatever is
  // said above but for bounds, in blocks of some 10 s. Every imu stream has
  // to fit it.
  WindowCodingOptions windows;
};

// "accel=0.02g,gyro=0.1dps". kInvalidArgument, naming the part, where one is
// no NAME=NUMBER with a unit or none.
absl::StatusOr<std::vector<ImuBound>> ParseImuBounds(std::string_view text);

// Of `bounds` those that a channel of the series has the name of.
std::vector<ImuBound> ImuBoundsOf(std::span<const ImuBound> bounds,
                                  const SeriesInfo& series);

// kInvalidArgument: there are imu tracks, and a bound that none of their
// channels has the name of.
absl::Status CheckImuBounds(std::span<const ImuBound> bounds,
                            std::span<const Track> tracks);

// What `options` mean for a stream of these channels, bounds in each
// channel's unit: m/s2, g and mg, rad/s, deg/s (dps) and mdps, T, uT and G are
// converted. kInvalidArgument: a bound that no channel has the name of, or
// whose unit is none of its channel.
absl::StatusOr<SeriesCoding> ImuCodingFor(const ImuCodingOptions& options,
                                          const SeriesInfo& series);

// "fast", "normal", "max".
const char* ImuLevelName(ImuLevel level);

// "imu level=normal", what it is coded for, then " NAME<=BOUND UNIT" of each
// channel that has one.
std::string ImuCodingText(const SeriesCoding& coding,
                          const WindowCodingOptions& windows,
                          const SeriesInfo& series);

}  // namespace fovea

#endif  // FOVEA_API_IMU_CODING_H_
