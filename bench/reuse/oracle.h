// SPDX-License-Identifier: GPL-2.0-or-later
//
// What could be avoided by who knew all answers beforehand: bounds, not
// methods. They are made of the truth itself, which no policy can be given.

#ifndef FOVEA_BENCH_REUSE_ORACLE_H_
#define FOVEA_BENCH_REUSE_ORACLE_H_

#include "bench/reuse/protocol.h"
#include "bench/reuse/replay.h"

namespace fovea::bench::reuse {

// Fewest runs + price * disagreements of all ways to hold the last answer
// that was run; exact (dynamic programming over the frames that are run).
// Before `begin` all were run. With a price no run can pay all agree and no
// holding avoids more; a sweep of prices finds the corners of the best curve,
// so at a target between two of them it shows the lower one.
Outcome HoldOracle(Truth* truth, size_t begin, size_t end, double price);

// Runs a frame that the answer of no frame run before does for, where its own
// answer then does for at least `least_gain` frames from itself on; else gives
// the last answer. With 1 all agree. Not the fewest runs of all: those are a
// set cover.
Outcome CacheOracle(Truth* truth, size_t begin, size_t end, size_t least_gain);

inline constexpr char kHoldOracle[] = "oracle, hold";
inline constexpr char kCacheOracle[] = "oracle, cache";

// Both as sweeps whose tuned outcomes are the judged ones: oracles choose in
// hindsight.
std::vector<Sweep> SweepOracles(Truth* truth);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_ORACLE_H_
