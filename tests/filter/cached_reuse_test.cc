// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers kept in a cache and given again: those of the right model and
// input, never made of reused ones, and gone when found wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "filter/inference_reuse.h"
#include "tests/filter/reuse_world.h"

namespace fovea {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Seen = ReuseWorld::Seen;

class CachedReuseTest : public ::testing::Test {
 protected:
  static constexpr int kPlaces = 50;          // more than are held
  static constexpr int kRound = 4 * kPlaces;  // frames

  CachedReuseTest() : cache_(kModel, InputKind::kFrame, {}, &store_) {}

  ReuseWorld WorldOf(InferenceReuseOptions options) {
    options.cache = &cache_;
    return ReuseWorld(std::move(options));
  }
  // Answers of an honest model about all places, from another camera.
  void KnowAllPlaces(ReuseWorld* world) {
    for (int place = 1; place <= kPlaces; ++place) {
      Put(world->ResultOf({place, 0}, 1'000'000 + Number(place), {place, 0}));
    }
  }
  // Of every so many places what is kept says something else.
  void Poison(ReuseWorld* world, int every) {
    std::vector<Result> rows;
    for (const auto& [key, result] : store_.rows) rows.push_back(result);
    for (const Result& row : rows) {
      ASSERT_TRUE(cache_.Remove(InputKeyOf(row)).ok());
    }
    for (int place = 1; place <= kPlaces; ++place) {
      const Sight said{place, place % every == 0 ? 5 : 0};
      Put(world->ResultOf({place, 0}, 2'000'000 + Number(place), said));
    }
  }
  bool KnowsPoison() const {
    for (const auto& [key, result] : store_.rows) {
      if (result.answer.rfind("5 things", 0) == 0) return true;
    }
    return false;
  }
  bool UntilGiving(ReuseWorld* world) {
    for (int i = 0; i < 50'000 && !world->gives(); ++i) {
      world->Travel(1, kPlaces);
    }
    return world->gives();
  }
  void Put(Result result) {
    const auto put = cache_.Put(std::move(result));
    ASSERT_TRUE(put.ok()) << put.status();
  }
  static uint64_t Number(int place) { return static_cast<uint64_t>(place); }

  FakeStore store_;
  ResultCache cache_;
};

TEST_F(CachedReuseTest, APlaceSeenBeforeIsAnsweredFromTheCache) {
  ReuseWorld world = WorldOf(Target(0.05));
  ASSERT_TRUE(UntilGiving(&world));
  const int64_t runs = world.runs();
  world.Travel(1000, kPlaces);
  EXPECT_LT(world.runs() - runs, 300);
  EXPECT_EQ(world.wrong(), 0);
  EXPECT_GT(world.report().reuse.given, 300);
}

TEST_F(CachedReuseTest, ReusedAnswersNeverBecomeResults) {
  class CountingStore final : public ResultStore {
   public:
    absl::Status Load(const ModelDigest&, InputKind, uint64_t,
                      const std::function<bool(Result)>&) override {
      return absl::OkStatus();
    }
    absl::Status Put(const Result& result) override {
      put.insert(result.index);
      return absl::OkStatus();
    }
    absl::Status PutUses(const Result&) override { return absl::OkStatus(); }
    absl::Status Erase(const Result&) override { return absl::OkStatus(); }
    std::set<uint64_t> put;
  };
  CountingStore store;
  ResultCache cache(kModel, InputKind::kFrame, {}, &store);
  InferenceReuseOptions options = Target(0.05);
  options.cache = &cache;
  ReuseWorld world(options);
  std::set<uint64_t> run;
  for (int i = 0; i < 5000; ++i) {
    const uint64_t index = world.index();
    if (world.Next({i / 4 % kPlaces + 1, 0}).run) run.insert(index);
  }
  EXPECT_GT(world.given(), 1000);
  for (const uint64_t index : store.put) EXPECT_TRUE(run.contains(index));
}

TEST_F(CachedReuseTest, TheCacheAnswersNoLongerThanTheBlindTime) {
  ReuseWorld world = WorldOf(Everything());
  KnowAllPlaces(&world);
  world.time_ns_ = kSecond;
  int given = 0;
  Seen seen;
  while (given < 1000) {
    seen = world.Next({1 + given % kPlaces, 0});
    if (seen.run) break;
    EXPECT_EQ(seen.decision.kind, DecisionKind::kReuse);
    EXPECT_EQ(seen.decision.cause, DecisionCause::kCache);
    ++given;
  }
  EXPECT_EQ(given, kBlindNs / kFrameNs + 1);  // the first and two seconds
  EXPECT_EQ(seen.decision.cause, DecisionCause::kBlindTime);
}

TEST_F(CachedReuseTest, AFailedRunDoesNotEndTheBlindTime) {
  ReuseWorld world = WorldOf(Everything());
  KnowAllPlaces(&world);
  world.Next({1, 0});
  world.time_ns_ += kBlindNs;
  world.fails_ = true;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world.Next({1, 0}).decision.kind, DecisionKind::kRunFailed);
  }
  world.fails_ = false;
  EXPECT_TRUE(world.Next({1, 0}).run);
  EXPECT_FALSE(world.Next({2, 0}).run);
}

