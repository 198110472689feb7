// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers of a window block as tokens and raw bits: one that writes, one that
// reads, with the same calls, so that one walk serves both.

#ifndef FOVEA_CODEC_IMU_WINDOW_SYMBOLS_H_
#define FOVEA_CODEC_IMU_WINDOW_SYMBOLS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "codec/imu/core/bits.h"
#include "codec/imu/core/body_layout.h"
#include "codec/imu/core/rans.h"
#include "codec/imu/core/scale.h"
#include "codec/imu/core/tokens.h"

namespace fovea::imu {

// Most bytes a number takes: an escape's prefix, length and bits, and a token.
inline constexpr size_t kMostSymbolBytes = 16;

class SymbolWriter {
 public:
  explicit SymbolWriter(size_t most_symbols)
      : memory_(kMostSymbolBytes * most_symbols + 16),
        bits_(memory_.data(), memory_.data() + memory_.size()) {
    tokens_.reserve(most_symbols);
  }

  // `mean` has Scale::kPoint fraction bits.
  void Code(uint64_t mean, int32_t* value) {
    Put(*value, 0, Scale::ClassOf(mean));
  }

  void Code(int32_t guess, Scale* scale, int32_t* value) {
    scale->Add(Put(*value, guess, scale->Class()));
  }

  std::vector<uint8_t> Finish() {
    uint8_t* const end = bits_.Finish();
    RansSink sink(end, memory_.data() + memory_.size());
    uint32_t state = kRansLow;
    while (!tokens_.empty()) {
      const int coded = tokens_.back();
      tokens_.pop_back();
      sink.Put(&state, kTokenTables.table[coded >> kTokenBits],
               coded & ((1 << kTokenBits) - 1));
    }
    sink.Finish(state);
    memory_.resize(static_cast<size_t>(sink.end() - memory_.data()));
    return std::move(memory_);
  }

 private:
  uint64_t Put(int32_t value, int32_t base, int scale_class) {
    const Guess guess = {static_cast<uint32_t>(base), 0};
    const auto number = static_cast<uint32_t>(value);
    const Coded coded = scale_class < kLowClasses
                            ? PutLow(number, guess, scale_class, &bits_)
                            : PutHigh(number, guess, scale_class, &bits_);
    tokens_.push_back(
        static_cast<uint16_t>(coded.table << kTokenBits | coded.token));
    return coded.doubled;
  }

  std::vector<uint8_t> memory_;
  BitSink bits_;
  std::vector<uint16_t> tokens_;
};

// Four bytes in front of `bytes` must be there to read.
class SymbolReader {
 public:
  explicit SymbolReader(std::span<const uint8_t> bytes)
      : bits_(bytes.data(), bytes.data() + bytes.size()),
        words_(bytes.data(), bytes.data() + bytes.size()),
        state_(words_.Start()) {}

  void Code(uint64_t mean, int32_t* value) {
    uint64_t doubled = 0;
    *value = Take(0, Scale::ClassOf(mean), &doubled);
  }

  void Code(int32_t guess, Scale* scale, int32_t* value) {
    uint64_t doubled = 0;
    *value = Take(guess, scale->Class(), &doubled);
    scale->Add(doubled);
  }

  bool overrun() const { return bits_.overrun() || words_.overrun(); }

 private:
  int32_t Take(int32_t base, int scale_class, uint64_t* doubled) {
    const Guess guess = {static_cast<uint32_t>(base), 0};
    const bool low = scale_class < kLowClasses;
    const int number =
        low ? LowTable(scale_class, 0).number : HighTableOf(scale_class);
    const int token = words_.Get(&state_, kTokenTables.table[number]);
    return static_cast<int32_t>(
        low ? TakeLow(token, guess, scale_class, &bits_, doubled)
            : TakeHigh(token, guess, scale_class, &bits_, doubled));
  }

  BitTap bits_;
  RansTap words_;
  uint32_t state_;
};

// For trials.
struct SymbolSkipper {
  static void Code(uint64_t, int32_t*) {}
  static void Code(int32_t, Scale*, int32_t*) {}
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_WINDOW_SYMBOLS_H_
