// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: the range coder of times.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_RANGE_BITS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_RANGE_BITS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

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
  // What the statistics begin with; 0: nothing.
  explicit Residuals(int size) {
    if (size == 0) return;
    const auto zero = static_cast<uint32_t>(
        std::min(65024.0, std::floor(131072 / (2 + std::ldexp(1, size - 1)))));
    for (Statistic& s : not_zero_) s = {zero, 6};
    for (Statistic& s : below_) s = {1 << 15, 6};
    for (auto& row : more_) {
      for (Statistic& s : row) s = {zero, 6};
    }
  }

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

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_RANGE_BITS_H_
