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
    if (end_ - next_ < 2) {
      full_ = true;
      return;
    }
    // Without a branch: whether a word is due is as good as random.
    const uint32_t due = x >> (32 - kProbabilityBits) >= slots ? 1 : 0;
    next_[0] = static_cast<uint8_t>(x);
    next_[1] = static_cast<uint8_t>(x >> 8);
    next_ += 2 * due;
    x >>= 16 * due;
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

// Four bytes in front of the beginning must be there to read: damage may
// lead to them, never below.
class RansTap {
 public:
  RansTap(const uint8_t* begin, const uint8_t* end)
      : begin_(begin), next_(end) {}

  // The next state; none is below 2^16 but of damage.
  uint32_t Start() {
    const uint32_t high = Below();
    Descend(2);
    const uint32_t state = high << 16 | Below();
    Descend(2);
    return state;
  }

  int Get(uint32_t* state, const TokenTable& table) {
    const uint32_t x = *state;
    const uint32_t slot = x & (kProbabilityOne - 1);
    int token = table.hint[slot >> kHintShift];
    token += table.start[token + 1] <= slot ? 1 : 0;
    while (table.start[token + 1] <= slot) ++token;
    const uint32_t start = table.start[token];
    const uint32_t y =
        (table.start[token + 1] - start) * (x >> kProbabilityBits) + slot -
        start;
    // Without a branch: whether a word is due is as good as random.
    const uint32_t due = 0U - (y < kRansLow ? 1U : 0U);
    *state = y << (due & 16) | (Below() & due);
    Descend(due & 2);
    return token;
  }

  // Whether more was asked for than there was.
  bool overrun() const { return next_ < begin_; }

 private:
  uint32_t Below() const {
    return static_cast<uint32_t>(next_[-2]) | static_cast<uint32_t>(next_[-1])
                                                  << 8;
  }

  void Descend(size_t bytes) {
    const uint8_t* const floor = begin_ - 2;
    const uint8_t* const next = next_ - bytes;
    next_ = next < floor ? floor : next;
  }

  const uint8_t* begin_;
  const uint8_t* next_;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_RANS_H_
