// SPDX-License-Identifier: GPL-2.0-or-later

#include <cmath>

#include "tests/sensitivity/decoder_fixture.h"

namespace fovea {
namespace {

using testing::CardOf;
using testing::CheckRefusal;
using testing::Differentiated;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Outputs;
using testing::RandomTensor;
using testing::SquaredSize;

constexpr size_t kSize = 6;

double Cosine(const Tensor& a, const Tensor& b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    const double x = a.values[i], y = b.values[i];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

class EmbedderTest : public ::testing::Test {
 protected:
  const std::unique_ptr<Decoder> decoder_ =
      NewDecoder(CardOf(DecoderKind::kEmbedding), 0);
  const Outputs outputs_ = {RandomTensor({1, kSize}, -2, 2, 1)};
  const Outputs reference_ = {RandomTensor({1, kSize}, -2, 2, 2)};
};

TEST_F(EmbedderTest, ReadsAUnitVector) {
  const auto answer =
      decoder_->Read(Outputs{{{1, 2, 1, 1}, {3, -4}}}, Placement());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->embedding, ElementsAre(0.6F, -0.8F));
}

TEST_F(EmbedderTest, GradientIsTrue) {
  EXPECT_TRUE(decoder_->uses_reference());
  for (const Probe probe : {Probe::kSum, Probe::kRandom}) {
    testing::ExpectTrueGradient(*decoder_, outputs_, reference_, probe, 1e-5);
  }
  EXPECT_NEAR(
      Differentiated(*decoder_, outputs_, reference_, Probe::kSum).value,
      Cosine(outputs_[0], reference_[0]), 1e-9);
}

TEST_F(EmbedderTest, OnlyTheRandomProbeIsSteepAtTheReference) {
  EXPECT_LT(SquaredSize(
                Differentiated(*decoder_, reference_, reference_, Probe::kSum)),
            1e-12);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto scalar =
        Differentiated(*decoder_, reference_, reference_, Probe::kRandom, seed);
    EXPECT_NEAR(scalar.value, 0, 1e-12);  // at right angles
    EXPECT_GT(SquaredSize(scalar), 1e-3);
  }
}

TEST_F(EmbedderTest, RandomProbesAverageToTheCurvature) {
  // At the reference r: (1 - r r^T) / |r|^2.
  const std::vector<float>& r = reference_[0].values;
  double length = 0;
  for (const float x : r) length += static_cast<double>(x) * x;
  std::vector<double> mean(kSize * kSize);
  constexpr int kSeeds = 4000;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto scalar =
        Differentiated(*decoder_, reference_, reference_, Probe::kRandom, seed);
    const std::vector<float>& v = scalar.by_output[0].values;
    for (size_t i = 0; i < mean.size(); ++i) {
      mean[i] += static_cast<double>(v[i / kSize]) * v[i % kSize] / kSeeds;
    }
  }
  for (size_t i = 0; i < mean.size(); ++i) {
    const double along =
        static_cast<double>(r[i / kSize]) * r[i % kSize] / length;
    const double expected = ((i / kSize == i % kSize) - along) / length;
    EXPECT_NEAR(mean[i], expected, 0.05 / length);
  }
}

TEST_F(EmbedderTest, EvenVectorsOfEqualSignsHaveAWayToGo) {
  const Outputs even = {{{1, 2}, {1, 1}}};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_GT(SquaredSize(
                  Differentiated(*decoder_, even, even, Probe::kRandom, seed)),
              0);
  }
}

TEST_F(EmbedderTest, ZerosAreNoEmbedding) {
  const Outputs zeros = {{{1, kSize}, std::vector<float>(kSize)}};
  const auto expect_loss = [](const absl::Status& status) {
    EXPECT_EQ(status, absl::DataLossError(
                          "model m: expected an embedding, found all zeros"));
  };
  expect_loss(decoder_->Read(zeros, Placement()).status());
  expect_loss(
      decoder_->Differentiate(zeros, reference_, Probe::kSum, 1).status());
  expect_loss(
      decoder_->Differentiate(outputs_, zeros, Probe::kSum, 1).status());
}

TEST_F(EmbedderTest, WrongShapesAreRefused) {
  for (const std::vector<std::vector<int64_t>>& shapes :
       std::vector<std::vector<std::vector<int64_t>>>{
           {}, {{1}}, {{2, 6}}, {{1, 6}, {1, 6}}}) {
    EXPECT_THAT(CheckRefusal(*decoder_, shapes),
                HasSubstr("model m: decoder embedding expects one output "
                          "[1, size] of two values or more, found "));
  }
  const Outputs other = {RandomTensor({1, kSize + 1}, 1, 2, 1)};
  EXPECT_EQ(
      decoder_->Differentiate(outputs_, other, Probe::kSum, 1).status().code(),
      absl::StatusCode::kInvalidArgument);
}

TEST_F(EmbedderTest, StaysFiniteAndFindsDamage) {
  testing::ExpectFiniteAnswers(*decoder_, outputs_, Placement());
  testing::ExpectDamageFound(*decoder_, outputs_, Placement());
}

}  // namespace
}  // namespace fovea
