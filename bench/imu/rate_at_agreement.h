// SPDX-License-Identifier: GPL-2.0-or-later
//
// What coding takes where models still say the same, and how sure that is:
// curves from fine to coarse, tallied recording by recording.

#ifndef FOVEA_BENCH_IMU_RATE_AT_AGREEMENT_H_
#define FOVEA_BENCH_IMU_RATE_AT_AGREEMENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace fovea::bench {

// Of one recording, or of many together.
struct Tally {
  double bits = 0, samples = 0;
  double same = 0, asked = 0;              // windows of one class, per network
  double mixed_same = 0, mixed_asked = 0;  // the others
  double rate() const { return bits / samples; }
  double agreement() const { return same / asked; }
  void Add(const Tally& other);
};

// One way of coding at one coarseness, by recording.
using Point = std::vector<Tally>;
using Curve = std::vector<Point>;  // from fine to coarse

// Recordings, some perhaps more than once.
using Draw = std::vector<size_t>;
Tally SumOf(const Point& point, const Draw& draw);

// Bits a sample where agreement falls below `goal`, between the curve's points
// on the logarithm of the bits; agreement is taken as it never rises from fine
// to coarse, by least squares, so that what a few windows do by chance has less
// of a say. Infinite where even the finest point falls below.
double RateAt(const Curve& curve, const Draw& draw, double goal);

struct Interval {
  double low = 0, high = 0;
};

// 2.5th to 97.5th percentile of `figure` over 1,000 draws of recordings, as
// many of each group as it has. What is no number counts as infinite.
Interval BootstrapInterval(std::span<const Draw> groups,
                           const std::function<double(const Draw&)>& figure);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_IMU_RATE_AT_AGREEMENT_H_
