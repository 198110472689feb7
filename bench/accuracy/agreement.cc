// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/agreement.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace fovea::bench {
namespace {

// From the oracle study: steep enough that a cell far from the threshold
// does not count, flat enough that one near it does not jump.
constexpr double kSlope = 20;
constexpr float kNear = 0.2F;

double Squash(float score, float threshold) {
  return 1 / (1 + std::exp(-kSlope * (static_cast<double>(score) - threshold)));
}

std::vector<Detection> Counted(const Answer& answer, float threshold) {
  std::vector<Detection> counted;
  for (const Detection& box : answer.detections) {
    if (box.score >= threshold) counted.push_back(box);
  }
  return counted;
}

// Takes the box of `left_over` that overlaps `box` most, if any does enough.
bool TakeMatch(const Detection& box, std::vector<Detection>* left_over) {
  const auto overlap = [&](const Detection& other) {
    return other.label == box.label ? Overlap(other, box) : 0;
  };
  const auto best = std::max_element(
      left_over->begin(), left_over->end(),
      [&](const auto& a, const auto& b) { return overlap(a) < overlap(b); });
  if (best == left_over->end() || overlap(*best) < kMatchOverlap) return false;
  left_over->erase(best);
  return true;
}

}  // namespace

Agreement Compare(const Answer& original, const Answer& decoded,
                  float threshold) {
  assert(original.cells.size() == decoded.cells.size());
  Agreement sums;
  std::vector<Detection> wanted = Counted(original, threshold);
  for (const Detection& box : Counted(decoded, threshold)) {
    ++(TakeMatch(box, &wanted) ? sums.found : sums.extra);
  }
  sums.missed = static_cast<int>(wanted.size());
  for (size_t i = 0; i < original.cells.size(); ++i) {
    const float cell = original.cells[i];
    const double before = Squash(cell, threshold);
    sums.distance += std::abs(Squash(decoded.cells[i], threshold) - before);
    if (cell > threshold - kNear) sums.weight += before;
  }
  return sums;
}

Agreement Sum(std::span<const Agreement> frames) {
  Agreement sums;
  for (const Agreement& frame : frames) sums += frame;
  return sums;
}

}  // namespace fovea::bench
