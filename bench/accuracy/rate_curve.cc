// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/rate_curve.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace fovea::bench {
namespace {

// Below this a shared range of quality says nothing.
constexpr double kLeastRange = 1e-6;

// Log bytes at `quality`, inside the curve's range. A flat stretch answers
// with its middle.
double LogBytesAt(std::span<const RatePoint> curve, double quality) {
  const auto lower = std::lower_bound(
      curve.begin(), curve.end(), quality,
      [](const RatePoint& point, double q) { return point.quality < q; });
  const auto upper = std::upper_bound(
      lower, curve.end(), quality,
      [](double q, const RatePoint& point) { return q < point.quality; });
  if (lower != upper) {
    return (std::log(lower->bytes) + std::log((upper - 1)->bytes)) / 2;
  }
  if (upper == curve.begin()) return std::log(curve.front().bytes);
  if (upper == curve.end()) return std::log(curve.back().bytes);
  const RatePoint& left = *(upper - 1);
  const double share =
      (quality - left.quality) / (upper->quality - left.quality);
  return std::log(left.bytes) +
         share * (std::log(upper->bytes) - std::log(left.bytes));
}

// Integral of log bytes over [low, high], exact: trapezia between points.
// Ends of flat stretches differ on either side, so each stretch between
// two qualities is taken from its own two points.
double Area(std::span<const RatePoint> curve, double low, double high) {
  double area = 0;
  for (size_t i = 1; i < curve.size(); ++i) {
    const RatePoint& a = curve[i - 1];
    const RatePoint& b = curve[i];
    const double from = std::max(low, a.quality);
    const double to = std::min(high, b.quality);
    if (to <= from) continue;
    const double slope =
        (std::log(b.bytes) - std::log(a.bytes)) / (b.quality - a.quality);
    const double middle = (from + to) / 2 - a.quality;
    area += (to - from) * (std::log(a.bytes) + slope * middle);
  }
  return area;
}

}  // namespace

std::vector<RatePoint> MonotoneCurve(std::vector<RatePoint> points) {
  std::sort(
      points.begin(), points.end(),
      [](const RatePoint& a, const RatePoint& b) { return a.bytes < b.bytes; });
  struct Pool {
    double mean;
    size_t count;
  };
  std::vector<Pool> pools;
  for (const RatePoint& point : points) {
    pools.push_back({point.quality, 1});
    while (pools.size() > 1 &&
           pools[pools.size() - 2].mean >= pools.back().mean) {
      const Pool last = pools.back();
      pools.pop_back();
      Pool& into = pools.back();
      const size_t count = into.count + last.count;
      into.mean = (into.mean * static_cast<double>(into.count) +
                   last.mean * static_cast<double>(last.count)) /
                  static_cast<double>(count);
      into.count = count;
    }
  }
  size_t at = 0;
  for (const Pool& pool : pools) {
    for (size_t i = 0; i < pool.count; ++i) points[at++].quality = pool.mean;
  }
  return points;
}

std::optional<double> BdRate(std::span<const RatePoint> reference,
                             std::span<const RatePoint> test, double floor) {
  if (reference.empty() || test.empty()) return std::nullopt;
  const double low =
      std::max({floor, reference.front().quality, test.front().quality});
  const double high = std::min(reference.back().quality, test.back().quality);
  if (high - low < kLeastRange) return std::nullopt;
  const double difference = Area(test, low, high) - Area(reference, low, high);
  return std::expm1(difference / (high - low));
}

std::optional<double> BytesAt(std::span<const RatePoint> curve,
                              double quality) {
  if (curve.empty() || quality < curve.front().quality ||
      quality > curve.back().quality) {
    return std::nullopt;
  }
  return std::exp(LogBytesAt(curve, quality));
}

std::optional<Scatter> ScatterOf(const std::vector<RatePoint>& points) {
  std::vector<RatePoint> sorted = points;
  std::sort(
      sorted.begin(), sorted.end(),
      [](const RatePoint& a, const RatePoint& b) { return a.bytes < b.bytes; });
  if (sorted.size() < 4) return std::nullopt;
  // Deviation from the line between both neighbours, which any smooth
  // curve follows; 3/2 is the variance of that deviation over a point's.
  double squares = 0;
  for (size_t i = 1; i + 1 < sorted.size(); ++i) {
    const double left = std::log(sorted[i - 1].bytes);
    const double right = std::log(sorted[i + 1].bytes);
    const double share = (std::log(sorted[i].bytes) - left) / (right - left);
    const double expected =
        sorted[i - 1].quality +
        share * (sorted[i + 1].quality - sorted[i - 1].quality);
    const double off = sorted[i].quality - expected;
    squares += off * off / 1.5;
  }
  Scatter scatter;
  scatter.quality = std::sqrt(squares / static_cast<double>(sorted.size() - 2));
  const RatePoint& first = sorted.front();
  const RatePoint& last = sorted.back();
  const double slope =
      (last.quality - first.quality) / std::log(last.bytes / first.bytes);
  if (!(slope > 0)) return std::nullopt;
  scatter.bytes = std::expm1(scatter.quality / slope);
  return scatter;
}

}  // namespace fovea::bench
