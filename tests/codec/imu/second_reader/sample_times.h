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

namespace fovea::second_reader {

inline uint64_t Size(int64_t n) {
  return n < 0 ? 0 - static_cast<uint64_t>(n) : static_cast<uint64_t>(n);
}

struct Statistic {
  uint32_t zero = 1 << 15;
  int seen = 0;
};

class RangeBits {
 public:
  explicit RangeBits(Bytes bytes) : bytes_(bytes) {
    for (int i = 0; i < 4; ++i) value_ = value_ << 8 | Next();
  }

  uint32_t Bit(Statistic* s) {
    const uint32_t split = (range_ >> 16) * s->zero;
    const uint32_t bit = value_ < split ? 0 : 1;
    if (bit == 0) {
      range_ = split;
    } else {
      value_ -= split;
      range_ -= split;
    }
    const int64_t target = bit == 0 ? 65024 : 512;
    s->zero = static_cast<uint32_t>(
        s->zero + (target - static_cast<int64_t>(s->zero)) / (s->seen + 2));
    s->seen = std::min(30, s->seen + 1);
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      value_ = value_ << 8 | Next();
    }
    return bit;
  }

 private:
  uint32_t Next() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }

  Bytes bytes_;
  size_t at_ = 0;
  uint32_t value_ = 0;
  uint32_t range_ = 0xffffffff;
};

// Numbers whose statistics go by the number before.
class Residuals {
 public:
  int64_t Next(RangeBits* bits, bool waiting) {
    const int64_t number = Read(bits, waiting ? 1 : 0);
    const uint64_t size = Size(number);
    before_ = (size > 3      ? 5
               : size > 1    ? 3
               : number == 0 ? 0
                             : 1) +
              (number < 0 ? 1 : 0);
    return number;
  }

 private:
  int64_t Read(RangeBits* bits, int waiting) {
    const int which = waiting != 0 ? 7 : before_;
    if (bits->Bit(&not_zero_[which]) == 0) return 0;
    const bool below = bits->Bit(&below_[which]) != 0;
    uint64_t size = 1;
    while (size < 15 && bits->Bit(&more_[waiting][size]) != 0) ++size;
    if (size == 15) size = 14 + Large(bits);
    return static_cast<int64_t>(below ? 0 - size : size);
  }

  uint64_t Large(RangeBits* bits) {
    int width = 1;
    while (width < 64 && bits->Bit(&width_[width - 1]) != 0) ++width;
    uint64_t value = 1;
    for (int i = 1; i < width; ++i) {
      Statistic fresh;
      value = value << 1 | bits->Bit(&fresh);
    }
    return value;
  }

  int before_ = 0;
  Statistic not_zero_[8];
  Statistic below_[8];
  Statistic more_[2][15];
  Statistic width_[64];
};

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
  SampleTimes(int model, ByteCursor* in)
      : course_(model & 3), in_ticks_(model >= 4), unit_(in->Varint()) {
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
    Residuals residuals;
    Residuals corrections;
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
  const uint64_t unit_;
  double step_ = 0, offset_ = 0;
  int64_t slope_ = 0, start_ = 0;
  Bytes code_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_SAMPLE_TIMES_H_
