// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sixteen cameras made of the open recordings, as a gate before the decoder
// meets them: packets in decoding order, a packet of each every round. Twelve
// show stretches of recordings that do not overlap, encoded by codec/ with
// closed GOPs of 12 to 50 frames and no B-pictures; four show the same
// pictures as one of those, in the packets that the recording itself came in
// (B-pictures and long GOPs among them). No stretch is wrapped around: what
// teaches lies before what is judged.

#ifndef FOVEA_BENCH_REUSE_PACKET_STREAMS_H_
#define FOVEA_BENCH_REUSE_PACKET_STREAMS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/reuse/packets.h"
#include "bench/reuse/replay.h"

namespace fovea::bench::reuse {

inline constexpr size_t kPacketRounds = 220;

struct PacketStream {
  std::string name;
  size_t stretch = 0;           // equal of those that show the same
  std::vector<Packet> packets;  // kPacketRounds, or fewer on request
  std::vector<size_t> frames;   // of the trace; as many
  Truth* truth = nullptr;       // of the loss chosen last

  size_t size() const { return packets.size(); }
  // Whether the answer about packet `from` does for `packet`.
  bool Accepts(size_t packet, size_t from) const {
    return truth->Accepts(frames[packet], frames[from]);
  }
};

// The cameras and what stands behind them.
class PacketStreams {
 public:
  // The first `rounds` packets of these streams, numbered from 0 (empty: of
  // all). Traces by the model of a card, as LoadTrace(). kNotFound: a
  // recording is not there.
  static absl::StatusOr<PacketStreams> Load(
      const std::vector<size_t>& chosen, size_t rounds,
      const std::string& model, const std::string& data,
      const std::string& traces,
      const std::function<void(const std::string&)>& say);

  // From now on answers are the same by `loss`.
  void SetLoss(Loss loss);

  const std::vector<PacketStream>& streams() const { return streams_; }

 private:
  std::vector<std::unique_ptr<Trace>> traces_;  // by stretch
  std::vector<std::unique_ptr<Truth>> truths_;
  std::vector<PacketStream> streams_;
};

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_PACKET_STREAMS_H_
