// SPDX-License-Identifier: GPL-2.0-or-later
//
// A condition holds in a window where asking instant by instant says it does,
// and candidates miss none of it.

#include "index/evaluate.h"

#include <cstdint>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "index/candidates.h"
#include "tests/index/brute_force.h"
#include "tests/index/footage.h"
#include "tests/index/footage_query.h"

namespace fovea {
namespace {

using testing::BruteForce;
using testing::Footage;
using testing::FootageFacts;
using testing::FootageQueryDice;
using testing::FootageStream;
using testing::kFootageTimes;

constexpr int kRounds = 3000;

TEST(EvaluateTest, AnyConditionInAnyWindowIsExactAndAmongCandidates) {
  constexpr uint64_t kSeed = 23;
  std::mt19937_64 engine(kSeed);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(::testing::Message()
                 << "seed " << kSeed << " round " << round);
    const Footage footage = testing::RandomFootage(&engine);
    const Condition condition = FootageQueryDice(&engine).AnyCondition(3);
    FootageFacts facts(footage);
    const FootageStream& s = footage.streams[engine() % footage.streams.size()];
    const int64_t begin =
        kFootageTimes.begin_ns + static_cast<int64_t>(engine() % 150);
    const TimeSpan window = {begin,
                             begin + static_cast<int64_t>(engine() % 50)};
    QueryReader reader(&facts, {}, nullptr);
    const auto where = Evaluate(condition, s.stream, window, &reader);
    const auto candidates = Candidates(condition, s.stream, window, &reader);
    ASSERT_TRUE(where.ok()) << where.status();
    ASSERT_TRUE(candidates.ok()) << candidates.status();
    const auto expected = BruteForce(footage).Where(condition, s);
    for (int64_t t = kFootageTimes.begin_ns; t < kFootageTimes.end_ns; ++t) {
      const bool inside = window.begin_ns <= t && t < window.end_ns;
      const bool holds =
          expected[static_cast<size_t>(t - kFootageTimes.begin_ns)];
      ASSERT_EQ(where->Contains(t), inside && holds) << "at " << t;
      if (inside && holds) {
        ASSERT_TRUE(candidates->Contains(t)) << t;
      }
    }
  }
}

// Reading of a condition's own parts only, where the rest says nothing.
class WorkOfEvaluateTest : public ::testing::Test {
 protected:
  WorkOfEvaluateTest() {
    FootageStream s;
    s.stream = {1, "door", true, 100, 50};
    s.held = {{0, 1000}};
    s.observations.push_back(testing::Moving("car", 1, 100, 10, {{8, 8}}));
    footage_.streams.push_back(s);
  }

  static Condition Sees(const char* label) {
    CountCondition c;
    c.object.labels = {label};
    return {c};
  }

  uint64_t VisitsFor(const Condition& condition, TimeSpan window,
                     std::vector<ScoredSpan>* scored = nullptr) {
    FootageFacts facts(footage_);
    QueryReader reader(&facts, {}, nullptr);
    const auto where = Evaluate(condition, footage_.streams[0].stream, window,
                                &reader, scored);
    EXPECT_TRUE(where.ok()) << where.status();
    return static_cast<uint64_t>(facts.visits);
  }

  Footage footage_;
};

TEST_F(WorkOfEvaluateTest, NothingIsReadThatCannotChangeTheAnswer) {
  const Condition both = {Conjunction{{Sees("dog"), Sees("car")}}};
  EXPECT_EQ(VisitsFor(both, {0, 1000}), 1u) << "no dog, no matter which cars";
  EXPECT_EQ(VisitsFor(Sees("car"), {2000, 3000}), 0u) << "not recorded";
  const Condition then = {Sequence{{Sees("car"), Sees("dog")}, 10}};
  EXPECT_EQ(VisitsFor(then, {0, 1000}), 1u) << "no dog that comes after";
}

TEST_F(WorkOfEvaluateTest, WhatScoresIsReadThoughItDoesNotHold) {
  const Condition both = {Conjunction{{Sees("dog"), Sees("car")}}};
  const Condition either = {Disjunction{{both, {Negation{{Sees("dog")}}}}}};
  std::vector<ScoredSpan> scored;
  EXPECT_EQ(VisitsFor(either, {0, 1000}, &scored), 3u);
  ASSERT_EQ(scored.size(), 1u);
  EXPECT_EQ(scored[0].span, (TimeSpan{100, 101}));
}

TEST(ReachOfTest, AddsUpAlongAPathAndTakesTheLongest) {
  CountCondition c;
  c.object.least_length_ns = 5;
  c.object.relations.resize(2);
  c.object.relations[0].other.least_length_ns = 7;
  c.object.relations[1].other.least_length_ns = 2;
  const Condition count = {c};
  EXPECT_EQ(ReachOf(count), 12);
  const Condition sensor = {SensorCondition{}};
  EXPECT_EQ(ReachOf(sensor), 0);
  const Condition lasting = {Lasting{{count}, 100}};
  EXPECT_EQ(ReachOf(lasting), 112);
  const Condition then = {Sequence{{lasting, sensor}, 1000}};
  EXPECT_EQ(ReachOf(then), 1112);
  EXPECT_EQ(ReachOf({Disjunction{{{Negation{{then}}}, lasting}}}), 1112);
  EXPECT_EQ(ReachOf({Elsewhere{"*", {then}}}), 1112);
  EXPECT_EQ(ReachOf({Lasting{{then}, INT64_MAX}}), INT64_MAX);
}

}  // namespace
}  // namespace fovea
