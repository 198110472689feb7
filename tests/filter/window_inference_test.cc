// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gate, cache and auditor over windows of somebody who rests and moves.

#include "filter/window_inference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "filter/sensor_fingerprint.h"

namespace fovea {
namespace {

constexpr ModelDigest kModel = {7};
constexpr uint64_t kStream = 3;
constexpr size_t kSamples = 50;
constexpr double kRateHz = 50;
constexpr int64_t kSecond = 1'000'000'000;

const SensorLayout kLayout = {3, 0, -1, 1, 1};

WindowInferenceOptions Target(double max_error, uint64_t seed = 7) {
  WindowInferenceOptions options;
  options.audit.max_error = max_error;
  options.audit.seed = seed;
  return options;
}

// All is given that can be, so that a story needs no warm-up.
WindowInferenceOptions Everything() {
  WindowInferenceOptions options = Target(1);
  options.audit.first_check = options.audit.least_check = 1e-9;
  return options;
}

class World {
 public:
  struct Seen {
    bool run = false;
    Decision decision;
    uint64_t vote = 0;
  };

  explicit World(WindowInferenceOptions options, uint64_t seed = 1)
      : dice_(seed) {
    auto made = WindowInference::Create(kModel, kLayout, std::move(options));
    EXPECT_TRUE(made.ok()) << made.status();
    inference_ = *std::move(made);
  }

  // A window of a shake of so many m/s2, about which the model says `answer`.
  Seen Next(double shake, uint64_t answer) {
    return At(end_ns_ + kSecond, shake, answer);
  }
  Seen At(int64_t end_ns, double shake, uint64_t answer) {
    end_ns_ = end_ns;
    const std::vector<double> values = Shaken(shake);
    const auto verdict =
        inference_->Decide({kStream, index_++, end_ns, {values, kRateHz}});
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    if (!verdict->run) return {false, verdict->decision, verdict->traits.vote};
    if (fails_) return {true, inference_->Failed().decision, 0};
    ModelAnswer said;
    said.answer = std::to_string(answer);
    said.traits.vote = answer;
    said.cost_ns = run_ns_;
    return {true, inference_->Ran(said).decision, answer};
  }

  // Rests and moves for some time each; how many answers given were wrong.
  int64_t Live(int64_t windows) {
    int64_t wrong = 0;
    for (int64_t i = 0; i < windows; ++i) {
      if (left_-- == 0) {
        moves_ = !moves_;
        left_ = 5 + static_cast<int64_t>(dice_() % 60);
      }
      const uint64_t truth = moves_ ? 2 : 1;
      const Seen seen = Next(moves_ ? 2 : 0.02, truth);
      runs_ += seen.run;
      wrong += seen.vote != truth;
    }
    return wrong;
  }

  void SetRunCost(int64_t ns) { run_ns_ = ns; }
  void SetFails(bool fails) { fails_ = fails; }
  WindowInference& inference() { return *inference_; }
  int64_t runs() const { return runs_; }
  int64_t end_ns() const { return end_ns_; }

 private:
  std::vector<double> Shaken(double shake) {
    std::vector<double> values;
    const double phase = static_cast<double>(dice_() % 100) / 16;
    for (size_t axis = 0; axis < 3; ++axis) {
      for (size_t i = 0; i < kSamples; ++i) {
        const double turn =
            2 * std::numbers::pi * 2 * static_cast<double>(i) / kRateHz;
        values.push_back((axis == 2 ? 9.81 : 0) +
                         shake * std::sin(turn + phase));
      }
    }
    return values;
  }

