// SPDX-License-Identifier: GPL-2.0-or-later
//
// Network outputs written by hand, read back as boxes.

#include "bench/accuracy/detection.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace fovea::bench {
namespace {

constexpr size_t kLine = 85;

void ExpectBox(const Detection& box, int label, float score, float left,
               float top, float right, float bottom) {
  EXPECT_EQ(box.label, label);
  EXPECT_NEAR(box.score, score, 1e-5);
  EXPECT_NEAR(box.left, left, 1e-3);
  EXPECT_NEAR(box.top, top, 1e-3);
  EXPECT_NEAR(box.right, right, 1e-3);
  EXPECT_NEAR(box.bottom, bottom, 1e-3);
}

TEST(FastestDetTest, ReadsItsChannels) {
  constexpr int kColumns = 2, kRows = 2;
  constexpr size_t kPlane = 4;
  std::vector<float> channels(kLine * kPlane, 0.0F);
  const size_t cell = 3;  // column 1, row 1
  channels[cell] = 0.8F;
  channels[1 * kPlane + cell] = 0.5F;
  channels[(5 + 7) * kPlane + cell] = 0.9F;
  const Answer answer = ReadFastestDet(channels, kColumns, kRows, 200, 100);
  ASSERT_EQ(answer.cells.size(), kPlane);
  ASSERT_EQ(answer.detections.size(), 1U);
  const float score = std::pow(0.8F, 0.6F) * std::pow(0.9F, 0.4F);
  EXPECT_NEAR(answer.cells[cell], score, 1e-5);
  const float x = (1 + std::tanh(0.5F)) * 100;
  ExpectBox(answer.detections[0], 7, score, x - 50, 25, x + 50, 75);
}

TEST(FastestDetTest, AWrongCountGivesNothing) {
  const std::vector<float> channels(kLine * 4 - 1, 0.0F);
  EXPECT_TRUE(ReadFastestDet(channels, 2, 2, 10, 10).cells.empty());
}

TEST(YoloxTest, WalksTheThreeStrides) {
  // 32x32 input: 16 cells of stride 8, 4 of 16, 1 of 32.
  std::vector<float> lines(21 * kLine, 0.0F);
  const auto set = [&](size_t cell, float objectness, size_t label) {
    lines[cell * kLine + 4] = objectness;
    lines[cell * kLine + 5 + label] = 0.5F;
  };
  set(6, 0.9F, 2);   // stride 8, column 2, row 1
  set(20, 0.8F, 3);  // stride 32
  const Answer answer = ReadYolox(lines, 32, 32, 0.5F);
  ASSERT_EQ(answer.cells.size(), 21U);
  ASSERT_EQ(answer.detections.size(), 2U);
  // Size exp(0) = one stride; half scale doubles everything.
  ExpectBox(answer.detections[0], 2, 0.45F, 24, 8, 40, 24);
  ExpectBox(answer.detections[1], 3, 0.40F, -32, -32, 32, 32);
}

TEST(DarknetTest, BoxesAreRelativeToThePicture) {
  std::vector<float> lines(2 * kLine, 0.0F);
  lines[0] = 0.5F;
  lines[1] = 0.5F;
  lines[2] = 0.1F;
  lines[3] = 0.2F;
  lines[5 + 4] = 0.7F;
  const Answer answer = ReadDarknet(lines, 100, 50);
  ASSERT_EQ(answer.cells.size(), 2U);
  ASSERT_EQ(answer.detections.size(), 1U);
  ExpectBox(answer.detections[0], 4, 0.7F, 45, 20, 55, 30);
}

TEST(FacesTest, ScoresAndCornersBelongTogether) {
  const std::vector<float> scores = {0.9F, 0.1F, 0.2F, 0.8F};
  const std::vector<float> corners = {0, 0, 1, 1, 0.25F, 0.5F, 0.5F, 0.75F};
  const Answer answer = ReadFaces(scores, corners, 100, 100);
  ASSERT_EQ(answer.cells.size(), 2U);
  ASSERT_EQ(answer.detections.size(), 2U);
  ExpectBox(answer.detections[1], 0, 0.8F, 25, 50, 50, 75);
}

}  // namespace
}  // namespace fovea::bench
