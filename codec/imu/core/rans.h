// SPDX-License-Identifier: GPL-2.0-or-later
//
// Range variant of asymmetric numeral systems (J. Duda, 2013): states of 32
// bits that give out and take in 16-bit words. The encoder goes backward;
// its words are read from the last one down. A state starts at 2^16 plus 16
// bits of the caller's, which the decoder is left with: nothing is lost at
// either end but the fraction of a byte.

#ifndef FOVEA_CODEC_IMU_CORE_RANS_H_
#define FOVEA_CODEC_IMU_CORE_RANS_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/residual_tables.h"

namespace fovea::imu {

inline constexpr uint32_t kRansLow = 1U << 16;

class RansSink {
 public:
  RansSink(uint8_t* begin, uint8_t* end) : next_(begin), end_(end) {}

  void Put(uint32_t* state, const TokenTable& table, int token) {
    const uint32_t start = table.start[token];
    const uint32_t slots = table.start[token + 1] - start;
    uint32_t x = *state;
    if (x >> (32 - kProbabilityBits) >= slots) {
      PutWord(x);
      x >>= 16;
    }
    *state = ((x / slots) << kProbabilityBits) + x % slots + start;
  }

  // Ends a state; the last one put in is the first to be read.
  void Finish(uint32_t state) {
    PutWord(state);
    PutWord(state >> 16);
  }

  // Null when the memory was too small.
  uint8_t* end() const { return full_ ? nullptr : next_; }

 private:
  void PutWord(uint32_t word) {
    if (end_ - next_ < 2) {
      full_ = true;
      return;
    }
    *next_++ = static_cast<uint8_t>(word);
    *next_++ = static_cast<uint8_t>(word >> 8);
  }

  uint8_t* next_;
  uint8_t* end_;
  bool full_ = false;
};

// Below the beginning come zeros.
class RansTap {
 public:
  RansTap(const uint8_t* begin, const uint8_t* end)
      : begin_(begin), next_(end) {}

  uint32_t Start() {
    const uint32_t high = Word();
    return high << 16 | Word();
  }

  int Get(uint32_t* state, const TokenTable& table) {
    const uint32_t x = *state;
    const uint32_t slot = x & (kProbabilityOne - 1);
    int token = table.hint[slot >> kHintShift];
    while (table.start[token + 1] <= slot) ++token;
    const uint32_t start = table.start[token];
    uint32_t y = (table.start[token + 1] - start) * (x >> kProbabilityBits) +
                 slot - start;
    if (y < kRansLow) y = y << 16 | Word();
    *state = y;
    return token;
  }

  bool overrun() const { return overrun_; }

 private:
  uint32_t Word() {
    if (next_ - begin_ < 2) {
      overrun_ = true;
      return 0;
    }
    next_ -= 2;
    return static_cast<uint32_t>(next_[0]) | static_cast<uint32_t>(next_[1])
                                                 << 8;
  }

  const uint8_t* begin_;
  const uint8_t* next_;
  bool overrun_ = false;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_RANS_H_