TEST_F(CachedReuseTest, APoisonedCacheIsFoundOutAndTheWrongAnswersGo) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    ReuseWorld world = WorldOf(Target(0.05, seed));
    ASSERT_TRUE(UntilGiving(&world));
    world.Travel(kRound, kPlaces);
    EXPECT_THAT(world.alarms(), IsEmpty());
    int inputs = 0;
    for (; inputs < 10'000 && world.alarms().empty(); ++inputs) {
      if (inputs % kPlaces == 0) Poison(&world, 1);
      world.Travel(1, kPlaces);
    }
    EXPECT_LE(inputs, 1000);
    world.Travel(10 * kRound, kPlaces);
    const int64_t wrong = world.wrong();
    world.Travel(kRound, kPlaces);
    EXPECT_EQ(world.wrong(), wrong);
    EXPECT_LE(world.wrong(), world.report().all.most_wrong);
  }
}

TEST_F(CachedReuseTest, AFlushingAlarmEmptiesCacheAndStore) {
  ReuseWorld world = WorldOf(Target(0.05));
  ASSERT_TRUE(UntilGiving(&world));
  const auto flushed = [&] {
    return !world.alarms().empty() &&
           world.alarms().back().action != AuditAction::kTighten;
  };
  for (int i = 0; i < 20'000 && !flushed(); ++i) {
    world.hidden_ = i;
    world.Travel(1, kPlaces);
  }
  ASSERT_TRUE(flushed());
  EXPECT_EQ(cache_.size(), 1u);  // of the run that told
  EXPECT_THAT(store_.Indexes(), SizeIs(1));
  EXPECT_THAT(world.faults(), IsEmpty());
}

