// SPDX-License-Identifier: GPL-2.0-or-later

#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/reuse/clip_margins.h"
#include "bench/reuse/knobs.h"
#include "bench/reuse/oracle.h"
#include "bench/reuse/protocol.h"
#include "bench/reuse/report.h"
#include "gtest/gtest.h"

namespace fovea::bench::reuse {
namespace {

constexpr float kThreshold = 0.5F;

// A trace that sees one box of each given label, frame by frame.
Trace TraceOf(const std::string& labels) {
  Trace trace{"clip", "model", kThreshold, {}, {}};
  for (const char label : labels) {
    trace.frames.push_back(
        {0, 1, std::make_shared<Boxes>(Boxes{{label, 0.9F, 0, 0, 10, 10}})});
  }
  return trace;
}

Trace RandomTrace(unsigned seed, size_t frames) {
  std::mt19937 chance(seed);
  std::string labels(frames, 'a');
  for (size_t i = 1; i < frames; ++i) {
    labels[i] = chance() % 3 == 0 ? static_cast<char>('a' + chance() % 4)
                                  : labels[i - 1];
  }
  return TraceOf(labels);
}

std::string Flags(const std::vector<uint8_t>& flags) {
  std::string text;
  for (const uint8_t flag : flags) text += flag != 0 ? '1' : '0';
  return text;
}

Outcome Of(const std::string& avoided, const std::string& agreed) {
  Outcome outcome;
  for (const char c : avoided) outcome.avoided.push_back(c == '1');
  for (const char c : agreed) outcome.agreed.push_back(c == '1');
  return outcome;
}

// Runs the frames it is told to, and holds.
class Listed final : public HoldPolicy {
 public:
  explicit Listed(std::set<size_t> run) : run_(std::move(run)) {}

 protected:
  bool MayHold(size_t frame) override { return !run_.contains(frame); }

