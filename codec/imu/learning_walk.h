// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Walk (codec/imu/core/walk.h) whose guesses pass through filters that
// learn from what came before in the block.

#ifndef FOVEA_CODEC_IMU_LEARNING_WALK_H_
#define FOVEA_CODEC_IMU_LEARNING_WALK_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/imu/adaptive_filter.h"
#include "codec/imu/core/walk.h"
#include "codec/imu/core/workspace.h"

namespace fovea::imu {

template <int kLanes>
class LearningWalk {
 public:
  explicit LearningWalk(Workspace* work)
      : work_(work),
        channels_(work->channels),
        walk_(work->states, work->channels, work->profile_or_null(), work->taps,
              work->own, work->rows),
        steps_(static_cast<size_t>(kLags * channels_)),
        now_(static_cast<size_t>(channels_)),
        input_(1 + kOwnLagsLearned + (kOtherLags + 1) * kGroup) {
    for (int c = 0; c < channels_; ++c) blends_.emplace_back(InputsOf(c));
  }

  void Start() { walk_.Start(); }
  void BeginRow() { walk_.BeginRow(); }
  void BeginKnownRow(const int32_t* values) { walk_.BeginKnownRow(values); }
  int ClassOf(int c) const { return walk_.ClassOf(c); }

  Guess GuessOf(int c) {
    const uint32_t last = work_->states[c].track.last[0];
    const Guess guess = walk_.GuessOf(c);
    const auto whole = static_cast<int32_t>(guess.base - last);
    double* input = input_.data();
    *input++ =
        static_cast<double>(whole) + static_cast<double>(guess.eighths) * 0.125;
    for (int lag = 0; lag < kOwnLagsLearned; ++lag) *input++ = Step(lag, c);
    for (int lag = 0; lag < kOtherLags; ++lag) {
      for (int other = GroupBegin(c); other < GroupEnd(c); ++other) {
        if (other != c) *input++ = Step(lag, other);
      }
    }
    for (int other = GroupBegin(c); other < c; ++other) {
      *input++ = Now(other);
    }
    return {last, ToEighths(Blend(c).Predict(input_.data()))};
  }

  void Take(int c, uint32_t value) {
    const uint32_t last = work_->states[c].track.last[0];
    const double step = static_cast<int32_t>(value - last);
    now_[static_cast<size_t>(c)] = step;
    Blend(c).Learn(step, MeanOf(walk_.ClassOf(c)));
    walk_.Take(c, value);
  }

  void EndRow() {
    walk_.EndRow();
    std::copy_backward(steps_.begin(), steps_.end() - channels_, steps_.end());
    std::copy(now_.begin(), now_.end(), steps_.begin());
  }

 private:
  static constexpr int kOwnLagsLearned = 8;
  static constexpr int kOtherLags = 2;
  static constexpr int kLags = kOwnLagsLearned;

  // Channels that learn from one another: time goes with their square.
  static constexpr int kGroup = 12;
  static int GroupBegin(int c) { return c / kGroup * kGroup; }
  int GroupEnd(int c) const {
    return std::min(GroupBegin(c) + kGroup, channels_);
  }

  int InputsOf(int c) const {
    return 1 + kOwnLagsLearned +
           kOtherLags * (GroupEnd(c) - GroupBegin(c) - 1) + c - GroupBegin(c);
  }
  FilterBlend& Blend(int c) { return blends_[static_cast<size_t>(c)]; }
  double Step(int lag, int c) const {
    return steps_[static_cast<size_t>(lag * channels_ + c)];
  }
  double Now(int c) const { return now_[static_cast<size_t>(c)]; }

  // The mean |residual| that a class stands for.
  static double MeanOf(int scale_class) {
    return std::ldexp(1.125 + 0.25 * (scale_class % 4),
                      scale_class / 4 + kLowestOctave);
  }

  static int64_t ToEighths(double step) {
    const double bounded = std::clamp(step, -4294967296.0, 4294967296.0);
    return static_cast<int64_t>(std::floor(bounded * 8 + 0.5));
  }

  Workspace* work_;
  int channels_;
  Walk<kLanes> walk_;
  std::vector<FilterBlend> blends_;  // per channel
  std::vector<double> steps_;        // kLags x channels, newest first
  std::vector<double> now_;          // of this row
  std::vector<double> input_;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_LEARNING_WALK_H_
