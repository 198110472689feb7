// SPDX-License-Identifier: GPL-2.0-or-later
//
// The filter of this project (filter/reuse_predictor.h), as it comes and
// after learning from the first frames.

#ifndef FOVEA_BENCH_REUSE_OURS_H_
#define FOVEA_BENCH_REUSE_OURS_H_

#include <vector>

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

MethodEntry Ours();
MethodEntry OursGateChosen();
// Taught, by the product's own choice of heads and by each of them.
std::vector<MethodEntry> OursTaught();

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_OURS_H_
