// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_agreement.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

constexpr float kThreshold = 0.5F;

// The second camera sees 100 pixels farther right.
const Homography kShift{{1, 0, -100, 0, 1, 0, 0, 0, 1}};

MacroblockMask Mask() { return SeenByFirst(kShift, {320, 240}, {320, 240}, 0); }

Detection At(float left, float score, int label = 0) {
  return {label, score, left, 50, left + 40, 130};
}

Agreement Agree(const PairAnswers& original, const PairAnswers& decoded) {
  return ComparePair(original, decoded, kShift, Mask(), kThreshold);
}

TEST(OverlapAgreementTest, OneObjectIsFoundInBothPictures) {
  const PairAnswers answers{{At(150, 0.9F), At(20, 0.8F)},
                            {At(52, 0.9F), At(200, 0.7F)}};
  const auto same = SameObjects(answers, kShift);
  ASSERT_EQ(same.size(), 2U);
  EXPECT_EQ(same[0], 0U);
  EXPECT_FALSE(same[1].has_value());
  const auto only = OnlyInSecond(answers, kShift, kThreshold);
  ASSERT_EQ(only.size(), 1U);
  EXPECT_EQ(only[0].left, 200);
}

TEST(OverlapAgreementTest, AnotherClassIsAnotherObject) {
  const PairAnswers answers{{At(150, 0.9F, 1)}, {At(50, 0.9F, 2)}};
  EXPECT_FALSE(SameObjects(answers, kShift)[0].has_value());
}

TEST(OverlapAgreementTest, WhatTheFirstSeesFaintlyTheSecondMustKeep) {
  const PairAnswers answers{{At(150, 0.3F)}, {At(50, 0.9F)}};
  EXPECT_EQ(OnlyInSecond(answers, kShift, kThreshold).size(), 1U);
}

TEST(OverlapAgreementTest, TheSameAnswerAgrees) {
  const PairAnswers answers{{At(150, 0.9F), At(20, 0.8F)},
                            {At(50, 0.9F), At(260, 0.7F)}};
  const Agreement sums = Agree(answers, answers);
  EXPECT_EQ(sums.F1(), 1);
  EXPECT_EQ(sums.Soft(), 0);
  EXPECT_EQ(sums.found, 3);  // the one both see counts once
}

TEST(OverlapAgreementTest, AnObjectIsKeptWhereEitherViewKeepsIt) {
  const PairAnswers original{{At(150, 0.9F)}, {At(50, 0.9F)}};
  const Agreement by_first = Agree(original, {{At(150, 0.9F)}, {}});
  EXPECT_EQ(by_first.F1(), 1);
  EXPECT_EQ(by_first.Soft(), 0);
  const Agreement by_second = Agree(original, {{}, {At(50, 0.9F)}});
  EXPECT_EQ(by_second.F1(), 1);
  const Agreement gone = Agree(original, {{}, {}});
  EXPECT_EQ(gone.missed, 1);
  EXPECT_EQ(gone.F1(), 0);
}

TEST(OverlapAgreementTest, TheBetterViewWasWorthMore) {
  const PairAnswers original{{At(150, 0.55F)}, {At(50, 0.95F)}};
  const Agreement sums = Agree(original, {{At(150, 0.55F)}, {}});
  EXPECT_EQ(sums.F1(), 1);
  EXPECT_GT(sums.Soft(), 0.1);
}

TEST(OverlapAgreementTest, OutsideTheMaskTheSecondStandsAlone) {
  const PairAnswers original{{At(20, 0.9F)}, {At(260, 0.9F)}};
  const Agreement lost = Agree(original, {{At(20, 0.9F)}, {}});
  EXPECT_EQ(lost.missed, 1);
  const Agreement extra =
      Agree(original, {{At(20, 0.9F)}, {At(260, 0.9F), At(230, 0.8F, 3)}});
  EXPECT_EQ(extra.extra, 1);
}

TEST(OverlapAgreementTest, InTheMaskTheFirstIsAsked) {
  const PairAnswers original{{At(150, 0.9F)}, {At(50, 0.9F)}};
  const Agreement sums =
      Agree(original, {{At(150, 0.9F)}, {At(50, 0.9F), At(20, 0.8F, 3)}});
  EXPECT_EQ(sums.extra, 0);
  const Agreement first_errs =
      Agree(original, {{At(150, 0.9F), At(20, 0.8F, 3)}, {}});
  EXPECT_EQ(first_errs.extra, 1);
}

TEST(OverlapAgreementTest, NothingToFindAgrees) {
  EXPECT_EQ(Agree({}, {}).F1(), 1);
  EXPECT_EQ(Agree({}, {}).Soft(), 0);
  EXPECT_EQ(Agree({}, {{At(20, 0.9F)}, {}}).F1(), 0);
}

}  // namespace
}  // namespace fovea
