// SPDX-License-Identifier: GPL-2.0-or-later
//
// What no rule can do better than: with all answers known, the looks that
// agree most where the budget has to hold on average only, and every stream
// begins with a fresh answer.

#ifndef FOVEA_BENCH_REUSE_PACKET_ORACLE_H_
#define FOVEA_BENCH_REUSE_PACKET_ORACLE_H_

#include <vector>

#include "bench/reuse/packet_rules.h"

namespace fovea::bench::reuse {

// By stream, the shares of judged packets that agree, at the lowest price of
// a picture at which no more than `budget` a round are decoded.
std::vector<double> OracleAgreement(const Streams& streams, double budget);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_PACKET_ORACLE_H_
