// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/agreement.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace fovea::bench {
namespace {

Detection Box(int label, float score, float left, float top, float size = 10) {
  return {label, score, left, top, left + size, top + size};
}

Answer Saying(std::vector<Detection> boxes, std::vector<float> cells = {}) {
  return {std::move(boxes), std::move(cells)};
}

constexpr float kThreshold = 0.5F;

double Squash(double score) {
  return 1 / (1 + std::exp(-20 * (score - kThreshold)));
}

TEST(AgreementTest, AnAnswerAgreesWithItself) {
  const Answer answer =
      Saying({Box(2, 0.9F, 0, 0), Box(2, 0.6F, 3, 0), Box(7, 0.5F, 50, 50)},
             {0.1F, 0.49F, 0.9F});
  const Agreement sums = Compare(answer, answer, kThreshold);
  EXPECT_EQ(sums.found, 3);
  EXPECT_EQ(sums.F1(), 1);
  EXPECT_EQ(sums.Soft(), 0);
}

TEST(AgreementTest, ABoxOfAnotherClassOrPlaceIsBothMissedAndExtra) {
  const Answer original = Saying({Box(1, 0.9F, 0, 0), Box(1, 0.8F, 40, 0)});
  const Answer decoded = Saying({Box(2, 0.9F, 0, 0), Box(1, 0.8F, 46, 0)});
  const Agreement sums = Compare(original, decoded, kThreshold);
  EXPECT_EQ(sums.found, 0);
  EXPECT_EQ(sums.extra, 2);
  EXPECT_EQ(sums.missed, 2);
  EXPECT_EQ(sums.F1(), 0);
}

TEST(AgreementTest, OverlapOfOneHalfIsEnough) {
  // Of 10x10 boxes moved by d, intersection over union is (10-d)/(10+d).
  const Answer original = Saying({Box(1, 0.9F, 0, 0)});
  EXPECT_EQ(Compare(original, Saying({Box(1, 0.9F, 3.3F, 0)}), kThreshold).F1(),
            1);
  EXPECT_EQ(Compare(original, Saying({Box(1, 0.9F, 3.4F, 0)}), kThreshold).F1(),
            0);
}

TEST(AgreementTest, EachBoxIsUsedOnceAndTheBestScoreChoosesFirst) {
  const Answer original = Saying({Box(1, 0.9F, 0, 0)});
  const Answer decoded = Saying({Box(1, 0.9F, 1, 0), Box(1, 0.7F, 0, 0)});
  const Agreement sums = Compare(original, decoded, kThreshold);
  EXPECT_EQ(sums.found, 1);
  EXPECT_EQ(sums.extra, 1);
  EXPECT_DOUBLE_EQ(sums.F1(), 2.0 / 3);
}

TEST(AgreementTest, BoxesBelowTheThresholdDoNotExist) {
  const Answer original = Saying({Box(1, 0.49F, 0, 0)});
  const Agreement sums = Compare(original, Saying({}), kThreshold);
  EXPECT_EQ(sums.missed, 0);
  EXPECT_EQ(sums.F1(), 1);
}

TEST(AgreementTest, SoftDistanceIsTheSumOverCells) {
  const Answer original = Saying({}, {0.7F, 0.31F, 0.1F});
  const Answer decoded = Saying({}, {0.5F, 0.31F, 0.3F});
  const Agreement sums = Compare(original, decoded, kThreshold);
  const double distance = Squash(0.7) - Squash(0.5) + Squash(0.3) - Squash(0.1);
  const double weight = Squash(0.7) + Squash(0.31);  // 0.1 is out of reach
  EXPECT_NEAR(sums.distance, distance, 1e-6);
  EXPECT_NEAR(sums.weight, weight, 1e-6);
  EXPECT_NEAR(sums.Soft(), distance / weight, 1e-6);
}

TEST(AgreementTest, FramesAddUpBeforeTheyAreDivided) {
  const Agreement one{8, 0, 0, 1, 10};
  const Agreement two{0, 0, 2, 3, 10};
  const Agreement sums = Sum(std::vector<Agreement>{one, two});
  EXPECT_DOUBLE_EQ(sums.F1(), 16.0 / 18);
  EXPECT_DOUBLE_EQ(sums.Soft(), 0.2);
}

}  // namespace
}  // namespace fovea::bench
