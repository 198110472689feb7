// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gates that keep a picture of what does not move, and run the model where a
// frame departs from it.

#ifndef FOVEA_BENCH_REUSE_BACKGROUND_GATES_H_
#define FOVEA_BENCH_REUSE_BACKGROUND_GATES_H_

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

MethodEntry Frigate();
MethodEntry Background();

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_BACKGROUND_GATES_H_
