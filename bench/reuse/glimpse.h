// SPDX-License-Identifier: GPL-2.0-or-later
//
// Glimpse (SenSys'15): boxes of the last run frame are tracked, and trigger
// frames ask again.

#ifndef FOVEA_BENCH_REUSE_GLIMPSE_H_
#define FOVEA_BENCH_REUSE_GLIMPSE_H_

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

MethodEntry Glimpse();

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_GLIMPSE_H_
