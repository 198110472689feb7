// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: numbers of a segment, each by a scale
// class and where it is expected.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_RESIDUAL_TOKENS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_RESIDUAL_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/residuals.h"
#include "tests/codec/imu/second_reader/token_words.h"

namespace fovea::second_reader {

class ResidualTokens {
 public:
  ResidualTokens() : bits_(Bytes()) {}

  // Bits of the next segment; then, once its head was read, its words.
  void OpenBits(Bytes segment) { bits_ = LowBits(segment); }
  void OpenWords(Bytes segment, size_t states) {
    words_ = TokenWords(segment, states);
  }

  LowBits* bits() { return &bits_; }
  const TokenWords& words() const { return words_; }

  bool Flag(int sixteenths) {
    return words_.Next(0, FlagTable(sixteenths)) == 1;
  }

  struct Number {
    int64_t value;
    int64_t magnitude;  // of the residual, 16 fraction bits
  };

  // By the state `which`; expected at `expected` eighths.
  Number Next(size_t which, int scale_class, int64_t expected) {
    return scale_class < kFirstWideClass
               ? NextNarrow(which, scale_class, expected)
               : NextWide(which, scale_class, expected);
  }

  // Of a whole number by the only state, from which the scale learns.
  int64_t Next(int64_t expected, Scale* scale) {
    const Number number = Next(0, scale->ScaleClass(), 8 * expected);
    scale->Learn(number.magnitude);
    return number.value;
  }

 private:
  Number NextNarrow(size_t which, int scale_class, int64_t expected) {
    const int64_t whole = (expected + 4) >> 3;
    const auto fraction = static_cast<int>(expected - 8 * whole);
    const Table& table = Narrow(scale_class, std::abs(fraction));
    const int token = words_.Next(which, table);
    const int singles = SinglesOf(scale_class);
    int64_t residual = token % 2 == 1 ? (token + 1) / 2 : -token / 2;
    if (token > 2 * singles) {
      const int64_t magnitude =
          singles + 1 +
          static_cast<int64_t>(bits_.Eg(scale_class < 24 ? 1 : 3));
      residual = token == 2 * singles + 1 ? magnitude : -magnitude;
    }
    if (fraction < 0) residual = -residual;
    return {Wrapped(whole + residual), std::abs(residual) << 16};
  }

  Number NextWide(size_t which, int scale_class, int64_t expected) {
    const int r = (scale_class - kFirstWideClass) / 4;
    const int token = words_.Next(which, Wide(scale_class % 4));
    const bool below = bits_.Bit() != 0;
    int64_t m = 0;
    if (token < 16) {
      m = static_cast<int64_t>(token) << r |
          static_cast<int64_t>(bits_.Bits(r));
    } else if (token < 28) {
      const int octave = (token - 16) / 2;
      const int open = 3 + octave + r;
      m = (int64_t{2} | (token & 1)) << open |
          static_cast<int64_t>(bits_.Bits(open));
    } else {
      m = static_cast<int64_t>(bits_.Bits(31));
    }
    return {Wrapped((expected >> 3) + 1 + (below ? -m - 1 : m)),
            (m << 16) + (1 << 15)};
  }

  const Table& Narrow(int scale_class, int fraction) {
    Table& table = tables_[5 * scale_class + fraction];
    if (table.empty()) table = NarrowTable(scale_class, fraction);
    return table;
  }
  const Table& Wide(int quarter) {
    Table& table = tables_[160 + quarter];
    if (table.empty()) table = WideTable(quarter);
    return table;
  }

  LowBits bits_;
  TokenWords words_;
  std::map<int, Table> tables_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_RESIDUAL_TOKENS_H_
