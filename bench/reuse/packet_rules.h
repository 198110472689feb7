// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules that spend one decode budget a round on packets of many streams, and
// the replay that holds them to it.

#ifndef FOVEA_BENCH_REUSE_PACKET_RULES_H_
#define FOVEA_BENCH_REUSE_PACKET_RULES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/reuse/packet_streams.h"
#include "filter/packet_gate.h"

namespace fovea::bench::reuse {

using Streams = std::vector<PacketStream>;

// Rounds before it teach and choose; those from it on are judged.
inline size_t FirstJudged(const Streams& streams) {
  return streams.front().size() * 2 / 5;
}

// One run over all rounds under one budget.
class PacketRule {
 public:
  virtual ~PacketRule() = default;
  // Of packet `round` of every stream; decisions as of PacketGate.
  virtual absl::StatusOr<std::vector<PacketDecision>> Decide(size_t round) = 0;
  virtual void Feedback(size_t stream, bool needed) = 0;
};

// Makes a rule for a budget in pictures a round.
struct PacketEntry {
  std::string name;
  std::function<std::unique_ptr<PacketRule>(double budget)> make;
};

// All rules, trained on what lies before FirstJudged(). `streams` outlive
// them.
std::vector<PacketEntry> AllPacketRules(const Streams& streams);

struct PacketOutcome {
  std::vector<std::vector<uint8_t>> agreed;  // by stream, judged packets
  double decoded = 0, looks = 0;  // pictures, model runs; of judged rounds
  double us = 0;                  // processor time a packet
};

// Rounds [0, end), of which those from `first` on are judged. Counts the cost
// by an account of its own. kInternal: the rule went above its budget, or ran
// the model on what cannot be decoded so.
absl::StatusOr<PacketOutcome> Replay(const Streams& streams, double budget,
                                     size_t first, size_t end,
                                     PacketRule* rule);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_PACKET_RULES_H_