 private:
  const std::set<size_t> run_;
};

// Notes every answer it is handed.
class Curious final : public Policy {
 public:
  std::optional<Answer> Decide(size_t frame) override {
    if (frame % 3 == 0) return std::nullopt;
    return Answer();
  }
  void Ran(size_t frame, const Answer& answer) override {
    seen.insert(frame);
    answers.insert(answer.get());
  }
  std::set<size_t> seen;
  std::set<const Boxes*> answers;
};

TEST(ReplayTest, HandsOverAnswersOfFramesThatWereRunAndNoOther) {
  const Trace trace = RandomTrace(1, 20);
  Truth truth(trace, Loss::kLabels);
  Curious curious;
  Replay(&truth, 5, 20, &curious);
  EXPECT_EQ(curious.seen, (std::set<size_t>{0, 1, 2, 3, 4, 6, 9, 12, 15, 18}));
  for (size_t i = 0; i < trace.size(); ++i) {
    EXPECT_EQ(curious.answers.contains(trace.frames[i].answer.get()),
              curious.seen.contains(i));
  }
}

TEST(ReplayTest, LessonsEndWhereTrainingEnds) {
  class Pupil final : public Method {
   public:
    explicit Pupil(size_t* lessons) : lessons_(lessons) {}
    void Train(const Lessons& lessons) override { *lessons_ = lessons.size(); }
    size_t knobs() const override { return 1; }
    std::string KnobText(size_t) const override { return "only"; }
    std::unique_ptr<Policy> Make(size_t) const override {
      return std::make_unique<Curious>();
    }

   private:
    size_t* const lessons_;
  };
  const Trace trace = RandomTrace(2, 100);
  Truth truth(trace, Loss::kLabels);
  size_t lessons = 0;
  MethodEntry entry{"pupil", ""};
  entry.trains = true;
  entry.make = [&](const Scene&, const Task&) {
    return std::make_unique<Pupil>(&lessons);
  };
  const Sweep sweep = SweepMethod(entry, Scene(), &truth, false);
  EXPECT_EQ(lessons, 24U);
  EXPECT_EQ(sweep.tuned[0].size(), 16U);
  EXPECT_EQ(sweep.judged[0].size(), 60U);
}

TEST(ReplayTest, CountsRunsAndAgreement) {
  const Trace trace = TraceOf("aabbab");
  Truth truth(trace, Loss::kLabels);
  Listed policy({3});
  const Outcome outcome = Replay(&truth, 1, 6, &policy);
  EXPECT_EQ(Flags(outcome.avoided), "11011");
  EXPECT_EQ(Flags(outcome.agreed), "10101");
  EXPECT_DOUBLE_EQ(outcome.avoided_share(), 0.8);
  EXPECT_DOUBLE_EQ(outcome.agreed_share(), 0.6);
}

TEST(ReplayTest, AnAnswerOfItsOwnMakingIsComparedToo) {
  class Maker final : public Policy {
   public:
    std::optional<Answer> Decide(size_t) override {
      return std::make_shared<Boxes>(Boxes{{'a', 0.9F, 0, 0, 10, 10}});
    }
    void Ran(size_t, const Answer&) override {}
  } maker;
  const Trace trace = TraceOf("abab");
  Truth truth(trace, Loss::kBoxes);
  EXPECT_EQ(Flags(Replay(&truth, 0, 4, &maker).agreed), "1010");
}

TEST(ProtocolTest, SplitsByTime) {
  EXPECT_EQ(SplitOf(100, false).train, 0U);
  EXPECT_EQ(SplitOf(100, false).tune, 40U);
  EXPECT_EQ(SplitOf(100, true).train, 24U);
  EXPECT_EQ(SplitOf(41, false).tune, 16U);
}

TEST(ProtocolTest, ChoosesWhatAvoidsMostAndKeepsTheTarget) {
  const std::vector<Outcome> outcomes = {
      Of("0000000000", "1111111111"), Of("1110000000", "1111111111"),
      Of("1111100000", "1111011111"), Of("1111111111", "1111000000")};
  EXPECT_EQ(ChooseKnob(outcomes, 1.0), 1U);
  EXPECT_EQ(ChooseKnob(outcomes, 0.9), 2U);
  EXPECT_EQ(ChooseKnob(outcomes, 0.4), 3U);
  EXPECT_EQ(ChooseKnob(std::span(outcomes).subspan(2), 0.95), std::nullopt);
  EXPECT_EQ(ScoreOf(outcomes, std::nullopt), (Score{0, 1}));
}

TEST(ProtocolTest, APooledSettingHasToDoForTheMeanOfRecordings) {
  Sweep easy{"m", true, {}, {}, {}}, hard = easy;
  easy.tuned = {Of("10", "11"), Of("11", "11")};
  hard.tuned = {Of("10", "11"), Of("11", "00")};
  const std::vector<const Sweep*> both = {&easy, &hard};
  EXPECT_EQ(ChoosePooled(both, 0.9), 0U);
  EXPECT_EQ(ChoosePooled(both, 0.5), 1U);
}

TEST(ProtocolTest, RedrawnSharesSurroundWhatWasMeasured) {
  const Trace trace = RandomTrace(3, 400);
  Truth truth(trace, Loss::kLabels);
  Listed policy({50, 100, 150, 200, 250, 300, 350});
  const std::vector<Outcome> outcomes = {Replay(&truth, 1, 400, &policy)};
  const auto interval =
      NinetyPercent(Redraw(outcomes, 0, 200, 1).agreed).value();
  EXPECT_LT(interval.low, outcomes[0].agreed_share());
  EXPECT_GT(interval.high, outcomes[0].agreed_share());
}

TEST(OracleTest, RunsWhereTheHeldAnswerChanges) {
  const Trace trace = TraceOf("aaabbaa");
  Truth truth(trace, Loss::kLabels);
  const Outcome hold = HoldOracle(&truth, 1, 7, 1e6);
  EXPECT_EQ(Flags(hold.avoided), "110101");
  EXPECT_EQ(hold.agreed_share(), 1);
  // The answer "a" is known from before.
  const Outcome cache = CacheOracle(&truth, 1, 7, 1);
  EXPECT_EQ(Flags(cache.avoided), "110111");
  EXPECT_EQ(cache.agreed_share(), 1);
}

TEST(OracleTest, HoldsThroughAShortChangeWhenErrorsAreCheap) {
  const Trace trace = TraceOf("aaabaaa");
  Truth truth(trace, Loss::kLabels);
  const Outcome cheap = HoldOracle(&truth, 1, 7, 0.5);
  EXPECT_EQ(cheap.avoided_share(), 1);
  EXPECT_EQ(Flags(cheap.agreed), "110111");
}

TEST(OracleTest, NoHoldingAvoidsMoreAtFullAgreement) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const Trace trace = RandomTrace(seed, 60);
    Truth truth(trace, Loss::kLabels);
    const Outcome oracle = HoldOracle(&truth, 24, 60, 1e6);
    ASSERT_EQ(oracle.agreed_share(), 1);
    EXPECT_GE(CacheOracle(&truth, 24, 60, 1).avoided_share(),
              oracle.avoided_share());
    std::mt19937 chance(seed);
    for (int i = 0; i < 300; ++i) {
      // Running where the answer changes and here and there besides agrees
      // everywhere; leaving one of those out seldom does.
      std::set<size_t> run;
      for (size_t f = 24; f < 60; ++f) {
        const bool changed = !truth.Accepts(f, f - 1);
        if (changed ? chance() % 8 != 0 : chance() % 8 == 0) run.insert(f);
      }
      Listed policy(run);
      const Outcome outcome = Replay(&truth, 24, 60, &policy);
      if (outcome.agreed_share() < 1) continue;
      EXPECT_LE(outcome.avoided_share(), oracle.avoided_share());
    }
  }
}

