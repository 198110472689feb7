// SPDX-License-Identifier: GPL-2.0-or-later
//
// Classifiers of pictures and windows, and segmenters.

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/sensitivity/decoder_fixture.h"

namespace fovea {
namespace {

using testing::CardOf;
using testing::CheckRefusal;
using testing::Differentiated;
using ::testing::ElementsAre;
using testing::ExpectTrueGradient;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using testing::Outputs;
using testing::RandomTensor;
using testing::SquaredSize;

constexpr size_t kClasses = 4;
constexpr double kFloor = 1e-6;

std::vector<double> Softmax(const std::vector<float>& logits) {
  std::vector<double> p;
  double sum = 0;
  for (const float logit : logits) {
    p.push_back(std::exp(static_cast<double>(logit)));
    sum += p.back();
  }
  for (double& value : p) value /= sum;
  return p;
}

Tensor Probabilities(const Tensor& logits) {
  Tensor p{logits.shape, {}};
  for (const double value : Softmax(logits.values)) {
    p.values.push_back(static_cast<float>(value));
  }
  return p;
}

ModelCard ScoreCard(DecoderKind kind, bool probabilities) {
  ModelCard card = CardOf(kind);
  card.probabilities = probabilities;
  return card;
}

TEST(ClassifierTest, ReadsProbabilitiesOfEither) {
  const Tensor logits{{1, 3}, {1, -1, 0.5F}};
  const auto p = Softmax(logits.values);
  for (const bool probabilities : {false, true}) {
    const auto decoder =
        NewDecoder(ScoreCard(DecoderKind::kClassifier, probabilities), 3);
    const auto answer = decoder->Read(
        Outputs{probabilities ? Probabilities(logits) : logits}, Placement());
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->scores.size(), 3U);
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(answer->scores[k], p[k], 1e-5);
  }
}

TEST(ClassifierTest, CrossEntropyIsToTheReferencesClass) {
  const auto decoder = NewDecoder(CardOf(DecoderKind::kClassifier), 0);
  EXPECT_TRUE(decoder->uses_reference());
  const Outputs outputs = {RandomTensor({1, kClasses}, -2, 2, 1)};
  Outputs reference = {RandomTensor({1, kClasses}, -2, 2, 2)};
  for (size_t label = 0; label < kClasses; ++label) {
    reference[0].values[label] += 10;
    ExpectTrueGradient(*decoder, outputs, reference, Probe::kSum, 1e-4);
    EXPECT_NEAR(Differentiated(*decoder, outputs, reference, Probe::kSum).value,
                -std::log(Softmax(outputs[0].values)[label]), 1e-6);
    reference[0].values[label] -= 10;
  }
}

TEST(ClassifierTest, ProbabilitiesHaveTrueGradientsToo) {
  const auto decoder =
      NewDecoder(ScoreCard(DecoderKind::kClassifier, true), kClasses);
  const Outputs outputs = {{{1, 4}, {0.5F, 0.25F, 0.125F, 0.125F}}};
  const Outputs reference = {{{1, 4}, {0.25F, 0.5F, 0.25F, 0}}};
  ExpectTrueGradient(*decoder, outputs, reference, Probe::kSum, 1e-3);
  EXPECT_NEAR(Differentiated(*decoder, outputs, reference, Probe::kSum).value,
              std::log(4.0), 1e-4);
}

// Mean over seeds of v v^T for the random probe's gradient v.
using Matrix = std::array<std::array<double, kClasses>, kClasses>;
Matrix MeanSquare(const Decoder& decoder, const Outputs& outputs, int seeds) {
  Matrix mean{};
  for (int seed = 0; seed < seeds; ++seed) {
    const auto scalar = Differentiated(
        decoder, outputs, outputs, Probe::kRandom, static_cast<uint64_t>(seed));
    const std::vector<float>& v = scalar.by_output[0].values;
    for (size_t i = 0; i < kClasses; ++i) {
      for (size_t j = 0; j < kClasses; ++j) {
        mean[i][j] +=
            static_cast<double>(v[i]) * static_cast<double>(v[j]) / seeds;
      }
    }
  }
  return mean;
}

TEST(ClassifierTest, RandomProbesAverageToTheFisherMatrix) {
  const auto decoder = NewDecoder(CardOf(DecoderKind::kClassifier), 0);
  const Outputs outputs = {{{1, 4}, {1, 0, -1, 0.5F}}};
  const auto p = Softmax(outputs[0].values);
  const Matrix mean = MeanSquare(*decoder, outputs, 4000);
  for (size_t i = 0; i < kClasses; ++i) {
    for (size_t j = 0; j < kClasses; ++j) {
      EXPECT_NEAR(mean[i][j], (i == j ? p[i] : 0) - p[i] * p[j], 0.02);
    }
  }
}

TEST(ClassifierTest, RandomProbeIsTheSameOfProbabilities) {
  const Tensor logits{{1, 4}, {1, 0, -1, 0.5F}};
  const Tensor p = Probabilities(logits);
  const auto by_logits =
      Differentiated(*NewDecoder(CardOf(DecoderKind::kClassifier), 0), {logits},
                     {logits}, Probe::kRandom, 3);
  const auto by_p =
      Differentiated(*NewDecoder(ScoreCard(DecoderKind::kClassifier, true), 0),
                     {p}, {p}, Probe::kRandom, 3);
  // Values differ by <v, 1> = 0 times the log of the softmax's sum.
  EXPECT_NEAR(by_logits.value, by_p.value, 1e-4);
  for (size_t k = 0; k < kClasses; ++k) {
    EXPECT_NEAR(by_logits.by_output[0].values[k],
                static_cast<double>(by_p.by_output[0].values[k]) *
                    static_cast<double>(p.values[k]),
                1e-4);
  }
}

TEST(ClassifierTest, RandomProbeOutlivesConfidence) {
  // At its own answer and as sure as can be, cross-entropy is flat.
  const Outputs sure = {{{1, 4}, {90, -10, -20, 3}}};
  const Tensor p{{1, 4}, {1, 0, 0, 0}};
  const auto logits = NewDecoder(CardOf(DecoderKind::kClassifier), 0);
  const auto probabilities =
      NewDecoder(ScoreCard(DecoderKind::kClassifier, true), 0);
  EXPECT_LT(SquaredSize(Differentiated(*logits, sure, sure, Probe::kSum)),
            1e-60);
  double least = 1, least_p = 1;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    least = std::min(least, SquaredSize(Differentiated(*logits, sure, sure,
                                                       Probe::kRandom, seed)));
    least_p =
        std::min(least_p, SquaredSize(Differentiated(*probabilities, {p}, {p},
                                                     Probe::kRandom, seed)));
  }
  EXPECT_GT(least, kFloor / 2);
  EXPECT_GT(least_p, kFloor / 2);
}

