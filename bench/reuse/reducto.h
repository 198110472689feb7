// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reducto (SIGCOMM'20): frames that differ little from the last one kept are
// dropped; how little is looked up per segment.

#ifndef FOVEA_BENCH_REUSE_REDUCTO_H_
#define FOVEA_BENCH_REUSE_REDUCTO_H_

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

MethodEntry Reducto();

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_REDUCTO_H_
