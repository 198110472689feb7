// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gates that look at pixels, alone and in charge of a made camera whose right
// answers are known.

#include "filter/difference_gate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "filter/gate_kind.h"
#include "filter/inference_reuse.h"
#include "tests/filter/moving_square.h"
#include "tests/filter/result_cache_fixture.h"

namespace fovea {
namespace {

constexpr int64_t kFrameNs = 100'000'000;

constexpr GateKind kPictureKinds[] = {GateKind::kPixel,     GateKind::kArea,
                                      GateKind::kEdge,      GateKind::kCorner,
                                      GateKind::kMse,       GateKind::kBlocks,
                                      GateKind::kBackground};

// A gate, and the runs that it is held against.
class DifferenceGateTest : public ::testing::TestWithParam<GateKind> {
 protected:
  void SetUp() override { gate_ = MakeGate(GetParam(), ReusePredictor()); }

  GateDecision Decide(const Square& square = {}) {
    const Frame frame = Drawn({160, 120, 2, 0, square}, &dice_);
    return Show(&frame);
  }
  GateDecision Show(const Frame* frame) {
    now_ns_ += kFrameNs;
    history_.See(Grid(), Features(), now_ns_);
    return gate_->Decide({now_ns_, nullptr, nullptr, frame}, {&history_});
  }
  void Ran(uint64_t vote = 0, bool moves = true) {
    gate_->Ran({{vote, {}}, moves, false});
    if (moves) history_.Ran({vote, {}});
  }
  // Until thresholds of segments are known.
  void Settle() {
    for (int i = 0; i < 60; ++i) {
      Decide();
      Ran();
    }
  }

  std::unique_ptr<Gate> gate_;
  AnswerHistory history_;
  int64_t now_ns_ = 0;
  std::mt19937_64 dice_{1};
};

TEST_P(DifferenceGateTest, TheFirstInputHasNothingToBeHeldAgainst) {
  const GateDecision first = Decide();
  EXPECT_EQ(first.kind, DecisionKind::kRun);
  EXPECT_EQ(first.cause, DecisionCause::kFirst);
  Ran();
  EXPECT_EQ(Decide().kind, DecisionKind::kHold);
}

TEST_P(DifferenceGateTest, RiskRisesWithWhatComes) {
  Settle();
  const GateDecision noise = Decide();
  EXPECT_EQ(noise.kind, DecisionKind::kHold);
  EXPECT_EQ(noise.run, 0u);
  const double small = Decide({40, 40, 24}).risk;
  const double great = Decide({40, 40, 60}).risk;
  EXPECT_LT(noise.risk, small);
  EXPECT_LT(small, great);
  EXPECT_TRUE(std::isfinite(great));
}

// A square that creeps is noticed, though no two pictures in a row differ by
// more than its step.
TEST_P(DifferenceGateTest, HeldAgainstTheLastRunNotTheLastInput) {
  Settle();
  for (int i = 0; i < 60; ++i) {
    Decide({10, 40, 40});
    Ran();
  }
  double risk = 0;
  const double step = Decide({12, 40, 40}).risk;
  for (int left = 14; left <= 80; left += 2) {
    risk = Decide({left, 40, 40}).risk;
  }
  EXPECT_GT(risk, 1.3 * step);
  Ran(0, /*moves=*/false);
  EXPECT_GT(Decide({80, 40, 40}).risk, 1.3 * step);
  Ran();
  EXPECT_LT(Decide({80, 40, 40}).risk, risk / 2);
}

TEST_P(DifferenceGateTest, WithoutPixelsTheModelIsRun) {
  Settle();
  EXPECT_EQ(Show(nullptr).kind, DecisionKind::kRun);
  Ran();
  const Frame empty;
  const GateDecision decision = Show(&empty);
  EXPECT_TRUE(decision.kind == DecisionKind::kRun || std::isinf(decision.risk));
  EXPECT_FALSE(gate_->WeighsCached());
}

TEST_P(DifferenceGateTest, AfterAResetOrAFlushThereIsNoReference) {
  Settle();
  gate_->Reset();
  EXPECT_EQ(Decide().kind, DecisionKind::kRun);
  Ran();
  EXPECT_EQ(Decide().kind, DecisionKind::kHold);
  history_.Reset();
  EXPECT_EQ(Decide().kind, DecisionKind::kRun);
}

// But for those that shrink any picture to one size.
TEST_P(DifferenceGateTest, AnotherSizeIsInfinitelyFar) {
  if (GetParam() >= GateKind::kMse) return;
  Settle();
  const Frame other = Drawn({80, 60, 2, 0, {}}, &dice_);
  EXPECT_FALSE(std::isfinite(Show(&other).risk));
}

INSTANTIATE_TEST_SUITE_P(All, DifferenceGateTest,
                         ::testing::ValuesIn(kPictureKinds),
                         [](const auto& kind) {
                           return std::string(GateKindName(kind.param));
                         });

// Squares come now and then; the model counts them. The auditor knows nothing
// of the gate's unit.
class GateInChargeTest : public ::testing::TestWithParam<GateKind> {
 protected:
  void Open(InferenceReuseOptions options) {
    auto reuse = InferenceReuse::Create(kModel, std::move(options),
                                        MakeGate(GetParam(), ReusePredictor()));
    ASSERT_TRUE(reuse.ok()) << reuse.status();
    reuse_ = *std::move(reuse);
  }
  void Live(int frames) {
    for (int i = 0; i < frames; ++i) Next();
  }
  void Next() {
    if (dice_() % (there_ ? 10 : 60) == 0) there_ = !there_;
    if (dice_() % 25 == 0) left_ = static_cast<int>(dice_() % 100);
    const Frame frame = Drawn(
        {160, 120, 2, 0, there_ ? Square{left_, 40, 40} : Square{}}, &dice_);
    ReuseInput input;
    input.index = index_++;
    input.time_ns = now_ns_ += kFrameNs;
    input.frame = &frame;
    const ReuseVerdict verdict = reuse_->Decide(input);
    const std::string truth = there_ ? "one" : "none";
    last_ = verdict.decision;
    if (verdict.run) {
      reuse_->Ran({{there_ ? 1u : 2u, {}}, truth, 20'000'000});
      last_run_ns_ = now_ns_;
      return;
    }
    EXPECT_LE(now_ns_ - last_run_ns_, InferenceReuseOptions().blind_ns);
    ++given_;
    wrong_ += verdict.answer != truth;
  }

