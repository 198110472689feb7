// SPDX-License-Identifier: GPL-2.0-or-later
//
// Raw bits of a block, least significant first, in memory of the caller.
// Writing and reading past the end set a flag and touch nothing.

#ifndef FOVEA_CODEC_IMU_CORE_BITS_H_
#define FOVEA_CODEC_IMU_CORE_BITS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fovea::imu {

class BitSink {
 public:
  BitSink(uint8_t* begin, uint8_t* end) : next_(begin), end_(end) {}

  // The low `bits` (0 to 32) of `value`, which has no others.
  void Put(uint32_t value, int bits) {
    window_ |= static_cast<uint64_t>(value) << held_;
    held_ += bits;
    if (held_ >= 32) Flush32();
  }

  // Pads the last byte with zeros; the first free byte, or null when the
  // memory was too small.
  uint8_t* Finish() {
    for (; held_ > 0; held_ -= 8, window_ >>= 8) {
      if (next_ == end_) return nullptr;
      *next_++ = static_cast<uint8_t>(window_);
    }
    held_ = 0;
    window_ = 0;
    return full_ ? nullptr : next_;
  }

 private:
  void Flush32() {
    if (end_ - next_ < 4) {
      full_ = true;
    } else {
      for (int i = 0; i < 4; ++i) {
        next_[i] = static_cast<uint8_t>(window_ >> (8 * i));
      }
      next_ += 4;
    }
    window_ >>= 32;
    held_ -= 32;
  }

  uint8_t* next_;
  uint8_t* end_;
  uint64_t window_ = 0;
  int held_ = 0;  // bits of window_, below 32 at rest
  bool full_ = false;
};

// Past the end come zeros.
class BitTap {
 public:
  BitTap(const uint8_t* begin, const uint8_t* end) : next_(begin), end_(end) {}

  // The next `bits` (0 to 32).
  uint32_t Get(int bits) {
    if (held_ < bits) Fill();
    const auto value =
        static_cast<uint32_t>(window_ & ((uint64_t{1} << bits) - 1));
    window_ >>= bits;
    held_ -= bits;
    return value;
  }

  // Whether more was asked for than there was.
  bool overrun() const { return borrowed_ > held_; }

 private:
  void Fill() {
    uint32_t word = 0;
    if (end_ - next_ >= 4) {
      for (int i = 0; i < 4; ++i) {
        word |= static_cast<uint32_t>(next_[i]) << (8 * i);
      }
      next_ += 4;
    } else {
      word = LastWord();
    }
    window_ |= static_cast<uint64_t>(word) << held_;
    held_ += 32;
  }

  uint32_t LastWord() {
    uint32_t word = 0;
    int bits = 0;
    for (; next_ < end_; bits += 8) {
      word |= static_cast<uint32_t>(*next_++) << bits;
    }
    borrowed_ += 32 - bits;
    return word;
  }

  const uint8_t* next_;
  const uint8_t* end_;
  uint64_t window_ = 0;
  int held_ = 0;      // bits of window_, below 32 before a fill
  int borrowed_ = 0;  // zero bits put in behind the end
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_BITS_H_
