// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: times of series blocks of version 2.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_SAMPLE_TIMES_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_SAMPLE_TIMES_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/range_bits.h"

namespace fovea::second_reader {

// Sums of times wrap.
inline int64_t WrappingSum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}

class SampleTimes {
 public:
  // The next `count` times.
  static std::vector<int64_t> Read(ByteCursor* in, size_t count) {
    const int head = in->U8();
    auto first = static_cast<uint64_t>(UnZigZag(in->Number((head & 7) + 1)));
    for (int tens = head >> 3; tens > 0; --tens) first *= 10;
    std::vector<int64_t> times = {static_cast<int64_t>(first)};
    if (count == 1) return times;
    const int model = in->U8();
    if (model == 64) return Pieces(in, count);
    if (model == 0) {
      const auto step = static_cast<uint64_t>(UnZigZag(in->Varint()));
      while (times.size() < count) {
        times.push_back(static_cast<int64_t>(first += step));
      }
      return times;
    }
    SampleTimes reader(model, in);
    return reader.Rest(first, count);
  }

 private:
  static std::vector<int64_t> Pieces(ByteCursor* in, size_t count) {
    const uint64_t rows = in->Varint();
    std::vector<int64_t> times;
    while (times.size() < count) {
      const auto piece = Read(in, std::min(rows, count - times.size()));
      times.insert(times.end(), piece.begin(), piece.end());
    }
    return times;
  }

  SampleTimes(int model, ByteCursor* in)
      : course_(model & 3),
        in_ticks_((model & 4) != 0),
        size_(model >> 3),
        unit_(in->Varint()) {
    if (in_ticks_) {
      step_ = std::ldexp(1e9, -static_cast<int>(in->U8())) /
              static_cast<double>(unit_);
      offset_ = in->Real();
    }
    slope_ = UnZigZag(in->Varint());  // or the median
    if (course_ != 1) start_ = UnZigZag(in->Varint());
    code_ = in->Take(in->Varint());
  }

  int64_t Line(size_t i) const {
    __extension__ using Wide = __int128;
    return static_cast<int64_t>(
        (static_cast<Wide>(slope_) * static_cast<Wide>(i) +
         static_cast<Wide>(start_) * 65536 + (1 << 19)) >>
        20);
  }

  std::vector<int64_t> Rest(uint64_t first, size_t count) {
    RangeBits bits(code_);
    Residuals residuals(size_);
    Residuals corrections(0);
    std::vector<int64_t> times = {static_cast<int64_t>(first)};
    int64_t m = 0;
    int64_t lost = 0;
    for (size_t i = 1; i < count; ++i) {
      const int64_t line = course_ == 1 ? 0 : Line(i);
      const bool waiting = course_ == 3 && m >= line;
      const int64_t expected = course_ == 1   ? WrappingSum(m, slope_)
                               : course_ == 2 ? WrappingSum(line, lost)
                                              : std::max(line, m);
      const int64_t residual = residuals.Next(&bits, waiting);
      m = WrappingSum(expected, residual);
      if (course_ == 2 && Size(residual) > Size(slope_) >> 21) {
        lost = WrappingSum(lost, residual);
      }
      int64_t n = m;
      if (in_ticks_) {
        const double point = std::fma(static_cast<double>(m), step_, offset_);
        n = std::abs(point) < 9007199254740992.0
                ? static_cast<int64_t>(std::rint(point))
                : 0;
        n = WrappingSum(n, corrections.Next(&bits, false));
      }
      times.push_back(
          static_cast<int64_t>(first + unit_ * static_cast<uint64_t>(n)));
    }
    return times;
  }

  const int course_;  // 1 steps, 2 line, 3 queue
  const bool in_ticks_;
  const int size_;
  const uint64_t unit_;
  double step_ = 0, offset_ = 0;
  int64_t slope_ = 0, start_ = 0;
  Bytes code_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_SAMPLE_TIMES_H_
