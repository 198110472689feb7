// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/reuse_trainer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace fovea {
namespace {

constexpr int64_t kFrame = 100'000'000;  // ns

// One picture of ten cells, `thing` of them covered, and its answer.
Lesson LessonOf(int64_t time_ns, int thing, int noise, uint64_t vote) {
  Lesson lesson;
  lesson.grid.columns = 10;
  lesson.grid.rows = 1;
  lesson.grid.has_previous = true;
  lesson.grid.difference.assign(10, static_cast<uint8_t>(noise));
  lesson.features = {10, 1, std::vector<int8_t>(10)};
  for (int i = 0; i < 10; ++i) {
    lesson.features.cells[static_cast<size_t>(i)] =
        static_cast<int8_t>((i < thing ? 60 : 0) + noise);
  }
  lesson.time_ns = time_ns;
  lesson.answer.vote = vote;
  return lesson;
}

// A thing comes and goes; a light over all of the picture, of up to two
// levels, says nothing.
std::vector<Lesson> ComingAndGoing(uint64_t seed, int count) {
  std::mt19937_64 dice(seed);
  std::vector<Lesson> lessons;
  int thing = 0;
  for (int i = 0; i < count; ++i) {
    if (dice() % 10 == 0) thing = thing == 0 ? 2 : 0;
    lessons.push_back(LessonOf(i * kFrame, thing, static_cast<int>(dice() % 3),
                               thing == 0 ? 1 : 2));
  }
  return lessons;
}

std::vector<Lesson> Still(int count) {
  std::vector<Lesson> lessons;
  for (int i = 0; i < count; ++i) {
    lessons.push_back(LessonOf(i * kFrame, 1, 0, 1));
  }
  return lessons;
}

TEST(ReuseTrainerTest, EveryInputButTheFirstIsAnExampleOfEachStep) {
  const auto lessons = ComingAndGoing(1, 40);
  const auto examples = RareRunExamples(lessons, 1, false, {});
  ASSERT_EQ(examples.size(), 7u * 39u);
  for (size_t i = 0; i < examples.size(); ++i) {
    EXPECT_FALSE(examples[i].comparison.runs.empty());
    EXPECT_EQ(examples[i].vote, lessons[1 + i % 39].answer.vote);
  }
  // Run one by one, the last run is always the input before.
  for (size_t i = 0; i < 39; ++i) {
    EXPECT_EQ(examples[i].comparison.runs.front().vote, lessons[i].answer.vote);
  }
}

TEST(ReuseTrainerTest, ExamplesOfNoOrOneLessonAreNone) {
  EXPECT_TRUE(RareRunExamples({}, 1, false, {}).empty());
  EXPECT_TRUE(RareRunExamples(Still(1), 1, false, {}).empty());
}

TEST(ReuseTrainerTest, FewerThanSixteenLessonsTeachNothing) {
  ReusePredictor predictor;
  TrainReuse(ComingAndGoing(1, 15), 1, &predictor);
  EXPECT_EQ(predictor, ReusePredictor());
  TrainReuse(ComingAndGoing(1, 16), 1, &predictor);
  EXPECT_NE(predictor, ReusePredictor());
}

TEST(ReuseTrainerTest, TheSameLessonsAndSeedTeachTheSame) {
  const auto lessons = ComingAndGoing(1, 100);
  ReusePredictor one, same, other;
  TrainReuse(lessons, 1, &one);
  TrainReuse(lessons, 1, &same);
  TrainReuse(lessons, 2, &other);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
}

TEST(ReuseTrainerTest, LessonsAvoidRuns) {
  const auto lessons = ComingAndGoing(3, 600);
  ReusePredictor taught;
  TrainReuse(std::span(lessons).first(300), 1, &taught);
  const double before = AvoidedAt(lessons, 300, ReusePredictor(), 0.95);
  const double after = AvoidedAt(lessons, 300, taught, 0.95);
  EXPECT_GE(after, before);
  EXPECT_GT(after, 0.7);
}

TEST(ReuseTrainerTest, OfAStillSceneAllButOneInFourSecondsIsAvoided) {
  const auto lessons = Still(410);
  // Frames of 0.1 s: one in 41 is more than four seconds after the last.
  EXPECT_NEAR(AvoidedAt(lessons, 1, ReusePredictor(), 1), 40.0 / 41, 0.003);
}

TEST(ReuseTrainerTest, NothingIsAvoidedWhereAnswersAreArbitrary) {
  auto lessons = Still(200);
  for (size_t i = 0; i < lessons.size(); ++i) lessons[i].answer.vote = i;
  EXPECT_EQ(AvoidedAt(lessons, 100, ReusePredictor(), 1), 0);
  // All may be wrong: all but the runs of blind time.
  EXPECT_GT(AvoidedAt(lessons, 100, ReusePredictor(), 0), 0.9);
}

TEST(ReuseTrainerTest, OfNoLessonsNothingIsAvoided) {
  const auto lessons = Still(10);
  EXPECT_EQ(AvoidedAt(lessons, 10, ReusePredictor(), 0.9), 0);
  EXPECT_EQ(AvoidedAt(lessons, 11, ReusePredictor(), 0.9), 0);
  EXPECT_EQ(AvoidedAt({}, 0, ReusePredictor(), 0.9), 0);
  EXPECT_GT(AvoidedAt(lessons, 9, ReusePredictor(), 0.9), 0);
}

TEST(ReuseTrainerTest, AnyTimesAndNoFeaturesAreBorne) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  std::vector<Lesson> lessons = Still(32);
  for (size_t i = 0; i < lessons.size(); ++i) {
    lessons[i].time_ns = i % 2 == 0 ? kLeast : kMost;
    if (i % 3 == 0) lessons[i].features = {};
    if (i % 5 == 0) lessons[i].grid = {};
  }
  ReusePredictor predictor;
  TrainReuse(lessons, 1, &predictor);
  EXPECT_TRUE(ReusePredictor::Parse(predictor.Text()).ok());
  const double avoided = AvoidedAt(lessons, 16, predictor, 0.5);
  EXPECT_GE(avoided, 0);
  EXPECT_LE(avoided, 1);
}

}  // namespace
}  // namespace fovea
