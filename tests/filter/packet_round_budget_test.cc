// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rounds with a budget of their own: how a packet gate makes do with less than
// a picture a round.

#include <cstddef>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "filter/packet_gate.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

constexpr int64_t kRoundNs = 100'000'000;

PacketGate New(size_t streams, double budget, int64_t max_blind_ns) {
  PacketGateOptions options;
  options.streams = streams;
  options.budget = budget;
  options.max_blind_ns = max_blind_ns;
  auto gate = PacketGate::Create(options);
  EXPECT_TRUE(gate.ok()) << gate.status();
  return *std::move(gate);
}

// Half a picture a round: one in every second of them. Cameras are served all
// the same, none much later than that allows.
TEST(PacketRoundBudgetTest, LessThanAPictureIsOneNowAndThen) {
  PacketGate gate = New(3, 0.5, 12 * kRoundNs);
  double spent = 0;
  for (int round = 0; round < 200; ++round) {
    GateRound told{(round + 1) * kRoundNs, {}, round % 2};
    const auto type = round % 5 == 0 ? PictureType::kI : PictureType::kP;
    for (size_t i = 0; i < 3; ++i) told.packets.push_back({i, 1000, type, 1});
    const auto decisions = gate.Decide(told);
    ASSERT_TRUE(decisions.ok()) << decisions.status();
    double of_round = 0;
    for (const PacketDecision& each : *decisions) {
      of_round += each.cost;
      EXPECT_TRUE(round < 20 || !each.overdue) << "round " << round;
      if (each.action == PacketAction::kLook ||
          each.action == PacketAction::kLookBack) {
        EXPECT_TRUE(gate.Feedback(each.stream, true).ok());
      }
    }
    EXPECT_LE(of_round, round % 2);
    spent += of_round;
  }
  EXPECT_DOUBLE_EQ(spent, 100);
}

TEST(PacketRoundBudgetTest, ThatOfTheOptionsHoldsWhereThereIsNone) {
  PacketGate gate = New(1, 1, kRoundNs);
  const GatePacket dear{0, 1000, PictureType::kI, 2};
  EXPECT_TRUE(absl::IsResourceExhausted(gate.Decide({0, {dear}, {}}).status()));
  const auto decisions = gate.Decide({0, {dear}, 2});
  ASSERT_TRUE(decisions.ok()) << decisions.status();
  EXPECT_EQ(decisions->front().action, PacketAction::kLook);
}

TEST(PacketRoundBudgetTest, RefusesWhatIsNoBudget) {
  PacketGate gate = New(1, 1, kRoundNs);
  const GatePacket packet{0, 1000, PictureType::kI, 1};
  for (const double budget : {-1.0, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()}) {
    const auto refused = gate.Decide({0, {packet}, budget});
    EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << budget;
  }
  EXPECT_TRUE(gate.Decide({0, {packet}, 0}).ok());
}

}  // namespace
}  // namespace fovea
