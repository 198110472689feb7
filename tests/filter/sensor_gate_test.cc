// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/sensor_gate.h"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "filter/inference_reuse.h"
#include "gtest/gtest.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Features made by hand: gravity along z, and motion.
class Window {
 public:
  Window() { cells_.cells[kCellMean + 2] = 78; }
  Window& Move(int deviation) { return Set(kCellDeviation, deviation); }
  Window& Turn(int turning) { return Set(kCellTurning + 1, turning); }
  Window& Lie() { return Set(kCellMean + 2, 0).Set(kCellMean, 78); }
  Window& Event(MotionEvent event) {
    return Set(kCellEvent, 64 * static_cast<int>(event));
  }
  Window& Set(int cell, int value) {
    cells_.cells[static_cast<size_t>(cell)] = static_cast<int8_t>(value);
    return *this;
  }
  operator const Features&() const { return cells_; }  // NOLINT

 private:
  Features cells_{kSensorCells, 1, std::vector<int8_t>(kSensorCells, 0)};
};

// A gate and its clock: a second passes from window to window, and the model
// is run whenever the gate says so.
class Stream {
 public:
  explicit Stream(SensorGateOptions options) : gate_(std::move(options)) {}

  SensorDecision See(const Features& window, int answer = kNoAnswer) {
    return At(now_ns_ + kSecond, window, answer);
  }
  SensorDecision At(int64_t time_ns, const Features& window,
                    int answer = kNoAnswer) {
    now_ns_ = time_ns;
    const SensorDecision decision = gate_.Decide(window, time_ns);
    if (decision.kind == DecisionKind::kRun) {
      gate_.Ran(window, time_ns, answer);
    }
    return decision;
  }
  bool Holds(const Features& window, int answer = kNoAnswer) {
    return See(window, answer).kind == DecisionKind::kHold;
  }
  SensorGate& gate() { return gate_; }

 private:
  SensorGate gate_;
  int64_t now_ns_ = 0;
};

SensorGateOptions Distance(float most) {
  SensorGateOptions options;
  options.most_distance = most;
  return options;
}

TEST(SensorGateTest, TheFirstWindowIsRun) {
  Stream stream(Distance(100));
  const SensorDecision decision = stream.See(Window());
  EXPECT_EQ(decision.kind, DecisionKind::kRun);
  EXPECT_EQ(decision.cause, DecisionCause::kFirst);
  EXPECT_TRUE(stream.Holds(Window()));
}

TEST(SensorGateTest, WhatIsForgottenIsNotComparedWith) {
  Stream stream(Distance(100));
  stream.See(Window());
  EXPECT_TRUE(stream.Holds(Window()));
  stream.gate().Reset();
  EXPECT_EQ(stream.See(Window()).cause, DecisionCause::kFirst);
  EXPECT_TRUE(stream.Holds(Window()));
}

TEST(SensorGateTest, ComparesWithTheLastRunNotTheLastHeld) {
  Stream stream(Distance(1));
  stream.See(Window().Move(70));
  // Drifts by steps each of which is small.
  int at = 70;
  while (stream.Holds(Window().Move(++at))) ASSERT_LT(at, 127);
  const float distance = SensorDistance(Window().Move(70), Window().Move(at));
  EXPECT_GT(distance, 1);
  EXPECT_LE(SensorDistance(Window().Move(70), Window().Move(at - 1)), 1);
}

TEST(SensorGateTest, ReportsTheDistance) {
  Stream stream(Distance(1));
  stream.See(Window());
  const SensorDecision decision = stream.See(Window().Move(100));
  EXPECT_EQ(decision.cause, DecisionCause::kGate);
  EXPECT_EQ(decision.stage, SensorStage::kTemplate);
  EXPECT_EQ(decision.distance, SensorDistance(Window(), Window().Move(100)));
}

TEST(SensorGateTest, AnotherShapeIsRun) {
  Stream stream(Distance(1000));
  stream.See(Window());
  Features wider = Window();
  wider.cells.resize(27);
  wider.columns = 27;
  EXPECT_FALSE(stream.Holds(wider));
  EXPECT_TRUE(stream.Holds(wider));
  EXPECT_FALSE(stream.Holds({}));
}

// --- no motion -----------------------------------------------------------

TEST(SensorGateTest, StillWindowsAreHeldWhateverElseDiffers) {
  Stream stream(Distance(0));
  stream.See(Window().Move(40).Turn(30));
  const SensorDecision decision =
      stream.See(Window().Move(45).Turn(38).Set(kCellCrossings, 90));
  EXPECT_EQ(decision.kind, DecisionKind::kHold);
  EXPECT_EQ(decision.stage, SensorStage::kStill);
}

