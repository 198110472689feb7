// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which packets of many cameras are worth decoding and looking at, told from
// their sizes and picture types alone, where one decoder serves all cameras
// and cannot decode everything. After PacketGame (Yuan et al., SIGCOMM'23),
// which ranks by the chance that an answer is needed. Ranked here is what a
// look is worth, in right answers until the next GOP: those that it brings
// even if no other look follows, and those that further looks bring above
// their price, which is one picture each only as long as none is left out.
// So a camera is followed from picture to picture where that pays and else
// left alone until its next GOP, and one whose answers flicker does not eat
// the decoder. How fast answers grow old is learnt from the looks, by camera
// and age; sizes count by how far they lie above the camera's own usual ones.
//
// Taking by worth per cost, and the next that fits, is worth at least
// 1 - c / budget of what the best choice of that round would be, c the cost
// of the dearest look and cameras that are due apart. No bound is claimed
// over rounds: what is learnt depends on where was looked.
//
// A round is one moment at which each camera brings one packet or none, in
// decoding order. The packets of the running GOP stay with the caller: a
// picture that others refer to can be decoded later.

#ifndef FOVEA_FILTER_PACKET_GATE_H_
#define FOVEA_FILTER_PACKET_GATE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/canonical_gop.h"
#include "filter/decision.h"
#include "filter/internal/packet_need.h"

namespace fovea {

struct PacketGateOptions {
  size_t streams = 0;  // 1 to 65,536; numbered from 0

  // What may be decoded in a round, in the unit of GatePacket::cost.
  double budget = 0;

  // A camera is not left without a look for longer. Kept in every round
  // where this is at least the longest GOP and twice the rounds that it takes
  // to decode one picture of each camera; else see PacketDecision::overdue.
  int64_t max_blind_ns = 4'000'000'000;

  // Weight of the bonus for cameras looked at rarely (upper confidence
  // bound). 0: none.
  double exploration = 0.05;

  // A small logistic of size surprise, shared by all cameras and taught by
  // Feedback(), corrects what is known of the ages of answers. Costs 0.1 us.
  bool learn = true;

  // What is left of a budget goes to pictures that later ones refer to. With
  // this the model runs on the newest of them: fresher answers, more runs.
  bool look_back = true;

  // Breaks ties, and nothing else.
  uint64_t seed = 1;
};

struct GatePacket {
  size_t stream = 0;
  int64_t bytes = 0;  // above 0
  // kI begins a closed GOP. Others refer to it and to the P before them.
  // Nothing refers to a B. kUnknown is taken for kP.
  PictureType type = PictureType::kUnknown;
  double cost = 1;  // of decoding it: 1 a picture, or macroblocks, or us
};

struct GateRound {
  int64_t time_ns = 0;  // never before the last round's
  std::vector<GatePacket> packets;
  // Of this round, in place of the options', which goes on telling how soon
  // cameras can be served. 0: nothing is decoded. What makes up a budget of
  // less than a picture a round, or of a share of what comes.
  std::optional<double> budget = {};
};

enum class PacketAction : uint8_t {
  kSkip = 0,
  kPrepare = 1,   // decode the references; the model is not run
  kLookBack = 2,  // decode the references, run the model on the last of them
  kLook = 3,      // decode the references and this packet, run the model on it
};

struct PacketDecision {
  size_t stream = 0;
  PacketAction action = PacketAction::kSkip;
  // How many pictures of the GOP to decode first: the oldest that were not
  // and that others refer to.
  size_t references = 0;
  double cost = 0;  // of all that is decoded
  // kFirst: there is no answer yet. kBlindTime: else it would be too long.
  // kGate: what it is worth.
  DecisionCause cause = DecisionCause::kGate;
  float need = 0;        // chance that the answer is another than the one held
  bool overdue = false;  // blind for longer than may be, and still so
};

// For one decoder and one model. Not thread-safe. Deterministic. Some 1 us
// a packet and 1 kB a stream, and 24 bytes for each undecoded picture of a
// running GOP, of which it gives up one of more than 4,096.
class PacketGate {
 public:
  // kInvalidArgument: no or too many streams, no budget, times below 0.
  static absl::StatusOr<PacketGate> Create(const PacketGateOptions& options);

  // One decision for each packet, in its order; then those for cameras
  // without one whose earlier packets are worth it. They take effect: the
  // caller decodes what they say. Their costs are together at most the
  // budget. kInvalidArgument: an unknown stream or one that is there twice,
  // sizes or costs not above 0, a time before the last round's, a
  // round's budget below 0; kResourceExhausted: a picture that costs more
  // than the budget, so that its GOP could never be looked at, where the round
  // has none of its own. Nothing has changed then.
  absl::StatusOr<std::vector<PacketDecision>> Decide(const GateRound& round);

  // The model ran as the last round's decision on `stream` said, and its
  // answer was another than the one held before (which is given up for it).
  // Of a first answer it does not matter what is said. Where none comes
  // before the next round, the model has failed and the camera still waits.
  // kFailedPrecondition: the last round had no look at this stream.
  absl::Status Feedback(size_t stream, bool needed);

  // From the next round on. kInvalidArgument: not above 0.
  absl::Status SetBudget(double budget);

  // Time of the picture that the model last ran on; nullopt: of none yet.
  std::optional<int64_t> looked_ns(size_t stream) const;

 private:
  struct Waiting {
    double cost = 0;
    int64_t time_ns = 0;
    int64_t packet = 0;  // number in the stream
  };
  struct Look {
    int64_t time_ns = 0;
    int64_t packet = 0;
  };
  struct Stream {
    internal::StreamNeed need;
    std::deque<Waiting> chain;  // undecoded references of the running GOP
    bool reachable = false;     // its GOP's first picture is known
    int64_t packets = 0, gop_packets = 0, last_gop_packets = 0;
    int64_t first_ns = 0;  // of the first packet
    std::optional<Look> looked, pending;
  };
  struct Candidate;

  explicit PacketGate(const PacketGateOptions& options);
  absl::Status Check(const GateRound& round) const;
  void Take(const GatePacket& packet, Candidate* candidate);
  std::vector<Candidate> Candidates(const GateRound& round);
  void Value(Candidate* candidate) const;
  static int64_t PacketsLeft(const Stream& stream);
  bool IsDue(const Candidate& candidate) const;
  void ServeDue(std::vector<Candidate>* candidates, double* left);
  void ServeWorthy(std::vector<Candidate>* candidates, double* left);
  void SpendRest(std::vector<Candidate>* candidates, double* left);
  void LookAt(Candidate* candidate, double* left);
  // The longest beginning of the chain that costs at most `most`.
  void Advance(Candidate* candidate, double most, bool look, double* left);
  void Remember(std::vector<Candidate>* candidates);

  PacketGateOptions options_;
  std::vector<Stream> streams_;
  internal::NeedCurve pool_;
  internal::NeedModel model_;
  int64_t rounds_ = 0, now_ns_ = 0, interval_ns_ = 0;
  double greatest_cost_ = 0;
  double price_ = 0;  // of a picture, in right answers
};

}  // namespace fovea

#endif  // FOVEA_FILTER_PACKET_GATE_H_
