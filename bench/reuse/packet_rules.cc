// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/packet_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <deque>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/reuse/packet_net.h"

namespace fovea::bench::reuse {
namespace {

constexpr int64_t kRoundNs = 100'000'000;
constexpr int64_t kNoLimitNs = 100'000 * kRoundNs;
constexpr int kEpochs = 60;
constexpr int kOurPasses = 3;

double CpuUs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 +
         static_cast<double>(now.tv_nsec) / 1e3;
}

bool IsReference(const Packet& packet) {
  return packet.type != PictureType::kBidirectional;
}

// Undecoded references of one stream's GOP, by packet.
struct Chain {
  std::deque<size_t> waiting;
  bool reachable = false;

  void Arrive(const Packet& packet) {
    if (packet.type != PictureType::kIntra) return;
    waiting.clear();
    reachable = true;
  }
  void Leave(const Packet& packet, size_t round, bool decoded) {
    if (!decoded && reachable && IsReference(packet)) waiting.push_back(round);
  }
};

// --- rivals --------------------------------------------------------------

// PacketGame's way to spend a budget: streams by score, as long as they fit;
// the rest on references. Nothing is said about how long a stream waits.
class RankedRule : public PacketRule {
 public:
  explicit RankedRule(const Streams& streams, double budget)
      : streams_(streams), budget_(budget), chains_(streams.size()) {}

  absl::StatusOr<std::vector<PacketDecision>> Decide(size_t round) final {
    std::vector<PacketDecision> decisions(streams_.size());
    std::vector<std::pair<double, size_t>> order;
    for (size_t i = 0; i < streams_.size(); ++i) {
      decisions[i].stream = i;
      chains_[i].Arrive(streams_[i].packets[round]);
      order.emplace_back(-Score(i, round, Cost(i)), i);
    }
    std::ranges::sort(order);
    double left = budget_;
    for (const auto& [score, i] : order) {
      if (!chains_[i].reachable || score >= 0 || Cost(i) > left) continue;
      left -= Cost(i);
      decisions[i].action = PacketAction::kLook;
      decisions[i].references = chains_[i].waiting.size();
      chains_[i].waiting.clear();
    }
    for (const auto& [score, i] : order) {
      auto& waiting = chains_[i].waiting;
      while (score < 0 && left >= 1 && !waiting.empty()) {
        decisions[i].action = PacketAction::kPrepare;
        ++decisions[i].references;
        waiting.pop_front();
        left -= 1;
      }
    }
    for (size_t i = 0; i < streams_.size(); ++i) {
      const bool looked = decisions[i].action == PacketAction::kLook;
      chains_[i].Leave(streams_[i].packets[round], round, looked);
      if (!looked) Told(i, std::nullopt);
    }
    return decisions;
  }
  void Feedback(size_t stream, bool needed) final { Told(stream, needed); }

 protected:
  // At most 0: leave it. `cost` in pictures.
  virtual double Score(size_t stream, size_t round, double cost) = 0;
  // nullopt: it was not looked at in this round.
  virtual void Told(size_t /*stream*/, std::optional<bool> /*needed*/) {}

  const Streams& streams_;

 private:
  double Cost(size_t stream) const {
    return 1 + static_cast<double>(chains_[stream].waiting.size());
  }

  const double budget_;
  std::vector<Chain> chains_;
};

class RoundRobin final : public RankedRule {
 public:
  RoundRobin(const Streams& streams, double budget)
      : RankedRule(streams, budget), waited_(streams.size(), 1000) {}

 protected:
  double Score(size_t stream, size_t /*round*/, double /*cost*/) override {
    return waited_[stream];
  }
  void Told(size_t stream, std::optional<bool> needed) override {
    waited_[stream] = needed ? 1 : waited_[stream] + 1;
  }

 private:
  std::vector<double> waited_;
};

class TemporalRule : public RankedRule {
 public:
  TemporalRule(const Streams& streams, double budget)
      : RankedRule(streams, budget), scores_(streams.size()) {}

 protected:
  double Score(size_t stream, size_t /*round*/, double cost) override {
    return static_cast<double>(scores_[stream].value()) / cost;
  }
  void Told(size_t stream, std::optional<bool> needed) override {
    scores_[stream].Add(needed);
  }

  std::vector<TemporalScore> scores_;
};

// The sizes that PacketGame's net sees, and the net.
class Game {
 public:
  explicit Game(const Streams& streams) : streams_(streams), net_(&chance_) {
    for (const PacketStream& stream : streams) {
      int64_t largest = 1;
      for (size_t i = 0; i < FirstJudged(streams); ++i) {
        largest = std::max(largest, stream.packets[i].bytes);
      }
      largest_.push_back(static_cast<float>(largest));
    }
    Train();
  }

  float Needed(size_t stream, size_t round, float temporal) {
    return net_.Run(Sizes(stream, round, true), Sizes(stream, round, false),
                    temporal);
  }

