// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/answer_loss.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fovea {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

ModelCard Detector() {
  ModelCard card;
  card.decoder = DecoderKind::kYolox;
  card.threshold = 0.5;
  return card;
}

ModelCard Classifier() {
  ModelCard card;
  card.decoder = DecoderKind::kClassifier;
  return card;
}

// Ten pixels wide and high, at this place along a line.
Detection Box(int label, float at, float score = 0.9F) {
  return {label, score, at, 0, at + 10, 10};
}

Answer Boxes(std::vector<Detection> boxes) {
  Answer answer;
  answer.detections = std::move(boxes);
  return answer;
}

// So many boxes of one label, apart from each other.
Answer Row(int count, int label = 1) {
  Answer answer;
  for (int i = 0; i < count; ++i) {
    answer.detections.push_back(Box(label, 20.F * static_cast<float>(i)));
  }
  return answer;
}

Answer Scores(std::vector<float> scores) {
  Answer answer;
  answer.scores = std::move(scores);
  return answer;
}

bool DifferBy(AnswerLoss loss, const Answer& said, const Answer& given) {
  return Differs(said, given, Detector(), loss);
}

constexpr AnswerLoss kLosses[] = {AnswerLoss::kLabels, AnswerLoss::kCounts,
                                  AnswerLoss::kBoxes};

TEST(AnswerLossTest, NamesReadBack) {
  std::set<std::string> names;
  for (const AnswerLoss loss : kLosses) {
    names.insert(AnswerLossName(loss));
    EXPECT_EQ(ParseAnswerLoss(AnswerLossName(loss)), loss);
  }
  EXPECT_EQ(names, (std::set<std::string>{"labels", "counts", "boxes"}));
  for (const char* other : {"", "label", "Labels", "labels "}) {
    EXPECT_EQ(ParseAnswerLoss(other), std::nullopt) << other;
  }
}

TEST(AnswerLossTest, LabelsAskOnlyWhatIsSeen) {
  const auto loss = AnswerLoss::kLabels;
  EXPECT_FALSE(DifferBy(loss, Row(1), Row(7)));
  EXPECT_TRUE(DifferBy(loss, Row(1, 1), Row(1, 2)));
  EXPECT_TRUE(DifferBy(loss, Row(1), Row(0)));
  EXPECT_TRUE(DifferBy(loss, Row(1), Boxes({Box(1, 0), Box(2, 20)})));
}

TEST(AnswerLossTest, CountsAskHowManyOfEach) {
  const auto loss = AnswerLoss::kCounts;
  EXPECT_TRUE(DifferBy(loss, Row(1), Row(2)));
  EXPECT_FALSE(DifferBy(loss, Row(2), Boxes({Box(1, 300), Box(1, 400)})));
  EXPECT_TRUE(DifferBy(loss, Boxes({Box(1, 0), Box(1, 20), Box(2, 40)}),
                       Boxes({Box(1, 0), Box(2, 20), Box(2, 40)})));
}

TEST(AnswerLossTest, BoxesBelowTheThresholdAreNotThere) {
  const Answer doubtful = Boxes({Box(1, 0), Box(2, 20, 0.499F)});
  const Answer seen = Boxes({Box(1, 0), Box(2, 20, 0.5F)});
  for (const AnswerLoss loss : kLosses) {
    EXPECT_FALSE(DifferBy(loss, Row(1), doubtful));
    EXPECT_TRUE(DifferBy(loss, Row(1), seen));
  }
}

TEST(AnswerLossTest, TheOrderOfBoxesDoesNotCount) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 dice(seed);
    Answer said;
    for (int i = 0; i < 12; ++i) {
      said.detections.push_back(Box(static_cast<int>(dice() % 3),
                                    static_cast<float>(dice() % 100),
                                    static_cast<float>(dice() % 100) / 100));
    }
    Answer given = said;
    std::ranges::shuffle(given.detections, dice);
    for (const AnswerLoss loss : kLosses) {
      EXPECT_EQ(VoteOf(said, Detector(), loss),
                VoteOf(given, Detector(), loss));
      EXPECT_FALSE(DifferBy(loss, said, given));
    }
  }
}