TEST(ClassifierTest, CommonShiftsDoNotCount) {
  const auto decoder = NewDecoder(CardOf(DecoderKind::kClassifier), 0);
  const Outputs outputs = {RandomTensor({1, kClasses}, -2, 2, 5)};
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const auto scalar =
        Differentiated(*decoder, outputs, outputs, Probe::kRandom, seed);
    double sum = 0;
    for (const float value : scalar.by_output[0].values) sum += value;
    EXPECT_NEAR(sum, 0, 1e-6);
  }
}

TEST(ClassifierTest, WrongShapesAndCountsAreRefused) {
  const auto decoder = NewDecoder(CardOf(DecoderKind::kClassifier), kClasses);
  for (const std::vector<std::vector<int64_t>>& shapes :
       std::vector<std::vector<std::vector<int64_t>>>{
           {}, {{1, 1}}, {{2, 4}}, {{1, 4}, {1, 4}}, {{1, 4, 4, 1}}}) {
    EXPECT_THAT(CheckRefusal(*decoder, shapes),
                HasSubstr("decoder classifier expects one output [1, classes] "
                          "of two classes or more, found "));
  }
  EXPECT_THAT(CheckRefusal(*decoder, {{1, 5}}),
              HasSubstr("has classes (5), found 4"));
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{4}, {1, 4, 1, 1}, {1, 1, 4}}) {
    EXPECT_TRUE(decoder->Check(Outputs{RandomTensor(shape, 1, 2, 1)}).ok());
  }
}

TEST(ClassifierTest, ScoresOfTheOtherKindAreNoticed) {
  const Tensor p{{1, 3}, {0.5F, 0.25F, 0.25F}};
  const auto logits = NewDecoder(CardOf(DecoderKind::kClassifier), 0);
  EXPECT_THAT(std::string(logits->Check(Outputs{p}).message()),
              HasSubstr("say 'scores: probabilities'"));
  const auto probabilities =
      NewDecoder(ScoreCard(DecoderKind::kClassifier, true), 0);
  EXPECT_TRUE(probabilities->Check(Outputs{p}).ok());
  for (const Tensor& bad :
       {Tensor{{1, 3}, {1, 1, 0}}, Tensor{{1, 3}, {1.5F, -0.5F, 0}}}) {
    EXPECT_THAT(std::string(probabilities->Check(Outputs{bad}).message()),
                HasSubstr("leave out 'scores: probabilities'"));
    EXPECT_TRUE(logits->Check(Outputs{bad}).ok());
  }
  // Two logits may well sum to 1; 8-bit probabilities may well not.
  EXPECT_TRUE(logits->Check(Outputs{{{1, 2}, {0.5F, 0.5F}}}).ok());
  EXPECT_TRUE(probabilities->Check(Outputs{{{1, 2}, {0.5F, 0.47F}}}).ok());
}

