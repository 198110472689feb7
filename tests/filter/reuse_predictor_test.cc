// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/reuse_predictor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "filter/reuse_defaults.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

PairTraits Earlier(float distance, uint64_t vote, float quarters_of_age = 1) {
  PairTraits pair;
  pair.values[PairTraits::kDistance] = std::log1p(distance);
  pair.values[PairTraits::kAge] = std::log1p(quarters_of_age);
  pair.vote = vote;
  pair.distance = distance;
  return pair;
}

ComparedRuns With(std::vector<PairTraits> runs) {
  ComparedRuns compared;
  compared.present.values[PresentTraits::kOne] = 1;
  compared.runs = std::move(runs);
  return compared;
}

float RiskOf(const ReusePredictor& predictor, std::vector<PairTraits> runs) {
  return predictor.Predict(With(std::move(runs))).risk;
}

// Whatever a comparison may hold.
ComparedRuns AnyComparison(std::mt19937_64* dice) {
  std::uniform_real_distribution<float> trait(0, 12);
  ComparedRuns compared;
  for (float& v : compared.present.values) v = trait(*dice);
  compared.runs.resize((*dice)() % (ComparedRuns::kMost + 3));
  for (PairTraits& run : compared.runs) {
    for (float& v : run.values) v = trait(*dice);
    run.vote = (*dice)() % 3;
  }
  return compared;
}

// Inputs whose last answer holds up to a distance of 4 and no further.
std::vector<ReuseExample> HoldsUpTo4(uint64_t seed, int count) {
  std::mt19937_64 dice(seed);
  std::uniform_real_distribution<float> any(0, 8);
  std::vector<ReuseExample> examples;
  for (int i = 0; i < count; ++i) {
    const float distance = any(dice);
    ComparedRuns compared = With({Earlier(distance, 1)});
    compared.present.values[PresentTraits::kDistance] =
        compared.runs[0].values[PairTraits::kDistance];
    examples.push_back({compared, distance <= 4 ? 1u : 2u});
  }
  return examples;
}

double MeanLikelihood(const ReusePredictor& predictor,
                      const std::vector<ReuseExample>& examples) {
  double sum = 0;
  for (const ReuseExample& example : examples) {
    const double risk = predictor.Predict(example.comparison).risk;
    sum += std::log(example.vote == 1 ? 1 - risk : risk);
  }
  return sum / static_cast<double>(examples.size());
}

TEST(ReusePredictorTest, WithoutARunItIsSurelyWrong) {
  const Prediction none = ReusePredictor().Predict(With({}));
  EXPECT_EQ(none.risk, 1);
  EXPECT_EQ(none.run, 0u);
}

TEST(ReusePredictorTest, NearAndNewIsSurerThanFarAndOld) {
  const ReusePredictor predictor;
  float before = -1;
  for (const float distance : {0.F, 1.F, 4.F, 16.F, 64.F, 255.F}) {
    const float risk = RiskOf(predictor, {Earlier(distance, 1)});
    EXPECT_GT(risk, before) << distance;
    EXPECT_LT(risk, 1);
    before = risk;
  }
  EXPECT_LT(RiskOf(predictor, {Earlier(4, 1, 1)}),
            RiskOf(predictor, {Earlier(4, 1, 60)}));
}

TEST(ReusePredictorTest, RunsOfOneMindAddUp) {
  const ReusePredictor predictor;
  const float alone = RiskOf(predictor, {Earlier(4, 1)});
  EXPECT_LT(RiskOf(predictor, {Earlier(4, 1), Earlier(4, 1)}), alone);
  EXPECT_GT(RiskOf(predictor, {Earlier(4, 1), Earlier(4, 2)}), alone);
}

TEST(ReusePredictorTest, TheLikeliestVoteIsGivenByItsLikeliestRun) {
  const Prediction best = ReusePredictor().Predict(
      With({Earlier(3, 1), Earlier(9, 2), Earlier(4, 2), Earlier(5, 2)}));
  EXPECT_EQ(best.vote, 2u);
  EXPECT_EQ(best.run, 2u);
}