TEST(AnswerLossTest, VotesOfUnlikeCountsAreUnlike) {
  // Labels 0 to 3, each none to four times, and a few odd labels.
  std::set<uint64_t> votes;
  size_t answers = 0;
  for (int all = 0; all < 5 * 5 * 5 * 5; ++all) {
    Answer answer;
    for (int label = 0, rest = all; label < 4; ++label, rest /= 5) {
      for (int i = 0; i < rest % 5; ++i) {
        answer.detections.push_back(Box(label, 0));
      }
    }
    votes.insert(VoteOf(answer, Detector(), AnswerLoss::kCounts));
    ++answers;
  }
  for (const int label :
       {-1, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    votes.insert(VoteOf(Row(1, label), Detector(), AnswerLoss::kCounts));
    ++answers;
  }
  EXPECT_EQ(votes.size(), answers);
}

TEST(AnswerLossTest, ClassifiersVoteForTheirLikeliestClass) {
  for (const AnswerLoss loss : kLosses) {
    const auto vote = [&](std::vector<float> scores) {
      return VoteOf(Scores(std::move(scores)), Classifier(), loss);
    };
    EXPECT_EQ(vote({0.1F, 0.7F, 0.2F}), vote({0.4F, 0.6F}));
    EXPECT_NE(vote({0.1F, 0.7F}), vote({0.7F, 0.1F}));
    EXPECT_EQ(vote({0.5F, 0.5F}), vote({1.F, 0.F}));  // the first of equals
    EXPECT_NE(vote({}), vote({1.F}));
    EXPECT_TRUE(Differs(Scores({1, 0}), Scores({0, 1}), Classifier(), loss));
  }
}

// Cells' scores of a detector are no classes, boxes of a classifier none.
TEST(AnswerLossTest, OnlyWhatTheDecoderAnswersCounts) {
  Answer with_scores = Row(1);
  with_scores.scores = {0, 1};
  Answer with_boxes = Scores({1, 0});
  with_boxes.detections = Row(2).detections;
  for (const AnswerLoss loss : kLosses) {
    EXPECT_FALSE(Differs(Row(1), with_scores, Detector(), loss));
    EXPECT_FALSE(Differs(Scores({1, 0}), with_boxes, Classifier(), loss));
  }
}

TEST(BoxF1Test, CountsMatchesAgainstAllBoxes) {
  EXPECT_EQ(BoxF1(Row(0), Row(0), 0.5), 1);
  EXPECT_EQ(BoxF1(Row(3), Row(0), 0.5), 0);
  EXPECT_EQ(BoxF1(Row(0), Row(3), 0.5), 0);
  EXPECT_EQ(BoxF1(Row(3), Row(3), 0.5), 1);
  EXPECT_DOUBLE_EQ(BoxF1(Row(3), Row(2), 0.5), 4.0 / 5);
  EXPECT_EQ(BoxF1(Row(3, 1), Row(3, 2), 0.5), 0);
}

TEST(BoxF1Test, OverlapsOfHalfAndMoreMatch) {
  // Two boxes of 10, `d` apart: (10 - d) / (10 + d).
  const auto apart = [](float d) {
    return BoxF1(Boxes({Box(1, 0)}), Boxes({Box(1, d)}), 0.5);
  };
  EXPECT_EQ(apart(3.3F), 1);
  EXPECT_EQ(apart(3.4F), 0);
  EXPECT_EQ(
      BoxF1(Boxes({{1, 1, 0, 0, 10, 10}}), Boxes({{1, 1, 0, 0, 10, 5}}), 0.5),
      1);  // half of it, exactly
}

TEST(BoxF1Test, EachBoxMatchesOnceTheBestFirst) {
  // The given box lies nearer to the second of those said.
  EXPECT_DOUBLE_EQ(
      BoxF1(Boxes({Box(1, 0), Box(1, 2)}), Boxes({Box(1, 2)}), 0.5), 2.0 / 3);
  EXPECT_DOUBLE_EQ(
      BoxF1(Boxes({Box(1, 0), Box(1, 2)}), Boxes({Box(1, 2), Box(1, 4)}), 0.5),
      0.5);  // greedy: 2 with 2, then 0 and 4 are too far apart
}

TEST(AnswerLossTest, BoxesDifferBelowTheLeastF1) {
  // k of k + 1 boxes: 2k / (2k + 1), 0.9 between k = 4 and k = 5.
  for (int k = 1; k <= 9; ++k) {
    EXPECT_EQ(DifferBy(AnswerLoss::kBoxes, Row(k + 1), Row(k)), k < 5) << k;
  }
}

TEST(BoxF1Test, IsSymmetricAndWithinBounds) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 dice(seed);
    const auto any = [&] {
      Answer answer;
      const size_t count = dice() % 8;
      for (size_t i = 0; i < count; ++i) {
        answer.detections.push_back(Box(static_cast<int>(dice() % 2),
                                        static_cast<float>(dice() % 60),
                                        static_cast<float>(dice() % 10) / 9));
      }
      return answer;
    };
    const Answer one = any(), other = any();
    const double f1 = BoxF1(one, other, 0.5);
    EXPECT_GE(f1, 0);
    EXPECT_LE(f1, 1);
    EXPECT_EQ(BoxF1(one, one, 0.5), 1);
    const double back = BoxF1(other, one, 0.5);
    EXPECT_NEAR(f1, back, 0.34);  // ties may be broken otherwise
  }
}

TEST(AnswerLossTest, AScoreThatIsNoNumberIsABoxNobodySees) {
  for (const AnswerLoss loss : kLosses) {
    EXPECT_FALSE(DifferBy(loss, Row(0), Boxes({Box(1, 0, kNaN)})));
  }
}

}  // namespace
}  // namespace fovea
