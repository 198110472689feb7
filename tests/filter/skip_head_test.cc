// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/skip_head.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "codec/grid.h"
#include "codec/sample.h"
#include "filter/internal/text_lines.h"
#include "tests/filter/made_thumbnails.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

// Share of 400 new pictures, half of them with somebody, about which the sign
// of the evidence is right.
double RightShare(const SkipHead& head, MadePlace* place) {
  int right = 0;
  for (int i = 0; i < 400; ++i) {
    const bool somebody = i % 2 == 0;
    right += (head.Evidence(place->Look(somebody)) < 0) == somebody;
  }
  return right / 400.0;
}

TEST(SkipHeadTest, OfNothingItKnowsNothing) {
  MadePlace place(1);
  SkipHead head(kNobody);
  EXPECT_FALSE(head.knows());
  EXPECT_EQ(head.usual(), kNobody);
  EXPECT_EQ(head.Evidence(place.Look(false)), 0);
  EXPECT_TRUE(head.Fit(place.Lessons(200), nullptr));
  EXPECT_TRUE(head.knows());
  EXPECT_EQ(head.Evidence({}), 0);
}

TEST(SkipHeadTest, FootageTeachesWhoMattersAndThatTheTreeDoesNot) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    MadePlace place(seed);
    SkipHead head(kNobody);
    ASSERT_TRUE(head.Fit(place.Lessons(300), nullptr));
    EXPECT_GT(RightShare(head, &place), 0.95);
  }
}

TEST(SkipHeadTest, SingleAnswersTeachTheSame) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    MadePlace place(seed);
    SkipHead head(kNobody);
    for (const SkipLesson& lesson : place.Lessons(3000)) head.Learn(lesson);
    EXPECT_GT(RightShare(head, &place), 0.9);
  }
}

TEST(SkipHeadTest, TheBackgroundFollowsThePlace) {
  MadePlace place(1);
  SkipHead head(kNobody);
  ASSERT_TRUE(head.Fit(place.Lessons(300), nullptr));
  place.light_ = 30;  // of every plane: colour too
  const double before = RightShare(head, &place);
  for (int i = 0; i < 2000; ++i) head.Learn(place.Lesson(i % 4 == 0));
  EXPECT_GT(RightShare(head, &place), 0.9);
  EXPECT_LT(before, 0.6);
}

TEST(SkipHeadTest, EvidenceOfLessonsIsAsOfNewPictures) {
  MadePlace place(5);
  // What is asked for cannot be seen: answers are chance.
  std::mt19937_64 dice(5);
  std::vector<SkipLesson> lessons;
  for (int i = 0; i < 80; ++i) {
    lessons.push_back({place.Look(false), dice() % 2 == 0 ? kNobody : 1});
  }
  SkipHead head(kNobody);
  std::vector<float> evidence;
  ASSERT_TRUE(head.Fit(lessons, &evidence));
  ASSERT_EQ(evidence.size(), lessons.size());
  for (const float odds : evidence) EXPECT_LT(std::abs(odds), 4);
}

TEST(SkipHeadTest, TooFewUsualAnswersTeachNothing) {
  MadePlace place(1);
  SkipHead head(kNobody);
  EXPECT_FALSE(head.Fit({}, nullptr));
  std::vector<SkipLesson> lessons;
  for (int i = 0; i < 64; ++i) lessons.push_back(place.Lesson(true));
  EXPECT_FALSE(head.Fit(lessons, nullptr));
  // All in the first quarter: nothing is left to judge that quarter by.
  for (int i = 0; i < 16; ++i) {
    lessons[static_cast<size_t>(i)] = place.Lesson(false);
  }
  EXPECT_FALSE(head.Fit(lessons, nullptr));
  EXPECT_EQ(head, SkipHead(kNobody));
  for (int i = 16; i < 32; ++i) {
    lessons[static_cast<size_t>(i)] = place.Lesson(false);
  }
  EXPECT_TRUE(head.Fit(lessons, nullptr));
}

TEST(SkipHeadTest, PicturesThatAreNotThereTeachNothing) {
  SkipHead head(kNobody);
  for (int i = 0; i < 100; ++i) head.Learn({{}, kNobody});
  EXPECT_EQ(head, SkipHead(kNobody));
  EXPECT_FALSE(head.Fit(std::vector<SkipLesson>(200, {{}, kNobody}), nullptr));
}