TEST(ClassifierTest, ReferenceOfAnotherShapeIsRefused) {
  const auto decoder = NewDecoder(CardOf(DecoderKind::kClassifier), 0);
  const Outputs outputs = {RandomTensor({1, 4}, 1, 2, 1)};
  const Outputs other = {RandomTensor({1, 5}, 1, 2, 1)};
  for (const Outputs& reference : {Outputs(), other}) {
    const auto scalar =
        decoder->Differentiate(outputs, reference, Probe::kSum, 1);
    EXPECT_EQ(scalar.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(scalar.status().message()),
                HasSubstr("outputs [1, 4] cannot be compared"));
  }
}

TEST(ImuClassifierTest, MarginIsFirstOverSecond) {
  const auto decoder = NewDecoder(CardOf(DecoderKind::kImuClassifier), 0);
  EXPECT_FALSE(decoder->uses_reference());
  const Outputs outputs = {{{1, 4}, {0.5F, 2, -1, 1.25F}}};
  const auto scalar = Differentiated(*decoder, outputs, {}, Probe::kSum);
  EXPECT_EQ(scalar.value, 0.75);
  EXPECT_THAT(scalar.by_output[0].values, ElementsAre(0, 1, 0, -1));
  ExpectTrueGradient(*decoder, outputs, {}, Probe::kSum, 1e-6);
  ExpectTrueGradient(*decoder, outputs, {}, Probe::kRandom, 1e-6);
}

TEST(ImuClassifierTest, EveryPlaceOfFirstAndSecond) {
  const auto decoder = NewDecoder(CardOf(DecoderKind::kImuClassifier), 0);
  for (size_t first = 0; first < kClasses; ++first) {
    for (size_t second = 0; second < kClasses; ++second) {
      if (first == second) continue;
      Tensor output{{1, 4}, std::vector<float>(kClasses)};
      output.values[first] = 5;
      output.values[second] = 2;
      EXPECT_EQ(Differentiated(*decoder, {output}, {}, Probe::kSum).value, 3);
      EXPECT_EQ(
          std::fabs(
              Differentiated(*decoder, {output}, {}, Probe::kRandom).value),
          3);
    }
  }
}

TEST(ImuClassifierTest, MarginOfProbabilitiesIsInLogits) {
  const auto decoder =
      NewDecoder(ScoreCard(DecoderKind::kImuClassifier, true), 3);
  const Outputs outputs = {{{1, 3}, {0.125F, 0.5F, 0.375F}}};
  ExpectTrueGradient(*decoder, outputs, {}, Probe::kSum, 1e-4);
  EXPECT_NEAR(Differentiated(*decoder, outputs, {}, Probe::kSum).value,
              std::log(0.5 / 0.375), 1e-5);
}

// Two rows of three pixels, channels first or last.
Tensor Pixels(bool channels_last, unsigned seed) {
  return RandomTensor(channels_last ? std::vector<int64_t>{1, 2, 3, 4}
                                    : std::vector<int64_t>{1, 4, 2, 3},
                      -2, 2, seed);
}

ModelCard SegmentationCard(bool channels_last) {
  ModelCard card = CardOf(DecoderKind::kSegmentation);
  card.channels_last = channels_last;
  return card;
}

std::vector<float> LogitsAt(const Tensor& output, bool channels_last,
                            size_t pixel) {
  std::vector<float> logits;
  for (size_t k = 0; k < kClasses; ++k) {
    logits.push_back(
        output.values[channels_last ? pixel * kClasses + k : k * 6 + pixel]);
  }
  return logits;
}

TEST(SegmenterTest, ReadsTheBestClassPerPixel) {
  for (const bool last : {false, true}) {
    const auto decoder = NewDecoder(SegmentationCard(last), kClasses);
    const Tensor output = Pixels(last, 1);
    const auto answer = decoder->Read(Outputs{output}, Placement());
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->columns, 3);
    EXPECT_EQ(answer->rows, 2);
    ASSERT_EQ(answer->classes.size(), 6U);
    for (size_t pixel = 0; pixel < 6; ++pixel) {
      const auto logits = LogitsAt(output, last, pixel);
      EXPECT_EQ(
          answer->classes[pixel],
          std::max_element(logits.begin(), logits.end()) - logits.begin());
    }
  }
}

