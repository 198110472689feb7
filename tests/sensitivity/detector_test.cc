// SPDX-License-Identifier: GPL-2.0-or-later
//
// The three detectors: outputs written by hand read back as boxes, and
// gradients of made-up ones.

#include <cmath>

#include "tests/sensitivity/decoder_fixture.h"

namespace fovea {
namespace {

using testing::CardOf;
using testing::CheckRefusal;
using testing::Differentiated;
using ::testing::Each;
using testing::ExpectTrueGradient;
using ::testing::HasSubstr;
using testing::Outputs;
using testing::RandomTensor;

Placement Stretched(int width, int height, int input_width, int input_height) {
  return {width,
          height,
          input_width,
          input_height,
          static_cast<double>(input_width) / width,
          static_cast<double>(input_height) / height};
}

Answer ReadWell(const Decoder& decoder, const Outputs& outputs,
                const Placement& placement) {
  auto answer = decoder.Read(outputs, placement);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? *std::move(answer) : Answer();
}

void ExpectBox(const Detection& box, int label, float score, float left,
               float top, float right, float bottom) {
  EXPECT_EQ(box.label, label);
  EXPECT_NEAR(box.score, score, 1e-5);
  EXPECT_NEAR(box.left, left, 1e-3);
  EXPECT_NEAR(box.top, top, 1e-3);
  EXPECT_NEAR(box.right, right, 1e-3);
  EXPECT_NEAR(box.bottom, bottom, 1e-3);
}

// What a detector needs to be tried without knowing which it is.
struct Kind {
  DecoderKind decoder;
  // Random, for a 32x32 input. In each cell one class leads clearly, so
  // that a small step changes no leader.
  Outputs outputs;
};

Kind FastestDet() {
  Tensor map = RandomTensor({1, 8, 4, 4}, 0.1F, 0.4F, 1);
  for (size_t cell = 0; cell < 16; ++cell) {
    map.values[cell] += 0.3F;                        // objectness
    map.values[(5 + cell % 3) * 16 + cell] += 0.5F;  // one class
  }
  return {DecoderKind::kFastestDet, {map}};
}

Kind Yolox() {
  Tensor lines = RandomTensor({1, 21, 8}, 0.1F, 0.4F, 2);
  for (size_t cell = 0; cell < 21; ++cell) {
    lines.values[cell * 8 + 4] += 0.25F;
    lines.values[cell * 8 + 5 + cell % 3] += 0.5F;
  }
  return {DecoderKind::kYolox, {lines}};
}

Kind Ssd() {
  Tensor scores = RandomTensor({1, 12, 4}, 0, 0.4F, 3);
  for (size_t cell = 0; cell < 12; ++cell) {
    scores.values[cell * 4 + 1 + cell % 3] += 0.5F;
  }
  return {DecoderKind::kSsd, {RandomTensor({1, 12, 4}, 0, 1, 4), scores}};
}

Kind KindOf(DecoderKind decoder) {
  if (decoder == DecoderKind::kFastestDet) return FastestDet();
  return decoder == DecoderKind::kYolox ? Yolox() : Ssd();
}

class DetectorTest : public ::testing::TestWithParam<DecoderKind> {
 protected:
  const Kind kind_ = KindOf(GetParam());
  const std::unique_ptr<Decoder> decoder_ =
      NewDecoder(CardOf(kind_.decoder), 3);
  const Placement placement_ = Stretched(64, 48, 32, 32);
};

TEST_P(DetectorTest, GradientIsTrue) {
  ASSERT_EQ(decoder_->Check(kind_.outputs), absl::OkStatus());
  EXPECT_FALSE(decoder_->uses_reference());
  for (const Probe probe : {Probe::kSum, Probe::kRandom}) {
    ExpectTrueGradient(*decoder_, kind_.outputs, {}, probe, 1e-3);
    EXPECT_GT(testing::SquaredSize(
                  Differentiated(*decoder_, kind_.outputs, {}, probe)),
              0.1);
  }
}

TEST_P(DetectorTest, RandomProbesAverageToTheSumOfSquares) {
  // With signs r, <sum r_c g_c, .>^2 has the mean sum g_c^2, and cells share
  // no values, so that each slope keeps its size.
  const auto sum = Differentiated(*decoder_, kind_.outputs, {}, Probe::kSum);
  int turned = 0, kept = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto random =
        Differentiated(*decoder_, kind_.outputs, {}, Probe::kRandom, seed);
    for (size_t i = 0; i < sum.by_output.size(); ++i) {
      for (size_t j = 0; j < sum.by_output[i].values.size(); ++j) {
        const float a = sum.by_output[i].values[j];
        const float b = random.by_output[i].values[j];
        ASSERT_EQ(std::fabs(a), std::fabs(b));
        if (a != 0) ++(a == b ? kept : turned);
      }
    }
  }
  EXPECT_GT(turned, (turned + kept) / 3);
  EXPECT_GT(kept, (turned + kept) / 3);
}

TEST_P(DetectorTest, SeedsDecide) {
  const auto value = [&](uint64_t seed) {
    return Differentiated(*decoder_, kind_.outputs, {}, Probe::kRandom, seed)
        .value;
  };
  EXPECT_EQ(value(5), value(5));
  EXPECT_NE(value(5), value(6));
}

TEST_P(DetectorTest, ScalarIsTheSumOverCellScores) {
  const Answer answer = ReadWell(*decoder_, kind_.outputs, placement_);
  double sum = 0;
  for (const float score : answer.scores) {
    sum += 1 / (1 + std::exp(-10 * (score - 0.5 + 0.1)));
  }
  EXPECT_NEAR(Differentiated(*decoder_, kind_.outputs, {}, Probe::kSum).value,
              sum, 1e-5);
}

TEST_P(DetectorTest, StaysFiniteAndFindsDamage) {
  testing::ExpectFiniteAnswers(*decoder_, kind_.outputs, placement_);
  testing::ExpectDamageFound(*decoder_, kind_.outputs, placement_);
}

TEST_P(DetectorTest, BoxesFollowThePlacement) {
  const Answer plain =
      ReadWell(*decoder_, kind_.outputs, Stretched(32, 32, 32, 32));
  const Answer wide =
      ReadWell(*decoder_, kind_.outputs, Stretched(128, 16, 32, 32));
  ASSERT_FALSE(plain.detections.empty());
  EXPECT_EQ(plain.scores, wide.scores);
  // Overlaps do not change when both sides are stretched.
  ASSERT_EQ(plain.detections.size(), wide.detections.size());
  for (size_t i = 0; i < plain.detections.size(); ++i) {
    const Detection& box = plain.detections[i];
    ExpectBox(wide.detections[i], box.label, box.score, 4 * box.left,
              box.top / 2, 4 * box.right, box.bottom / 2);
  }
}

TEST_P(DetectorTest, ALowThresholdShowsMoreBoxes) {
  Outputs faint = kind_.outputs;
  for (Tensor& output : faint) {
    for (float& value : output.values) value *= 0.15F;
  }
  ModelCard card = CardOf(kind_.decoder);
  const Answer usual = ReadWell(*NewDecoder(card, 3), faint, placement_);
  card.threshold = 0.01;
  const Answer low = ReadWell(*NewDecoder(card, 3), faint, placement_);
  EXPECT_LT(usual.detections.size(), low.detections.size());
  for (const Detection& box : usual.detections) {
    EXPECT_GE(box.score, kLowestScore);
  }
  EXPECT_LT(low.detections.back().score, kLowestScore);
}

TEST_P(DetectorTest, WrongLabelCountIsRefused) {
  const auto decoder = NewDecoder(CardOf(kind_.decoder), 80);
  EXPECT_THAT(std::string(decoder->Check(kind_.outputs).message()),
              HasSubstr("expected as many labels as the network has classes "
                        "(3), found 80"));
  EXPECT_TRUE(NewDecoder(CardOf(kind_.decoder), 0)->Check(kind_.outputs).ok());
}

TEST_P(DetectorTest, WrongShapesAreRefused) {
  for (const std::vector<std::vector<int64_t>>& shapes :
       std::vector<std::vector<std::vector<int64_t>>>{
           {},
           {{1, 10}},
           {{2, 8, 4, 4}},
           {{1, 5, 4, 4}},
           {{1, 21, 5}},
           {{1, 20, 8}},
           {{1, 22, 8}},
           {{2, 21, 8}},
           {{1, 12, 4}},
           {{1, 12, 4}, {1, 11, 2}},
           {{1, 12, 3}, {1, 12, 2}},
           {{1, 12, 4}, {1, 12, 1}},
           {{1, 12, 4}, {1, 12, 4}, {1, 12, 4}}}) {
    EXPECT_THAT(CheckRefusal(*decoder_, shapes),
                HasSubstr(std::string("model m: decoder ") +
                          DecoderName(kind_.decoder) + " expects "));
  }
}

TEST_P(DetectorTest, ShapesThatBelieTheirValuesAreRefused) {
  Outputs outputs = kind_.outputs;
  outputs[0].values.pop_back();
  EXPECT_FALSE(decoder_->Check(outputs).ok());
  outputs = kind_.outputs;
  outputs[0].shape[1] = -outputs[0].shape[1];
  EXPECT_FALSE(decoder_->Check(outputs).ok());
}

INSTANTIATE_TEST_SUITE_P(All, DetectorTest,
                         ::testing::Values(DecoderKind::kFastestDet,
                                           DecoderKind::kYolox,
                                           DecoderKind::kSsd),
                         [](const auto& info) {
                           return std::string(DecoderName(info.param));
                         });

TEST(FastestDetTest, ReadsItsChannels) {
  constexpr size_t kPlane = 4, kCell = 3;  // column 1, row 1 of 2 x 2
  Tensor map{{1, 85, 2, 2}, std::vector<float>(85 * kPlane)};
  map.values[kCell] = 0.8F;
  map.values[1 * kPlane + kCell] = 0.5F;
  map.values[(5 + 7) * kPlane + kCell] = 0.9F;
  const auto decoder = NewDecoder(CardOf(DecoderKind::kFastestDet), 80);
  const Answer answer = ReadWell(*decoder, {map}, Stretched(200, 100, 32, 32));
  ASSERT_EQ(answer.scores.size(), kPlane);
  ASSERT_EQ(answer.detections.size(), 1U);
  const float score = std::pow(0.8F, 0.6F) * std::pow(0.9F, 0.4F);
  EXPECT_NEAR(answer.scores[kCell], score, 1e-5);
  const float x = (1 + std::tanh(0.5F)) * 100;
  ExpectBox(answer.detections[0], 7, score, x - 50, 25, x + 50, 75);
}

TEST(FastestDetTest, SlopesEndWhereScoresVanish) {
  Tensor map{{1, 6, 1, 1}, {0, 0, 0, 0, 0, 1}};
  const auto decoder = NewDecoder(CardOf(DecoderKind::kFastestDet), 0);
  EXPECT_THAT(
      Differentiated(*decoder, {map}, {}, Probe::kSum).by_output[0].values,
      Each(::testing::AllOf(::testing::Ge(0), ::testing::Lt(1))));
}

Tensor Lines(size_t cells) {
  return {{1, static_cast<int64_t>(cells), 85}, std::vector<float>(cells * 85)};
}

void SetCell(Tensor* lines, size_t cell, float objectness, size_t label) {
  lines->values[cell * 85 + 4] = objectness;
  lines->values[cell * 85 + 5 + label] = 0.5F;
}

TEST(YoloxTest, WalksTheThreeStrides) {
  // 32x32 input: 16 cells of stride 8, 4 of 16, 1 of 32.
  Tensor lines = Lines(21);
  SetCell(&lines, 6, 0.9F, 2);   // stride 8, column 2, row 1
  SetCell(&lines, 20, 0.8F, 3);  // stride 32
  const auto decoder = NewDecoder(CardOf(DecoderKind::kYolox), 80);
  const Answer answer = ReadWell(*decoder, {lines}, Stretched(64, 64, 32, 32));
  ASSERT_EQ(answer.scores.size(), 21U);
  ASSERT_EQ(answer.detections.size(), 2U);
  // Size exp(0) = one stride; half scale doubles everything.
  ExpectBox(answer.detections[0], 2, 0.45F, 24, 8, 40, 24);
  ExpectBox(answer.detections[1], 3, 0.40F, -32, -32, 32, 32);
}

TEST(YoloxTest, LetterboxedBoxesComeBackWhereTheyWere) {
  ModelCard card = CardOf(DecoderKind::kYolox);
  card.width = card.height = 416;
  card.fit = Fit::kLetterbox;
  card.trim = 32;
  const auto input = PictureInput::Create(card, 690, 388, ColorInfo());
  ASSERT_TRUE(input.ok()) << input.status();
  const Placement& placement = input->placement();
  // A box around (300, 200), 40 x 30, into the cell of stride 8 it lies in.
  const double x = 300 * placement.scale_x, y = 200 * placement.scale_y;
  const auto column = static_cast<size_t>(x / 8);
  const auto row = static_cast<size_t>(y / 8);
  Tensor lines = Lines(52 * 32 + 26 * 16 + 13 * 8);
  const size_t cell = row * 52 + column;
  SetCell(&lines, cell, 1, 0);
  const double terms[] = {x / 8 - static_cast<double>(column),
                          y / 8 - static_cast<double>(row),
                          std::log(40 * placement.scale_x / 8),
                          std::log(30 * placement.scale_y / 8)};
  for (size_t i = 0; i < 4; ++i) {
    lines.values[cell * 85 + i] = static_cast<float>(terms[i]);
  }
  const Answer answer = ReadWell(*NewDecoder(card, 80), {lines}, placement);
  ASSERT_EQ(answer.detections.size(), 1U);
  ExpectBox(answer.detections[0], 0, 0.5F, 280, 185, 320, 215);
}

TEST(YoloxTest, CellsHaveToFitTheInput) {
  ModelCard card = CardOf(DecoderKind::kYolox);
  const auto whole = NewDecoder(card, 80);
  EXPECT_THAT(CheckRefusal(*whole, {{1, 20, 85}}),
              HasSubstr("expects one output [1, 21, 5 + classes], found "
                        "[1, 20, 85]"));
  card.fit = Fit::kLetterbox;
  card.trim = 8;
  const auto trimmed = NewDecoder(card, 80);
  EXPECT_TRUE(trimmed->Check(Outputs{Lines(10)}).ok());
  EXPECT_TRUE(
      trimmed->Read(Outputs{Lines(10)}, Stretched(64, 32, 32, 16)).ok());
  EXPECT_EQ(
      trimmed->Read(Outputs{Lines(9)}, Stretched(64, 32, 32, 16)).status(),
      absl::InvalidArgumentError("model m: decoder yolox expects [1, 10, 5 + "
                                 "classes] for input 32x16, found [1, 9, 85]"));
}

TEST(SsdTest, ScoresAndCornersBelongTogether) {
  const Tensor scores{{1, 2, 2}, {0.9F, 0.1F, 0.2F, 0.8F}};
  const Tensor corners{{1, 2, 4}, {0, 0, 1, 1, 0.25F, 0.5F, 0.5F, 0.75F}};
  const auto decoder = NewDecoder(CardOf(DecoderKind::kSsd), 1);
  for (const Outputs& outputs :
       {Outputs{scores, corners}, Outputs{corners, scores}}) {
    const Answer answer =
        ReadWell(*decoder, outputs, Stretched(100, 100, 32, 32));
    EXPECT_EQ(answer.scores.size(), 2U);
    ASSERT_EQ(answer.detections.size(), 2U);
    ExpectBox(answer.detections[0], 0, 0.8F, 25, 50, 50, 75);
    ExpectBox(answer.detections[1], 0, 0.1F, 0, 0, 100, 100);
  }
}

TEST(OverlapTest, IsIntersectionOverUnion) {
  const Detection a{0, 1, 0, 0, 10, 10};
  EXPECT_FLOAT_EQ(Overlap(a, {0, 1, 5, 0, 15, 10}), 1.0F / 3);
  EXPECT_FLOAT_EQ(Overlap(a, a), 1);
  EXPECT_FLOAT_EQ(Overlap(a, {0, 1, 10, 0, 20, 10}), 0);
  EXPECT_FLOAT_EQ(Overlap(a, {0, 1, 8, 8, 2, 2}), 0);
}

TEST(SuppressDoublesTest, TheBestOfAClassStays) {
  const auto kept = SuppressDoubles({{1, 0.5F, 0, 0, 10, 10},
                                     {1, 0.9F, 1, 0, 11, 10},
                                     {2, 0.4F, 0, 0, 10, 10},
                                     {1, 0.3F, 30, 0, 40, 10}},
                                    kDoubleOverlap);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_FLOAT_EQ(kept[0].score, 0.9F);
  EXPECT_EQ(kept[1].label, 2);
  EXPECT_FLOAT_EQ(kept[2].left, 30);
}

TEST(SuppressDoublesTest, AHigherThresholdOnlyCutsTheTail) {
  const std::vector<Detection> all = {{1, 0.2F, 0, 0, 10, 10},
                                      {1, 0.8F, 1, 0, 11, 10},
                                      {1, 0.6F, 20, 0, 30, 10},
                                      {1, 0.7F, 21, 0, 31, 10}};
  std::vector<Detection> high(all.begin() + 1, all.end());
  const auto low_kept = SuppressDoubles(all, kDoubleOverlap);
  const auto high_kept = SuppressDoubles(high, kDoubleOverlap);
  ASSERT_LE(high_kept.size(), low_kept.size());
  for (size_t i = 0; i < high_kept.size(); ++i) {
    EXPECT_EQ(high_kept[i].score, low_kept[i].score);
  }
}

TEST(SuppressDoublesTest, OnlyTheBestCandidatesAreLookedAt) {
  std::vector<Detection> apart;
  for (size_t i = 0; i < kMaxCandidates + 10; ++i) {
    const auto at = static_cast<float>(i);
    apart.push_back({0, 1 - at * 1e-5F, at, 0, at + 1, 1});
  }
  const auto kept = SuppressDoubles(apart, kDoubleOverlap);
  ASSERT_EQ(kept.size(), kMaxCandidates);
  EXPECT_FLOAT_EQ(kept.back().left, static_cast<float>(kMaxCandidates - 1));
}

}  // namespace
}  // namespace fovea
