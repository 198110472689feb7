// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/answer_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/answer_traits.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinite = std::numeric_limits<float>::infinity();
constexpr float kMost = std::numeric_limits<float>::max();

ModelCard CardOf(DecoderKind decoder) {
  ModelCard card;
  card.decoder = decoder;
  card.threshold = 0.5;
  return card;
}

Answer Boxes(std::vector<Detection> boxes) {
  Answer answer;
  answer.detections = std::move(boxes);
  return answer;
}

Answer Scores(std::vector<float> scores) {
  Answer answer;
  answer.scores = std::move(scores);
  return answer;
}

std::string Encoded(const Answer& answer,
                    DecoderKind decoder = DecoderKind::kYolox) {
  const auto bytes = EncodeAnswer(answer, CardOf(decoder));
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or("");
}

void ExpectDamage(const std::string& bytes, const std::string& says) {
  const auto answer = DecodeAnswer(bytes);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr(says));
}

// The bits, so that zeros keep their sign.
void ExpectSame(const Answer& read, const Answer& written) {
  const auto bits = [](float f) { return std::bit_cast<uint32_t>(f); };
  ASSERT_EQ(read.detections.size(), written.detections.size());
  for (size_t i = 0; i < read.detections.size(); ++i) {
    const Detection& a = read.detections[i];
    const Detection& b = written.detections[i];
    EXPECT_EQ(a.label, b.label);
    EXPECT_EQ(bits(a.score), bits(b.score));
    EXPECT_EQ(bits(a.left), bits(b.left));
    EXPECT_EQ(bits(a.top), bits(b.top));
    EXPECT_EQ(bits(a.right), bits(b.right));
    EXPECT_EQ(bits(a.bottom), bits(b.bottom));
  }
  ASSERT_EQ(read.scores.size(), written.scores.size());
  for (size_t i = 0; i < read.scores.size(); ++i) {
    EXPECT_EQ(bits(read.scores[i]), bits(written.scores[i]));
  }
}

TEST(AnswerBytesTest, TheFirstBytesAreThoseOfTheFormat) {
  // Version 1, one box, no class; label 2, score 1, edges 0, 0.5, -2, 4.
  const std::string expected(
      "\x01\x01\0\0\0\0\0\0\0"
      "\x02\0\0\0"
      "\0\0\x80\x3f"
      "\0\0\0\0"
      "\0\0\0\x3f"
      "\0\0\0\xc0"
      "\0\0\x80\x40",
      33);
  EXPECT_EQ(Encoded(Boxes({{2, 1, 0, 0.5F, -2, 4}})), expected);
  EXPECT_EQ(Encoded({}), std::string("\x01\0\0\0\0\0\0\0\0", 9));
}

TEST(AnswerBytesTest, BoxesReadBackExactly) {
  const Answer written =
      Boxes({{3, 0.75F, 1, 2, 3, 4},
             {0, 0, -0.F, 1e-42F, kMost, -kMost},
             {std::numeric_limits<int>::max(), 1, 0, 0, 0, 0},
             {std::numeric_limits<int>::min(), 1, 0, 0, 0, 0}});
  const auto read = DecodeAnswer(Encoded(written));
  ASSERT_TRUE(read.ok()) << read.status();
  ExpectSame(*read, written);
}

TEST(AnswerBytesTest, ClassesReadBackExactly) {
  for (const auto decoder :
       {DecoderKind::kClassifier, DecoderKind::kImuClassifier}) {
    const Answer written = Scores({0.25F, -0.F, 0.75F});
    const auto read = DecodeAnswer(Encoded(written, decoder));
    ASSERT_TRUE(read.ok()) << read.status();
    ExpectSame(*read, written);
  }
}

TEST(AnswerBytesTest, OfADetectorNoScoresOfCellsAreKept) {
  Answer answer = Boxes({{1, 1, 0, 0, 1, 1}});
  answer.scores.assign(3600, kNaN);
  for (const auto decoder : {DecoderKind::kFastestDet, DecoderKind::kSsd,
                             DecoderKind::kYolox, DecoderKind::kProgram}) {
    const auto read = DecodeAnswer(Encoded(answer, decoder));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(read->scores.empty());
    EXPECT_EQ(read->detections.size(), 1u);
  }
}

TEST(AnswerBytesTest, OtherAnswersAreNotKept) {
  for (const auto decoder :
       {DecoderKind::kSegmentation, DecoderKind::kEmbedding}) {
    EXPECT_EQ(EncodeAnswer({}, CardOf(decoder)).status().code(),
              absl::StatusCode::kUnimplemented);
  }
}

TEST(AnswerBytesTest, WhatWouldNotBeReadIsNotWritten) {
  const auto refused = [](const Answer& answer, DecoderKind decoder) {
    return EncodeAnswer(answer, CardOf(decoder)).status().code() ==
           absl::StatusCode::kInvalidArgument;
  };
  for (const float odd : {kNaN, kInfinite, -kInfinite}) {
    for (const Detection& box :
         {Detection{1, odd, 0, 0, 0, 0}, Detection{1, 0, odd, 0, 0, 0},
          Detection{1, 0, 0, odd, 0, 0}, Detection{1, 0, 0, 0, odd, 0},
          Detection{1, 0, 0, 0, 0, odd}}) {
      EXPECT_TRUE(refused(Boxes({{}, box}), DecoderKind::kYolox));
    }
    EXPECT_TRUE(refused(Scores({0, odd}), DecoderKind::kClassifier));
  }
}

