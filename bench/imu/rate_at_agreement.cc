// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/imu/rate_at_agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace fovea::bench {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr size_t kDraws = 1000;

std::vector<double> Falling(const std::vector<Tally>& curve) {
  struct Pool {
    double sum, count;
    double mean() const { return sum / count; }
  };
  std::vector<Pool> pools;
  for (const Tally& tally : curve) {
    pools.push_back({tally.agreement(), 1});
    while (pools.size() > 1 &&
           pools.back().mean() > pools[pools.size() - 2].mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().count += last.count;
    }
  }
  std::vector<double> falling;
  for (const Pool& pool : pools) {
    falling.resize(falling.size() + static_cast<size_t>(pool.count),
                   pool.mean());
  }
  return falling;
}

}  // namespace

void Tally::Add(const Tally& other) {
  bits += other.bits;
  samples += other.samples;
  same += other.same;
  asked += other.asked;
  mixed_same += other.mixed_same;
  mixed_asked += other.mixed_asked;
}

Tally SumOf(const Point& point, const Draw& draw) {
  Tally sum;
  for (const size_t recording : draw) sum.Add(point[recording]);
  return sum;
}

double RateAt(const Curve& curve, const Draw& draw, double goal) {
  std::vector<Tally> sums;
  for (const Point& point : curve) sums.push_back(SumOf(point, draw));
  const std::vector<double> agreement = Falling(sums);
  size_t bad = 0;
  while (bad < sums.size() && agreement[bad] >= goal) ++bad;
  if (bad == 0) return kInfinite;
  if (bad == sums.size()) return sums.back().rate();
  const double part =
      (agreement[bad - 1] - goal) / (agreement[bad - 1] - agreement[bad]);
  return sums[bad - 1].rate() *
         std::pow(sums[bad].rate() / sums[bad - 1].rate(), part);
}

Interval BootstrapInterval(std::span<const Draw> groups,
                           const std::function<double(const Draw&)>& figure) {
  std::mt19937_64 dice(1);
  std::vector<double> figures;
  for (size_t i = 0; i < kDraws; ++i) {
    Draw draw;
    for (const Draw& group : groups) {
      for (size_t n = 0; n < group.size(); ++n) {
        draw.push_back(group[dice() % group.size()]);
      }
    }
    const double value = figure(draw);
    figures.push_back(std::isnan(value) ? kInfinite : value);
  }
  std::ranges::sort(figures);
  return {figures[kDraws / 40], figures[kDraws - 1 - kDraws / 40]};
}

}  // namespace fovea::bench
