// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/inference_reuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/filter/reuse_world.h"

namespace fovea {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Seen = ReuseWorld::Seen;

TEST(InferenceReuseTest, OptionsOutsideTheirRangesAreRefused) {
  const auto code = [](const InferenceReuseOptions& options) {
    return InferenceReuse::Create(kModel, options).status().code();
  };
  EXPECT_EQ(code(Target(0.05)), absl::StatusCode::kOk);
  EXPECT_EQ(code(Target(1.01)), absl::StatusCode::kInvalidArgument);
  InferenceReuseOptions options;
  options.blind_ns = -1;
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
  options.blind_ns = 0;
  EXPECT_EQ(code(options), absl::StatusCode::kOk);
}

TEST(InferenceReuseTest, TheFirstInputIsRun) {
  ReuseWorld world(Everything());
  const Seen first = world.Next({});
  EXPECT_TRUE(first.run);
  EXPECT_EQ(first.decision.kind, DecisionKind::kRun);
  EXPECT_EQ(first.decision.cause, DecisionCause::kFirst);
}

TEST(InferenceReuseTest, NothingIsGivenBeforeItIsCertified) {
  ReuseWorld world(Target(0.05));
  ASSERT_TRUE(world.LiveUntilGiving());
  EXPECT_EQ(world.given(), 0);
  EXPECT_EQ(world.runs(), static_cast<int64_t>(world.index()));
  EXPECT_GE(world.runs(), 128);
  const AuditReport report = world.report();
  EXPECT_EQ(report.warm_up_runs, world.runs());
  world.Live(500);
  EXPECT_GT(world.given(), 200);
}

TEST(InferenceReuseTest, WhatWouldHaveBeenGivenIsToldWhileLearning) {
  ReuseWorld world(Target(0.05));
  world.Next({});
  const Seen second = world.Next({});
  EXPECT_TRUE(second.run);
  EXPECT_EQ(second.decision.kind, DecisionKind::kRun);
  EXPECT_EQ(second.decision.cause, DecisionCause::kNotCertified);
  EXPECT_EQ(second.decision.reference_stream, kStream);
  EXPECT_EQ(second.decision.reference_index, 0u);
  EXPECT_FALSE(second.decision.wrong);
  EXPECT_TRUE(world.Next({0, 3}).decision.wrong);
}

TEST(InferenceReuseTest, HeldWhileNothingChangesAndRunWhenAnObjectComes) {
  ReuseWorld world(Target(0.05));
  ASSERT_TRUE(world.LiveUntilGiving());
  int held = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 20; ++i) {
      const Seen still = world.Next({0, 0});
      held += IsGiven(still) && still.decision.kind == DecisionKind::kHold;
    }
    const Seen comes = world.Next({0, 5});
    EXPECT_TRUE(comes.run || round > 0);  // later it is known
    EXPECT_EQ(comes.answer, TextOf({0, 5}));
  }
  EXPECT_GT(held, 250);
}