TEST(SensorGateTest, StillButTurnedOverIsRun) {
  Stream stream(Distance(0));
  stream.See(Window().Move(40));
  EXPECT_TRUE(stream.Holds(Window().Move(41)));
  EXPECT_FALSE(stream.Holds(Window().Move(40).Lie()));
}

TEST(SensorGateTest, WhoStopsIsRunOnce) {
  Stream stream(Distance(0));
  stream.See(Window().Move(10));
  stream.See(Window().Move(100));
  EXPECT_FALSE(stream.Holds(Window().Move(10)));
  EXPECT_TRUE(stream.Holds(Window().Move(11)));
}

TEST(SensorGateTest, QuietestWalkingIsNoNoise) {
  Stream stream(Distance(0));
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(stream.Holds(Window().Move(62 + i))) << i;
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(stream.Holds(Window().Turn(62 + i))) << i;
  }
}

TEST(SensorGateTest, GivenNoiseIsNotLearnt) {
  SensorGateOptions options = Distance(0);
  options.noise_m_s2 = 1;  // cell 80
  options.noise_rad_s = 1;
  Stream stream(options);
  stream.See(Window());
  EXPECT_TRUE(stream.Holds(Window().Move(92)));  // 8 log2 3 = 12 more
  EXPECT_FALSE(stream.Holds(Window().Move(93)));
}

TEST(SensorGateTest, TheSensorsOwnEventWins) {
  Stream stream(Distance(0));
  stream.See(Window().Event(MotionEvent::kNoMotion));
  EXPECT_TRUE(stream.Holds(Window().Event(MotionEvent::kNoMotion).Move(120)));
  EXPECT_FALSE(stream.Holds(Window().Event(MotionEvent::kAnyMotion)));
}

// --- time ----------------------------------------------------------------

TEST(SensorGateTest, NeverBlindForLongerThanMayBe) {
  Stream stream(Distance(100));
  stream.See(Window());
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i < 30; ++i) ASSERT_TRUE(stream.Holds(Window())) << i;
    const SensorDecision decision = stream.See(Window());
    EXPECT_EQ(decision.kind, DecisionKind::kRun);
    EXPECT_EQ(decision.cause, DecisionCause::kBlindTime);
  }
}

TEST(SensorGateTest, TimeThatRunsBackwardIsRun) {
  Stream stream(Distance(100));
  stream.At(10 * kSecond, Window());
  EXPECT_EQ(stream.At(11 * kSecond, Window()).kind, DecisionKind::kHold);
  EXPECT_EQ(stream.At(5 * kSecond, Window()).cause, DecisionCause::kClock);
  EXPECT_EQ(stream.At(6 * kSecond, Window()).kind, DecisionKind::kHold);
  EXPECT_EQ(stream.At(6 * kSecond, Window()).kind, DecisionKind::kHold);
}

TEST(SensorGateTest, EndsOfTimeDoNotOverflow) {
  constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
  constexpr int64_t kBegin = std::numeric_limits<int64_t>::min();
  Stream stream(Distance(100));
  stream.At(kBegin, Window());
  EXPECT_EQ(stream.At(kEnd, Window()).cause, DecisionCause::kBlindTime);
  EXPECT_EQ(stream.At(kBegin, Window()).cause, DecisionCause::kClock);
}

TEST(SensorGateTest, ARunThatFailedIsAskedForAgain) {
  SensorGate gate(Distance(1));
  gate.Decide(Window(), 0);
  gate.Ran(Window(), 0);
  const Features moved = Window().Move(100);
  EXPECT_EQ(gate.Decide(moved, 1).kind, DecisionKind::kRun);
  EXPECT_EQ(gate.Decide(moved, 2).kind, DecisionKind::kRun);
  gate.Ran(moved, 2);
  EXPECT_EQ(gate.Decide(moved, 3).kind, DecisionKind::kHold);
}

// --- what is learnt ------------------------------------------------------

TEST(SensorGateTest, LearnsTheDistanceFromTheFirstMinutes) {
  SensorGateOptions options;
  options.learn_ns = 60 * kSecond;
  options.self_share = 0.9;
  Stream stream(options);
  // Neighbours are alternately 1 and 3 steps apart; one is far, with another
  // answer.
  int cell = 70;
  for (int i = 0; i < 60; ++i) {
    const SensorDecision decision = stream.See(Window().Move(cell), 1);
    EXPECT_EQ(decision.kind, DecisionKind::kRun) << i;
    EXPECT_EQ(decision.cause,
              i == 0 ? DecisionCause::kFirst : DecisionCause::kNotCertified);
    cell += i % 4 == 0 ? 1 : i % 4 == 1 ? 3 : i % 4 == 2 ? -3 : -1;
  }
  EXPECT_LT(stream.gate().most_distance(), 0);
  stream.See(Window().Move(127), 2);
  EXPECT_EQ(stream.gate().most_distance(),
            SensorDistance(Window(), Window().Move(3)));
}

