// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/lattice_step.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace fovea {
namespace {

// More differences cost time and add nothing: 64 random multiples share a
// factor only if all values do.
constexpr size_t kMaxDifferences = 256;

// A step below this many noises cannot be told from noise.
constexpr double kStepOverNoise = 24;

// Remainders up to this part of a step count as zero.
constexpr double kTolerance = 0.02;

// Absolute differences of neighbours, ascending, without those that noise
// alone explains.
std::vector<double> Differences(std::span<const double> values, double noise) {
  const size_t stride = values.size() / kMaxDifferences + 1;
  std::vector<double> differences;
  for (size_t i = 1; i < values.size(); i += stride) {
    const double difference = std::abs(values[i] - values[i - 1]);
    if (difference > 4 * noise) differences.push_back(difference);
  }
  std::sort(differences.begin(), differences.end());
  return differences;
}

// Euclid with nearest remainders, ended by the tolerance.
double ApproximateGcd(double a, double b, double noise) {
  while (b > 8 * noise && b > kTolerance * a * 1e-3) {
    const double rest = std::abs(std::remainder(a, b));
    a = b;
    b = rest;
  }
  return a;
}

// Each multiple seen sharpens the step, since its relative noise is less;
// one that does not fit cuts the step down.
double CommonStep(std::span<const double> differences, double noise) {
  double step = differences.front();
  for (const double difference : differences) {
    const double multiple = std::round(difference / step);
    const double rest = std::abs(difference - multiple * step);
    if (rest > std::max(8 * noise, kTolerance * step)) {
      step = ApproximateGcd(step, rest, noise);
      if (step < kStepOverNoise * noise) return 0;
    } else {
      step = difference / multiple;
    }
  }
  return step;
}

// Walks outwards from the first value, so that the step is always sharp
// enough to count the steps to the next one.
double Sharpen(std::span<const double> values, double step) {
  std::vector<double> distances;
  distances.reserve(values.size());
  for (const double value : values) {
    distances.push_back(std::abs(value - values[0]));
  }
  std::sort(distances.begin(), distances.end());
  double sum_kk = 0;
  double sum_kd = 0;
  for (const double distance : distances) {
    const double k = std::round(distance / step);
    if (k == 0) continue;
    sum_kk += k * k;
    sum_kd += k * distance;
    step = sum_kd / sum_kk;
  }
  return step;
}

// The line through (k, value); `step` only counts the ks.
Lattice FitLine(std::span<const double> values, double step) {
  const double origin = values[0] - std::round(values[0] / step) * step;
  double mean_k = 0;
  double mean_v = 0;
  for (const double value : values) {
    mean_k += std::round((value - origin) / step);
    mean_v += value - origin;
  }
  const auto n = static_cast<double>(values.size());
  mean_k /= n;
  mean_v /= n;
  double kk = 0;
  double kv = 0;
  for (const double value : values) {
    const double k = std::round((value - origin) / step) - mean_k;
    kk += k * k;
    kv += k * (value - origin - mean_v);
  }
  Lattice lattice;
  lattice.step = kk > 0 ? kv / kk : step;
  lattice.offset = origin + mean_v - mean_k * lattice.step;
  return lattice;
}

}  // namespace

std::optional<Lattice> FindLattice(std::span<const double> values,
                                   double noise) {
  const std::vector<double> differences = Differences(values, noise);
  if (differences.size() < 4) return std::nullopt;
  double step = CommonStep(differences, noise);
  if (!(step > kStepOverNoise * noise)) return std::nullopt;
  step = Sharpen(values, step);
  if (!(step > 0) || !std::isfinite(step)) return std::nullopt;
  Lattice lattice = FitLine(values, step);
  lattice.noise = noise;
  if (!(lattice.step > kStepOverNoise * noise)) return std::nullopt;
  if (!std::isfinite(lattice.step) || !std::isfinite(lattice.offset)) {
    return std::nullopt;
  }
  return lattice;
}

}  // namespace fovea