TEST(InferenceReuseTest, TheTargetIsMetOverALongLife) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    ReuseWorld world(Target(0.05, seed), seed);
    world.Live(20'000);
    EXPECT_GT(world.given(), 10'000);
    EXPECT_LE(static_cast<double>(world.wrong()),
              0.05 * static_cast<double>(world.given()));
    EXPECT_LE(world.wrong(), world.report().all.most_wrong);
    EXPECT_EQ(world.report().inputs, 20'000);
  }
}

TEST(InferenceReuseTest, NoErrorAllowedMeansAlwaysRun) {
  ReuseWorld world(Target(0));
  world.Live(2000);
  EXPECT_EQ(world.given(), 0);
  EXPECT_EQ(world.runs(), 2000);
  EXPECT_EQ(world.report().phase, AuditPhase::kNever);
}

TEST(InferenceReuseTest, AnyErrorAllowedMeansGivenFromTheSecondInputOn) {
  ReuseWorld world(Everything());
  world.Next({});
  const Seen second = world.Next({0, 5});
  EXPECT_TRUE(IsGiven(second));
  EXPECT_EQ(second.decision.kind, DecisionKind::kHold);
  EXPECT_EQ(second.decision.cause, DecisionCause::kGate);
  EXPECT_EQ(second.answer, TextOf({0, 0}));
  EXPECT_GT(second.decision.distance, 50);
}

TEST(InferenceReuseTest, NoAnswerIsOlderThanTheBlindTime) {
  ReuseWorld world(Everything());
  world.Next({});
  int64_t run_ns = 0;
  for (int i = 0; i < 1000; ++i) {
    const int64_t now_ns = world.time_ns_;
    const Seen seen = world.Next({});
    if (!seen.run) {
      EXPECT_LE(now_ns - run_ns, kBlindNs);
      continue;
    }
    EXPECT_EQ(seen.decision.cause, DecisionCause::kBlindTime);
    EXPECT_EQ(now_ns - run_ns, kBlindNs + kFrameNs);
    run_ns = now_ns;
  }
}

TEST(InferenceReuseTest, BlindTimeIsWalkedToTheNanosecond) {
  for (const int64_t late : {int64_t{-1}, int64_t{0}, int64_t{1}}) {
    ReuseWorld world(Everything());
    world.step_ns_ = kBlindNs + late;
    world.Next({});
    EXPECT_EQ(world.Next({}).run, late > 0) << late;
  }
  for (const int64_t blind : {int64_t{0}, int64_t{1}}) {
    InferenceReuseOptions options = Everything();
    options.blind_ns = blind;
    ReuseWorld world(options);
    world.step_ns_ = 1;
    world.Next({});
    EXPECT_EQ(world.Next({}).run, blind == 0);
  }
}

TEST(InferenceReuseTest, BlindTimeHoldsFromEndToEndOfTheClock) {
  ReuseWorld world(Everything());
  world.step_ns_ = 0;
  world.time_ns_ = std::numeric_limits<int64_t>::min();
  world.Next({});
  EXPECT_FALSE(world.Next({}).run);
  world.time_ns_ = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(world.Next({}).decision.cause, DecisionCause::kBlindTime);
  world.time_ns_ = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(world.Next({}).decision.cause, DecisionCause::kClock);
}

TEST(InferenceReuseTest, AClockThatRunsBackwardIsRunAndFollowsNoOldReference) {
  ReuseWorld world(Everything());
  world.time_ns_ = 10 * kSecond;
  for (int i = 0; i < 5; ++i) world.Next({0, 1});
  world.time_ns_ = 5 * kSecond;
  const Seen back = world.Next({0, 1});
  EXPECT_TRUE(back.run);
  EXPECT_EQ(back.decision.cause, DecisionCause::kClock);
  const uint64_t fresh = world.index() - 1;
  const Seen after = world.Next({0, 1});
  EXPECT_TRUE(IsGiven(after));
  EXPECT_EQ(after.decision.reference_index, fresh);
}

TEST(InferenceReuseTest, TimesMayRepeat) {
  ReuseWorld world(Everything());
  world.step_ns_ = 0;
  world.Next({});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(IsGiven(world.Next({})));
}

TEST(InferenceReuseTest, AfterAFailedRunNothingIsHeld) {
  ReuseWorld world(Everything());
  for (int i = 0; i < 3; ++i) world.Next({});
  world.fails_ = true;
  world.time_ns_ += 3 * kSecond;
  const Seen failed = world.Next({});
  EXPECT_TRUE(failed.run);
  EXPECT_EQ(failed.decision.kind, DecisionKind::kRunFailed);
  EXPECT_EQ(failed.answer, "");
  EXPECT_EQ(world.Next({}).decision.kind, DecisionKind::kRunFailed);
  world.fails_ = false;
  EXPECT_TRUE(world.Next({}).run);
  EXPECT_TRUE(IsGiven(world.Next({})));
}

TEST(InferenceReuseTest, ACheckThatFailsCountsAsAnError) {
  InferenceReuseOptions options = Target(1);
  options.audit.first_check = options.audit.least_check = 1;
  ReuseWorld world(options);
  world.Next({});
  world.fails_ = true;
  const Seen failed = world.Next({});
  EXPECT_EQ(failed.decision.kind, DecisionKind::kRunFailed);
  EXPECT_TRUE(failed.decision.shadowed);
  EXPECT_EQ(world.report().all.checks, 1);
  EXPECT_EQ(world.report().all.caught, 1);
}

TEST(InferenceReuseTest, AModelThatBeginsToFailRaisesAnAlarm) {
  InferenceReuseOptions options = Target(0.05);
  ReuseWorld world(options);
  ASSERT_TRUE(world.LiveUntilGiving());
  for (int i = 0; i < 3000 && world.alarms().empty(); ++i) {
    world.fails_ = false;
    world.Next({});  // something to hold
    world.fails_ = true;
    world.Next({});
  }
  EXPECT_THAT(world.alarms(), Not(IsEmpty()));
}

TEST(InferenceReuseTest, ResetForgetsWhatWasHeld) {
  ReuseWorld world(Everything());
  world.Next({});
  EXPECT_TRUE(IsGiven(world.Next({})));
  world.reuse().Reset();
  const Seen after = world.Next({});
  EXPECT_TRUE(after.run);
  EXPECT_EQ(after.decision.cause, DecisionCause::kFirst);
}

TEST(InferenceReuseTest, AnAnswerOfNothingIsHeldLikeAnyOther) {
  ReuseWorld world(Target(0.05));
  for (int i = 0; i < 3000; ++i) world.Next({0, 0});
  EXPECT_GT(world.given(), 1500);
  EXPECT_EQ(world.wrong(), 0);
}

TEST(InferenceReuseTest, PicturesOfWhichNothingIsKnownAreRun) {
  FakeStore store;
  ResultCache cache(kModel, InputKind::kFrame, {}, &store);
  InferenceReuseOptions options = Everything();
  options.cache = &cache;
  ReuseWorld world(options);
  world.blank_ = true;
  for (int i = 0; i < 20; ++i) {
    const Seen blank = world.Next({0, i % 4});
    EXPECT_TRUE(blank.run);
    EXPECT_EQ(blank.decision.cause, DecisionCause::kFirst);
  }
}

TEST(InferenceReuseTest, WithoutAGridAnswersAreHeldAllTheSame) {
  auto reuse = *InferenceReuse::Create(kModel, Everything());
  ReuseInput input;
  input.features = Level(5);
  ASSERT_TRUE(reuse->Decide(input).run);
  reuse->Ran({{1, {{{0, 0, 64, 64}, 1}}}, "one", 1});
  ++input.index;
  const ReuseVerdict second = reuse->Decide(input);
  EXPECT_FALSE(second.run);
  EXPECT_EQ(second.answer, "one");
  EXPECT_EQ(second.traits.vote, 1u);
  EXPECT_THAT(second.traits.doubtful, SizeIs(1));
}

TEST(InferenceReuseTest, RegionsOfAFrameAreInputsOfTheirOwn) {
  ReuseWorld world(Everything());
  EXPECT_TRUE(world.Show(0, 0, {}).run);
  for (const uint32_t region : {1u, 2u, 1023u}) {
    EXPECT_TRUE(IsGiven(world.Show(0, region, {}))) << region;
  }
  EXPECT_TRUE(IsGiven(world.Show(1, 0, {})));
  EXPECT_EQ(world.report().all.decisions, 4);
}

// Its coin has been seen.
TEST(InferenceReuseTest, AnInputDecidedAboutTwiceIsRunAndBoundsNothing) {
  ReuseWorld world(Everything());
  world.Show(0, 0, {});
  EXPECT_TRUE(IsGiven(world.Show(1, 0, {})));
  for (const auto& [index, region] :
       std::vector<std::pair<uint64_t, uint32_t>>{{1, 0}, {0, 5}, {0, 1024}}) {
    const Seen again = world.Show(index, region, {});
    EXPECT_TRUE(again.run) << index << " " << region;
    EXPECT_EQ(again.decision.kind, DecisionKind::kRun);
    EXPECT_EQ(again.decision.cause, DecisionCause::kClock);
  }
  EXPECT_EQ(world.report().all.decisions, 1);
}

TEST(InferenceReuseTest, NumbersTooGreatToBeCountedAreRun) {
  ReuseWorld world(Everything());
  constexpr uint64_t kGreat = uint64_t{1} << 54;
  EXPECT_TRUE(world.Show(kGreat - 2, 0, {}).run);
  EXPECT_TRUE(IsGiven(world.Show(kGreat - 1, 0, {})));
  for (const uint64_t index :
       {kGreat, kGreat + 1, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_TRUE(world.Show(index, 0, {}).run) << index;
  }
  EXPECT_TRUE(world.Show(kGreat - 1, 1024, {}).run);
}

TEST(InferenceReuseTest, TheSameCallsGiveTheSameDecisions) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::vector<Decision> decisions[2];
    for (std::vector<Decision>& told : decisions) {
      FakeStore store;
      ResultCache cache(kModel, InputKind::kFrame, {}, &store);
      InferenceReuseOptions options = Target(0.05, seed);
      options.cache = &cache;
      ReuseWorld world(options, seed);
      std::mt19937_64 dice(seed);
      for (int i = 0; i < 5000; ++i) {
        world.fails_ = dice() % 100 == 0;
        const Sight sight{static_cast<int>(dice() % 40 == 0), 1};
        told.push_back(world.Next(sight).decision);
      }
    }
    EXPECT_EQ(decisions[0], decisions[1]);
  }
}