 private:
  struct Lesson {
    size_t stream = 0, round = 0;
    float temporal = 0;
    bool needed = false;
  };

  // Every packet was decoded: an answer was needed where it differs from the
  // one before.
  void Train() {
    std::vector<Lesson> lessons;
    for (size_t s = 0; s < streams_.size(); ++s) {
      TemporalScore score;
      for (size_t i = 1; i < FirstJudged(streams_); ++i) {
        const bool needed = !streams_[s].Accepts(i, i - 1);
        lessons.push_back({s, i, score.value(), needed});
        score.Add(needed);
      }
    }
    for (size_t i = 0; i < kEpochs * lessons.size(); ++i) {
      const Lesson& lesson = lessons[chance_() % lessons.size()];
      const float said = Needed(lesson.stream, lesson.round, lesson.temporal);
      net_.Learn((said - (lesson.needed ? 1.0F : 0.0F)) /
                 static_cast<float>(kBatch));
      if ((i + 1) % kBatch == 0) net_.Step();
    }
  }

  Values Sizes(size_t stream, size_t round, bool intra) const {
    Values sizes;
    for (size_t i = round + 1; i-- > 0 && sizes.size() < kPacketWindow;) {
      const Packet& packet = streams_[stream].packets[i];
      if ((packet.type == PictureType::kIntra) != intra) continue;
      sizes.push_back(static_cast<float>(packet.bytes) / largest_[stream]);
    }
    sizes.resize(kPacketWindow, 0);
    return sizes;
  }

  const Streams& streams_;
  std::vector<float> largest_;
  Chance chance_{1};
  GameNet net_;
};

class GameRule final : public TemporalRule {
 public:
  GameRule(const Streams& streams, double budget, std::shared_ptr<Game> game)
      : TemporalRule(streams, budget), game_(std::move(game)) {}

 protected:
  double Score(size_t stream, size_t round, double cost) override {
    const float temporal = scores_[stream].value();
    return static_cast<double>(game_->Needed(stream, round, temporal)) / cost;
  }

 private:
  const std::shared_ptr<Game> game_;
};

// Size by the running mean of its type; below a threshold nothing is done.
class SizeRule final : public RankedRule {
 public:
  SizeRule(const Streams& streams, double budget, double threshold)
      : RankedRule(streams, budget),
        threshold_(threshold),
        means_(streams.size()) {}

 protected:
  double Score(size_t stream, size_t round, double cost) override {
    const Packet& packet = streams_[stream].packets[round];
    double& mean = means_[stream][static_cast<size_t>(packet.type)];
    const auto bytes = static_cast<double>(packet.bytes);
    if (mean == 0) {
      mean = bytes;
      return 1000;  // the first of its type
    }
    const double ratio = bytes / mean;
    mean += 0.1 * (bytes - mean);
    return ratio < threshold_ ? 0 : ratio / cost;
  }

 private:
  const double threshold_;
  std::vector<std::array<double, 4>> means_;  // by type
};

// The threshold that agreed most on what may teach.
double BestThreshold(const Streams& streams, double budget) {
  double best = 0, most = -1;
  for (const double threshold : {0.0, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0}) {
    SizeRule rule(streams, budget, threshold);
    const auto outcome =
        Replay(streams, budget, 0, FirstJudged(streams), &rule);
    if (!outcome.ok()) continue;
    double agreed = 0;
    for (const auto& each : outcome->agreed) {
      agreed += std::accumulate(each.begin(), each.end(), 0.0);
    }
    if (agreed > most) {
      most = agreed;
      best = threshold;
    }
  }
  return best;
}

// --- ours ----------------------------------------------------------------

class OurRule final : public PacketRule {
 public:
  OurRule(const Streams& streams, const PacketGateOptions& options)
      : streams_(streams), gate_(PacketGate::Create(options)) {}

  absl::StatusOr<std::vector<PacketDecision>> Decide(size_t round) override {
    if (!gate_.ok()) return gate_.status();
    GateRound packets{kRoundNs * next_++, {}};
    for (size_t i = 0; i < streams_.size(); ++i) {
      const Packet& packet = streams_[i].packets[round];
      packets.packets.push_back(
          {i, packet.bytes, static_cast<fovea::PictureType>(packet.type), 1});
    }
    return gate_->Decide(packets);
  }
  void Feedback(size_t stream, bool needed) override {
    gate_->Feedback(stream, needed).IgnoreError();
  }

