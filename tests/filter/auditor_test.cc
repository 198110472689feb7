// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/auditor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "filter/error_bound.h"
#include "tests/filter/audit_watch.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

absl::StatusCode CodeOf(const AuditOptions& options) {
  return Auditor::Create(options).status().code();
}

TEST(AuditorTest, TargetsOutsideTheirRangesAreRefused) {
  for (const double bad : {-0.01, 1.01, kNaN}) {
    AuditOptions options;
    options.max_error = bad;
    EXPECT_EQ(CodeOf(options), absl::StatusCode::kInvalidArgument) << bad;
  }
  for (const double bad : {0.0, 1.0, -1.0, 2.0, kNaN}) {
    AuditOptions options;
    options.confidence = bad;
    EXPECT_EQ(CodeOf(options), absl::StatusCode::kInvalidArgument) << bad;
  }
  for (const double bad : {0.0, 1.5, kNaN, 0.2}) {
    AuditOptions options;
    options.least_check = bad;
    EXPECT_EQ(CodeOf(options), absl::StatusCode::kInvalidArgument) << bad;
  }
  for (const double bad : {0.0, -0.1, 1.5, kNaN}) {
    AuditOptions options;
    options.first_check = bad;
    EXPECT_EQ(CodeOf(options), absl::StatusCode::kInvalidArgument) << bad;
  }
  AuditOptions options;
  options.max_error = -1;
  EXPECT_THAT(std::string(Auditor::Create(options).status().message()),
              HasSubstr("found -1"));
}

TEST(AuditorTest, NoErrorAllowedMeansNothingIsGiven) {
  AuditOptions options;
  options.max_error = 0;
  Watch watch(options);
  watch.Feed(1000, 0);
  EXPECT_EQ(watch.given(), 0);
  EXPECT_EQ(watch.report().phase, AuditPhase::kNever);
  EXPECT_EQ(watch.report().warm_up_runs, 1000);
  EXPECT_TRUE(watch.report().meets_target);
}

TEST(AuditorTest, AnyErrorAllowedMeansAllIsGivenAndStillChecked) {
  AuditOptions options;
  options.max_error = 1;
  Watch watch(options);
  watch.Feed(5000, 1.0);
  const AuditReport report = watch.report();
  EXPECT_EQ(report.all.decisions, 5000);
  EXPECT_GT(report.all.checks, 20);
  EXPECT_EQ(report.all.caught, report.all.checks);
  EXPECT_EQ(report.all.most_wrong, report.all.given);
  EXPECT_EQ(report.alarm_count, 0);
}

TEST(AuditorTest, CoinsAreThoseOfTheSeedAndTheNumber) {
  Watch one(Seeded(7)), other(Seeded(7), 2);
  one.UntilGiving(0);
  for (int i = 0; i < 3000; ++i) {
    const Verdict verdict = one.Next(0, false);
    EXPECT_EQ(verdict.check,
              AuditCoin(7, verdict.sequence) < verdict.check_probability);
  }
  // Fair at every probability, without runs that a counter would leave.
  for (const double q : {0.01, 0.1, 0.5}) {
    int heads = 0;
    int pairs = 0;
    for (uint64_t i = 0; i < 100'000; ++i) {
      const bool head = AuditCoin(3, i) < q;
      heads += head;
      pairs += head && AuditCoin(3, i + 1) < q;
    }
    EXPECT_NEAR(heads, 100'000 * q, 4 * std::sqrt(100'000 * q * (1 - q)));
    EXPECT_NEAR(pairs, 100'000 * q * q, 5 * std::sqrt(100'000 * q * q) + 5);
  }
  EXPECT_NE(AuditCoin(1, 2), AuditCoin(2, 1));
}

// Samples of which the first ones are errors, until the only level passes.
int SamplesToPass(int errors, double limit) {
  ThresholdLadder ladder(limit, 0.05);
  const std::vector<ThresholdLadder::Level> levels = {{1, 0, 0}};
  if (!ladder.Resume({}, levels, 0)) return -1;
  for (int samples = 1; samples < 10'000; ++samples) {
    ladder.Add(0.5, samples <= errors);
    if (ladder.passed() == 1) return samples;
  }
  return -1;
}

