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

// Little-endian loads and stores that compilers know as one instruction.
inline uint64_t Load64(const uint8_t* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= static_cast<uint64_t>(bytes[i]) << 8 * i;
  return value;
}
inline void Store64(uint64_t value, uint8_t* bytes) {
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(value >> 8 * i);
}

class BitSink {
 public:
  BitSink(uint8_t* begin, uint8_t* end) : next_(begin), end_(end) {}

  // The low `bits` (0 to 32) of `value`, which has no others.
  void Put(uint32_t value, int bits) {
    window_ |= static_cast<uint64_t>(value) << held_;
    held_ += bits;
    if (end_ - next_ < 8) {
      PutSlowly();
      return;
    }
    Store64(window_, next_);
    next_ += held_ >> 3;
    window_ >>= held_ & ~7;
    held_ &= 7;
  }

  // Pads the last byte with zeros; the first free byte, or null when the
  // memory was too small.
  uint8_t* Finish() {
    if (held_ > 0) {
      held_ = 8;
      PutSlowly();
    }
    return full_ ? nullptr : next_;
  }

 private:
  void PutSlowly() {
    for (; held_ >= 8; held_ -= 8, window_ >>= 8) {
      if (next_ == end_) {
        full_ = true;
      } else {
        *next_++ = static_cast<uint8_t>(window_);
      }
    }
  }

  uint8_t* next_;
  uint8_t* end_;
  uint64_t window_ = 0;
  int held_ = 0;  // bits of window_, below 8 at rest
  bool full_ = false;
};

// Past the end come zeros.
class BitTap {
 public:
  BitTap(const uint8_t* begin, const uint8_t* end)
      : begin_(begin), bits_(static_cast<uint64_t>(end - begin) * 8) {}

  // The next `bits` (0 to 32).
  uint32_t Get(int bits) {
    const uint64_t window = at_ + 64 <= bits_
                                ? Load64(begin_ + (at_ >> 3)) >> (at_ & 7)
                                : LastBits();
    at_ += static_cast<uint64_t>(bits);
    return static_cast<uint32_t>(window & ((uint64_t{1} << bits) - 1));
  }

  // Whether more was asked for than there was.
  bool overrun() const { return at_ > bits_; }

  // Bytes any bit of which was asked for.
  size_t BytesUsed() const { return static_cast<size_t>((at_ + 7) >> 3); }

 private:
  uint64_t LastBits() const {
    uint64_t window = 0;
    for (uint64_t i = 0; i < 5 && (at_ >> 3) + i < bits_ >> 3; ++i) {
      window |= static_cast<uint64_t>(begin_[(at_ >> 3) + i]) << 8 * i;
    }
    return window >> (at_ & 7);
  }

  const uint8_t* begin_;
  uint64_t bits_;
  uint64_t at_ = 0;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_BITS_H_
