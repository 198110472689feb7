// SPDX-License-Identifier: GPL-2.0-or-later
//
// Labelled phone and watch recordings as model_bench codes them, and networks
// that say what they are of.

#ifndef FOVEA_BENCH_IMU_MODEL_SCENE_H_
#define FOVEA_BENCH_IMU_MODEL_SCENE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/imu/rate_at_agreement.h"
#include "bench/reuse/har_recordings.h"
#include "sensitivity/window_classifier.h"

namespace fovea::bench {

inline constexpr size_t kLength = 64;  // samples of a window
inline constexpr size_t kSize = kLength * kHarChannels;
inline constexpr size_t kJudges = 4;  // networks that are asked
inline constexpr const char* kSubjects[] = {"s02", "s03", "s05"};

using Counts = std::vector<int32_t>;  // rows x channels

template <typename T>
T Value(absl::StatusOr<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().ToString());
  return *std::move(result);
}

// One window as networks take it: channel by channel, in physical units.
std::vector<double> Physical(std::span<const int32_t> rows);

std::span<const int32_t> WindowOf(const Counts& counts, size_t window);

// By how much the score of `answer` is above the best other one.
double MarginOf(const std::vector<double>& scores, size_t answer);
size_t TopOf(const std::vector<double>& scores);

// Channel by channel, the DCT of each.
void ToFrequencies(std::vector<double>* values);

// What choosers say of a window before it is coded.
struct Belief {
  std::vector<size_t> answers;
  std::vector<double> margins;
  std::vector<double> energy;  // of their gradients, by coefficient; the mean
};

// A recording that is coded as one block, from one of its first samples on.
struct Take {
  size_t recording = 0;
  Counts counts;
  std::vector<bool> single;                  // per window: of one class
  std::vector<std::vector<size_t>> answers;  // per judge and window
  std::vector<Belief> beliefs;
  size_t windows() const { return single.size(); }
};

// One person as judged, and what was learned from the others.
struct Scene {
  std::string name;
  std::vector<WindowClassifier> choosers, judges;
  std::vector<Counts> learned;
  std::vector<double> energy;  // of the choosers' margins, channels x bands
  size_t bands = 0;
  std::vector<Take> takes;
  Draw recordings;
  double right = 0, asked = 0;  // of judges, on windows of one class
};

// `judged` of kSubjects is coded, on device "sp" (phone) or "sw" (watch); the
// others teach. Its recordings are numbered from `first_recording` on.
Scene MakeScene(const std::string& data, const std::string& device,
                const std::string& judged, size_t choosers,
                size_t first_recording);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_IMU_MODEL_SCENE_H_