  std::unique_ptr<InferenceReuse> reuse_;
  Decision last_;
  uint64_t index_ = 0;
  int64_t now_ns_ = 0, last_run_ns_ = 0, clock_ns_ = 0, look_ns_ = 0;
  int64_t given_ = 0, wrong_ = 0;
  bool there_ = false;
  int left_ = 0;
  std::mt19937_64 dice_{5};
};

TEST_P(GateInChargeTest, TheTargetIsMetAndNoAnswerIsOlderThanTheBlindTime) {
  InferenceReuseOptions options;
  options.audit.seed = 3;
  Open(options);
  Live(4000);
  EXPECT_GT(given_, 1000);
  EXPECT_LE(static_cast<double>(wrong_), 0.05 * static_cast<double>(given_));
  EXPECT_LE(wrong_, reuse_->auditor().Report().all.most_wrong);
}

TEST_P(GateInChargeTest, OneThatCostsMoreThanItSavesIsPassedOver) {
  InferenceReuseOptions options;
  options.monotonic_ns = [this] { return clock_ns_ += look_ns_; };
  look_ns_ = 30'000'000;
  Open(options);
  for (int i = 0; i < 4000 && !reuse_->too_dear(); ++i) Next();
  ASSERT_TRUE(reuse_->too_dear());
  const int64_t given = given_;
  Live(100);
  EXPECT_EQ(last_.cause, DecisionCause::kTooDear);
  EXPECT_EQ(given_, given);
  look_ns_ = 1000;
  Live(6000);
  EXPECT_FALSE(reuse_->too_dear());
  EXPECT_GT(given_, given);
}

INSTANTIATE_TEST_SUITE_P(All, GateInChargeTest,
                         ::testing::ValuesIn(kPictureKinds),
                         [](const auto& kind) {
                           return std::string(GateKindName(kind.param));
                         });

TEST(GateKindTest, NamesAreReadBackAndUnitsToldApart) {
  std::set<std::string> names;
  std::set<uint64_t> ids;
  for (const GateKind kind : kGateKinds) {
    EXPECT_EQ(ParseGateKind(GateKindName(kind)), kind);
    names.insert(GateKindName(kind));
    ids.insert(GateId(kind, ReusePredictor()));
  }
  EXPECT_EQ(names.size(), std::size(kGateKinds));
  EXPECT_EQ(ids.size(), std::size(kGateKinds));
  EXPECT_EQ(ParseGateKind("histogram"), std::nullopt);
  EXPECT_EQ(GateId(GateKind::kGrid, ReusePredictor()), 0u);
  ReusePredictor taught;
  ComparedRuns comparison;
  comparison.runs.resize(1);
  taught.Learn({comparison, 7});
  EXPECT_FALSE(ids.contains(GateId(GateKind::kGrid, taught)));
  EXPECT_EQ(GateId(GateKind::kMse, taught),
            GateId(GateKind::kMse, ReusePredictor()));
}

}  // namespace
}  // namespace fovea
