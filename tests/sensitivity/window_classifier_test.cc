// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_classifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/support/waving_hands.h"

namespace fovea {
namespace {

using testing::WavingHands;
using testing::WavingTraining;

constexpr auto kWrong = absl::StatusCode::kInvalidArgument;

size_t TopOf(const std::vector<double>& scores) {
  return static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
}

TEST(WindowClassifierTest, TellsWindowsItHasNotSeen) {
  const auto model =
      WindowClassifier::Train(WavingHands(300, 1), WavingTraining());
  ASSERT_TRUE(model.ok()) << model.status();
  const auto unseen = WavingHands(200, 2);
  const auto right = std::ranges::count_if(unseen, [&](const auto& lesson) {
    return TopOf(model->Scores(lesson.values)) == lesson.label;
  });
  EXPECT_GE(right, 190);
}

TEST(WindowClassifierTest, OneSeedGivesOneNetwork) {
  const auto lessons = WavingHands(64, 1);
  WindowTraining training = WavingTraining();
  training.epochs = 2;
  const auto file = [&] {
    const auto model = WindowClassifier::Train(lessons, training);
    EXPECT_TRUE(model.ok()) << model.status();
    return model.ok() ? model->Onnx() : "";
  };
  const std::string first = file();
  EXPECT_EQ(file(), first);
  training.seed = 2;
  EXPECT_NE(file(), first);
}

TEST(WindowClassifierTest, GradientIsThatOfTheMargin) {
  const auto lessons = WavingHands(300, 1);
  const auto model = WindowClassifier::Train(lessons, WavingTraining());
  ASSERT_TRUE(model.ok()) << model.status();
  const auto margin = [&](const std::vector<double>& values) {
    std::vector<double> scores = model->Scores(values);
    std::ranges::sort(scores);
    return scores.back() - scores[scores.size() - 2];
  };
  std::vector<double> values = lessons[0].values;
  const std::vector<double> gradient = model->MarginGradient(values);
  ASSERT_EQ(gradient.size(), values.size());
  const auto steepest = static_cast<size_t>(std::ranges::max_element(gradient) -
                                            gradient.begin());
  constexpr double kStep = 1e-2;
  const double before = margin(values);
  values[steepest] += kStep;
  EXPECT_NEAR((margin(values) - before) / kStep, gradient[steepest],
              0.1 * gradient[steepest]);
}

TEST(WindowClassifierTest, EndsWhenItIsTold) {
  int told = 0;
  const auto model =
      WindowClassifier::Train(WavingHands(64, 1), WavingTraining(),
                              [&](int epochs) { return (told = epochs) < 3; });
  EXPECT_EQ(model.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(told, 3);
}

// Still hands lie on their front in lessons, on their back when asked.
TEST(WindowClassifierTest, TurnedLessonsTeachOtherPostures) {
  constexpr size_t kWindow = 64;
  const auto three_axes = [](uint64_t seed, double side) {
    auto lessons = WavingHands(300, seed);
    for (WindowLesson& lesson : lessons) {
      lesson.values.resize(kWindow);
      for (double& value : lesson.values) value *= side;
      lesson.values.resize(3 * kWindow, 0.0);
    }
    return lessons;
  };
  WindowTraining training = WavingTraining();
  training.channels = 3;
  training.epochs = 40;
  const auto asked = three_axes(2, -1);
  const auto right = [&] {
    const auto model = WindowClassifier::Train(three_axes(1, 1), training);
    EXPECT_TRUE(model.ok()) << model.status();
    return std::ranges::count_if(asked, [&](const auto& lesson) {
      return TopOf(model->Scores(lesson.values)) == lesson.label;
    });
  };
  const auto without = right();
  training.turned = {0};
  EXPECT_GE(right(), 285);
  EXPECT_LT(without, 285);
}

TEST(WindowClassifierTest, RefusesWhatItCannotLearnFrom) {
  auto lessons = WavingHands(64, 1);
  const WindowTraining good = WavingTraining();
  const auto code = [&](const WindowTraining& training) {
    return WindowClassifier::Train(lessons, training).status().code();
  };
  WindowTraining wrong = good;
  wrong.classes = 1;
  EXPECT_EQ(code(wrong), kWrong);
  wrong = good;
  wrong.window = 31;
  EXPECT_EQ(code(wrong), kWrong);
  wrong = good;
  wrong.noise = std::nan("");
  EXPECT_EQ(code(wrong), kWrong);
  wrong = good;
  wrong.turned = {0};  // of two channels
  EXPECT_EQ(code(wrong), kWrong);
  lessons[3].label = 3;
  EXPECT_EQ(code(good), kWrong);
  lessons[3].label = 0;
  lessons[4].values[5] = INFINITY;
  EXPECT_EQ(code(good), kWrong);
  lessons.resize(31);
  EXPECT_EQ(code(good), kWrong);
}

}  // namespace
}  // namespace fovea
