// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace fovea::bench {
namespace {

// Detections stay alike for about a third of a second. A short clip still
// gives several blocks to choose from: redrawing one would redraw nothing.
constexpr size_t kBlock = 10;
constexpr size_t kFewestBlocks = 6;

size_t BlockFor(size_t frames) {
  return std::clamp<size_t>(frames / kFewestBlocks, 1, kBlock);
}

std::vector<RatePoint> CurveOf(std::span<const ScoredEncoding> encodings,
                               Measure measure,
                               const std::vector<size_t>* drawn) {
  std::vector<RatePoint> points;
  for (const ScoredEncoding& encoding : encodings) {
    Agreement sums;
    if (drawn == nullptr) {
      sums = Sum(encoding.frames);
    } else {
      for (const size_t frame : *drawn) sums += encoding.frames[frame];
    }
    points.push_back({encoding.bytes, Quality(sums, measure)});
  }
  return MonotoneCurve(std::move(points));
}

size_t FrameCount(std::span<const ScoredEncoding> encodings) {
  size_t frames = encodings.empty() ? 0 : encodings[0].frames.size();
  for (const ScoredEncoding& encoding : encodings) {
    frames = std::min(frames, encoding.frames.size());
  }
  return frames;
}

}  // namespace

double Quality(const Agreement& sums, Measure measure) {
  return measure == Measure::kF1 ? sums.F1() : -sums.Soft();
}

std::optional<double> BdRate(std::span<const ScoredEncoding> reference,
                             std::span<const ScoredEncoding> test,
                             Measure measure, double floor) {
  return BdRate(CurveOf(reference, measure, nullptr),
                CurveOf(test, measure, nullptr), floor);
}

std::vector<size_t> DrawBlocks(size_t frames, size_t block, uint64_t seed) {
  std::mt19937_64 chance(seed);
  std::vector<size_t> drawn;
  while (drawn.size() < frames) {
    // The bias of % is far below anything measured here, and unlike a
    // standard distribution it is the same with every library.
    const size_t start = static_cast<size_t>(chance() % frames);
    for (size_t i = 0; i < block && drawn.size() < frames; ++i) {
      drawn.push_back((start + i) % frames);
    }
  }
  return drawn;
}

Draws BootstrapBdRates(std::span<const ScoredEncoding> reference,
                       std::span<const ScoredEncoding> test, Measure measure,
                       double floor, size_t draws, uint64_t seed) {
  const size_t frames = std::min(FrameCount(reference), FrameCount(test));
  Draws rates;
  if (frames == 0) return rates;
  for (size_t i = 0; i < draws; ++i) {
    const std::vector<size_t> drawn =
        DrawBlocks(frames, BlockFor(frames), seed + i);
    rates.push_back(BdRate(CurveOf(reference, measure, &drawn),
                           CurveOf(test, measure, &drawn), floor));
  }
  return rates;
}

Draws MeanOf(const std::vector<Draws>& parts) {
  size_t count = 0;
  for (const Draws& part : parts) count = std::max(count, part.size());
  Draws means(count);
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    int values = 0;
    for (const Draws& part : parts) {
      if (i >= part.size() || !part[i].has_value()) continue;
      sum += *part[i];
      ++values;
    }
    if (values > 0) means[i] = sum / values;
  }
  return means;
}

std::optional<Interval> NinetyPercent(const Draws& draws) {
  constexpr size_t kLeast = 20;
  std::vector<double> values;
  for (const auto& draw : draws) {
    if (draw.has_value()) values.push_back(*draw);
  }
  if (values.size() < kLeast) return std::nullopt;
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<size_t>(
        std::lround(share * static_cast<double>(values.size() - 1)))];
  };
  return Interval{at(0.05), at(0.95)};
}

}  // namespace fovea::bench