TEST(ReportTest, MeansWeighRecordingsTheSame) {
  const auto result = [](const char* clip, const Outcome& judged) {
    Sweep sweep{"m", false, {"knob"}, {Of("11", "11")}, {judged}};
    return ClipResult{clip,          "model", Loss::kLabels,
                      judged.size(), 1000,    {sweep}};
  };
  const auto rows = RowsOf(
      {result("a", Of("1111", "1111")), result("b", Of("10", "11"))}, 0.9);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_DOUBLE_EQ(rows[0].mean_tuned().avoided, 0.75);
  EXPECT_DOUBLE_EQ(rows[0].mean_tuned().agreed, 1);
  EXPECT_EQ(rows[0].kept(), 2);
}

// Ten frames of which `avoided` are, and `wrong` of those are wrong.
Outcome Avoiding(size_t avoided, size_t wrong = 0) {
  Outcome outcome;
  for (size_t i = 0; i < 10; ++i) {
    outcome.avoided.push_back(i < avoided);
    outcome.agreed.push_back(i >= wrong);
  }
  return outcome;
}

// One setting each.
ClipResult ClipOf(const char* clip, const Outcome& ours, const Outcome& every_k,
                  const Outcome& rival) {
  const auto sweep = [](const char* name, const Outcome& judged,
                        bool published) {
    Sweep made{name, false, {"knob"}, {Avoiding(10)}, {judged}};
    made.published = published;
    return made;
  };
  return {clip,
          "model",
          Loss::kLabels,
          10,
          1000,
          {sweep("ours", ours, false), sweep("every k", every_k, false),
           sweep("rival", rival, true)}};
}

TEST(ClipMarginsTest, EachClipIsHeldAgainstItsBestRival) {
  const std::vector<ClipResult> results = {
      ClipOf("ahead", Avoiding(8), Avoiding(5), Avoiding(7)),
      ClipOf("behind", Avoiding(4), Avoiding(4), Avoiding(6))};
  for (const bool hindsight : {true, false}) {
    const auto margins = MarginsOf(results, "ours", 0.9, hindsight);
    ASSERT_EQ(margins.size(), 2U);
    EXPECT_EQ(margins[0].rival, "rival");
    EXPECT_NEAR(margins[0].over_rival, 0.1, 1e-9);
    EXPECT_NEAR(margins[0].over_every_k, 0.3, 1e-9);
    EXPECT_NEAR(margins[1].over_rival, -0.2, 1e-9);
    const MarginCount count = CountMargins(margins);
    EXPECT_EQ(count.clips, 2);
    EXPECT_EQ(count.near_rival, 1);
    EXPECT_EQ(count.ahead_of_every_k, 1);
  }
  EXPECT_TRUE(MarginsOf(results, "theirs", 0.9, true).empty());
}

TEST(ClipMarginsTest, APointBehindIsNearAndNoMore) {
  const auto count = [](double over_rival) {
    return CountMargins({{"clip", 0.5, true, "rival", over_rival, 0.1}})
        .near_rival;
  };
  EXPECT_EQ(count(-0.01), 1);
  EXPECT_EQ(count(-0.0101), 0);
}

// Chosen beforehand, a rival that then errs too much has saved nothing; of
// ours it is said.
TEST(ClipMarginsTest, WhoMissesTheTargetDoesNotCount) {
  const std::vector<ClipResult> results = {
      ClipOf("clip", Avoiding(8, 2), Avoiding(9, 2), Avoiding(9, 3))};
  const auto chosen = MarginsOf(results, "ours", 0.9, false);
  EXPECT_FALSE(chosen[0].kept);
  EXPECT_NEAR(chosen[0].over_rival, 0.8, 1e-9);
  EXPECT_NEAR(chosen[0].over_every_k, 0.8, 1e-9);
  // In hindsight nobody would have chosen that.
  EXPECT_EQ(MarginsOf(results, "ours", 0.9, true)[0].avoided, 0);
}

}  // namespace
}  // namespace fovea::bench::reuse
