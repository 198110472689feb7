// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: tokens from the words at the end of a
// segment.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_TOKEN_WORDS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_TOKEN_WORDS_H_

#include <cstddef>
#include <cstdint>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/residuals.h"

namespace fovea::second_reader {

class TokenWords {
 public:
  TokenWords() = default;
  TokenWords(Bytes segment, size_t states) : words_(segment) {
    for (size_t i = 0; i < states; ++i) {
      state_[i] = NextWord() << 16;
      state_[i] |= NextWord();
    }
  }

  int Next(size_t which, const Table& table) {
    uint64_t& x = state_[which];
    const auto slot = static_cast<int>(x % kSlots);
    size_t token = 0;
    int start = 0;
    while (slot >= start + table[token]) start += table[token++];
    x = static_cast<uint64_t>(table[token]) * (x / kSlots) +
        static_cast<uint64_t>(slot - start);
    if (x < 65536) x = x << 16 | NextWord();
    return static_cast<int>(token);
  }

  uint64_t state(size_t which) const { return state_[which]; }

 private:
  uint64_t NextWord() {
    if (words_.size() < 2) Fail("words end early");
    const Bytes word = words_.last(2);
    words_ = words_.first(words_.size() - 2);
    return word[0] | static_cast<uint64_t>(word[1]) << 8;
  }

  Bytes words_;
  uint64_t state_[2] = {};
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_TOKEN_WORDS_H_
