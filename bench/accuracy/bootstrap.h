// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a difference between two curves is worth: frames are drawn again,
// in blocks because neighbours are alike, the same draw for both curves.

#ifndef FOVEA_BENCH_ACCURACY_BOOTSTRAP_H_
#define FOVEA_BENCH_ACCURACY_BOOTSTRAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bench/accuracy/agreement.h"
#include "bench/accuracy/rate_curve.h"

namespace fovea::bench {

// One encoding: its size, and the judge's agreement on each scored frame.
struct ScoredEncoding {
  double bytes = 0;
  std::vector<Agreement> frames;
};

enum class Measure : uint8_t { kF1, kSoft };

// F1, or minus the soft distance: more is better for both.
double Quality(const Agreement& sums, Measure measure);

// BD-rate of `test` against `reference` over all frames.
std::optional<double> BdRate(std::span<const ScoredEncoding> reference,
                             std::span<const ScoredEncoding> test,
                             Measure measure, double floor);

// As many frame numbers below `frames` as there are frames: runs of `block`
// that start anywhere and wrap around.
std::vector<size_t> DrawBlocks(size_t frames, size_t block, uint64_t seed);

// BD-rates of `draws` draws, nothing for a draw without a shared range.
// Equal seeds draw equal frames, whatever the curves. Bytes are as measured:
// only what is judged varies.
using Draws = std::vector<std::optional<double>>;
Draws BootstrapBdRates(std::span<const ScoredEncoding> reference,
                       std::span<const ScoredEncoding> test, Measure measure,
                       double floor, size_t draws, uint64_t seed);

// Draw by draw, the mean of those that have a value.
Draws MeanOf(const std::vector<Draws>& parts);

struct Interval {
  double low = 0;
  double high = 0;
};

// 5th to 95th percentile. Nothing for fewer than 20 values.
std::optional<Interval> NinetyPercent(const Draws& draws);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_BOOTSTRAP_H_