  std::mt19937_64 dice_;
  std::unique_ptr<WindowInference> inference_;
  uint64_t index_ = 0;
  int64_t end_ns_ = 0, left_ = 20, run_ns_ = 1'000'000;
  int64_t runs_ = 0;
  bool moves_ = false, fails_ = false;
};

TEST(WindowInferenceTest, OptionsOutsideTheirRangesAreRefused) {
  const auto code = [](const WindowInferenceOptions& options) {
    return WindowInference::Create(kModel, kLayout, options).status().code();
  };
  EXPECT_EQ(code(Target(0.05)), absl::StatusCode::kOk);
  EXPECT_EQ(code(Target(1.01)), absl::StatusCode::kInvalidArgument);
  WindowInferenceOptions options;
  options.blind_ns = -1;
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
}

TEST(WindowInferenceTest, TheFirstIsRunAndLikeOnesAreHeld) {
  World world(Everything());
  const World::Seen first = world.Next(0, 5);
  EXPECT_TRUE(first.run);
  EXPECT_EQ(first.decision.cause, DecisionCause::kFirst);
  const World::Seen second = world.Next(0, 5);
  EXPECT_FALSE(second.run);
  EXPECT_EQ(second.decision.kind, DecisionKind::kHold);
  EXPECT_EQ(second.decision.cause, DecisionCause::kGate);
  EXPECT_EQ(second.decision.reference_stream, kStream);
  EXPECT_EQ(second.decision.reference_index, 0U);
  EXPECT_EQ(second.vote, 5U);
}

TEST(WindowInferenceTest, NothingIsGivenBeforeItIsCertified) {
  World world(Target(0.05));
  EXPECT_EQ(world.Live(120), 0);
  EXPECT_EQ(world.runs(), 120);
  EXPECT_FALSE(world.inference().auditor().threshold().has_value());
}

TEST(WindowInferenceTest, TheTargetIsMetOverALongLife) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(Target(0.05, seed), seed);
    const int64_t wrong = world.Live(10'000);
    const int64_t given = 10'000 - world.runs();
    EXPECT_GT(given, 3'000);
    EXPECT_LE(static_cast<double>(wrong), 0.05 * static_cast<double>(given));
    EXPECT_LE(wrong, world.inference().auditor().Report().all.most_wrong);
  }
}

TEST(WindowInferenceTest, NoAnswerIsOlderThanTheBlindTime) {
  World world(Everything());
  int64_t ran_ns = 0;
  for (int i = 0; i < 100; ++i) {
    if (world.Next(0, 5).run) ran_ns = world.end_ns();
    EXPECT_LE(world.end_ns() - ran_ns, 30 * kSecond);
  }
  const World::Seen late = world.At(world.end_ns() + 40 * kSecond, 0, 5);
  EXPECT_EQ(late.decision.cause, DecisionCause::kBlindTime);
}

TEST(WindowInferenceTest, AClockSetBackForgetsWhatWasHeld) {
  World world(Everything());
  world.Next(0, 5);
  world.Next(0, 5);
  const World::Seen back = world.At(0, 0, 6);
  EXPECT_TRUE(back.run);
  EXPECT_EQ(back.decision.cause, DecisionCause::kClock);
  EXPECT_EQ(world.Next(0, 6).vote, 6U);
}

TEST(WindowInferenceTest, AfterAFailureNothingIsHeld) {
  World world(Everything());
  world.Next(0, 5);
  world.At(world.end_ns() + 31 * kSecond, 0, 5);
  world.SetFails(true);
  const World::Seen failed = world.At(world.end_ns() + 31 * kSecond, 0, 5);
  EXPECT_EQ(failed.decision.kind, DecisionKind::kRunFailed);
  world.SetFails(false);
  EXPECT_TRUE(world.Next(0, 5).run);
}

TEST(WindowInferenceTest, WhatWasAnsweredOnceIsReused) {
  ResultCache cache(kModel, InputKind::kWindow, ResultCacheOptions(), nullptr);
  WindowInferenceOptions options = Everything();
  options.cache = &cache;
  World first(options);
  first.Next(0, 5);
  World second(options, 2);
  const World::Seen known = second.Next(0, 6);
  EXPECT_FALSE(known.run);
  EXPECT_EQ(known.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(known.decision.cause, DecisionCause::kCache);
  EXPECT_EQ(known.vote, 5U);
}

TEST(WindowInferenceTest, OfflineGivesWhatIsEqualAndSaysTheGaps) {
  ResultCache cache(kModel, InputKind::kWindow, ResultCacheOptions(), nullptr);
  WindowInferenceOptions options = Target(0.5);
  options.cache = &cache;
  World first(options);
  first.Next(0, 5);
  options.offline = true;
  World second(options);
  EXPECT_EQ(second.Next(0, 6).vote, 5U);
  const World::Seen gap = second.Next(2, 6);
  EXPECT_FALSE(gap.run);
  EXPECT_EQ(gap.decision.kind, DecisionKind::kGap);
}

TEST(WindowInferenceTest, AGateThatCostsMoreThanItSavesIsSwitchedOff) {
  int64_t now_ns = 0;
  WindowInferenceOptions options = Everything();
  options.monotonic_ns = [&now_ns] { return now_ns += 5'000; };
  World world(options);
  world.SetRunCost(1'000);  // a fifth of what deciding takes
  int off = 0, on_again = 0;
  for (int i = 0; i < 6'000; ++i) {
    const bool is_off =
        world.Next(0, 5).decision.cause == DecisionCause::kTooDear;
    off += is_off;
    on_again += off > 0 && !is_off;
  }
  EXPECT_GT(off, 4'000);
  EXPECT_GT(on_again, 0);  // it is tried again
  EXPECT_LT(on_again, 1'000);
}

TEST(WindowInferenceTest, AGateThatPaysStaysOn) {
  int64_t now_ns = 0;
  WindowInferenceOptions options = Everything();
  options.monotonic_ns = [&now_ns] { return now_ns += 5'000; };
  World world(options);
  world.SetRunCost(1'000'000);
  for (int i = 0; i < 2'000; ++i) world.Next(0, 5);
  EXPECT_FALSE(world.inference().too_dear());
}

TEST(WindowInferenceTest, ItGoesOnWithASavedAudit) {
  World world(Target(0.05));
  world.Live(2'000);
  WindowInferenceOptions options = Target(0.05);
  options.audit_state = world.inference().auditor().Save();
  World again(options);
  EXPECT_EQ(again.inference().auditor().threshold(),
            world.inference().auditor().threshold());
  options.audit.max_error = 0.1;
  EXPECT_TRUE(absl::IsFailedPrecondition(
      WindowInference::Create(kModel, kLayout, options).status()));
}

TEST(WindowInferenceTest, WindowsThatAreNoneAreRefused) {
  auto inference = *WindowInference::Create(kModel, kLayout, Everything());
  std::vector<double> values(3 * kSamples, 1);
  values[70] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(
      inference->Decide({kStream, 0, 0, {values, kRateHz}}).status().code(),
      absl::StatusCode::kInvalidArgument);
  values[70] = 1;
  EXPECT_TRUE(inference->Decide({kStream, 0, 0, {values, kRateHz}})->run);
}

Features RowOf(std::vector<int8_t> cells) {
  return {static_cast<uint16_t>(cells.size()), 1, std::move(cells)};
}

TEST(SensorFingerprintTest, DiffersTheMoreTheFartherCellsAre) {
  std::vector<int8_t> cells(kSensorCells, 0);
  const Fingerprint zero = SensorFingerprintOf(RowOf(cells));
  EXPECT_EQ(zero, SensorFingerprintOf(RowOf(cells)));
  int before = 0;
  for (const int level : {20, 60, 100, 127}) {
    std::ranges::fill(cells, static_cast<int8_t>(level));
    const int now = FineDistance(zero, SensorFingerprintOf(RowOf(cells)));
    EXPECT_GT(now, before) << level;
    before = now;
  }
  EXPECT_EQ(SensorFingerprintOf(RowOf({})), Fingerprint());
}

TEST(SensorFingerprintTest, AnyCellTellsHoweverManyThereAre) {
  for (const size_t count : {1U, 25U, 63U, 64U, 65U, 151U, 256U, 257U, 300U}) {
    std::vector<int8_t> cells(count, -128);
    const Fingerprint least = SensorFingerprintOf(RowOf(cells));
    const size_t bits = std::clamp<size_t>(256 / count, 1, 254);
    for (const size_t at : {size_t{0}, count / 2, count - 1}) {
      cells[at] = 127;
      const int apart = FineDistance(least, SensorFingerprintOf(RowOf(cells)));
      EXPECT_EQ(apart, at < 256 ? static_cast<int>(bits) : 0) << count;
      cells[at] = -128;
    }
  }
}

}  // namespace
}  // namespace fovea
