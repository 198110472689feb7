// SPDX-License-Identifier: GPL-2.0-or-later

#include <memory>

#include "bench/reuse/trace.h"
#include "gtest/gtest.h"

namespace fovea::bench::reuse {
namespace {

constexpr float kThreshold = 0.5F;

Detection Box(int label, float left, float score = 0.9F) {
  return {label, score, left, 0, left + 10, 10};
}

TEST(AnswerTest, BoxesBelowTheThresholdDoNotCount) {
  const Boxes truth = {Box(1, 0), Box(2, 50, 0.4F)};
  for (const Loss loss : kLosses) {
    EXPECT_TRUE(IsSame(truth, {Box(1, 0)}, loss, kThreshold)) << LossName(loss);
  }
}

TEST(AnswerTest, EachLossForgivesWhatItShould) {
  const Boxes truth = {Box(1, 0), Box(1, 50)};
  const Boxes one = {Box(1, 0)};
  const Boxes elsewhere = {Box(1, 0), Box(1, 90)};
  const Boxes other = {Box(1, 0), Box(2, 50)};
  EXPECT_TRUE(IsSame(truth, one, Loss::kLabels, kThreshold));
  EXPECT_FALSE(IsSame(truth, one, Loss::kCounts, kThreshold));
  EXPECT_TRUE(IsSame(truth, elsewhere, Loss::kCounts, kThreshold));
  EXPECT_FALSE(IsSame(truth, elsewhere, Loss::kBoxes, kThreshold));
  EXPECT_FALSE(IsSame(truth, other, Loss::kLabels, kThreshold));
}

TEST(AnswerTest, NothingIsTheSameAsNothing) {
  for (const Loss loss : kLosses) {
    EXPECT_TRUE(IsSame({}, {}, loss, kThreshold));
    EXPECT_FALSE(IsSame({}, {Box(1, 0)}, loss, kThreshold));
    EXPECT_FALSE(IsSame({Box(1, 0)}, {}, loss, kThreshold));
  }
}

TEST(TraceTest, ComesBackFromItsText) {
  Trace trace{"clip", "model", kThreshold, {"cat", "dog"}, {}};
  trace.frames.push_back({0, 5000, std::make_shared<Boxes>()});
  trace.frames.push_back(
      {40, 7000, std::make_shared<Boxes>(Boxes{Box(1, 3.25F, 0.1F)})});
  const auto back = ParseTrace(TraceText(trace));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ(back->labels, trace.labels);
  EXPECT_EQ(back->frames[1].time_ns, 40);
  ASSERT_EQ(back->boxes(1).size(), 1U);
  EXPECT_EQ(back->boxes(1)[0].left, 3.25F);
  EXPECT_EQ(back->boxes(1)[0].score, 0.1F);
  EXPECT_EQ(back->median_infer_us(), 7);
}

TEST(TraceTest, DamagedTextIsAnError) {
  const std::string text = TraceText({"c", "m", 0.5F, {"a"}, {}});
  for (size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParseTrace(text.substr(0, cut)).status()));
  }
}

}  // namespace
}  // namespace fovea::bench::reuse
