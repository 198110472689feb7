// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: inertial blocks of windows.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_BLOCK_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_BLOCK_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tests/codec/imu/second_reader/block_head.h"
#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/residual_tokens.h"
#include "tests/codec/imu/second_reader/residuals.h"
#include "tests/codec/imu/second_reader/window_plans.h"
#include "tests/codec/imu/second_reader/window_transform.h"

namespace fovea::second_reader {

struct Windows {
  std::vector<int32_t> values;  // rows x channels
  size_t windows = 0;           // 0: values are exact
  bool judged = false;
  uint64_t other = 0;  // windows whose answer is another
  double change = 0;   // of the margin
};

// A channel's levels, window after window.
class WindowLevels {
 public:
  WindowLevels(const WindowPlanBytes& plan, size_t channel)
      : plan_(plan), channel_(channel), past_(plan.window) {
    past_[0] = StepOf(plan.level[channel]) << 8;
  }

  // The samples of the next window. `more`: eighths above the plan's steps.
  Line Read(int more, ResidualTokens* tokens) {
    more_ = more;
    end_ = tokens->Next(end_, &end_scale_);
    if (end_ < 0 || static_cast<size_t>(end_) > plan_.bands) Fail("bands");
    now_.assign(plan_.window, 0);
    Line line(plan_.window);
    for (size_t k = 0; k < plan_.window; ++k) {
      if (k > 0 && plan_.BandOf(k) >= static_cast<size_t>(end_)) break;
      const auto step = static_cast<int64_t>(Step(k));
      const int64_t level = tokens->Next(0, ScaleClassOf(Mean(k)), 0).value;
      const auto size = static_cast<uint64_t>(std::abs(level) * step);
      now_[k] = std::min(size, uint64_t{1} << 31) << 8;
      line[k] = Wrapped(level * step);
    }
    line[0] = Wrapped(line[0] + first_);
    first_ = line[0];
    Remember();
    return FromDct2(line);
  }

 private:
  size_t Cell(size_t k) const {
    return channel_ * plan_.bands + plan_.BandOf(k);
  }
  uint64_t Step(size_t k) const { return StepOf(plan_.step[Cell(k)] + more_); }

  // The mean level expected, 16 fraction bits.
  uint64_t Mean(size_t k) const {
    const auto in_levels = [&](uint64_t x) { return (x << 8) / Step(k); };
    if (k == 0) return in_levels(past_[0]);
    const uint64_t m = in_levels(StepOf(plan_.usual[Cell(k)]) << 8);
    const uint64_t plan = m >= uint64_t{1} << 31 ? m : m * m / (m + 32768);
    const uint64_t near = in_levels(k > 2 ? (2 * now_[k - 1] + now_[k - 2]) / 3
                                    : k == 2 ? now_[1]
                                             : 0);
    if (!begun_) return k == 1 ? plan : (7 * near + 9 * plan) / 16;
    const uint64_t old =
        in_levels((past_[std::max<size_t>(1, k - 1)] + 2 * past_[k] +
                   past_[std::min(plan_.window - 1, k + 1)]) /
                  4);
    return k == 1 ? (13 * old + 3 * plan) / 16
                  : (7 * near + 6 * old + 3 * plan) / 16;
  }

  void Remember() {
    for (size_t k = 0; k < now_.size(); ++k) {
      past_[k] = begun_ ? (past_[k] + now_[k]) / 2 : now_[k];
    }
    if (!begun_) past_[0] = StepOf(plan_.drift[channel_]) << 8;
    begun_ = true;
  }

  const WindowPlanBytes& plan_;
  const size_t channel_;
  int more_ = 0;
  bool begun_ = false;
  int64_t first_ = 0, end_ = 0;
  Scale end_scale_ = Scale(28);
  std::vector<uint64_t> past_, now_;  // |coefficient|, 8 fraction bits
};

class WindowBody {
 public:
  WindowBody(Bytes body, const WindowPlanBytes& plan) : in_(body) {
    for (size_t c = 0; c < plan.channels; ++c) {
      channels_.push_back({WindowLevels(plan, c)});
    }
  }

  Windows Read(size_t rows, size_t window) {
    Windows block;
    block.windows = (rows + window - 1) / window;
    ReadHead(&block);
    while (block.values.size() < rows * channels_.size()) {
      const std::vector<Line> lines = ReadWindow(block.judged, window);
      for (size_t t = 0; t < window; ++t) {
        for (const Line& line : lines) {
          block.values.push_back(static_cast<int32_t>(line[t]));
        }
      }
    }
    block.values.resize(rows * channels_.size());
    return block;
  }

 private:
  struct Channel {
    WindowLevels levels;
    int64_t bound = -1;
    Scale corrected = Scale(16), correction = Scale(24);
  };

  void ReadHead(Windows* block) {
    const int head = in_.U8();
    if (head > 3) Fail("head of a window block");
    strength_ = in_.U8();
    const int change = in_.U8();
    if (change > 0) block->change = std::exp2((change - 160) / 8.0);
    block->judged = (head & 1) != 0;
    if (block->judged) block->other = in_.Varint();
    for (Channel& channel : channels_) {
      if ((head & 2) == 0) break;
      channel.bound = static_cast<int64_t>(in_.Varint()) - 1;
    }
    const Bytes numbers = in_.Rest();
    tokens_.OpenBits(numbers);
    tokens_.OpenWords(numbers, 1);
  }

  std::vector<Line> ReadWindow(bool judged, size_t window) {
    if (judged) coarser_ = tokens_.Next(coarser_, &coarser_scale_);
    if (coarser_ < 0 || coarser_ > 15) Fail("half octaves of a window");
    const int more = strength_ + 4 * static_cast<int>(coarser_);
    std::vector<Line> lines;
    for (Channel& channel : channels_) {
      lines.push_back(channel.levels.Read(more, &tokens_));
    }
    for (size_t c = 0; c < channels_.size(); ++c) {
      Channel& channel = channels_[c];
      if (channel.bound < 0) continue;
      if (tokens_.Next(0, &channel.corrected) == 0) continue;
      for (size_t t = 0; t < window; ++t) {
        const int64_t correction = tokens_.Next(0, &channel.correction);
        lines[c][t] =
            Wrapped(lines[c][t] + correction * (2 * channel.bound + 1));
      }
    }
    return lines;
  }

  ByteCursor in_;
  int strength_ = 0;
  int64_t coarser_ = 0;
  Scale coarser_scale_ = Scale(28);
  std::vector<Channel> channels_;
  ResidualTokens tokens_;
};

inline Windows ReadWindowBlock(Bytes block, const WindowPlanBytes& plan) {
  const ImuBlockHead head = ImuBlockHead::Read(block, plan.all);
  if (head.channels != plan.channels) Fail("channels of a window block");
  if (head.mode == 0) {
    Windows exact;
    exact.values = ReadRaw(ByteCursor(head.body.subspan(1)), head.body[0],
                           head.rows * head.channels);
    return exact;
  }
  if (head.mode != 5 || !head.learned) Fail("not a window block of this plan");
  return WindowBody(head.body, plan).Read(head.rows, plan.window);
}

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_BLOCK_H_
