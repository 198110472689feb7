// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/packet_gate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "filter/audit_state.h"

namespace fovea {
namespace {

constexpr size_t kMostStreams = 65'536;
constexpr size_t kMostWaiting = 4'096;  // undecoded references of a GOP
constexpr int64_t kHorizon = 128;       // packets that a look is judged by
constexpr int64_t kLeastHorizon = 16;
constexpr double kPriceStep = 0.05;

bool IsReference(PictureType type) { return type != PictureType::kB; }

// SplitMix64.
uint64_t Mix(uint64_t x) { return internal::Mix64(x + 0x9E3779B97F4A7C15); }

bool IsPositive(double value) { return std::isfinite(value) && value > 0; }

// Times are never before one another here; far apart they may overflow.
uint64_t Since(int64_t earlier, int64_t later) {
  return static_cast<uint64_t>(later) - static_cast<uint64_t>(earlier);
}

}  // namespace

// What could be done about one stream in this round.
struct PacketGate::Candidate {
  PacketDecision decision;
  Stream* stream = nullptr;
  std::optional<GatePacket> packet;
  double chain_cost = 0;
  double gain = 0;   // of a look at the packet, in right answers
  double worth = 0;  // with what it makes possible
  uint64_t tie = 0;

  bool IsOpen() const { return decision.action == PacketAction::kSkip; }
  bool CanLook() const { return packet.has_value() && stream->reachable; }
  double LookCost() const { return chain_cost + packet->cost; }
  // The least that shows something newer than what was seen.
  bool CanLearn() const { return CanLook() || !stream->chain.empty(); }
  double LeastCost() const {
    return stream->chain.empty() ? packet->cost : stream->chain.front().cost;
  }
};

absl::StatusOr<PacketGate> PacketGate::Create(
    const PacketGateOptions& options) {
  if (options.streams == 0 || options.streams > kMostStreams) {
    return absl::InvalidArgumentError(
        absl::StrCat("a packet gate of ", options.streams,
                     " streams: expected 1 to ", kMostStreams));
  }
  if (!IsPositive(options.budget)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a decode budget of ", options.budget, " a round: expected above 0"));
  }
  if (options.max_blind_ns < 0 || !std::isfinite(options.exploration) ||
      options.exploration < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a packet gate with blind time ", options.max_blind_ns,
        " ns, exploration ", options.exploration, ": expected 0 or more"));
  }
  return PacketGate(options);
}

PacketGate::PacketGate(const PacketGateOptions& options)
    : options_(options), streams_(options.streams) {}

absl::StatusOr<std::vector<PacketDecision>> PacketGate::Decide(
    const GateRound& round) {
  if (absl::Status status = Check(round); !status.ok()) return status;
  if (rounds_ > 0) {
    interval_ns_ = static_cast<int64_t>(
        std::min(Since(now_ns_, round.time_ns),
                 static_cast<uint64_t>(std::numeric_limits<int64_t>::max())));
  }
  ++rounds_;
  now_ns_ = round.time_ns;
  for (Stream& stream : streams_) stream.pending.reset();
  std::vector<Candidate> candidates = Candidates(round);
  double left = round.budget.value_or(options_.budget);
  ServeDue(&candidates, &left);
  ServeWorthy(&candidates, &left);
  SpendRest(&candidates, &left);
  Remember(&candidates);
  std::vector<PacketDecision> decisions;
  for (const Candidate& each : candidates) {
    if (each.packet || !each.IsOpen()) decisions.push_back(each.decision);
  }
  return decisions;
}

absl::Status PacketGate::Feedback(size_t stream, bool needed) {
  if (stream >= streams_.size() || !streams_[stream].pending) {
    return absl::FailedPreconditionError(absl::StrCat(
        "an answer about stream ", stream, " at ", now_ns_,
        " ns: expected a look at it in the last round, found none"));
  }
  Stream& seen = streams_[stream];
  const Look look = *std::exchange(seen.pending, std::nullopt);
  seen.need.Looked(needed, !seen.looked, seen.packets - look.packet, &pool_,
                   options_.learn ? &model_ : nullptr);
  seen.looked = look;
  return absl::OkStatus();
}

absl::Status PacketGate::SetBudget(double budget) {
  if (!IsPositive(budget)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a decode budget of ", budget, " a round: expected above 0"));
  }
  options_.budget = budget;
  return absl::OkStatus();
}

std::optional<int64_t> PacketGate::looked_ns(size_t stream) const {
  if (stream >= streams_.size() || !streams_[stream].looked) return {};
  return streams_[stream].looked->time_ns;
}