TEST(ReusePredictorTest, OfEqualsTheLaterRunIsGiven) {
  const Prediction best = ReusePredictor().Predict(
      With({Earlier(4, 1), Earlier(4, 2), Earlier(4, 2), Earlier(4, 1)}));
  EXPECT_EQ(best.vote, 1u);
  EXPECT_EQ(best.run, 0u);
}

TEST(ReusePredictorTest, RunsBeyondTheMostAreNotLookedAt) {
  std::vector<PairTraits> runs(ComparedRuns::kMost, Earlier(50, 1));
  runs.push_back(Earlier(0, 2));
  const Prediction best = ReusePredictor().Predict(With(runs));
  EXPECT_EQ(best.vote, 1u);
  EXPECT_LT(best.run, ComparedRuns::kMost);
}

TEST(ReusePredictorTest, AnInputOfAnotherTimeIsKnownByDistanceAlone) {
  const Features here{2, 1, {0, 0}}, there{2, 1, {20, 0}};
  const PairTraits pair = OfAnotherTime(here, there, 10, 7);
  EXPECT_EQ(pair.vote, 7u);
  EXPECT_EQ(pair.distance, 10);
  EXPECT_FLOAT_EQ(pair.values[PairTraits::kDistance], std::log1p(10.F));
  EXPECT_FLOAT_EQ(pair.values[PairTraits::kCells], std::log1p(1.F));
  EXPECT_EQ(pair.values[PairTraits::kIsLast], 0);
  EXPECT_EQ(pair.values[PairTraits::kLastDoubt], 0);
  EXPECT_FLOAT_EQ(pair.values[PairTraits::kAge],
                  static_cast<float>(kPairScales[PairTraits::kAge].mean));
  const auto far = OfAnotherTime(here, {}, HUGE_VALF, 7);
  EXPECT_FLOAT_EQ(far.values[PairTraits::kDistance], std::log1p(255.F));
}

TEST(ReusePredictorTest, FitFindsTheDistanceUpToWhichAnswersHold) {
  const auto examples = HoldsUpTo4(1, 2000);
  ReusePredictor fitted;
  fitted.Fit(examples, 8, 1);
  EXPECT_GT(MeanLikelihood(fitted, HoldsUpTo4(2, 500)),
            MeanLikelihood(ReusePredictor(), HoldsUpTo4(2, 500)) + 0.05);
  const auto risk_at = [&](float distance) {
    ComparedRuns compared = With({Earlier(distance, 1)});
    compared.present.values[PresentTraits::kDistance] = std::log1p(distance);
    return fitted.Predict(compared).risk;
  };
  EXPECT_LT(risk_at(1), 0.3);
  EXPECT_GT(risk_at(8), 0.6);
}

TEST(ReusePredictorTest, LearningBelievesWhatItIsTold) {
  const ComparedRuns still = With({Earlier(1, 1)});
  ReusePredictor right, wrong;
  for (int i = 0; i < 50; ++i) {
    right.Learn({still, 1});
    wrong.Learn({still, 2});
  }
  const float before = ReusePredictor().Predict(still).risk;
  EXPECT_LT(right.Predict(still).risk, before);
  EXPECT_GT(wrong.Predict(still).risk, before);
}

TEST(ReusePredictorTest, OfNothingNothingIsLearnt) {
  ReusePredictor predictor;
  predictor.Learn({With({}), 1});
  predictor.Fit({}, 8, 1);
  EXPECT_EQ(predictor, ReusePredictor());
  const auto examples = HoldsUpTo4(1, 10);
  predictor.Fit(examples, 0, 1);
  EXPECT_EQ(predictor, ReusePredictor());
}

TEST(ReusePredictorTest, TheSameSeedLearnsTheSame) {
  const auto examples = HoldsUpTo4(1, 300);
  ReusePredictor one, same, other;
  one.Fit(examples, 3, 5);
  same.Fit(examples, 3, 5);
  other.Fit(examples, 3, 6);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
}