// --- the tree ------------------------------------------------------------

// Tells of gravity alone: answers differ when z of one is 78, of the other 0.
std::shared_ptr<const SensorTree> PostureTree() {
  std::mt19937 dice(2);
  std::uniform_int_distribution<int> cell(0, 100);
  std::vector<Window> windows(400);
  for (size_t i = 0; i < windows.size(); ++i) {
    if (i % 2 == 1) windows[i].Lie();
    windows[i].Move(cell(dice)).Turn(cell(dice));
  }
  std::vector<SensorPair> pairs;
  for (size_t i = 0; i + 3 < windows.size(); ++i) {
    for (const size_t j : {i + 1, i + 2}) {
      pairs.push_back({&static_cast<const Features&>(windows[i]),
                       &static_cast<const Features&>(windows[j]),
                       static_cast<int>(j % 2), i % 2 != j % 2});
    }
  }
  SensorTreeOptions options;
  options.answers = 2;
  return std::make_shared<const SensorTree>(
      SensorTree::Train(pairs, options).value());
}

TEST(SensorGateTest, TheTreeHoldsWhatIsFarButAnsweredAlike) {
  SensorGateOptions options = Distance(0);
  options.tree = PostureTree();
  Stream stream(options);
  stream.See(Window().Move(90), 0);
  const SensorDecision held = stream.See(Window().Move(70).Turn(90), 0);
  EXPECT_EQ(held.kind, DecisionKind::kHold);
  EXPECT_EQ(held.stage, SensorStage::kTree);
  const SensorDecision run = stream.See(Window().Move(90).Lie(), 1);
  EXPECT_EQ(run.kind, DecisionKind::kRun);
  EXPECT_EQ(run.stage, SensorStage::kTree);
  EXPECT_TRUE(stream.Holds(Window().Move(80).Lie(), 1));
}

TEST(SensorGateTest, RunsOnceMoreWhenTheAnswerHasChanged) {
  SensorGateOptions options = Distance(5);
  options.settle_ns = 2 * kSecond;
  Stream stream(options);
  stream.See(Window(), 0);
  EXPECT_TRUE(stream.Holds(Window(), 0));
  EXPECT_FALSE(stream.Holds(Window().Lie(), 1));
  EXPECT_TRUE(stream.Holds(Window().Lie(), 1));
  const SensorDecision decision = stream.See(Window().Lie(), 1);
  EXPECT_EQ(decision.kind, DecisionKind::kRun);
  EXPECT_EQ(decision.stage, SensorStage::kSettling);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(stream.Holds(Window().Lie(), 1));
}

// --- a real recording ----------------------------------------------------

constexpr size_t kRealWindow = 104, kRealHop = 52;

std::vector<Features> RealWindows(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  std::vector<std::vector<double>> channels(6);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string cell;
    for (auto& channel : channels) {
      std::getline(cells, cell, ',');
      channel.push_back(std::stod(cell));
    }
  }
  const SensorLayout layout = {6, 0, 3};
  std::vector<Features> windows;
  for (size_t at = 0; at + kRealWindow <= channels[0].size(); at += kRealHop) {
    std::vector<double> values;
    for (const auto& channel : channels) {
      const auto from = channel.begin() + static_cast<std::ptrdiff_t>(at);
      values.insert(values.end(), from, from + kRealWindow);
    }
    windows.push_back(SensorFeaturesOf(layout, {values, 103}).value());
  }
  return windows;
}

// In charge of a model whose answer is what the sensor does, with an auditor
// that knows nothing of distances.
class AuditedSensorGate {
 public:
  explicit AuditedSensorGate(SensorGateOptions gate, int64_t look_ns = 0) {
    InferenceReuseOptions options;
    options.blind_ns = gate.max_blind_ns;
    options.audit.seed = 3;
    options.monotonic_ns = [this, look_ns] { return clock_ns_ += look_ns; };
    auto reuse = InferenceReuse::Create(
        {}, std::move(options), std::make_unique<SensorGate>(std::move(gate)));
    EXPECT_TRUE(reuse.ok()) << reuse.status();
    reuse_ = *std::move(reuse);
  }

