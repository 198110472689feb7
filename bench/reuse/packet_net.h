// SPDX-License-Identifier: GPL-2.0-or-later
//
// What PacketGame (SIGCOMM'23) tells the need of an answer by: a net over
// sizes of packets, and how often the answer was needed lately.

#ifndef FOVEA_BENCH_REUSE_PACKET_NET_H_
#define FOVEA_BENCH_REUSE_PACKET_NET_H_

#include <cstddef>
#include <deque>
#include <optional>

#include "bench/reuse/small_net.h"

namespace fovea::bench::reuse {

inline constexpr size_t kPacketWindow = 5;

// How needed answers were in the last rounds, and how much that is not known
// (upper confidence bound).
class TemporalScore {
 public:
  // nullopt: the model was not run.
  void Add(std::optional<bool> needed);
  float value() const;

 private:
  std::deque<std::optional<bool>> rounds_;
};

// Two views of five sizes, each through 32 and 32 units, joined to one, which
// with the temporal score goes through 128: 3074 weights.
class GameNet {
 public:
  explicit GameNet(Chance* chance);

  // Of sizes 0 to 1, the newest first. 0 to 1.
  float Run(const Values& intra, const Values& predicted, float temporal);
  // The loss's gradient by what stands before the last logistic; Step()
  // applies the sum.
  void Learn(float gradient);
  void Step();

 private:
  Net intra_, predicted_, joint_, last_;
  float middle_ = 0;
};

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_PACKET_NET_H_