TEST(AnswerBytesTest, TheMostBoxesAndClassesAreWalked) {
  for (const size_t extra : {size_t{0}, size_t{1}}) {
    Answer answer;
    answer.detections.resize(kMaxCandidates + extra);
    const auto boxes = EncodeAnswer(answer, CardOf(DecoderKind::kSsd));
    EXPECT_EQ(boxes.ok(), extra == 0) << boxes.status();
    const auto classes =
        EncodeAnswer(Scores(std::vector<float>(kMostClasses + extra)),
                     CardOf(DecoderKind::kClassifier));
    EXPECT_EQ(classes.ok(), extra == 0) << classes.status();
    if (extra != 0) continue;
    EXPECT_EQ(DecodeAnswer(*boxes)->detections.size(), kMaxCandidates);
    EXPECT_EQ(DecodeAnswer(*classes)->scores.size(), kMostClasses);
  }
}

TEST(AnswerBytesTest, CountsBeyondTheMostAreRefusedBeforeTheyAreBelieved) {
  ExpectDamage(std::string("\x01\x01\x20\0\0\0\0\0\0", 9), "8193 boxes");
  ExpectDamage(std::string("\x01\xff\xff\xff\xff\xff\xff\xff\xff", 9),
               "4294967295 boxes and 4294967295 classes");
  ExpectDamage(std::string("\x01\0\0\0\0\x01\0\x01\0", 9), "65537 classes");
}

TEST(AnswerBytesTest, TooFewBytesTooManyAndOtherVersionsAreRefused) {
  ExpectDamage("", "0 bytes, 9 or more");
  ExpectDamage(std::string("\x02\0\0\0\0\0\0\0\0", 9), "version 2, 1 was");
  ExpectDamage(std::string("\xff\0\0\0\0\0\0\0\0", 9), "version 255, 1 was");
  const std::string bytes = Encoded(Boxes({{1, 1, 0, 0, 1, 1}}));
  for (size_t size = 0; size < bytes.size(); ++size) {
    ExpectDamage(bytes.substr(0, size), "bytes");
  }
  ExpectDamage(bytes + '\0', "34 bytes do not hold 1 boxes and 0 classes");
}

TEST(AnswerBytesTest, NumbersThatAreNotFiniteAreRefused) {
  const auto with_word = [](std::string bytes, size_t at) {
    bytes.replace(at, 4, std::string("\0\0\xc0\x7f", 4));  // NaN
    return bytes;
  };
  const std::string boxes = Encoded(Boxes({{}, {1, 1, 0, 0, 1, 1}}));
  for (size_t at = 9 + 24 + 4; at < boxes.size(); at += 4) {
    ExpectDamage(with_word(boxes, at), "box 1 ");
  }
  const std::string classes = Encoded(Scores({0, 1}), DecoderKind::kClassifier);
  ExpectDamage(with_word(classes, 9), "not all probabilities are finite");
}

TEST(AnswerBytesTest, AnyAnswerReadsBackAndAnyDamageIsBorne) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 dice(seed);
    std::uniform_real_distribution<float> any(-1e6F, 1e6F);
    Answer written;
    written.detections.resize(dice() % 20);
    for (Detection& box : written.detections) {
      box = {static_cast<int>(dice()),
             any(dice),
             any(dice),
             any(dice),
             any(dice),
             any(dice)};
    }
    std::string bytes = Encoded(written);
    ASSERT_TRUE(DecodeAnswer(bytes).ok());
    ExpectSame(*DecodeAnswer(bytes), written);
    for (int i = 0; i < 200; ++i) {
      bytes[dice() % bytes.size()] = static_cast<char>(dice());
      const auto read = DecodeAnswer(bytes);
      if (read.ok()) {
        EXPECT_EQ(Encoded(*read, DecoderKind::kClassifier), bytes);
      }
    }
  }
}

// What the filter is told of an answer.
TEST(AnswerTraitsTest, BoxesNearTheThresholdAreDoubtful) {
  const Answer answer = Boxes({{1, 0.5F, 0.5F, 1.5F, 9.5F, 9.1F},
                               {1, 0.95F, 0, 0, 10, 10},
                               {2, 0.45F, 0, 0, 10, 10},
                               {2, 0.1F, 0, 0, 10, 10}});
  const AnswerTraits traits =
      TraitsOf(answer, CardOf(DecoderKind::kYolox), AnswerLoss::kCounts);
  ASSERT_EQ(traits.doubtful.size(), 2u);
  EXPECT_EQ(traits.doubtful[0].box, (MotionBox{0, 1, 10, 10}));
  EXPECT_EQ(traits.doubtful[0].doubt, 1);
  EXPECT_FLOAT_EQ(traits.doubtful[1].doubt, DoubtOf(0.05F));
  EXPECT_EQ(traits.vote,
            VoteOf(answer, CardOf(DecoderKind::kYolox), AnswerLoss::kCounts));
}

TEST(AnswerTraitsTest, EdgesMayBeAnyNumber) {
  const Answer answer = Boxes({{1, 0.5F, -kMost, -kInfinite, kMost, kInfinite},
                               {1, 0.5F, kNaN, kNaN, kNaN, kNaN},
                               {1, kNaN, 0, 0, 10, 10}});
  const AnswerTraits traits =
      TraitsOf(answer, CardOf(DecoderKind::kYolox), AnswerLoss::kCounts);
  ASSERT_EQ(traits.doubtful.size(), 2u);
  constexpr int kFar = 1'000'000;
  EXPECT_EQ(traits.doubtful[0].box, (MotionBox{-kFar, -kFar, kFar, kFar}));
  EXPECT_EQ(traits.doubtful[1].box, MotionBox{});
}

TEST(AnswerTraitsTest, OfAClassifierNothingIsDoubtful) {
  const AnswerTraits traits =
      TraitsOf(Scores({0.5F, 0.5F}), CardOf(DecoderKind::kClassifier),
               AnswerLoss::kLabels);
  EXPECT_TRUE(traits.doubtful.empty());
}

}  // namespace
}  // namespace fovea