TEST(AuditorTest, LevelsPassAtTheExactCounts) {
  const std::vector<int> at_5 = {59, 93, 124, 153};
  const std::vector<int> at_2 = {149, 236, 313, 386};
  const std::vector<int> at_1 = {299, 473, 628, 773};
  for (int errors = 0; errors < 4; ++errors) {
    const auto i = static_cast<size_t>(errors);
    EXPECT_EQ(SamplesToPass(errors, 0.05), at_5[i]);
    EXPECT_EQ(SamplesToPass(errors, 0.02), at_2[i]);
    EXPECT_EQ(SamplesToPass(errors, 0.01), at_1[i]);
  }
}

TEST(AuditorTest, LevelsPassFromTheStrictestUp) {
  ThresholdLadder ladder(0.05, 0.05);
  std::mt19937_64 dice(1);
  std::uniform_real_distribution<double> uniform;
  // Wrong below 0.1 and right above: the loose levels are good on average.
  for (int i = 0; i < 20'000; ++i) {
    const double risk = uniform(dice);
    ladder.Add(risk, risk < 0.1 && i % 2 == 0);
  }
  EXPECT_EQ(ladder.levels().size(), ThresholdLadder::kMostLevels);
  EXPECT_EQ(ladder.passed(), 0u);
}

TEST(AuditorTest, AnEasySceneNeedNotWaitForTheStrictestLevel) {
  ThresholdLadder ladder(0.05, 0.05);
  for (size_t i = 0; i < ThresholdLadder::kLadderInputs; ++i) {
    ladder.Add(static_cast<double>(i), false);
  }
  EXPECT_LT(ladder.levels()[0].samples, 59);
  EXPECT_EQ(ladder.passed(), ThresholdLadder::kMostLevels);
}

TEST(AuditorTest, LevelsAboveThePassedOneArePassedInTurn) {
  ThresholdLadder ladder(0.05, 0.05);
  // Right below the 0.65 quantile alone.
  for (int i = 0; i < 128; ++i) ladder.Add(i, i > 80);
  EXPECT_EQ(ladder.passed(), 9U);  // 0.20 to 0.60
}

TEST(AuditorTest, EqualRisksMakeOneLevel) {
  ThresholdLadder ladder(0.05, 0.05);
  for (int i = 0; i < 200; ++i) ladder.Add(0, false);
  EXPECT_EQ(ladder.levels().size(), 1u);
  EXPECT_EQ(ladder.passed(), 1u);
  ladder.Fail(0);
  EXPECT_EQ(ladder.passed(), 0u);
}

TEST(AuditorTest, NothingIsGivenBeforeALevelPasses) {
  Watch watch(Seeded(1));
  const int inputs = watch.UntilGiving(0);
  EXPECT_GE(inputs, 128);
  EXPECT_LT(inputs, 400);
  EXPECT_EQ(watch.given(), 0);
  EXPECT_EQ(watch.report().warm_up_runs, inputs);
}

