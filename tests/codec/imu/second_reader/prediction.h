// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: where a value of an inertial block is
// expected, with a profile or without.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_PREDICTION_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_PREDICTION_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

// The last values of a channel, less its first one.
struct Past {
  int64_t a = 0, b = 0, c = 0;

  int64_t Expected(int kind) const {
    if (kind == 1) return a;
    if (kind == 2) return 2 * a - b;
    return kind == 3 ? 3 * a - 3 * b + c : 0;
  }
  void Push(int64_t value) {
    c = b;
    b = a;
    a = value;
  }
};

struct Profile {
  struct Channel {
    int64_t typical = 0;
    int fine = 0;
    int borders[3] = {};
    std::vector<int> shifts;             // by regime
    std::vector<std::vector<int>> taps;  // by regime
  };
  std::vector<Channel> channels;

  static Profile Read(Bytes bytes) {
    ByteCursor in(bytes);
    in.Take(5);  // name and version
    const size_t width = in.U8();
    const int regimes = in.U8();
    in.U8();
    Profile profile;
    for (size_t c = 0; c < width; ++c) {
      Channel channel;
      channel.typical = static_cast<int32_t>(in.U32());
      in.U8();
      channel.fine = in.U8();
      for (int& border : channel.borders) border = in.U8();
      for (int r = 0; r < regimes; ++r) {
        channel.shifts.push_back(in.U8());
        channel.taps.emplace_back();
        for (size_t i = 0; i < 16 + 3 * width + c; ++i) {
          channel.taps.back().push_back(static_cast<int16_t>(in.Number(2)));
        }
      }
      profile.channels.push_back(channel);
    }
    return profile;
  }

  // What is added to the last value of channel `c`, in eighths. `all`: the
  // differences of each channel, newest last, of those before `c` the row's.
  int64_t Sum(size_t c, int scale_class,
              const std::vector<std::vector<int64_t>>& all) const {
    const Channel& learned = channels.at(c);
    size_t regime = 0;
    for (const int border : learned.borders) regime += scale_class >= border;
    regime = std::min(regime, learned.taps.size() - 1);
    const auto difference = [&](size_t of, size_t back) -> int64_t {
      if (back > all[of].size()) return 0;
      return std::clamp<int64_t>(
          all[of][all[of].size() - back] >> channels[of].fine, INT16_MIN,
          INT16_MAX);
    };
    const std::vector<int>& taps = learned.taps[regime];
    size_t next = 0;
    int64_t sum = 0;
    for (size_t back = 4; back < 20; ++back) {
      sum += taps[next++] * difference(c, back);
    }
    for (size_t back = 1; back <= 3; ++back) {
      for (size_t of = 0; of < channels.size(); ++of) {
        sum += taps[next++] * difference(of, of < c ? back + 1 : back);
      }
    }
    for (size_t of = 0; of < c; ++of) sum += taps[next++] * difference(of, 1);
    const int down = learned.shifts[regime] - 3 - learned.fine;
    if (down <= 0) return sum * (int64_t{1} << -down);
    return (sum + (int64_t{1} << (down - 1))) >> down;
  }
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_PREDICTION_H_
