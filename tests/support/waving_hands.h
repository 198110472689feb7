// SPDX-License-Identifier: GPL-2.0-or-later
//
// Windows of two channels and three classes: still, slow, and fast waving.

#ifndef FOVEA_TESTS_SUPPORT_WAVING_HANDS_H_
#define FOVEA_TESTS_SUPPORT_WAVING_HANDS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "sensitivity/window_classifier.h"

namespace fovea::testing {

inline WindowTraining WavingTraining() {
  WindowTraining training;
  training.channels = 2;
  training.window = 64;
  training.classes = 3;
  training.epochs = 10;
  return training;
}

inline std::vector<WindowLesson> WavingHands(size_t count, uint64_t seed) {
  constexpr double kTurns[] = {0, 0.15, 0.6};  // radians a sample
  std::mt19937_64 dice(seed);
  std::normal_distribution<double> noise(0, 0.3);
  std::uniform_real_distribution<double> phase(0, 6.28);
  const WindowTraining sizes = WavingTraining();
  std::vector<WindowLesson> lessons;
  for (size_t i = 0; i < count; ++i) {
    WindowLesson lesson;
    lesson.label = i % sizes.classes;
    for (size_t c = 0; c < sizes.channels; ++c) {
      const double start = phase(dice);
      for (size_t t = 0; t < sizes.window; ++t) {
        const double wave =
            std::sin(start + kTurns[lesson.label] * static_cast<double>(t));
        lesson.values.push_back(9.8 + (lesson.label == 0 ? 0 : 2 * wave) +
                                noise(dice));
      }
    }
    lessons.push_back(std::move(lesson));
  }
  return lessons;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_WAVING_HANDS_H_