TEST(AuditorTest, AGateThatTellsNothingNeverPasses) {
  Watch watch(Seeded(1));
  EXPECT_EQ(watch.UntilGiving(0.3, 20'000), 20'000);
  EXPECT_EQ(watch.report().all.decisions, 0);
}

TEST(AuditorTest, RisksThatAreNoNumbersAreRun) {
  Watch watch(Seeded(1));
  watch.UntilGiving(0);
  for (const double risk : {kNaN, HUGE_VAL, -HUGE_VAL}) {
    const Verdict verdict = watch.Next(risk, false);
    EXPECT_FALSE(verdict.give);
    EXPECT_FALSE(verdict.check);
  }
}

TEST(AuditorTest, NumbersThatDoNotRiseAreRunAndBoundNothing) {
  Watch watch(Seeded(1));
  watch.UntilGiving(0);
  const int64_t before = watch.report().all.decisions;
  const Verdict verdict =
      watch.auditor().Decide(0, {DecisionKind::kHold, DecisionCause::kGate, 0});
  EXPECT_FALSE(verdict.give);
  EXPECT_EQ(verdict.cause, DecisionCause::kClock);
  EXPECT_EQ(watch.report().all.decisions, before);
}

TEST(AuditorTest, CountsAddUp) {
  Watch watch(Seeded(1));
  watch.auditor().Run(0, DecisionCause::kFirst);
  watch.Next(0, false);  // number 0 again: run
  watch.Feed(4000, 0.01);
  const AuditReport report = watch.report();
  int64_t sum = 0;
  for (const auto& kind : report.counts) {
    for (const int64_t count : kind) sum += count;
  }
  EXPECT_EQ(sum, report.inputs);
  EXPECT_EQ(report.inputs, 4002);
  EXPECT_EQ(report.all.given, watch.given());
  EXPECT_EQ(report.all.decisions, report.hold.decisions);
  EXPECT_EQ(report.reuse.decisions + report.drop.decisions, 0);
  EXPECT_EQ(report.all.pending, 0);
}

TEST(AuditorTest, ChecksBecomeRarerWhileAllIsWell) {
  Watch watch(Seeded(5));
  watch.Feed(60'000, 0);
  const AuditReport report = watch.report();
  EXPECT_EQ(report.check_probability, 0.01);
  EXPECT_EQ(report.level + 1, report.levels);
  EXPECT_TRUE(report.meets_target);
  EXPECT_LT(report.all.bound, 0.02);
  EXPECT_LT(report.tax, 0.05);
  EXPECT_EQ(report.alarm_count, 0);
}

TEST(AuditorTest, PendingChecksCountAsWrong) {
  Auditor auditor = *Auditor::Create({.max_error = 1});
  int checks = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    checks +=
        auditor.Decide(i, {DecisionKind::kReuse, DecisionCause::kCache, 0})
            .check;
  }
  const AuditReport report = auditor.Report();
  EXPECT_EQ(report.reuse.pending, checks);
  const CheckTally tally{0.1, 1000, checks, checks};
  EXPECT_EQ(report.reuse.most_wrong, MostMissed({&tally, 1}, 0.05));
}

// Alarms.

Watch AfterGoodTimes(double max_error) {
  AuditOptions options = Seeded(11);
  options.max_error = max_error;
  Watch watch(options);
  watch.Feed(30'000, 0);
  EXPECT_EQ(watch.report().alarm_count, 0);
  return watch;
}

TEST(AuditorTest, TenPercentOfErrorsAreNoticed) {
  Watch watch = AfterGoodTimes(0.02);
  const int checks = watch.ChecksUntilAlarm(0.10);
  EXPECT_GT(checks, 0);
  EXPECT_LT(checks, 150);
}

TEST(AuditorTest, OnePercentOfErrorsIsNoticed) {
  Watch watch = AfterGoodTimes(0.002);
  const int checks = watch.ChecksUntilAlarm(0.01);
  EXPECT_GT(checks, 0);
  EXPECT_LT(checks, 1500);
}

TEST(AuditorTest, TotalFailureEscalatesToABypass) {
  Watch watch = AfterGoodTimes(0.05);
  std::vector<AuditAction> actions;
  for (int i = 0; i < 20'000 && watch.auditor().threshold(); ++i) {
    watch.Feed(1, 1.0);
    if (watch.alarm()) actions.push_back(watch.alarm()->action);
  }
  EXPECT_THAT(actions,
              ::testing::ElementsAre(AuditAction::kTighten, AuditAction::kFlush,
                                     AuditAction::kBypass));
  EXPECT_LT(watch.wrong_given(), 1000);
  EXPECT_FALSE(watch.report().alarms.back().reason.empty());
  EXPECT_EQ(watch.report().phase, AuditPhase::kBypassed);
  // Nothing is given again as long as all would be wrong.
  const int64_t given = watch.given();
  watch.Feed(20'000, 1.0);
  EXPECT_EQ(watch.given(), given);
  EXPECT_LT(watch.UntilGiving(0), 3000);
}

TEST(AuditorTest, ARestartLearnsAnewAndKeepsTheBound) {
  Watch watch = AfterGoodTimes(0.05);
  const AuditReport before = watch.report();
  watch.auditor().Restart();
  EXPECT_FALSE(watch.auditor().threshold().has_value());
  EXPECT_EQ(watch.report().all.most_wrong, before.all.most_wrong);
  const int inputs = watch.UntilGiving(0);
  EXPECT_GE(inputs, 128);
  EXPECT_EQ(watch.report().check_probability, 0.10);
}

// What the bound says, against the truth at every moment.

struct Input {
  double risk = 0;
  bool wrong = false;
};

// Of the next input, told what checks have found so far.
using Stream = std::function<Input(int at, const AuditReport& report, Watch*)>;

// Whether the stated bound was ever too small in `inputs` inputs.
bool EverTooSmall(const Stream& stream, uint64_t seed, int inputs) {
  AuditOptions options = Seeded(seed * 977 + 13);
  Watch watch(options, seed + 1);
  AuditReport report = watch.report();
  for (int i = 0; i < inputs; ++i) {
    const Input input = stream(i, report, &watch);
    const Verdict verdict = watch.Next(input.risk, input.wrong);
    if (watch.wrong_given() > report.all.most_wrong &&
        watch.wrong_given() > watch.report().all.most_wrong) {
      return true;
    }
    if (verdict.check) report = watch.report();
  }
  return watch.wrong_given() > watch.report().all.most_wrong;
}

int TooSmall(const Stream& stream, int runs, int inputs) {
  int wrong = 0;
  for (int seed = 0; seed < runs; ++seed) {
    wrong += EverTooSmall(stream, static_cast<uint64_t>(seed), inputs);
  }
  return wrong;
}

// Of 200 runs 10 may fail at 5 %; more than 19 have probability 0.3 %.
constexpr int kRuns = 200;
constexpr int kMostFailures = 19;
constexpr int kInputs = 3000;

TEST(AuditorTest, TheBoundHoldsUnderDrift) {
  const Stream drift = [](int at, const AuditReport&, Watch* watch) {
    const double rate = 0.002 + 0.2 * at / kInputs;
    return Input{watch->Uniform(), watch->Uniform() < rate};
  };
  EXPECT_LE(TooSmall(drift, kRuns, kInputs), kMostFailures);
}

TEST(AuditorTest, TheBoundHoldsInBursts) {
  const Stream bursts = [](int at, const AuditReport&, Watch* watch) {
    return Input{watch->Uniform(), at > 500 && at % 1000 < 50};
  };
  EXPECT_LE(TooSmall(bursts, kRuns, kInputs), kMostFailures);
}

// One who sees all checks and stops making errors as soon as the bound lags
// behind them: against him no number fixed beforehand would do.
TEST(AuditorTest, TheBoundHoldsAgainstOneWhoSeesTheChecks) {
  const Stream adversary = [](int, const AuditReport& report, Watch* watch) {
    const bool warm = report.phase != AuditPhase::kGiving;
    return Input{watch->Uniform(),
                 !warm && watch->wrong_given() <= report.all.most_wrong &&
                     watch->Uniform() < 0.04};
  };
  EXPECT_LE(TooSmall(adversary, kRuns, kInputs), kMostFailures);
}

TEST(AuditorTest, WindowsAreExactWhereChecksChangeNothing) {
  AuditOptions options = Seeded(3);
  options.max_error = 1;
  options.least_check = options.first_check;  // one window
  Watch loose(options, 4);
  options.checks_change_answers = false;
  Watch exact(options, 4);
  loose.Feed(5000, 0.02);
  exact.Feed(5000, 0.02);
  EXPECT_EQ(loose.report().all.most_wrong, exact.report().all.most_wrong);
  EXPECT_FALSE(loose.report().window_is_exact);
  EXPECT_LT(exact.report().window.most_wrong, loose.report().window.most_wrong);
  EXPECT_GE(exact.report().window.most_wrong, exact.wrong_given());
}

}  // namespace
}  // namespace fovea
