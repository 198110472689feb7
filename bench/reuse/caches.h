// SPDX-License-Identifier: GPL-2.0-or-later
//
// Caches of answers keyed by a hand-made vector (FeatureBank::Hand), scanned
// flat. None evicts: no recording here fills the 1000 entries that were
// published for video.

#ifndef FOVEA_BENCH_REUSE_CACHES_H_
#define FOVEA_BENCH_REUSE_CACHES_H_

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

MethodEntry StaticCache();
MethodEntry FoggyCache();
MethodEntry Potluck();
MethodEntry VCache();

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_CACHES_H_