TEST(InferenceReuseTest, TheDeclaredLossDecidesWhatIsWrong) {
  InferenceReuseOptions options = Target(0.05);
  std::vector<std::pair<std::string, std::string>> asked;
  options.differs = [&](std::string_view said, std::string_view given) {
    asked.emplace_back(said, given);
    return false;
  };
  ReuseWorld world(options);
  world.Next({0, 0});
  EXPECT_FALSE(world.Next({0, 3}).decision.wrong);
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].first, TextOf({0, 3}));
  EXPECT_EQ(asked[0].second, TextOf({0, 0}));
}

// A clock that each look at it moves on.
class DearGateTest : public ::testing::Test {
 protected:
  static constexpr int kWeighed = 256, kRest = 4096;

  InferenceReuseOptions Options() {
    InferenceReuseOptions options = Target(0.05);
    options.monotonic_ns = [this] { return now_ns_ += look_ns_; };
    return options;
  }
  // Frames until the gate is (not) too dear; `most` where it never is.
  static int Until(ReuseWorld* world, bool too_dear, int most = 20'000) {
    for (int i = 0; i < most; ++i) {
      if (world->reuse().too_dear() == too_dear) return i;
      world->Next({});
    }
    return most;
  }

  int64_t now_ns_ = 0, look_ns_ = 0;
};

