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
#include "sensitivity/agreement.h"

namespace fovea::bench {

inline constexpr float kMatchOverlap = 0.5F;

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
