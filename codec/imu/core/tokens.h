// SPDX-License-Identifier: GPL-2.0-or-later
//
// A residual as a token of a table and raw bits, and back.

#ifndef FOVEA_CODEC_IMU_CORE_TOKENS_H_
#define FOVEA_CODEC_IMU_CORE_TOKENS_H_

#include <cstdint>

#include "codec/imu/core/bits.h"
#include "codec/imu/core/residual_tables.h"
#include "codec/imu/core/walk.h"

namespace fovea::imu {

// Prefix and value of an Exp-Golomb code go up to 32 bits each.
inline void PutExcess(uint32_t excess, int order, BitSink* bits) {
  const uint64_t shifted = (static_cast<uint64_t>(excess) >> order) + 1;
  const int length = 63 - __builtin_clzll(shifted);
  bits->Put(length == 32 ? 0 : 1U << length, length == 32 ? 32 : length + 1);
  bits->Put(static_cast<uint32_t>(shifted - (uint64_t{1} << length)), length);
  bits->Put(excess & ((1U << order) - 1), order);
}

inline uint32_t GetExcess(int order, BitTap* bits) {
  int length = 0;
  while (length < 32 && bits->Get(1) == 0) ++length;
  const uint64_t shifted = (uint64_t{1} << length) + bits->Get(length);
  return static_cast<uint32_t>((shifted - 1) << order) | bits->Get(order);
}

// What a scale class codes with, for a prediction `fraction` eighths
// (-4 to 3) off.
struct LowTable {
  LowTable(int low_class, int fraction)
      : number(low_class * kFractions + (fraction < 0 ? -fraction : fraction)),
        singles(SinglesOf(low_class)),
        order(low_class < kLowClasses - 8 ? 1 : 3) {}
  int number;
  int singles;
  int order;  // of the code of what lies beyond the singles
};

inline int FloorLog2(uint32_t value) { return 31 - __builtin_clz(value); }

// Low bits of a high class's magnitudes that are not part of a token.
inline int RawBitsOf(int high_class) { return (high_class - kLowClasses) / 4; }
inline int HighTableOf(int high_class) { return kHighTable + high_class % 4; }

struct Coded {
  int table;
  int token;
  uint64_t doubled;  // magnitude for Scale::Add
};

inline Coded PutLow(uint32_t value, const Guess& guess, int low_class,
                    BitSink* bits) {
  const int64_t whole = (guess.eighths + 4) >> 3;
  const int fraction = static_cast<int>(guess.eighths - 8 * whole);
  const LowTable table(low_class, fraction);
  const uint32_t off = value - (guess.base + static_cast<uint32_t>(whole));
  const auto residual = static_cast<int32_t>(fraction < 0 ? 0U - off : off);
  const auto magnitude = residual < 0 ? 0U - static_cast<uint32_t>(residual)
                                      : static_cast<uint32_t>(residual);
  Coded coded = {table.number, 0, uint64_t{magnitude} * 2};
  if (magnitude <= static_cast<uint32_t>(table.singles)) {
    coded.token = residual > 0 ? 2 * residual - 1 : -2 * residual;
    return coded;
  }
  coded.token = 2 * table.singles + (residual > 0 ? 1 : 2);
  PutExcess(magnitude - static_cast<uint32_t>(table.singles) - 1, table.order,
            bits);
  return coded;
}

inline uint32_t TakeLow(int token, const Guess& guess, int low_class,
                        BitTap* bits, uint64_t* doubled) {
  const int64_t whole = (guess.eighths + 4) >> 3;
  const int fraction = static_cast<int>(guess.eighths - 8 * whole);
  const int singles = SinglesOf(low_class);
  uint32_t magnitude = static_cast<uint32_t>(token + 1) / 2;
  bool above = (token & 1) != 0;
  if (token > 2 * singles) {
    const LowTable table(low_class, fraction);
    magnitude =
        static_cast<uint32_t>(singles) + 1 + GetExcess(table.order, bits);
  }
  *doubled = uint64_t{magnitude} * 2;
  if (fraction < 0) above = !above;
  return guess.base + static_cast<uint32_t>(whole) +
         (above ? magnitude : 0U - magnitude);
}

inline Coded PutHigh(uint32_t value, const Guess& guess, int high_class,
                     BitSink* bits) {
  const uint32_t centre =
      guess.base + static_cast<uint32_t>(guess.eighths >> 3) + 1;
  const auto residual = static_cast<int32_t>(value - centre);
  const uint32_t sign = static_cast<uint32_t>(residual) >> 31;
  const uint32_t magnitude = static_cast<uint32_t>(residual) ^ (0U - sign);
  const int raw = RawBitsOf(high_class);
  const uint32_t high = magnitude >> raw;
  Coded coded = {HighTableOf(high_class), 0, uint64_t{magnitude} * 2 + 1};
  if (high < kHighSingles) {
    coded.token = static_cast<int>(high);
    const uint32_t low = magnitude & ((1U << raw) - 1);
    bits->Put((low << 1) | sign, raw + 1);
    return coded;
  }
  bits->Put(sign, 1);
  const int octave = FloorLog2(high);
  const int bucket =
      2 * (octave - 4) + static_cast<int>(high >> (octave - 1) & 1);
  if (kHighSingles + bucket >= kHighEscape) {
    coded.token = kHighEscape;
    bits->Put(magnitude, 31);
    return coded;
  }
  coded.token = kHighSingles + bucket;
  const int extra = octave - 1 + raw;
  bits->Put(magnitude & ((1U << extra) - 1), extra);
  return coded;
}

inline uint32_t TakeHigh(int token, const Guess& guess, int high_class,
                         BitTap* bits, uint64_t* doubled) {
  const int raw = RawBitsOf(high_class);
  uint32_t magnitude = 0;
  uint32_t sign = 0;
  if (token < kHighSingles) {
    const uint32_t low = bits->Get(raw + 1);
    sign = low & 1;
    magnitude = static_cast<uint32_t>(token) << raw | low >> 1;
  } else {
    sign = bits->Get(1);
    if (token == kHighEscape) {
      magnitude = bits->Get(31);
    } else {
      const int bucket = token - kHighSingles;
      // More than 31 only where the block is not an encoder's.
      const int extra = bucket / 2 + 3 + raw < 31 ? bucket / 2 + 3 + raw : 31;
      magnitude = (2U + (static_cast<uint32_t>(bucket) & 1)) << extra |
                  bits->Get(extra);
    }
  }
  *doubled = uint64_t{magnitude} * 2 + 1;
  // The expectation is added last: it comes last, from the row's own values.
  const uint32_t off = guess.base + 1 + (magnitude ^ (0U - sign));
  return off + static_cast<uint32_t>(guess.eighths >> 3);
}

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_TOKENS_H_
