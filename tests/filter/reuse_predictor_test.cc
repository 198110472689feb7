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
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "filter/reuse_defaults.h"
#include "tests/filter/made_thumbnails.h"

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
  if ((*dice)() % 2 == 0) {
    compared.usual = UsualAnswer{(*dice)() % 4, trait(*dice) - 6};
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
      if (best.usual) {
        ASSERT_EQ(compared.usual->vote, best.vote);
      } else if (!compared.runs.empty()) {
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

ComparedRuns WithUsual(std::vector<PairTraits> runs, uint64_t vote,
                       float evidence) {
  ComparedRuns compared = With(std::move(runs));
  compared.usual = UsualAnswer{vote, evidence};
  return compared;
}

TEST(ReusePredictorTest, TheUsualAnswerAloneIsAsRiskyAsItsHeadSays) {
  for (const float evidence : {-8.F, -1.F, 0.F, 3.F, 8.F}) {
    const Prediction best =
        ReusePredictor().Predict(WithUsual({}, 5, evidence));
    EXPECT_TRUE(best.usual);
    EXPECT_EQ(best.vote, 5u);
    EXPECT_NEAR(best.risk, 1 / (1 + std::exp(evidence)), 1e-6);
  }
}

TEST(ReusePredictorTest, TheUsualAnswerVotesWithRunsThatSaidSo) {
  const ReusePredictor predictor;
  const std::vector<PairTraits> said = {Earlier(4, 1)};
  const float alone = predictor.Predict(With(said)).risk;
  EXPECT_LT(predictor.Predict(WithUsual(said, 1, 2)).risk, alone);
  EXPECT_GT(predictor.Predict(WithUsual(said, 2, 0.5F)).risk, alone);
  EXPECT_NEAR(predictor.Predict(WithUsual(said, 2, -8)).risk, alone, 0.01);
  // Who is likelier gives the answer.
  EXPECT_TRUE(predictor.Predict(WithUsual(said, 1, 8)).usual);
  EXPECT_FALSE(predictor.Predict(WithUsual(said, 1, -8)).usual);
  EXPECT_EQ(predictor.Predict(WithUsual(said, 2, 8)).vote, 2u);
}

TEST(ReusePredictorTest, FitFindsHowMuchTheUsualAnswerIsWorth) {
  // The head is right of nothing, and says it is.
  std::mt19937_64 dice(1);
  std::vector<ReuseExample> examples;
  for (int i = 0; i < 1000; ++i) {
    const float evidence = dice() % 2 == 0 ? 4.F : -4.F;
    examples.push_back(
        {WithUsual({Earlier(8, 1)}, 2, evidence), dice() % 2 + 1});
  }
  ReusePredictor fitted;
  fitted.Fit(examples, 8, 1);
  const ComparedRuns sure = WithUsual({Earlier(8, 1)}, 2, 4);
  EXPECT_LT(ReusePredictor().Predict(sure).risk, 0.05);
  EXPECT_GT(fitted.Predict(sure).risk, 0.3);
}

TEST(ReusePredictorTest, WithoutAHeadThereIsNoUsualAnswer) {
  MadePlace place(1);
  ReusePredictor predictor;
  EXPECT_FALSE(predictor.needs_thumbnail());
  EXPECT_FALSE(predictor.UsualOf(place.Look(false)).has_value());
  predictor.LearnUsual(place.Lesson(false));  // nobody listens
  EXPECT_EQ(predictor, ReusePredictor());
  predictor.SetSkip(SkipHead(kNobody));
  EXPECT_TRUE(predictor.needs_thumbnail());
  EXPECT_FALSE(predictor.UsualOf(place.Look(false)).has_value());
  for (int i = 0; i < 16; ++i) predictor.LearnUsual(place.Lesson(false));
  ASSERT_TRUE(predictor.UsualOf(place.Look(false)).has_value());
  EXPECT_EQ(predictor.UsualOf(place.Look(false))->vote, kNobody);
  EXPECT_FALSE(predictor.UsualOf({}).has_value());
}

class ReuseTextTest : public ::testing::Test {
 protected:
  static constexpr size_t kWeights =
      size_t{PairTraits::kCount} + PresentTraits::kCount + 3;
  // Of the flag of thumbnails; that of the skip head follows.
  static constexpr size_t kFlags = kWeights + 2;

  static ReusePredictor Taught() {
    MadePlace place(1);
    SkipHead head(kNobody);
    EXPECT_TRUE(head.Fit(place.Lessons(100), nullptr));
    ReusePredictor taught;
    taught.CompareThumbnails(true);
    taught.SetSkip(head);
    return taught;
  }
  // The text of a taught filter, one line of it replaced; lines from 1.
  static std::string WithLine(size_t line, const std::string& text) {
    std::vector<std::string> lines = absl::StrSplit(Taught().Text(), '\n');
    lines.at(line - 1) = text;
    return absl::StrJoin(lines, "\n");
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
  ExpectDamage(WithLine(1 + kWeights, "x"),
               absl::StrCat("line ", 1 + kWeights));
}

TEST_F(ReuseTextTest, HeadsAreReadBackTheSame) {
  const ReusePredictor taught = Taught();
  const auto read = ReusePredictor::Parse(taught.Text());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, taught);
  EXPECT_LT(taught.Text().size(), ReusePredictor::kMostText);
  MadePlace place(2);
  for (const bool somebody : {false, true}) {
    const Thumbnail seen = place.Look(somebody);
    EXPECT_EQ(read->UsualOf(seen)->evidence, taught.UsualOf(seen)->evidence);
  }
}

TEST_F(ReuseTextTest, FlagsAreOneOrNought) {
  ExpectDamage(WithLine(kFlags, "thumbnail 2"),
               "expected 'thumbnail 0' or 'thumbnail 1', found 'thumbnail 2'");
  ExpectDamage(WithLine(kFlags + 1, "skip"), "expected 'skip 0' or 'skip 1'");
  // A head that is said not to follow.
  ExpectDamage(WithLine(kFlags + 1, "skip 0"), "expected the end");
  const auto without = ReusePredictor::Parse(WithLine(kFlags, "thumbnail 0"));
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_FALSE(without->compares_thumbnails());
}

TEST_F(ReuseTextTest, WhatASkipHeadHoldsIsChecked) {
  const size_t vote = kFlags + 2, seen = kFlags + 3, mean = kFlags + 63;
  for (const char* bad : {"", "-1", "x", "18446744073709551616"}) {
    ExpectDamage(WithLine(vote, bad), absl::StrCat("line ", vote));
  }
  ExpectDamage(WithLine(seen, "1000000001"), "at most 1000000000 pictures");
  ExpectDamage(WithLine(seen + 1, "101"), "a number from -100 to 100");
  std::string cells = "1044480";
  for (size_t i = 1; i < Thumbnail::kCells; ++i) absl::StrAppend(&cells, " 0");
  EXPECT_TRUE(ReusePredictor::Parse(WithLine(mean, cells)).ok());
  for (const std::string& bad :
       {"1044481" + cells.substr(7), "-1" + cells.substr(7), cells + " ",
        cells + " 0", cells.substr(0, cells.size() - 2), " " + cells,
        absl::StrReplaceAll(cells, {{" ", "  "}}), std::string("x")}) {
    ExpectDamage(
        WithLine(mean, bad),
        absl::StrCat("line ", mean,
                     ": expected 432 whole numbers from 0 to 1044480"));
  }
}

// What was learnt before there were heads.
TEST_F(ReuseTextTest, VersionOneIsRead) {
  std::string text = "fovea reuse filter 1\n";
  for (int i = 1; i <= 16; ++i) absl::StrAppend(&text, i, "\n");
  const auto read = ReusePredictor::Parse(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->needs_thumbnail());
  const std::string now = read->Text();
  EXPECT_THAT(now, HasSubstr("\n1\n2\n3\n4\n5\n6\n7\n8\n0\n0\n9\n10\n"));
  EXPECT_THAT(now, HasSubstr("\n15\n16\n0\n0\n"));
  ExpectDamage(text + "17\n", "line 18: expected the end, found 3 bytes more");
  ExpectDamage(text.substr(0, text.size() - 1), "line 17: expected a number");
}

TEST_F(ReuseTextTest, AnotherFirstLineIsRefusedAndShown) {
  ExpectDamage("", "line 1: expected its name and version, found ''");
  ExpectDamage(WithLine(1, "fovea reuse filter 3"),
               "line 1: expected 'fovea reuse filter 1' or 'fovea reuse filter "
               "2', found 'fovea reuse filter 3'");
  ExpectDamage(WithLine(1, "\x01"), "found '\\001'");
}

TEST_F(ReuseTextTest, LinesTooManyOrTooFewAreFaults) {
  const std::string text = ReusePredictor().Text();
  ExpectDamage(text + "1\n", "expected the end, found 2 bytes more");
  ExpectDamage(absl::StrReplaceAll(text, {{"\n", "\r\n"}}), "line 1");
}

TEST_F(ReuseTextTest, NoPartOfATextIsRead) {
  const std::string text = ReusePredictor().Text();
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ReusePredictor::Parse(text.substr(0, size)).ok()) << size;
  }
  const std::string taught = Taught().Text();
  for (size_t size = 0; size < taught.size(); size += 97) {
    EXPECT_FALSE(ReusePredictor::Parse(taught.substr(0, size)).ok()) << size;
  }
}

TEST_F(ReuseTextTest, TextsUpToTheMostAreLookedAt) {
  ExpectDamage(std::string(65'536, '\n'), "line 1");
  ExpectDamage(std::string(65'537, '\n'), "65537 bytes, at most 65536");
}

}  // namespace
}  // namespace fovea