// One place of fifty: 2 % are wrong, which the target allows. No alarm, but
// what is found wrong goes.
TEST_F(CachedReuseTest, ASinglePoisonedAnswerGoesWhenACheckFindsIt) {
  ReuseWorld world = WorldOf(Target(0.05));
  ASSERT_TRUE(UntilGiving(&world));
  Poison(&world, kPlaces);
  ASSERT_TRUE(KnowsPoison());
  int inputs = 0;
  while (KnowsPoison() && inputs < 20'000) {
    world.Travel(1, kPlaces);
    ++inputs;
  }
  EXPECT_FALSE(KnowsPoison());
  EXPECT_LT(inputs, 10'000);
  EXPECT_LE(world.wrong(), inputs / kPlaces + 1);
  const int64_t wrong = world.wrong();
  world.Travel(2000, kPlaces);
  EXPECT_EQ(world.wrong(), wrong);
}

TEST_F(CachedReuseTest, ADroppedAnswerIsErasedFromTheStoreToo) {
  InferenceReuseOptions options = Target(1);
  options.audit.first_check = options.audit.least_check = 1;
  ReuseWorld world = WorldOf(options);
  const Result bad = world.ResultOf({1, 0}, 77, {1, 5});
  Put(bad);
  const Seen checked = world.Next({1, 0});
  EXPECT_TRUE(checked.run);
  EXPECT_TRUE(checked.decision.shadowed);
  EXPECT_TRUE(checked.decision.wrong);
  EXPECT_EQ(checked.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(checked.decision.reference_index, 77u);
  EXPECT_EQ(store_.rows.count(InputKeyOf(bad)), 0u);
  EXPECT_THAT(store_.Indexes(), SizeIs(1));
}

TEST_F(CachedReuseTest, AnswersOfAnotherModelAreNeverGiven) {
  FakeStore store;
  ResultCache of_other(kOtherModel, InputKind::kFrame, {}, &store);
  InferenceReuseOptions options = Everything();
  options.cache = &of_other;
  ReuseWorld world(options);
  Result other = world.ResultOf({1, 0}, 77, {1, 5});
  other.model = kOtherModel;
  ASSERT_TRUE(of_other.Put(other).ok());
  const Seen seen = world.Next({1, 0});
  EXPECT_TRUE(seen.run);
  EXPECT_EQ(seen.decision.cause, DecisionCause::kFirst);
  ASSERT_THAT(world.faults(), Not(IsEmpty()));
  EXPECT_EQ(world.faults()[0].code(), absl::StatusCode::kInvalidArgument);
  // Nor do they come in with those of a store that has both.
  store_.rows[InputKeyOf(other)] = other;
  ASSERT_TRUE(cache_.Load(kStream).ok());
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(CachedReuseTest, AnswersAboutAnotherKindOfInputAreNeverGiven) {
  ReuseWorld world = WorldOf(Everything());
  KnowAllPlaces(&world);
  world.kind_ = InputKind::kRegion;
  EXPECT_TRUE(world.Next({1, 0}).run);
  EXPECT_THAT(world.faults(), Not(IsEmpty()));
}

TEST_F(CachedReuseTest, AStoreThatFailsIsToldAndTheAnswerStandsAllTheSame) {
  ReuseWorld world = WorldOf(Everything());
  store_.status = absl::UnavailableError("disk");
  const Seen first = world.Next({1, 0});
  EXPECT_EQ(first.answer, TextOf({1, 0}));
  ASSERT_THAT(world.faults(), SizeIs(1));
  EXPECT_EQ(world.faults()[0].code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(IsGiven(world.Next({1, 0})));
}

TEST_F(CachedReuseTest, OfflineGivesWhatIsStoredAndSaysEachGap) {
  InferenceReuseOptions options = Everything();
  options.offline = true;
  ReuseWorld world = WorldOf(options);
  KnowAllPlaces(&world);
  for (int i = 0; i < 200; ++i) {
    const bool known = i % 2 == 0;
    const Sight sight{known ? 1 + i % kPlaces : 1000 + i, 0};
    if (i % 50 == 49) world.time_ns_ -= kSecond;
    const Seen seen = world.Next(sight);
    EXPECT_FALSE(seen.run);
    EXPECT_EQ(seen.decision.kind,
              known ? DecisionKind::kReuse : DecisionKind::kGap);
    EXPECT_EQ(seen.answer, known ? TextOf(sight) : "");
  }
  EXPECT_EQ(world.runs(), 0);
  EXPECT_EQ(world.report().inputs, 0);  // nothing is claimed either
}

TEST_F(CachedReuseTest, OfflineNothingRiskierThanTheTargetIsGivenUncertified) {
  InferenceReuseOptions options = Target(0.05);
  options.offline = true;
  ReuseWorld world = WorldOf(options);
  KnowAllPlaces(&world);
  for (int place = 1; place <= kPlaces; ++place) {
    const Seen seen = world.Next({place, 0});
    EXPECT_EQ(seen.decision.kind, DecisionKind::kGap);
    EXPECT_EQ(seen.answer, "");
  }
}

TEST_F(CachedReuseTest, OfflineWhatWasCertifiedBeforeIsGiven) {
  ReuseWorld online = WorldOf(Target(0.05));
  ASSERT_TRUE(UntilGiving(&online));
  InferenceReuseOptions options = Target(0.05);
  options.offline = true;
  options.audit_state = online.reuse().auditor().Save();
  ReuseWorld world = WorldOf(options);
  world.time_ns_ = online.time_ns_;
  world.Travel(kRound, kPlaces);
  EXPECT_GT(world.given(), 0);
  EXPECT_EQ(world.wrong(), 0);
  EXPECT_EQ(world.runs(), 0);
}

TEST_F(CachedReuseTest, AnAuditGoesOnWhereItWasSaved) {
  ReuseWorld before = WorldOf(Target(0.05));
  ASSERT_TRUE(UntilGiving(&before));
  InferenceReuseOptions options = Target(0.05);
  options.audit_state = before.reuse().auditor().Save();
  ReuseWorld after = WorldOf(options);
  after.time_ns_ = before.time_ns_;
  after.index_ = before.index_;
  EXPECT_TRUE(after.gives());
  after.Travel(kRound, kPlaces);
  EXPECT_GT(after.given(), kRound / 2);
  options.audit_state.resize(options.audit_state.size() / 2);
  EXPECT_EQ(InferenceReuse::Create(kModel, options).status().code(),
            absl::StatusCode::kDataLoss);
}

// What is held moves with the picture; what is stored is what the model said.
TEST_F(CachedReuseTest, HeldAnswersAreCarriedFromGridToGrid) {
  InferenceReuseOptions options = Everything();
  options.carry = [](const Grid&, std::string* answer) { *answer += "+"; };
  ReuseWorld world = WorldOf(options);
  const std::string said = world.Next({1, 0}).answer;
  EXPECT_EQ(world.Next({1, 0}).answer, said + "+");
  EXPECT_EQ(world.Next({1, 0}).answer, said + "++");
  ASSERT_THAT(store_.rows, SizeIs(1));
  EXPECT_EQ(store_.rows.begin()->second.answer, said);
}

TEST_F(CachedReuseTest, OfflineWithoutACacheIsAllGaps) {
  InferenceReuseOptions options = Target(0.05);
  options.offline = true;
  ReuseWorld world(options);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(world.Next({}).decision.kind, DecisionKind::kGap);
  }
}

// A gate of which no risk is known yet.
class CluelessGate final : public Gate {
 public:
  GateDecision Decide(const GateInput&, const GateReference& to) override {
    GateDecision decision;
    if (to.cached != nullptr) decision.kind = DecisionKind::kReuse;
    return decision;
  }
  void Ran(const GateRun&) override {}
  void Reset() override {}
  bool WeighsCached() const override { return true; }
};

TEST_F(CachedReuseTest, OfflineNothingOfUnknownRiskIsGiven) {
  ReuseWorld world = WorldOf(Everything());
  KnowAllPlaces(&world);
  InferenceReuseOptions options = Everything();
  options.offline = true;
  options.cache = &cache_;
  auto reuse =
      InferenceReuse::Create(kModel, options, std::make_unique<CluelessGate>());
  ASSERT_TRUE(reuse.ok()) << reuse.status();
  const Result known = world.ResultOf({1, 0}, 0, {1, 0});
  ReuseInput input;
  input.fingerprint = known.fingerprint;
  input.features = known.features;
  EXPECT_EQ((*reuse)->Decide(input).decision.kind, DecisionKind::kGap);
}

TEST_F(CachedReuseTest, UsesAreCounted) {
  ReuseWorld world = WorldOf(Everything());
  KnowAllPlaces(&world);
  for (int i = 0; i < 3; ++i) world.Next({1, 0});
  ASSERT_TRUE(cache_.WriteUses().ok());
  EXPECT_EQ(store_.rows.at({kStream, 1'000'001, 0}).uses, 3u);
}

TEST_F(CachedReuseTest, ABypassSaysThatItIsOne) {
  ReuseWorld world = WorldOf(Target(0.05));
  ASSERT_TRUE(UntilGiving(&world));
  const auto bypassed = [&] {
    return world.report().phase == AuditPhase::kBypassed;
  };
  for (int i = 0; i < 50'000 && !bypassed(); ++i) {
    world.hidden_ = i;
    world.Travel(1, kPlaces);
  }
  ASSERT_TRUE(bypassed());
  world.Next({1, 0});
  const Seen seen = world.Next({1, 0});
  EXPECT_TRUE(seen.run);
  EXPECT_EQ(seen.decision.kind, DecisionKind::kRun);
  EXPECT_EQ(seen.decision.cause, DecisionCause::kBypass);
}

}  // namespace
}  // namespace fovea