TEST(SkipHeadTest, TheSameLessonsTeachTheSame) {
  SkipHead one(kNobody), same(kNobody);
  for (SkipHead* head : {&one, &same}) {
    MadePlace place(1);
    ASSERT_TRUE(head->Fit(place.Lessons(100), nullptr));
    for (const SkipLesson& lesson : place.Lessons(100)) head->Learn(lesson);
  }
  EXPECT_EQ(one, same);
}

// Whatever it is shown and told, it stays within bounds and can be read back.
TEST(SkipHeadTest, AnyPicturesAndAnswersAreBorne) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 dice(seed);
    SkipHead head(1);
    for (int i = 0; i < 600; ++i) {
      SkipLesson lesson;
      lesson.vote = dice() % 2;
      lesson.thumbnail.cells.resize(Thumbnail::kPlanes * Thumbnail::kCells);
      for (uint8_t& cell : lesson.thumbnail.cells) {
        cell = static_cast<uint8_t>(i % 3 == 0 ? dice() : (i % 2) * 255);
      }
      head.Learn(lesson);
      const float odds = head.Evidence(lesson.thumbnail);
      ASSERT_LE(std::abs(odds), SkipHead::kMostEvidence);
    }
    std::string text;
    head.AppendText(&text);
    internal::TextLines lines(text);
    const auto read = SkipHead::Read(&lines);
    ASSERT_TRUE(read.ok()) << read.status();
    std::string again;
    read->AppendText(&again);
    EXPECT_EQ(again, text);
  }
}

// A car park from above, 377 frames: cars pass through three times, and in
// between there is nothing. Told by eye; frames at which one drives in or out
// are left out.
struct Stretch {
  int first, last;
  bool car;
};
constexpr Stretch kCarPark[] = {
    {0, 50, false},    {58, 104, true},  {112, 178, false}, {188, 232, true},
    {242, 312, false}, {324, 346, true}, {354, 376, false}};
constexpr int kCarWidth = 384, kCarHeight = 216, kTaughtFrames = 182;

std::vector<Thumbnail> CarPark(const std::string& clip) {
  const fovea::testing::TempDir dir;
  const std::string raw = dir.File("car.yuv");
  fovea::testing::Ffmpeg("-i " + clip +
                         " -vf scale=384:216 -pix_fmt yuv420p "
                         "-f rawvideo " +
                         raw);
  const std::vector<uint8_t> bytes = fovea::testing::ReadFileBytes(raw);
  constexpr size_t kLuma = size_t{kCarWidth} * kCarHeight;
  auto meter = GridMeter::Create(kCarWidth, kCarHeight);
  std::vector<Thumbnail> thumbnails;
  for (size_t at = 0; at + kLuma * 3 / 2 <= bytes.size(); at += kLuma * 3 / 2) {
    Frame frame;
    frame.width = kCarWidth;
    frame.height = kCarHeight;
    frame.y = {bytes.data() + at, kCarWidth};
    frame.u = {bytes.data() + at + kLuma, kCarWidth / 2};
    frame.v = {bytes.data() + at + kLuma * 5 / 4, kCarWidth / 2};
    const auto grid = (*meter)->Measure(frame);
    EXPECT_TRUE(grid.ok()) << grid.status();
    thumbnails.push_back(ThumbnailOf(**grid, frame));
  }
  return thumbnails;
}

TEST(SkipHeadTest, OneCarTeachesToTellTheNextOnesFromTheEmptyPark) {
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_TEST_DATA(clip, "video/intel_car-detection.mp4");
  const std::vector<Thumbnail> frames = CarPark(clip);
  ASSERT_EQ(frames.size(), 377u);
  std::vector<SkipLesson> lessons;
  int right = 0, judged = 0;
  SkipHead head(kNobody);
  for (const Stretch& stretch : kCarPark) {
    if (stretch.first > kTaughtFrames && !head.knows()) {
      ASSERT_TRUE(head.Fit(lessons, nullptr));
    }
    for (int i = stretch.first; i <= stretch.last; ++i) {
      const Thumbnail& frame = frames[static_cast<size_t>(i)];
      if (!head.knows()) {
        lessons.push_back({frame, stretch.car ? kSomebody : kNobody});
        continue;
      }
      ++judged;
      right += (head.Evidence(frame) < 0) == stretch.car;
    }
  }
  EXPECT_EQ(judged, 162);
  // Exposure follows each car for a while, so not of all.
  EXPECT_GE(right, 146);
}

}  // namespace
}  // namespace fovea