TEST_F(DearGateTest, AGateDearerThanTheModelSwitchesItselfOffAndIsTriedAgain) {
  look_ns_ = 30'000'000;
  ReuseWorld world(Options());
  ASSERT_TRUE(world.LiveUntilGiving());
  EXPECT_FALSE(world.reuse().too_dear());  // while learning it cannot save
  EXPECT_EQ(world.reuse().decide_ns(), 30e6);
  EXPECT_EQ(world.reuse().run_ns(), 20e6);
  EXPECT_EQ(Until(&world, true), kWeighed);
  const int64_t given = world.given();
  const Seen off = world.Next({});
  EXPECT_TRUE(off.run);
  EXPECT_EQ(off.decision.cause, DecisionCause::kTooDear);
  look_ns_ = 1000;
  EXPECT_EQ(Until(&world, false), kRest - 1);
  EXPECT_EQ(world.given(), given);
  EXPECT_EQ(Until(&world, true), 20'000);  // now it saves
  EXPECT_GT(world.given(), given + 10'000);
}

TEST_F(DearGateTest, OneThatStaysDearIsTriedSeldom) {
  look_ns_ = 30'000'000;
  ReuseWorld world(Options());
  ASSERT_TRUE(world.LiveUntilGiving());
  Until(&world, true);
  Until(&world, false);
  EXPECT_EQ(Until(&world, true), kWeighed);
}

TEST_F(DearGateTest, ACheapOneStaysOn) {
  look_ns_ = 1000;
  ReuseWorld world(Options());
  world.Live(5000);
  EXPECT_FALSE(world.reuse().too_dear());
  EXPECT_GT(world.given(), 2000);
}

// Each name belongs to one value: they are what people read and stores keep.
TEST(DecisionTest, NamesTellKindsAndCausesApart) {
  std::set<std::string> kinds, causes;
  for (size_t i = 0; i < kAuditedKinds; ++i) {
    kinds.insert(DecisionKindName(static_cast<DecisionKind>(i)));
  }
  for (size_t i = 0; i < kAuditedCauses; ++i) {
    causes.insert(DecisionCauseName(static_cast<DecisionCause>(i)));
  }
  EXPECT_THAT(kinds, SizeIs(kAuditedKinds));
  EXPECT_THAT(causes, SizeIs(kAuditedCauses));
  EXPECT_EQ(kinds.count("run-failed"), 1u);
  EXPECT_EQ(causes.count("too-dear"), 1u);
}

}  // namespace
}  // namespace fovea
