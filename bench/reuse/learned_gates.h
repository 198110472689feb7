// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gates with a small net that was taught on the first frames' answers.

#ifndef FOVEA_BENCH_REUSE_LEARNED_GATES_H_
#define FOVEA_BENCH_REUSE_LEARNED_GATES_H_

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

MethodEntry FilterForward();
MethodEntry SmartFilter();
MethodEntry InfiSkip();
MethodEntry InfiReuse();   // infi_reuse.cc
MethodEntry PacketGame();  // packet_game.cc

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_LEARNED_GATES_H_