absl::Status PacketGate::Check(const GateRound& round) const {
  if (rounds_ > 0 && round.time_ns < now_ns_) {
    return absl::InvalidArgumentError(
        absl::StrCat("a round of packets at ", round.time_ns,
                     " ns: expected none before the last one's ", now_ns_));
  }
  if (round.budget && !(std::isfinite(*round.budget) && *round.budget >= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a round of packets with a decode budget of ",
                     *round.budget, ": expected 0 or more"));
  }
  std::vector<bool> there(streams_.size());
  for (const GatePacket& packet : round.packets) {
    const auto bad = [&](const char* what) {
      return absl::InvalidArgumentError(
          absl::StrCat("a packet of stream ", packet.stream, " at ",
                       round.time_ns, " ns ", what));
    };
    if (packet.stream >= streams_.size()) return bad("of no such stream");
    if (there[packet.stream]) return bad("is the second in its round");
    there[packet.stream] = true;
    if (packet.bytes <= 0) return bad("has no bytes");
    if (!IsPositive(packet.cost)) return bad("costs nothing to decode");
    if (!round.budget && packet.cost > options_.budget) {
      return absl::ResourceExhaustedError(
          absl::StrCat("a packet of stream ", packet.stream, " costs ",
                       packet.cost, " to decode, more than the budget of ",
                       options_.budget, " a round: raise the budget"));
    }
  }
  return absl::OkStatus();
}

void PacketGate::Take(const GatePacket& packet, Candidate* candidate) {
  Stream& stream = *candidate->stream;
  const bool intra = packet.type == PictureType::kI;
  if (intra) {
    stream.chain.clear();
    stream.reachable = true;
    stream.last_gop_packets = std::exchange(stream.gop_packets, 0);
  }
  ++stream.packets;
  ++stream.gop_packets;
  stream.need.See(packet.bytes, intra, packet.type == PictureType::kB);
  if (stream.packets == 1) stream.first_ns = now_ns_;
  greatest_cost_ = std::max(greatest_cost_, packet.cost);
  candidate->packet = packet;
}

// Packets first, in their order.
std::vector<PacketGate::Candidate> PacketGate::Candidates(
    const GateRound& round) {
  std::vector<Candidate> candidates;
  candidates.reserve(streams_.size());
  std::vector<bool> there(streams_.size());
  const auto add = [&](size_t number) -> Candidate& {
    Candidate& added = candidates.emplace_back();
    added.decision.stream = number;
    added.stream = &streams_[number];
    added.tie = Mix(options_.seed ^ Mix(static_cast<uint64_t>(rounds_) ^
                                        (uint64_t{number} << 40)));
    return added;
  };
  for (const GatePacket& packet : round.packets) {
    Take(packet, &add(packet.stream));
    there[packet.stream] = true;
  }
  for (size_t i = 0; i < streams_.size(); ++i) {
    if (!there[i] && !streams_[i].chain.empty()) add(i);
  }
  for (Candidate& each : candidates) {
    for (const Waiting& waiting : each.stream->chain) {
      each.chain_cost += waiting.cost;
    }
    Value(&each);
  }
  return candidates;
}

void PacketGate::Value(Candidate* candidate) const {
  const Stream& stream = *candidate->stream;
  const float need =
      stream.need.Chance(pool_, options_.learn ? &model_ : nullptr);
  candidate->decision.need = need;
  const double bonus =
      options_.exploration *
      std::sqrt(std::log(1 + static_cast<double>(rounds_)) /
                (1 + static_cast<double>(stream.need.looks())));
  const auto worth =
      stream.need.Worth(PacketsLeft(stream), static_cast<float>(price_), pool_,
                        options_.learn ? &model_ : nullptr);
  candidate->gain = static_cast<double>(worth.gain) + bonus;
  candidate->worth = candidate->gain + static_cast<double>(worth.future);
}

// Until the next GOP, which can be looked into for the price of one picture.
// One that has lasted for longer than the last, or is the first, is taken to
// last as long again.
int64_t PacketGate::PacketsLeft(const Stream& stream) {
  const int64_t passed = std::max<int64_t>(1, stream.gop_packets);
  const int64_t left = stream.last_gop_packets - passed + 1;
  const int64_t again = std::max(passed, kLeastHorizon);
  return std::min(kHorizon, left > 0 ? left : again);
}

// With the time that it may take until all are served.
bool PacketGate::IsDue(const Candidate& candidate) const {
  if (!candidate.CanLearn()) return false;
  if (!candidate.stream->looked) return true;
  const double pictures = options_.budget / greatest_cost_;
  const double at_once = pictures < 1 ? pictures : std::floor(pictures);
  const double ahead =
      std::ceil(static_cast<double>(streams_.size()) / at_once) *
      static_cast<double>(interval_ns_);
  const auto age =
      static_cast<double>(Since(candidate.stream->looked->time_ns, now_ns_));
  return age + ahead >= static_cast<double>(options_.max_blind_ns);
}