TEST(SegmenterTest, CrossEntropyIsSummedOverPixels) {
  for (const bool last : {false, true}) {
    const auto decoder = NewDecoder(SegmentationCard(last), 0);
    EXPECT_TRUE(decoder->uses_reference());
    const Outputs outputs = {Pixels(last, 1)}, reference = {Pixels(last, 2)};
    ExpectTrueGradient(*decoder, outputs, reference, Probe::kSum, 1e-4);
    double sum = 0;
    for (size_t pixel = 0; pixel < 6; ++pixel) {
      const auto truth = LogitsAt(reference[0], last, pixel);
      const auto label = std::max_element(truth.begin(), truth.end());
      const auto p = Softmax(LogitsAt(outputs[0], last, pixel));
      sum -= std::log(p[static_cast<size_t>(label - truth.begin())]);
    }
    EXPECT_NEAR(Differentiated(*decoder, outputs, reference, Probe::kSum).value,
                sum, 1e-6);
  }
}

TEST(SegmenterTest, RandomProbesHaveTheFisherTracePerPixel) {
  const auto decoder = NewDecoder(SegmentationCard(false), 0);
  const Outputs outputs = {Pixels(false, 1)};
  std::array<double, 6> mean{};
  double across = 0;
  constexpr int kSeeds = 2000;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto scalar =
        Differentiated(*decoder, outputs, outputs, Probe::kRandom, seed);
    for (size_t pixel = 0; pixel < 6; ++pixel) {
      for (const float v : LogitsAt(scalar.by_output[0], false, pixel)) {
        mean[pixel] += static_cast<double>(v) * static_cast<double>(v);
      }
    }
    across += static_cast<double>(scalar.by_output[0].values[0]) *
              static_cast<double>(scalar.by_output[0].values[1]);
  }
  for (size_t pixel = 0; pixel < 6; ++pixel) {
    double trace = 1;
    for (const double p : Softmax(LogitsAt(outputs[0], false, pixel))) {
      trace -= p * p;
    }
    EXPECT_NEAR(mean[pixel] / kSeeds, trace, 0.05 * trace);
  }
  EXPECT_NEAR(across / kSeeds, 0, 0.02);  // pixels do not know each other
}

TEST(SegmenterTest, WrongShapesAndCountsAreRefused) {
  const auto decoder = NewDecoder(SegmentationCard(false), kClasses);
  for (const std::vector<std::vector<int64_t>>& shapes :
       std::vector<std::vector<std::vector<int64_t>>>{
           {},
           {{1, 4}},
           {{1, 2, 3}},
           {{1, 1, 2, 3}},
           {{2, 4, 2, 3}},
           {{1, 4, 2, 3}, {1, 4, 2, 3}},
           {{1, 65537, 1, 1}}}) {
    EXPECT_THAT(CheckRefusal(*decoder, shapes),
                HasSubstr("decoder segmentation expects one output "
                          "[1, classes, rows, columns] of 2 to 65536"));
  }
  EXPECT_THAT(CheckRefusal(*decoder, {{1, 3, 2, 4}}),
              HasSubstr("has classes (3), found 4"));
  EXPECT_TRUE(NewDecoder(SegmentationCard(true), kClasses)
                  ->Check(Outputs{RandomTensor({1, 3, 2, 4}, 1, 2, 1)})
                  .ok());
}

TEST(SegmenterTest, ProbabilitiesAreLookedAtPerPixel) {
  ModelCard card = SegmentationCard(false);
  Tensor half{{1, 4, 2, 3}, std::vector<float>(24, 0.25F)};
  EXPECT_FALSE(NewDecoder(card, 0)->Check(Outputs{half}).ok());
  card.probabilities = true;
  EXPECT_TRUE(NewDecoder(card, 0)->Check(Outputs{half}).ok());
  half.values[5] = 0.5F;
  EXPECT_THAT(std::string(NewDecoder(card, 0)->Check(Outputs{half}).message()),
              HasSubstr("found others at place 5"));
  card.probabilities = false;
  EXPECT_TRUE(NewDecoder(card, 0)->Check(Outputs{half}).ok());
}

TEST(ClassDecodersTest, StayFiniteAndFindDamage) {
  for (const bool probabilities : {false, true}) {
    const Outputs line = {{{1, 4}, {0.5F, 0.25F, 0.25F, 0}}};
    const Outputs map = {{{1, 2, 1, 2}, {0.5F, 0.25F, 0.5F, 0.75F}}};
    for (const auto& [kind, good] : {std::pair(DecoderKind::kClassifier, line),
                                     {DecoderKind::kImuClassifier, line},
                                     {DecoderKind::kSegmentation, map}}) {
      const auto decoder = NewDecoder(ScoreCard(kind, probabilities), 0);
      testing::ExpectFiniteAnswers(*decoder, good, Placement());
      Outputs other = good;
      if (!probabilities) other[0].values[0] = 3;  // nobody's probability
      testing::ExpectDamageFound(*decoder, other, Placement());
    }
  }
}

}  // namespace
}  // namespace fovea
