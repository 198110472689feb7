// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: "integers" of series blocks.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_INTEGERS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_INTEGERS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

// A prediction of order 0 to 3, of lower ones at the start; wraps.
inline uint64_t PredictedInteger(const std::vector<int64_t>& all, int order) {
  const size_t n = all.size();
  const auto back = [&](size_t i) { return static_cast<uint64_t>(all[n - i]); };
  order = std::min(order, static_cast<int>(std::min<size_t>(3, n)));
  if (order == 1) return back(1);
  if (order == 2) return 2 * back(1) - back(2);
  return order == 3 ? 3 * back(1) - 3 * back(2) + back(3) : 0;
}

class RiceBits {
 public:
  RiceBits(Bytes bytes, size_t partition)
      : bits_(bytes), partition_(partition) {}

  uint64_t Next() {
    if (at_ == partition_) OpenPartition();
    ++at_;
    if (width_ >= 0) return bits_.Bits(width_);
    int zeros = 0;
    while (zeros < 20 && bits_.Bit() == 0) ++zeros;
    if (zeros == 20) return bits_.Bits(static_cast<int>(bits_.Bits(6)) + 1);
    return static_cast<uint64_t>(zeros) << parameter_ | bits_.Bits(parameter_);
  }

  size_t bytes() const { return bits_.bytes(); }

  void Begin() { OpenPartition(); }

 private:
  void OpenPartition() {
    at_ = 0;
    width_ = -1;
    if (bits_.Bit() != 0) {
      width_ = static_cast<int>(bits_.Bits(7));
      return;
    }
    uint64_t folded = 0;
    while (bits_.Bit() == 0) ++folded;
    parameter_ += static_cast<int>(UnZigZag(folded));
  }

  HighBits bits_;
  const size_t partition_;
  size_t at_ = 0;
  int parameter_ = 4;
  int width_ = -1;
};

inline std::vector<int64_t> ReadIntegers(ByteCursor* in, size_t count) {
  const int head = in->U8();
  const int order = head & 3;
  std::vector<int64_t> all;
  const auto add = [&](uint64_t folded) {
    all.push_back(
        static_cast<int64_t>(PredictedInteger(all, order) +
                             static_cast<uint64_t>(UnZigZag(folded))));
  };
  while (all.size() < std::min<size_t>(count, static_cast<size_t>(order))) {
    add(in->Varint());
  }
  if (all.size() == count) return all;
  ByteCursor rest = *in;
  RiceBits bits(rest.Rest(), size_t{16} << ((head >> 2) & 7));
  bits.Begin();
  while (all.size() < count) add(bits.Next());
  in->Take(bits.bytes());
  return all;
}

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_INTEGERS_H_