// The longest blind first. Each gets what it costs to learn anything, before
// any gets more.
void PacketGate::ServeDue(std::vector<Candidate>* candidates, double* left) {
  std::vector<Candidate*> due;
  for (Candidate& each : *candidates) {
    if (IsDue(each)) due.push_back(&each);
  }
  const auto seen_ns = [](const Candidate* each) {
    return each->stream->looked ? each->stream->looked->time_ns
                                : std::numeric_limits<int64_t>::min();
  };
  std::ranges::sort(due, [&](const Candidate* a, const Candidate* b) {
    return std::pair(seen_ns(a), a->tie) < std::pair(seen_ns(b), b->tie);
  });
  double reserved = 0;
  size_t served = 0;
  while (served < due.size() && reserved + due[served]->LeastCost() <= *left) {
    reserved += due[served++]->LeastCost();
  }
  due.resize(served);
  for (Candidate* each : due) {
    const auto cause = each->stream->looked ? DecisionCause::kBlindTime
                                            : DecisionCause::kFirst;
    each->decision.cause = cause;
    reserved -= each->LeastCost();
    const double most = *left - std::max(0.0, reserved);
    if (each->CanLook() && each->LookCost() <= most) {
      LookAt(each, left);
    } else {
      Advance(each, most, true, left);
    }
  }
}

void PacketGate::ServeWorthy(std::vector<Candidate>* candidates, double* left) {
  std::vector<Candidate*> open;
  for (Candidate& each : *candidates) {
    if (each.IsOpen() && each.CanLook()) open.push_back(&each);
  }
  std::ranges::sort(open, [](const Candidate* a, const Candidate* b) {
    return std::pair(-a->worth / a->LookCost(), a->tie) <
           std::pair(-b->worth / b->LookCost(), b->tie);
  });
  // What the last picture decoded was worth is the price of one.
  double price = 0;
  for (Candidate* each : open) {
    if (each->LookCost() > *left) continue;
    price = each->gain / each->LookCost();
    LookAt(each, left);
  }
  price_ += kPriceStep * ((*left > 0 ? 0 : price) - price_);
}

// On chains, of which the one is first whose looks would be worth most.
void PacketGate::SpendRest(std::vector<Candidate>* candidates, double* left) {
  std::vector<Candidate*> open;
  for (Candidate& each : *candidates) {
    if (each.IsOpen() && !each.stream->chain.empty()) open.push_back(&each);
  }
  std::ranges::sort(open, [](const Candidate* a, const Candidate* b) {
    return std::pair(-a->worth / a->chain_cost, a->tie) <
           std::pair(-b->worth / b->chain_cost, b->tie);
  });
  for (Candidate* each : open) {
    if (each->stream->chain.front().cost > *left) continue;
    Advance(each, *left, options_.look_back, left);
  }
}

void PacketGate::LookAt(Candidate* candidate, double* left) {
  Stream& stream = *candidate->stream;
  PacketDecision& decision = candidate->decision;
  decision.action = PacketAction::kLook;
  decision.references = stream.chain.size();
  decision.cost = candidate->LookCost();
  *left -= decision.cost;
  stream.chain.clear();
  stream.pending = Look{now_ns_, stream.packets};
}

void PacketGate::Advance(Candidate* candidate, double most, bool look,
                         double* left) {
  Stream& stream = *candidate->stream;
  PacketDecision& decision = candidate->decision;
  Look last;
  while (!stream.chain.empty() &&
         decision.cost + stream.chain.front().cost <= most) {
    decision.cost += stream.chain.front().cost;
    last = {stream.chain.front().time_ns, stream.chain.front().packet};
    stream.chain.pop_front();
    ++decision.references;
  }
  if (decision.references == 0) return;
  *left -= decision.cost;
  decision.action = look ? PacketAction::kLookBack : PacketAction::kPrepare;
  if (look) stream.pending = last;
}

// What was not decoded waits, in case that later pictures need it.
void PacketGate::Remember(std::vector<Candidate>* candidates) {
  for (Candidate& each : *candidates) {
    Stream& stream = *each.stream;
    const std::optional<Look>& seen =
        stream.pending ? stream.pending : stream.looked;
    const int64_t since = seen ? seen->time_ns : stream.first_ns;
    each.decision.overdue =
        Since(since, now_ns_) > static_cast<uint64_t>(options_.max_blind_ns);
    if (!each.packet || each.decision.action == PacketAction::kLook ||
        !stream.reachable || !IsReference(each.packet->type)) {
      continue;
    }
    if (stream.chain.size() == kMostWaiting) {
      stream.chain.clear();
      stream.reachable = false;
      continue;
    }
    stream.chain.push_back({each.packet->cost, now_ns_, stream.packets});
  }
}

}  // namespace fovea
