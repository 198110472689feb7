// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bits, most significant first, appended to or read from bytes.

#ifndef FOVEA_CODEC_BIT_STREAM_H_
#define FOVEA_CODEC_BIT_STREAM_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea {

class BitWriter {
 public:
  explicit BitWriter(std::vector<uint8_t>* out) : out_(out) {}

  // The low `bits` (0..64) of `value`; higher ones are ignored.
  void Put(uint64_t value, int bits) {
    if (bits > 32) {
      PutShort(value >> 32, bits - 32);
      bits = 32;
    }
    PutShort(value, bits);
  }

  // Fills the last byte with zero bits.
  void Align() {
    if (held_ > 0) PutShort(0, 8 - held_);
  }

 private:
  void PutShort(uint64_t value, int bits) {
    if (bits == 0) return;
    window_ = (window_ << bits) | (value & (~uint64_t{0} >> (64 - bits)));
    held_ += bits;
    while (held_ >= 8) {
      held_ -= 8;
      out_->push_back(static_cast<uint8_t>(window_ >> held_));
    }
  }

  std::vector<uint8_t>* out_;
  uint64_t window_ = 0;
  int held_ = 0;  // low bits of window_ not yet written, below 8 at rest
};

// Reading past the end gives zero bits and sets overrun().
class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint64_t Get(int bits) {
    if (bits > 32) {
      const uint64_t high = GetShort(bits - 32);
      return (high << 32) | GetShort(32);
    }
    return GetShort(bits);
  }

  // Counts zero bits up to the next one and eats them and it; `limit`
  // (below 32) zeros end the count without a one.
  int Unary(int limit) {
    Fill();
    const int zeros = window_ == 0 ? limit : std::countl_zero(window_);
    if (zeros >= limit) {
      Skip(limit);
      return limit;
    }
    Skip(zeros + 1);
    return zeros;
  }

  bool overrun() const { return overrun_; }

  // Whole bytes used so far, a begun one included.
  size_t bytes_used() const { return next_ - static_cast<size_t>(held_ / 8); }

 private:
  uint64_t GetShort(int bits) {
    if (bits == 0) return 0;
    Fill();
    const uint64_t value = window_ >> (64 - bits);
    Skip(bits);
    return value;
  }

  void Fill() {
    while (held_ <= 56 && next_ < bytes_.size()) {
      window_ |= static_cast<uint64_t>(bytes_[next_++]) << (56 - held_);
      held_ += 8;
    }
  }

  void Skip(int bits) {
    if (bits > held_) {
      overrun_ = true;
      bits = held_;
    }
    window_ = bits == 64 ? 0 : window_ << bits;
    held_ -= bits;
  }

  std::span<const uint8_t> bytes_;
  size_t next_ = 0;
  uint64_t window_ = 0;  // the bits held, from the top
  int held_ = 0;
  bool overrun_ = false;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_BIT_STREAM_H_
