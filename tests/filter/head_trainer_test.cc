// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/head_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "tests/filter/made_thumbnails.h"

namespace fovea {
namespace {

using ::testing::SizeIs;

constexpr int64_t kFrame = 100'000'000;  // ns

// Of the grid nothing can be told: its cells are noise of `noise` levels.
Lesson LessonOf(int64_t time_ns, SkipLesson seen, int noise,
                std::mt19937_64* dice) {
  Lesson lesson;
  lesson.grid.columns = 10;
  lesson.grid.rows = 1;
  lesson.grid.has_previous = true;
  lesson.grid.difference.assign(10, static_cast<uint8_t>(4 * noise));
  lesson.features = {10, 1, std::vector<int8_t>(10)};
  for (int8_t& cell : lesson.features.cells) {
    cell = static_cast<int8_t>((*dice)() % static_cast<uint64_t>(noise + 1));
  }
  lesson.time_ns = time_ns;
  lesson.answer.vote = seen.vote;
  lesson.thumbnail = std::move(seen.thumbnail);
  return lesson;
}

// Somebody comes for a moment, every so often; the grid shows only noise.
std::vector<Lesson> MostlyNobody(uint64_t seed, int count) {
  std::mt19937_64 dice(seed);
  MadePlace place(seed);
  std::vector<Lesson> lessons;
  bool somebody = false;
  for (int i = 0; i < count; ++i) {
    if (dice() % (somebody ? 3 : 10) == 0) somebody = !somebody;
    lessons.push_back(LessonOf(i * kFrame, place.Lesson(somebody), 60, &dice));
  }
  return lessons;
}

// Answers follow from what the grid shows alone.
std::vector<Lesson> GridTells(uint64_t seed, int count) {
  std::mt19937_64 dice(seed);
  MadePlace place(seed);
  std::vector<Lesson> lessons;
  int thing = 0;
  for (int i = 0; i < count; ++i) {
    if (dice() % 10 == 0) thing = 1 - thing;
    Lesson lesson = LessonOf(i * kFrame, place.Lesson(false), 2, &dice);
    lesson.answer.vote = thing == 0 ? kNobody : kSomebody;
    for (int x = 0; x < 2 * thing; ++x) {
      lesson.features.cells[static_cast<size_t>(x)] += 60;
    }
    lessons.push_back(std::move(lesson));
  }
  return lessons;
}

const HeadTrial& TrialOf(const TaughtHeads& taught, FilterHead head) {
  for (const HeadTrial& trial : taught.trials) {
    if (trial.head == head) return trial;
  }
  ADD_FAILURE() << "no trial of " << FilterHeadName(head);
  return taught.trials.front();
}

TEST(HeadTrainerTest, TheSkipHeadIsKeptWhereItAloneCanTell) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto lessons = MostlyNobody(seed, 500);
    const TaughtHeads taught = TeachHeads(lessons, 1, std::nullopt);
    const HeadTrial& skip = TrialOf(taught, FilterHead::kSkip);
    EXPECT_TRUE(skip.kept);
    EXPECT_GT(skip.after, 0.6);
    EXPECT_GT(skip.after, skip.before + 0.1);
    EXPECT_EQ(taught.avoided_after(), skip.after);
    ASSERT_TRUE(taught.predictor.skip().has_value());
    EXPECT_EQ(taught.predictor.skip()->usual(), kNobody);
  }
}

TEST(HeadTrainerTest, AHeadThatSavesNothingIsLeftOff) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const TaughtHeads taught =
        TeachHeads(GridTells(seed, 400), 1, std::nullopt);
    for (const HeadTrial& trial : taught.trials) {
      EXPECT_EQ(trial.kept, trial.after > trial.before)
          << FilterHeadName(trial.head);
    }
    EXPECT_EQ(taught.predictor.skip().has_value(),
              TrialOf(taught, FilterHead::kSkip).kept);
    EXPECT_EQ(taught.predictor.compares_thumbnails(),
              TrialOf(taught, FilterHead::kThumbnail).kept);
    EXPECT_LT(TrialOf(taught, FilterHead::kSkip).after,
              taught.avoided_after() + 0.05);
  }
}

TEST(HeadTrainerTest, EachTrialGoesOnFromWhatWasKept) {
  const TaughtHeads taught = TeachHeads(MostlyNobody(4, 300), 1, std::nullopt);
  ASSERT_THAT(taught.trials, SizeIs(3));
  double before = taught.avoided_before();
  for (const HeadTrial& trial : taught.trials) {
    EXPECT_EQ(trial.before, before);
    if (trial.kept) before = trial.after;
  }
  EXPECT_EQ(taught.avoided_after(), before);
  EXPECT_EQ(taught.held_out, 120u);
}

TEST(HeadTrainerTest, TheVoteThatIsAskedForIsLearnt) {
  const auto lessons = MostlyNobody(1, 500);
  const TaughtHeads taught = TeachHeads(lessons, 1, kSomebody);
  if (taught.predictor.skip()) {
    EXPECT_EQ(taught.predictor.skip()->usual(), kSomebody);
  }
  // Of a vote that never was there is nothing to learn.
  const TaughtHeads none = TeachHeads(lessons, 1, 12345);
  EXPECT_FALSE(none.predictor.skip().has_value());
  EXPECT_FALSE(TrialOf(none, FilterHead::kSkip).kept);
}

TEST(HeadTrainerTest, TheSameLessonsTeachTheSame) {
  const auto lessons = MostlyNobody(1, 200);
  EXPECT_EQ(TeachHeads(lessons, 1, std::nullopt).predictor,
            TeachHeads(lessons, 1, std::nullopt).predictor);
}

TEST(HeadTrainerTest, FewLessonsTeachNothing) {
  for (const int count : {0, 1, 16}) {
    const TaughtHeads taught =
        TeachHeads(MostlyNobody(1, count), 1, std::nullopt);
    EXPECT_FALSE(taught.any_kept()) << count;
    EXPECT_EQ(taught.predictor, ReusePredictor()) << count;
  }
}

TEST(HeadTrainerTest, WithoutThumbnailsOnlyRunsAreLearntFrom) {
  auto lessons = MostlyNobody(1, 200);
  for (Lesson& lesson : lessons) lesson.thumbnail = {};
  const TaughtHeads taught = TeachHeads(lessons, 1, std::nullopt);
  EXPECT_FALSE(TrialOf(taught, FilterHead::kThumbnail).kept);
  EXPECT_FALSE(TrialOf(taught, FilterHead::kSkip).kept);
}

TEST(HeadTrainerTest, HeadsHaveNames) {
  EXPECT_STREQ(FilterHeadName(FilterHead::kReuse), "reuse");
  EXPECT_STREQ(FilterHeadName(FilterHead::kThumbnail), "thumbnail");
  EXPECT_STREQ(FilterHeadName(FilterHead::kSkip), "skip");
}

TEST(UsualVoteTest, IsThatOfMostAndOfEqualsTheFirst) {
  std::vector<Lesson> lessons(5);
  EXPECT_EQ(UsualVote({}), 0u);
  const uint64_t votes[] = {3, 1, 2, 1, 2};
  for (size_t i = 0; i < 5; ++i) lessons[i].answer.vote = votes[i];
  EXPECT_EQ(UsualVote(lessons), 1u);
  EXPECT_EQ(UsualVote(std::span(lessons).first(1)), 3u);
}

}  // namespace
}  // namespace fovea
