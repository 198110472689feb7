// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes against agreement, and how many more bytes one curve needs than
// another for the same agreement (Bjontegaard's measure on monotone curves).

#ifndef FOVEA_BENCH_ACCURACY_RATE_CURVE_H_
#define FOVEA_BENCH_ACCURACY_RATE_CURVE_H_

#include <optional>
#include <span>
#include <vector>

namespace fovea::bench {

struct RatePoint {
  double bytes = 0;    // > 0
  double quality = 0;  // more is better: F1, or minus the soft distance
};

// Points sorted by bytes, quality made non-decreasing by pooling adjacent
// violators (equal weights): noise cannot make a curve turn back.
std::vector<RatePoint> MonotoneCurve(std::vector<RatePoint> points);

// Mean over the quality both curves reach, above `floor`, of the difference
// in log bytes, as a share: -0.2 says that `test` needs 20 % fewer bytes.
// Between points log bytes are linear in quality. Nothing where the curves
// share no quality. Both curves come from MonotoneCurve().
std::optional<double> BdRate(std::span<const RatePoint> reference,
                             std::span<const RatePoint> test, double floor);

// Bytes a curve needs for `quality`; nothing where it does not reach it or
// starts above.
std::optional<double> BytesAt(std::span<const RatePoint> curve, double quality);

// How far single points stand off the line between their neighbours: what
// noise does to one point. Nothing for fewer than four points.
struct Scatter {
  double quality = 0;  // standard deviation of quality
  double bytes = 0;    // the same as a share of bytes, by the mean slope
};
std::optional<Scatter> ScatterOf(const std::vector<RatePoint>& points);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_RATE_CURVE_H_
