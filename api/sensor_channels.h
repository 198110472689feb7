// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which channels of a series a query's sensor condition is about, and in
// what units.

#ifndef FOVEA_API_SENSOR_CHANNELS_H_
#define FOVEA_API_SENSOR_CHANNELS_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "index/query.h"

namespace fovea {

// How many of `to` one of `from` is: "g" to "m/s2" is 9.80665. Equal texts
// are 1. kInvalidArgument: unknown, or of other kinds.
absl::StatusOr<double> UnitFactor(const std::string& from,
                                  const std::string& to);

// A sensor condition, bound to the channels of one stream.
class SensorTest {
 public:
  // Channels called as the condition says, or, where there is none, those
  // whose name goes on with a digit or '_' ("speed": "speed2d"); with
  // `norm`, those that go on with "_x", "_y", "_z" ("accel": "accel_x").
  // None: is_empty(). kInvalidArgument: a unit that does not fit, naming the
  // channel and its unit.
  static absl::StatusOr<SensorTest> Bind(const SensorCondition& condition,
                                         std::span<const Channel> channels);

  bool is_empty() const { return columns_.empty(); }

  // Of one sample, all its channels: any of those bound, or their length,
  // compares. NaN never does.
  bool Holds(std::span<const double> sample) const;

 private:
  bool Compares(double value) const;

  std::vector<size_t> columns_;
  std::vector<double> factors_;  // from the channel's unit to the condition's
  bool norm_ = false;
  Comparison comparison_ = Comparison::kGreater;
  double value_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_SENSOR_CHANNELS_H_
