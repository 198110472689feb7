// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/packet_gate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace fovea {
namespace {

constexpr int64_t kRoundNs = 100'000'000;

PacketGateOptions Options(size_t streams, double budget) {
  PacketGateOptions options;
  options.streams = streams;
  options.budget = budget;
  return options;
}

GatePacket Of(size_t stream, PictureType type, int64_t bytes = 1000) {
  return {stream, bytes, type, 1};
}

// A decoder and a model behind a gate. The decoder keeps its own account of
// which references were decoded and what that cost.
class Decoder {
 public:
  explicit Decoder(const PacketGateOptions& options)
      : options_(options), chains_(options.streams), seen_(options.streams) {
    auto gate = PacketGate::Create(options);
    EXPECT_TRUE(gate.ok()) << gate.status();
    gates_.push_back(*std::move(gate));
  }

  // A round of the streams' next packets.
  std::vector<PacketDecision> Round(const std::vector<GatePacket>& packets) {
    now_ns_ += kRoundNs;
    auto decisions = gate().Decide({now_ns_, packets});
    EXPECT_TRUE(decisions.ok()) << decisions.status();
    if (!decisions.ok()) return {};
    for (const GatePacket& packet : packets) Arrive(packet);
    double spent = 0;
    for (const PacketDecision& each : *decisions) spent += Obey(each);
    EXPECT_LE(spent, options_.budget);
    spent_ = spent;
    for (const GatePacket& packet : packets) Queue(packet);
    return *std::move(decisions);
  }

  // Of a decision to look: whether the answer was another.
  void Answer(size_t stream, bool needed) {
    EXPECT_TRUE(gate().Feedback(stream, needed).ok());
  }
  // Of all looks.
  void AnswerAll(const std::vector<PacketDecision>& decisions, bool needed) {
    for (const PacketDecision& each : decisions) {
      if (Looks(each)) Answer(each.stream, needed);
    }
  }
  void SetBudget(double budget) {
    options_.budget = budget;
    EXPECT_TRUE(gate().SetBudget(budget).ok());
  }
  static bool Looks(const PacketDecision& decision) {
    return decision.action == PacketAction::kLook ||
           decision.action == PacketAction::kLookBack;
  }

  PacketGate& gate() { return gates_.front(); }
  double spent() const { return spent_; }
  int64_t now_ns() const { return now_ns_; }

 private:
  struct Arrival {
    bool is_new = false, decoded = false;
    double cost = 0;
  };

  void Arrive(const GatePacket& packet) {
    if (packet.type == PictureType::kI) chains_[packet.stream].clear();
    seen_[packet.stream] = {true, false, packet.cost};
  }
  // What it costs by our own account.
  double Obey(const PacketDecision& decision) {
    std::deque<double>& chain = chains_[decision.stream];
    EXPECT_LE(decision.references, chain.size());
    double cost = 0;
    for (size_t i = 0; i < decision.references && !chain.empty(); ++i) {
      cost += chain.front();
      chain.pop_front();
    }
    if (decision.action == PacketAction::kLook) {
      EXPECT_TRUE(chain.empty()) << "a reference is missing";
      EXPECT_TRUE(seen_[decision.stream].is_new);
      cost += seen_[decision.stream].cost;
      seen_[decision.stream].decoded = true;
    }
    EXPECT_DOUBLE_EQ(cost, decision.cost);
    return cost;
  }
  void Queue(const GatePacket& packet) {
    Arrival& arrival = seen_[packet.stream];
    if (!arrival.decoded && packet.type != PictureType::kB) {
      chains_[packet.stream].push_back(packet.cost);
    }
    arrival = {};
  }

