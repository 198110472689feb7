// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: split floats of series blocks.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_SPLIT_FLOATS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_SPLIT_FLOATS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/range_bits.h"

namespace fovea::second_reader {

using Exceptions = std::vector<std::pair<size_t, double>>;

inline Exceptions ReadExceptions(ByteCursor* in) {
  Exceptions exceptions;
  size_t at = 0;
  for (uint64_t left = in->Varint(); left > 0; --left) {
    at += in->Varint();
    exceptions.emplace_back(at, in->Double());
  }
  return exceptions;
}

struct Split {
  int precision = 0;
  bool repeats = false;
  int step = 0;
  Bytes coded, bits;

  static Split Read(ByteCursor* in, Exceptions* exceptions) {
    Split split;
    const int head = in->U8();
    split.precision = head & 63;
    split.repeats = (head & 64) != 0;
    if (head > 127 || split.precision > 52) Fail("precision of split floats");
    split.step = static_cast<int>(UnZigZag(in->Varint()));
    *exceptions = ReadExceptions(in);
    ByteCursor rest(in->Take(in->Varint()));
    split.coded = rest.Take(rest.Varint());
    split.bits = rest.Rest();
    return split;
  }

  std::vector<double> Samples(const std::vector<int64_t>& k,
                              const Exceptions& exceptions) const {
    RangeBits range(coded);
    HighBits mantissas(bits);
    Statistic repeat[2], zero, halving[16];
    std::vector<double> samples;
    int64_t k_before = 0;
    double before = 0;
    bool again = false;
    size_t exception = 0;
    for (size_t i = 0; i < k.size(); ++i) {
      if (exception < exceptions.size() && exceptions[exception].first == i) {
        ++exception;
        samples.push_back(0);
        continue;
      }
      again = repeats && k[i] == k_before && range.Bit(&repeat[again]) != 0;
      k_before = k[i];
      if (!again) before = Sample(k[i], &zero, halving, &range, &mantissas);
      samples.push_back(before);
    }
    if (mantissas.bytes() != bits.size()) Fail("bits behind split floats");
    return samples;
  }

 private:
  double Sample(int64_t k, Statistic* zero, Statistic* halving,
                RangeBits* range, HighBits* mantissas) const {
    const double sign = k < 0 ? -1 : 1;
    const int64_t c = k < 0 ? ~k : k;
    if (c > 0) {
      int b = 0;
      while (c >> (b + 1) != 0) ++b;
      const int below = std::max(0, precision - b);
      const uint64_t low = mantissas->Bits(below);
      const auto all = static_cast<uint64_t>(c) << below | low;
      return sign * std::ldexp(static_cast<double>(all), step - below);
    }
    if (range->Bit(zero) != 0) return sign * 0.0;
    int h = 0;
    while (range->Bit(&halving[std::min(h, 15)]) != 0) ++h;
    const uint64_t all = uint64_t{1} << precision | mantissas->Bits(precision);
    return sign *
           std::ldexp(static_cast<double>(all), step - 1 - h - precision);
  }
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_SPLIT_FLOATS_H_