 private:
  const Streams& streams_;
  absl::StatusOr<PacketGate> gate_;
  int64_t next_ = 0;
};

PacketEntry Ours(const Streams& streams, std::string name,
                 PacketGateOptions options, int passes) {
  options.streams = streams.size();
  return {std::move(name), [&streams, options, passes](double budget) {
            PacketGateOptions with = options;
            with.budget = budget;
            auto rule = std::make_unique<OurRule>(streams, with);
            for (int i = 0; i < passes; ++i) {
              Replay(streams, budget, 0, FirstJudged(streams), rule.get())
                  .IgnoreError();
            }
            return rule;
          }};
}

template <typename Rule>
PacketEntry Plain(const Streams& streams, std::string name) {
  return {std::move(name), [&streams](double budget) {
            return std::make_unique<Rule>(streams, budget);
          }};
}

// Obeys decisions on one stream, by its own account.
class Decoder {
 public:
  explicit Decoder(const PacketStream* stream) : stream_(*stream) {}

  void Arrive(size_t round) {
    chain_.Arrive(stream_.packets[round]);
    decoded_ = false;
  }
  // The cost; nullopt where it cannot be done.
  std::optional<double> Obey(const PacketDecision& decision, size_t round) {
    if (decision.references > chain_.waiting.size()) return std::nullopt;
    for (size_t i = 0; i < decision.references; ++i) {
      last_ = chain_.waiting.front();
      chain_.waiting.pop_front();
    }
    decoded_ = decision.action == PacketAction::kLook;
    if (decoded_ && (!chain_.waiting.empty() || !chain_.reachable)) {
      return std::nullopt;
    }
    if (decoded_) last_ = round;
    return static_cast<double>(decision.references + (decoded_ ? 1 : 0));
  }
  // Whether the model's answer about what was decoded last is another.
  bool Look() {
    const bool needed = !held_ || !stream_.Accepts(last_, *held_);
    held_ = last_;
    return needed;
  }
  bool Agrees(size_t round) const {
    return held_ && stream_.Accepts(round, *held_);
  }
  void Leave(size_t round) {
    chain_.Leave(stream_.packets[round], round, decoded_);
  }

 private:
  const PacketStream& stream_;
  Chain chain_;
  bool decoded_ = false;
  size_t last_ = 0;
  std::optional<size_t> held_;
};

}  // namespace

absl::StatusOr<PacketOutcome> Replay(const Streams& streams, double budget,
                                     size_t first, size_t end,
                                     PacketRule* rule) {
  PacketOutcome outcome;
  outcome.agreed.resize(streams.size());
  std::vector<Decoder> decoders;
  for (const PacketStream& stream : streams) decoders.emplace_back(&stream);
  double us = 0;
  for (size_t round = 0; round < end; ++round) {
    for (Decoder& decoder : decoders) decoder.Arrive(round);
    double start = CpuUs();
    const auto decisions = rule->Decide(round);
    us += CpuUs() - start;
    if (!decisions.ok()) return decisions.status();
    double spent = 0;
    for (const PacketDecision& each : *decisions) {
      Decoder& decoder = decoders[each.stream];
      const auto cost = decoder.Obey(each, round);
      if (!cost) return absl::InternalError("decodes without references");
      spent += *cost;
      if (each.action < PacketAction::kLookBack) continue;
      if (round >= first) outcome.looks += 1;
      const bool needed = decoder.Look();
      start = CpuUs();
      rule->Feedback(each.stream, needed);
      us += CpuUs() - start;
    }
    if (spent > budget) {
      return absl::InternalError(
          absl::StrCat("decodes ", spent, " pictures of ", budget));
    }
    for (size_t i = 0; i < streams.size(); ++i) {
      decoders[i].Leave(round);
      if (round < first) continue;
      outcome.agreed[i].push_back(decoders[i].Agrees(round));
    }
    if (round >= first) outcome.decoded += spent;
  }
  outcome.us = us / static_cast<double>(end * streams.size());
  return outcome;
}

std::vector<PacketEntry> AllPacketRules(const Streams& streams) {
  PacketGateOptions plain;
  plain.max_blind_ns = kNoLimitNs;
  PacketGateOptions no_sizes = plain, no_back = plain, blind = plain;
  blind.max_blind_ns = 40 * kRoundNs;
  no_sizes.learn = false;
  no_back.look_back = false;
  auto game = std::make_shared<Game>(streams);
  return {
      Plain<RoundRobin>(streams, "round robin"),
      {"size threshold",
       [&streams](double budget) {
         return std::make_unique<SizeRule>(streams, budget,
                                           BestThreshold(streams, budget));
       }},
      Plain<TemporalRule>(streams, "temporal UCB"),
      {"PacketGame",
       [&streams, game](double budget) {
         return std::make_unique<GameRule>(streams, budget, game);
       }},
      Ours(streams, "ours, no sizes", no_sizes, kOurPasses),
      Ours(streams, "ours, no look back", no_back, kOurPasses),
      Ours(streams, "ours, untaught", plain, 0),
      Ours(streams, "ours", plain, kOurPasses),
      Ours(streams, "ours, blind 4 s", blind, kOurPasses),
  };
}

}  // namespace fovea::bench::reuse
