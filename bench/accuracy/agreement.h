// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far a judge's answers on decoded pictures agree with its answers on
// the originals: hard (boxes matched, F1) and soft (cell scores compared).
// Kept per frame as sums, so that any set of frames can be put together.

#ifndef FOVEA_BENCH_ACCURACY_AGREEMENT_H_
#define FOVEA_BENCH_ACCURACY_AGREEMENT_H_

#include <span>
#include <vector>

#include "bench/accuracy/detection.h"

namespace fovea::bench {

inline constexpr float kMatchOverlap = 0.5F;

// Sums of one frame, or of several.
struct Agreement {
  int found = 0;        // boxes of the original that are there again
  int extra = 0;        // boxes the original does not have
  int missed = 0;       // boxes of the original that are gone
  double distance = 0;  // soft: sum of cell differences ...
  double weight = 0;    // ... and of the original's cells near or above it

  Agreement& operator+=(const Agreement& other);

  // 2 found / (2 found + extra + missed); 1 where there was nothing to find.
  double F1() const;
  // Soft distance: 0 is the same answer; may exceed 1.
  double Soft() const;
};

// Boxes count from `threshold` on. A box is found when one of its class
// overlaps it by at least kMatchOverlap; best scores choose first, and each
// box is used once. Soft: cells c go through s(c) = 1 / (1 + exp(-20 (c -
// threshold))); distance sums |s(c') - s(c)| over all cells, weight sums
// s(c) over those of the original with c > threshold - 0.2. Answers of
// unequal cell counts are a broken caller.
Agreement Compare(const Answer& original, const Answer& decoded,
                  float threshold);

Agreement Sum(std::span<const Agreement> frames);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_AGREEMENT_H_
