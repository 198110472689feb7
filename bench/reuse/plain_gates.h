// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gates that learn nothing: they hold the last answer until a count of frames
// or a distance is exceeded.

#ifndef FOVEA_BENCH_REUSE_PLAIN_GATES_H_
#define FOVEA_BENCH_REUSE_PLAIN_GATES_H_

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

MethodEntry RunAll();
MethodEntry EveryK();
MethodEntry PixelThreshold();
MethodEntry NoScope();
MethodEntry NoScopeBlocks();
MethodEntry NoScopeEarlier();
MethodEntry GridThreshold();

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_PLAIN_GATES_H_