  // Windows of one activity after another, some 20 s each.
  void Live(int windows) {
    for (int i = 0; i < windows; ++i) {
      if (dice_() % 20 == 0) activity_ = dice_() % 3;
      const auto wobble = static_cast<int>(dice_() % 3);
      See(Window().Move(static_cast<int>(activity_) * 40 + wobble));
    }
  }
  void See(const Features& window) {
    ReuseInput input;
    input.index = index_++;
    input.time_ns = now_ns_ += kSecond;
    input.features = window;
    const ReuseVerdict verdict = reuse_->Decide(input);
    last_ = verdict.decision;
    if (verdict.run) {
      reuse_->Ran({{activity_, {}}, std::to_string(activity_), 20'000'000});
      return;
    }
    ++given_;
    wrong_ += verdict.answer != std::to_string(activity_);
  }

  InferenceReuse& reuse() { return *reuse_; }
  const Decision& last() const { return last_; }
  int64_t given() const { return given_; }
  int64_t wrong() const { return wrong_; }

 private:
  std::unique_ptr<InferenceReuse> reuse_;
  std::mt19937_64 dice_{1};
  Decision last_;
  uint64_t index_ = 0, activity_ = 0;
  int64_t now_ns_ = 0, clock_ns_ = 0, given_ = 0, wrong_ = 0;
};

TEST(SensorGateTest, AsAGateItsDistanceIsARiskThatTheAuditorCalibrates) {
  SensorGateOptions options;
  options.noise_m_s2 = 1e-6;  // never still
  AuditedSensorGate stream(options);
  stream.Live(3000);
  EXPECT_GT(stream.given(), 1000);
  EXPECT_LE(static_cast<double>(stream.wrong()),
            0.05 * static_cast<double>(stream.given()));
}

TEST(SensorGateTest, AsAGateStagesFollowOneAnother) {
  SensorGateOptions options = Distance(1);
  options.noise_m_s2 = options.noise_rad_s = 0.002;
  SensorGate gate(options);
  AnswerHistory history;
  int64_t now_ns = 0;
  const auto decide = [&](const Features& window) {
    now_ns += kSecond;
    history.See(Grid(), window, now_ns);
    return gate.Decide({now_ns, &window, nullptr, nullptr}, {&history});
  };
  EXPECT_EQ(decide(Window()).cause, DecisionCause::kFirst);
  gate.Ran({{1, {}}, /*moves=*/true, /*checked=*/false});
  history.Ran({1, {}});
  const GateDecision still = decide(Window()), near = decide(Window().Move(90)),
                     far = decide(Window().Move(120));
  EXPECT_EQ(still.kind, DecisionKind::kHold);
  EXPECT_EQ(still.risk, 0);
  EXPECT_GT(near.risk, 0);
  EXPECT_GT(far.risk, near.risk);
  EXPECT_LT(far.risk, 1);
  EXPECT_EQ(far.distance, SensorDistance(Window(), Window().Move(120)));
  // Neither what was only learnt from nor what was forgotten is a reference.
  gate.Ran({{2, {}}, /*moves=*/false, /*checked=*/true});
  EXPECT_EQ(decide(Window().Move(120)).risk, far.risk);
  gate.Reset();
  EXPECT_EQ(decide(Window()).kind, DecisionKind::kRun);
}

TEST(SensorGateTest, AsAGateItIsPassedOverWhereItCostsMoreThanItSaves) {
  AuditedSensorGate stream({}, /*look_ns=*/30'000'000);
  for (int i = 0; i < 100 && !stream.reuse().too_dear(); ++i) stream.Live(50);
  ASSERT_TRUE(stream.reuse().too_dear());
  stream.Live(1);
  EXPECT_EQ(stream.last().cause, DecisionCause::kTooDear);
}

// Sits, gets up, walks, turns, walks, turns, sits down.
TEST(SensorGateTest, FollowsARealRecording) {
  FOVEA_NEED_TEST_DATA(path, "imu/har_sp_sw/s05/s05_05_sw.csv");
  const std::vector<Features> windows = RealWindows(path);
  ASSERT_GT(windows.size(), 15U);
  int last_runs = static_cast<int>(windows.size()) + 1;
  for (const float most : {0.0F, 4.0F, 8.0F, 16.0F, 100.0F}) {
    Stream stream(Distance(most));
    int runs = 0;
    for (const Features& window : windows) runs += !stream.Holds(window);
    EXPECT_LE(runs, last_runs) << most;
    last_runs = runs;
  }
  EXPECT_EQ(last_runs, 1);
  // Sitting is nearer to sitting than to walking.
  const Features& sits = windows[0];
  const Features& walks = windows[windows.size() / 2];
  EXPECT_GT(SensorDistance(sits, walks), 10);
  EXPECT_GT(walks.cells[kCellDeviation], sits.cells[kCellDeviation]);
}

}  // namespace
}  // namespace fovea