TEST(ReusePredictorTest, RisksAreProbabilitiesWhateverIsComparedAndLearnt) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 dice(seed);
    ReusePredictor predictor;
    for (int i = 0; i < 500; ++i) {
      const ComparedRuns compared = AnyComparison(&dice);
      const Prediction best = predictor.Predict(compared);
      ASSERT_GE(best.risk, 0);
      ASSERT_LE(best.risk, 1);
      if (!compared.runs.empty()) {
        ASSERT_LT(best.run, compared.runs.size());
        ASSERT_EQ(compared.runs[best.run].vote, best.vote);
      }
      predictor.Learn({compared, dice() % 4});
    }
  }
}

// A model that is in doubt about thousands of boxes drives the weights far.
TEST(ReusePredictorTest, WhateverWasLearntCanBeReadBack) {
  std::mt19937_64 dice(1);
  ReusePredictor predictor;
  for (int i = 0; i < 2000; ++i) {
    ComparedRuns compared = AnyComparison(&dice);
    for (PairTraits& run : compared.runs) {
      run.values[PairTraits::kDoubt] = static_cast<float>(dice() % 8192);
    }
    predictor.Learn({compared, dice() % 4});
  }
  const auto read = ReusePredictor::Parse(predictor.Text());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Text(), predictor.Text());
}

TEST(ReusePredictorTest, TextReadsBackTheSame) {
  ReusePredictor predictor;
  EXPECT_EQ(*ReusePredictor::Parse(predictor.Text()), predictor);
  predictor.Fit(HoldsUpTo4(1, 100), 2, 1);
  const auto read = ReusePredictor::Parse(predictor.Text());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Text(), predictor.Text());
  const ComparedRuns some = With({Earlier(3, 1), Earlier(2, 2)});
  EXPECT_EQ(read->Predict(some).risk, predictor.Predict(some).risk);
}

class ReuseTextTest : public ::testing::Test {
 protected:
  // The text of the first weights, one line of it replaced.
  static std::string WithLine(size_t line, const std::string& text) {
    std::vector<std::string> lines = {"fovea reuse filter 1"};
    lines.resize(1 + PairTraits::kCount + PresentTraits::kCount, "0");
    lines.at(line - 1) = text;
    std::string all;
    for (const std::string& one : lines) absl::StrAppend(&all, one, "\n");
    return all;
  }
  static void ExpectDamage(const std::string& text, const std::string& says) {
    const auto read = ReusePredictor::Parse(text);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(says));
  }
};

TEST_F(ReuseTextTest, WeightsUpToTheMostAreRead) {
  for (const char* good : {"0", "-0", "100", "-100", "1e-300", "+3"}) {
    const auto read = ReusePredictor::Parse(WithLine(2, good));
    EXPECT_TRUE(read.ok()) << good << ": " << read.status();
  }
  for (const char* bad : {"100.0001", "-100.0001", "1e300", "inf", "nan", "",
                          "x", "1 2", "1,5"}) {
    ExpectDamage(WithLine(2, bad), absl::StrCat("line 2: expected a number "
                                                "from -100 to 100, found '",
                                                bad, "'"));
  }
  ExpectDamage(WithLine(17, "x"), "line 17");
}

TEST_F(ReuseTextTest, AnotherFirstLineIsRefusedAndShown) {
  ExpectDamage("", "line 1: expected 'fovea reuse filter 1', found ''");
  ExpectDamage(WithLine(1, "fovea reuse filter 2"), "found 'fovea reuse fil");
  ExpectDamage(WithLine(1, "\x01"), "found '\\001'");
}

TEST_F(ReuseTextTest, LinesTooManyOrTooFewAreCounted) {
  const std::string text = ReusePredictor().Text();
  ExpectDamage(text + "1\n", "18 lines, 17 were expected");
  ExpectDamage(text.substr(0, text.size() - 1), "17 were expected");
  ExpectDamage(absl::StrReplaceAll(text, {{"\n", "\r\n"}}), "line 1");
}

TEST_F(ReuseTextTest, NoPartOfATextIsRead) {
  const std::string text = ReusePredictor().Text();
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ReusePredictor::Parse(text.substr(0, size)).ok()) << size;
  }
}

TEST_F(ReuseTextTest, TextsUpToTheMostAreLookedAt) {
  ExpectDamage(std::string(4096, '\n'), "line 1");
  ExpectDamage(std::string(4097, '\n'), "4097 bytes, at most 4096");
}

}  // namespace
}  // namespace fovea