  PacketGateOptions options_;
  std::vector<PacketGate> gates_;  // one
  std::vector<std::deque<double>> chains_;
  std::vector<Arrival> seen_;
  double spent_ = 0;
  int64_t now_ns_ = 0;
};

std::vector<GatePacket> Alike(size_t streams, PictureType type) {
  std::vector<GatePacket> packets;
  for (size_t i = 0; i < streams; ++i) packets.push_back(Of(i, type));
  return packets;
}

// Cameras with GOPs of their own lengths and phases, B-pictures, missing
// packets, costs and sizes by chance.
class Cameras {
 public:
  Cameras(size_t streams, int longest_gop, uint64_t seed)
      : random_(seed), packets_(streams) {
    for (size_t i = 0; i < streams; ++i) {
      gops_.push_back(
          1 + static_cast<int>(random_() % static_cast<uint64_t>(longest_gop)));
    }
  }
  std::vector<GatePacket> Next() {
    std::vector<GatePacket> packets;
    for (size_t i = 0; i < gops_.size(); ++i) {
      if (round_ > 0 && random_() % 8 == 0) continue;
      GatePacket packet = Of(i, TypeOf(i));
      packet.bytes = 1 + static_cast<int64_t>(random_() % 20'000);
      packet.cost = 0.25 * static_cast<double>(1 + random_() % 8);
      packets.push_back(packet);
    }
    ++round_;
    return packets;
  }
  uint64_t Random() { return random_(); }

 private:
  PictureType TypeOf(size_t stream) {
    if (packets_[stream]++ % gops_[stream] == 0) return PictureType::kI;
    return random_() % 3 == 0 ? PictureType::kB : PictureType::kP;
  }

  std::mt19937_64 random_;
  std::vector<int> packets_, gops_;
  int round_ = 0;
};

TEST(PacketGateTest, LooksAtEveryCameraFirst) {
  Decoder decoder(Options(3, 3));
  for (const PacketDecision& each : decoder.Round(Alike(3, PictureType::kI))) {
    EXPECT_EQ(each.action, PacketAction::kLook);
    EXPECT_EQ(each.cause, DecisionCause::kFirst);
    EXPECT_FALSE(decoder.gate().looked_ns(each.stream));
    decoder.Answer(each.stream, true);
    EXPECT_EQ(decoder.gate().looked_ns(each.stream), decoder.now_ns());
  }
}

TEST(PacketGateTest, NeverSpendsMoreThanTheBudget) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Cameras cameras(1 + seed % 9, 40, seed);
    Decoder decoder(
        Options(1 + seed % 9, 2 + static_cast<double>(cameras.Random() % 8)));
    for (int round = 0; round < 300; ++round) {
      const auto decisions = decoder.Round(cameras.Next());
      for (const PacketDecision& each : decisions) {
        if (!Decoder::Looks(each) || cameras.Random() % 10 == 0) continue;
        decoder.Answer(each.stream, cameras.Random() % 3 == 0);
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

// --- references ----------------------------------------------------------

// Camera 0 is looked at, and then passed over at packets of these types: each
// time another camera, which nobody has seen, comes first.
Decoder Behind(const std::vector<PictureType>& types, double budget) {
  PacketGateOptions options = Options(1 + types.size(), 1);
  options.look_back = false;
  Decoder decoder(options);
  decoder.AnswerAll(decoder.Round({Of(0, PictureType::kI)}), true);
  for (size_t i = 0; i < types.size(); ++i) {
    const auto decisions =
        decoder.Round({Of(0, types[i]), Of(1 + i, PictureType::kI)});
    EXPECT_EQ(decisions[0].action, PacketAction::kSkip);
    decoder.AnswerAll(decisions, true);
  }
  decoder.SetBudget(budget);
  return decoder;
}

TEST(PacketGateTest, ALookDecodesWhatThePictureNeeds) {
  Decoder decoder = Behind({PictureType::kP, PictureType::kP}, 8);
  const auto decisions = decoder.Round({Of(0, PictureType::kP)});
  EXPECT_EQ(decisions[0].action, PacketAction::kLook);
  EXPECT_EQ(decisions[0].references, 2u);
  EXPECT_EQ(decisions[0].cost, 3);
}

TEST(PacketGateTest, NothingNeedsABPicture) {
  Decoder decoder =
      Behind({PictureType::kP, PictureType::kB, PictureType::kB}, 8);
  EXPECT_EQ(decoder.Round({Of(0, PictureType::kB)})[0].references, 1u);
}

TEST(PacketGateTest, UnknownTypesAreReferences) {
  Decoder decoder = Behind({PictureType::kUnknown, PictureType::kP}, 8);
  EXPECT_EQ(decoder.Round({Of(0, PictureType::kP)})[0].references, 2u);
}

TEST(PacketGateTest, ANewGopNeedsNothingOfTheOld) {
  Decoder decoder = Behind({PictureType::kP, PictureType::kP}, 8);
  const auto decisions = decoder.Round({Of(0, PictureType::kI)});
  EXPECT_EQ(decisions[0].references, 0u);
  EXPECT_EQ(decisions[0].cost, 1);
}

TEST(PacketGateTest, WaitsForTheFirstGop) {
  Decoder decoder(Options(1, 8));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(decoder.Round({Of(0, PictureType::kP)})[0].action,
              PacketAction::kSkip);
  }
  EXPECT_EQ(decoder.Round({Of(0, PictureType::kI)})[0].action,
            PacketAction::kLook);
}

TEST(PacketGateTest, WhatIsLeftGoesToReferences) {
  Decoder decoder =
      Behind({PictureType::kP, PictureType::kP, PictureType::kP}, 2);
  auto decisions = decoder.Round({Of(0, PictureType::kP)});
  EXPECT_EQ(decisions[0].action, PacketAction::kPrepare);
  EXPECT_EQ(decisions[0].references, 2u);
  decisions = decoder.Round({});
  ASSERT_EQ(decisions.size(), 1u);  // there is no packet, but references
  EXPECT_EQ(decisions[0].references, 2u);
  decisions = decoder.Round({Of(0, PictureType::kP)});
  EXPECT_EQ(decisions[0].action, PacketAction::kLook);
  EXPECT_EQ(decisions[0].cost, 1);
}

TEST(PacketGateTest, AnEndlessGopIsGivenUp) {
  Decoder decoder(Options(2, 1));
  decoder.AnswerAll(decoder.Round({Of(0, PictureType::kI)}), false);
  // Nobody answers about camera 1, which therefore goes on coming first.
  for (int i = 0; i < 4097; ++i) {
    decoder.Round({Of(0, PictureType::kP), Of(1, PictureType::kI)});
  }
  decoder.SetBudget(10'000);
  EXPECT_EQ(decoder.gate()
                .Decide({decoder.now_ns(), {Of(0, PictureType::kP)}})
                ->front()
                .action,
            PacketAction::kSkip);
}

// --- blind time ----------------------------------------------------------

// Longest that any camera waited for a look, in rounds.
int64_t LongestBlind(size_t streams, double budget, int gop, int limit) {
  PacketGateOptions options = Options(streams, budget);
  options.max_blind_ns = limit * kRoundNs;
  Decoder decoder(options);
  int64_t longest_ns = 0;
  for (int round = 0; round < 10 * limit; ++round) {
    std::vector<GatePacket> packets;
    for (size_t i = 0; i < streams; ++i) {
      const bool intra = (round + static_cast<int>(i)) % gop == 0 || round == 0;
      packets.push_back(Of(i, intra ? PictureType::kI : PictureType::kP));
    }
    const auto decisions = decoder.Round(packets);
    // Only the first camera's answers ever change: it is worth all.
    for (const PacketDecision& each : decisions) {
      if (Decoder::Looks(each)) decoder.Answer(each.stream, each.stream == 0);
    }
    // Until all were seen for the first time.
    if (round < limit) continue;
    for (size_t i = 0; i < streams; ++i) {
      const auto seen = decoder.gate().looked_ns(i);
      EXPECT_TRUE(seen);
      longest_ns = std::max(longest_ns, decoder.now_ns() - seen.value_or(0));
    }
    for (const PacketDecision& each : decisions) EXPECT_FALSE(each.overdue);
  }
  return longest_ns / kRoundNs;
}

TEST(PacketGateTest, NoCameraIsBlindForLonger) {
  for (const size_t streams : {1u, 2u, 7u, 16u}) {
    for (const int budget : {1, 2, 5}) {
      for (const int gop : {1, 4, 12}) {
        SCOPED_TRACE(testing::Message()
                     << streams << ", " << budget << ", " << gop);
        const int rounds = (static_cast<int>(streams) + budget - 1) / budget;
        const int limit = gop + 2 * rounds;
        EXPECT_LE(LongestBlind(streams, budget, gop, limit), limit);
      }
    }
  }
}

TEST(PacketGateTest, TellsThatALimitCannotBeKept) {
  PacketGateOptions options = Options(8, 1);
  options.max_blind_ns = 2 * kRoundNs;
  Decoder decoder(options);
  bool overdue = false;
  for (int round = 0; round < 20; ++round) {
    const auto decisions = decoder.Round(Alike(8, PictureType::kI));
    for (const PacketDecision& each : decisions) overdue |= each.overdue;
    decoder.AnswerAll(decisions, false);
  }
  EXPECT_TRUE(overdue);
}

// --- learning ------------------------------------------------------------

// How often each of `streams` cameras was looked at in the last of 400 rounds
// of I-pictures and a budget for one; `needed` of a camera that was last looked
// at so many rounds before.
template <typename Needed>
std::vector<int> LooksWhere(size_t streams, const Needed& needed) {
  PacketGateOptions options = Options(streams, 1);
  options.max_blind_ns = 3'600'000'000'000;
  Decoder decoder(options);
  std::vector<int> looks(streams);
  for (int round = 0; round < 400; ++round) {
    const auto decisions = decoder.Round(Alike(streams, PictureType::kI));
    for (const PacketDecision& each : decisions) {
      if (!Decoder::Looks(each)) continue;
      if (round >= 200) ++looks[each.stream];
      const auto before = decoder.gate().looked_ns(each.stream);
      const int64_t age = (decoder.now_ns() - before.value_or(0)) / kRoundNs;
      decoder.Answer(each.stream, needed(each.stream, age));
    }
  }
  return looks;
}

TEST(PacketGateTest, LooksWhereAnswersChange) {
  const auto looks = LooksWhere(
      4, [](size_t stream, int64_t age) { return stream == 3 && age >= 2; });
  EXPECT_GT(looks[3], 2 * looks[0]);
  EXPECT_GT(looks[0], 0);
}

// One camera's answers never do for more than their own picture: each look
// gains one right answer. The other two hold theirs for five.
TEST(PacketGateTest, WhatFlickersDoesNotEatTheBudget) {
  const auto looks = LooksWhere(
      3, [](size_t stream, int64_t age) { return stream == 0 || age >= 6; });
  EXPECT_GE(looks[1] + looks[2], 50);  // each some one in six of 200
}

TEST(PacketGateTest, SizesAboveTheUsualSpeakForALook) {
  Decoder decoder(Options(2, 2));
  float quiet = 0;
  for (int round = 0; round < 60; ++round) {
    const auto type = round % 30 == 0 ? PictureType::kI : PictureType::kP;
    const auto decisions = decoder.Round(
        {Of(0, type, 1000 + round % 7), Of(1, type, 9000 + round % 50)});
    quiet = decisions[0].need;
    decoder.AnswerAll(decisions, false);
  }
  const auto decisions = decoder.Round(
      {Of(0, PictureType::kP, 4000), Of(1, PictureType::kP, 9000)});
  EXPECT_GT(decisions[0].need, quiet);
  EXPECT_GT(decisions[0].need, decisions[1].need);
}

TEST(PacketGateTest, AFailedModelIsAskedAgain) {
  Decoder decoder(Options(2, 1));
  decoder.AnswerAll(decoder.Round({Of(0, PictureType::kI)}), false);
  for (int i = 0; i < 3; ++i) {
    const auto decisions = decoder.Round(Alike(2, PictureType::kI));
    EXPECT_EQ(decisions[1].action, PacketAction::kLook);
    EXPECT_EQ(decisions[1].cause, DecisionCause::kFirst);
  }
}

TEST(PacketGateTest, EqualSeedsDecideAlike) {
  const auto run = [](uint64_t seed) {
    PacketGateOptions options = Options(6, 3);
    options.seed = seed;
    Decoder decoder(options);
    Cameras cameras(6, 20, 5);
    std::string done;
    for (int round = 0; round < 200; ++round) {
      const auto decisions = decoder.Round(cameras.Next());
      for (const PacketDecision& each : decisions) {
        done += std::to_string(each.stream) + ":" +
                std::to_string(static_cast<int>(each.action)) + ":" +
                std::to_string(each.need) + " ";
      }
      decoder.AnswerAll(decisions, cameras.Random() % 2 == 0);
    }
    return done;
  };
  EXPECT_EQ(run(1), run(1));
}

// --- bad input -----------------------------------------------------------

TEST(PacketGateTest, RefusesOptionsThatMeanNothing) {
  const auto code = [](const PacketGateOptions& options) {
    return PacketGate::Create(options).status().code();
  };
  PacketGateOptions options = Options(1, 1);
  EXPECT_EQ(code(options), absl::StatusCode::kOk);
  EXPECT_EQ(code(Options(0, 1)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Options(65'536, 1)), absl::StatusCode::kOk);
  EXPECT_EQ(code(Options(65'537, 1)), absl::StatusCode::kInvalidArgument);
  for (const double budget : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_EQ(code(Options(1, budget)), absl::StatusCode::kInvalidArgument);
  }
  options.max_blind_ns = -1;
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
  options = Options(1, 1);
  options.exploration = std::nan("");
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
}

TEST(PacketGateTest, RefusesBadRoundsAndStaysAsItWas) {
  auto gate = PacketGate::Create(Options(2, 1));
  ASSERT_TRUE(gate.ok());
  ASSERT_TRUE(gate->Decide({100, {Of(0, PictureType::kI)}}).ok());
  const auto refused = [&](int64_t time_ns, std::vector<GatePacket> packets) {
    return gate->Decide({time_ns, std::move(packets)}).status().code();
  };
  const GatePacket good = Of(0, PictureType::kI);
  GatePacket dear = good, free = good;
  dear.cost = 1.5;
  free.cost = 0;
  EXPECT_EQ(refused(99, {good}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused(200, {Of(2, PictureType::kI)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused(200, {good, good}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused(200, {Of(0, PictureType::kI, 0)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused(200, {Of(0, PictureType::kI, -5)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused(200, {free}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused(200, {dear}), absl::StatusCode::kResourceExhausted);
  // The look of the last good round still waits for its answer.
  EXPECT_TRUE(gate->Feedback(0, true).ok());
  EXPECT_EQ(gate->looked_ns(0), 100);
}

TEST(PacketGateTest, RefusesAnswersToNoQuestion) {
  auto gate = PacketGate::Create(Options(2, 1));
  ASSERT_TRUE(gate.ok());
  EXPECT_EQ(gate->Feedback(0, true).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(gate->Feedback(2, true).code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(gate->Decide({0, {Of(0, PictureType::kI)}}).ok());
  EXPECT_TRUE(gate->Feedback(0, true).ok());
  EXPECT_EQ(gate->Feedback(0, true).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(gate->SetBudget(0).code(), absl::StatusCode::kInvalidArgument);
}

TEST(PacketGateTest, TimesMayLieAnywhere) {
  auto gate = PacketGate::Create(Options(1, 1));
  ASSERT_TRUE(gate.ok());
  for (const int64_t time_ns : {std::numeric_limits<int64_t>::min(),
                                std::numeric_limits<int64_t>::max(),
                                std::numeric_limits<int64_t>::max()}) {
    const auto decisions = gate->Decide({time_ns, {Of(0, PictureType::kI)}});
    ASSERT_TRUE(decisions.ok());
    EXPECT_EQ(decisions->front().action, PacketAction::kLook);
    EXPECT_TRUE(gate->Feedback(0, false).ok());
  }
}

}  // namespace
}  // namespace fovea
