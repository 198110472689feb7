// SPDX-License-Identifier: GPL-2.0-or-later
//
// A window of an inertial or other sensor in a few bytes: how it is held, how
// much and how fast it moves, how regularly it turns. From these cells gates
// and caches tell whether a model would say anything new about it.

#ifndef FOVEA_FILTER_SENSOR_FEATURES_H_
#define FOVEA_FILTER_SENSOR_FEATURES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "filter/features.h"

namespace fovea {

// Which channels of a window are which.
struct SensorLayout {
  size_t channels = 0;
  // First of three neighbours x, y, z; -1 where there is none.
  int accelerometer = -1;
  int gyroscope = -1;
  double to_m_s2 = 1;   // of the accelerometer's unit
  double to_rad_s = 1;  // of the gyroscope's
};

// By name and unit: three neighbours whose names hold "acc" ("gyr") and
// differ in x, y, z alone, in m/s2 or g (rad/s or deg/s); without a unit the
// former. The first such three; all other channels are generic.
// kInvalidArgument: not 1 to 64 channels, or another unit, which it names.
absl::StatusOr<SensorLayout> SensorLayoutOf(std::span<const Channel> channels);

// What the sensor itself says: many have a comparator for that in hardware.
enum class MotionEvent : int8_t { kNone = 0, kNoMotion = -1, kAnyMotion = 1 };

struct SensorWindow {
  std::span<const double> values;  // channel by channel, each as long
  double rate_hz = 0;
  MotionEvent event = MotionEvent::kNone;
};

// Cells of Features::cells, by their first. a is the accelerometer's vector
// in m/s2, w the gyroscope's in rad/s; cells of a sensor that is not there
// are 0. "Octaves above f" is 8 log2(value / f), cut at 0 and 127: so a
// factor of 1.09 is one cell.
enum SensorCell : uint8_t {
  kCellMean = 0,         // 3: mean of a, 1/8 m/s2: how gravity lies
  kCellDeviation = 3,    // 3: deviation of a, octaves above 1/1024 m/s2
  kCellCrossings = 6,    // 3: times a passes its mean by a quarter of its
                         //    deviation, 1/4 per second
  kCellBands = 9,        // 4: |a| below 3 Hz, to 6, to 12 and above, as rms in
                         //    octaves above 1/1024 m/s2
  kCellPeriod = 13,      // dominant lag of the autocorrelation of |a|, 16 per
                         //    octave above 1/32 s; 0: none
  kCellPeriodic = 14,    // the autocorrelation there, 127 = 1
  kCellTurn = 15,        // 3: mean of w, 1/16 rad/s
  kCellTurning = 18,     // 3: deviation of w, octaves above 1/4096 rad/s
  kCellTailTilt = 21,    // mean a of the last quarter from that of the
                         //    window, degrees
  kCellTailMotion = 22,  // deviation of |a| in the last quarter, as kCellBands
  kCellTailTurn = 23,    // rms of |w| in the last quarter, as kCellTurning
  kCellEvent = 24,       // 64 times the MotionEvent
  kSensorCells = 25,     // then 2 of each generic channel: mean and deviation,
                         //    4 log2(1 + |value| / 0.001), the mean signed
};

inline constexpr size_t kLeastSensorSamples = 8;
inline constexpr size_t kMostSensorSamples = 65536;

// One row of kSensorCells + 2 * generic channels. Time and memory grow as the
// window does: some 4 us of 104 samples of 6 channels.
//
// Cells of bands, period and tail stay when the sensor is turned; mean,
// deviation, crossings, turn and turning are those of the sensor's axes, and
// turn with it. Bands are of fixed frequencies and all else is per second, so
// another rate changes them only by what it cannot hold. Scale is kept: a
// shake twice as strong is 8 cells off.
//
// kInvalidArgument: another number of values than `layout` divides, fewer
// samples than kLeastSensorSamples or more than kMostSensorSamples, a rate
// outside 0.001 Hz to 1 MHz, or a value that is no number or beyond 10^30,
// which it names by channel and sample.
absl::StatusOr<Features> SensorFeaturesOf(const SensorLayout& layout,
                                          const SensorWindow& window);

// Weighted mean of |difference| over the cells; in cells, 0 to 254. Weights:
// 2 of mean, deviation, turning and the event, 1 of bands, turn, tail and
// generic channels, 1/2 of crossings and period, which jump where two answers
// are as good. Infinite where shapes differ or are no sensor's. Symmetric,
// 0 of equals, and the triangle holds.
float SensorDistance(const Features& a, const Features& b);

// Angle between the two means of a, in degrees; 180 where one of them is
// shorter than 2 m/s2 or shapes are no sensor's.
double GravityAngle(const Features& a, const Features& b);

// True of a row as SensorFeaturesOf() makes them.
bool AreSensorFeatures(const Features& features);

}  // namespace fovea

#endif  // FOVEA_FILTER_SENSOR_FEATURES_H_
