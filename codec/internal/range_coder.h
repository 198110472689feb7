// SPDX-License-Identifier: GPL-2.0-or-later
//
// Adaptive binary range coder (Martin, 1979): each bit comes with a
// probability that learns from the bits it has seen.

#ifndef FOVEA_CODEC_INTERNAL_RANGE_CODER_H_
#define FOVEA_CODEC_INTERNAL_RANGE_CODER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::internal {

// Of a zero bit. Learns fast at first, then over about 32 bits. Never more
// certain than 127/128, so that a byte holds at most kMaxBitsPerByte bits.
class Probability {
 public:
  Probability() = default;
  // As if it had learnt so from `seen` bits, at most 30.
  Probability(int zero, int seen)
      : zero_(static_cast<uint16_t>(std::clamp(zero, kLeast, kOne - kLeast))),
        seen_(seen) {}

  uint32_t SplitOf(uint32_t range) const { return (range >> 16) * zero_; }

  void Learn(bool bit) {
    const int target = bit ? kLeast : kOne - kLeast;
    const int step = (target - zero_) / (seen_ + 2);
    zero_ = static_cast<uint16_t>(zero_ + step);
    seen_ = std::min(seen_ + 1, 30);
  }

 private:
  static constexpr int kOne = 1 << 16;
  static constexpr int kLeast = kOne / 128;
  uint16_t zero_ = kOne / 2;
  int seen_ = 0;
};

inline constexpr size_t kMaxBitsPerByte = 1024;
inline constexpr uint32_t kLeastRange = 1U << 24;

class RangeEncoder {
 public:
  explicit RangeEncoder(std::vector<uint8_t>* out)
      : out_(out), start_(out->size()) {}

  void Put(Probability* probability, bool bit) {
    const uint32_t split = probability->SplitOf(range_);
    if (bit) {
      low_ += split;
      range_ -= split;
    } else {
      range_ = split;
    }
    probability->Learn(bit);
    for (; range_ < kLeastRange; range_ <<= 8) ShiftOut();
  }

  // The fewest bytes that lie inside the range, zeros read after them.
  void Finish() {
    uint64_t mask = 0xffff'ffff;
    while (mask > 0 && ((low_ + mask) & ~mask) >= low_ + range_) mask >>= 8;
    low_ = (low_ + mask) & ~mask;
    for (; mask < 0xffff'ffff; mask = mask << 8 | 0xff) ShiftOut();
    if ((low_ >> 32) != 0) Carry();
  }

 private:
  void ShiftOut() {
    if ((low_ >> 32) != 0) Carry();
    out_->push_back(static_cast<uint8_t>(low_ >> 24));
    low_ = (low_ << 8) & 0xffff'ffff;
  }

  // Cannot run past start_: all that was coded is below one.
  void Carry() {
    low_ &= 0xffff'ffff;
    for (size_t i = out_->size(); i > start_ && ++(*out_)[i - 1] == 0; --i) {
    }
  }

  std::vector<uint8_t>* const out_;
  const size_t start_;
  uint64_t low_ = 0;
  uint32_t range_ = 0xffff'ffff;
};

class RangeDecoder {
 public:
  explicit RangeDecoder(std::span<const uint8_t> bytes) : bytes_(bytes) {
    for (int i = 0; i < kAhead; ++i) Shift();
  }

  bool Get(Probability* probability) {
    const uint32_t split = probability->SplitOf(range_);
    const bool bit = value_ >= split;
    if (bit) {
      value_ -= split;
      range_ -= split;
    } else {
      range_ = split;
    }
    probability->Learn(bit);
    for (; range_ < kLeastRange; range_ <<= 8) Shift();
    return bit;
  }

  // More was read than any encoder leaves out.
  bool overrun() const { return read_ > bytes_.size() + kAhead; }
  // All bytes were needed. Valid after the last bit.
  bool exhausted() const { return read_ >= bytes_.size(); }

 private:
  static constexpr int kAhead = 4;

  void Shift() {
    value_ = value_ << 8 | (read_ < bytes_.size() ? bytes_[read_] : 0U);
    ++read_;
  }

  const std::span<const uint8_t> bytes_;
  size_t read_ = 0;
  uint32_t value_ = 0;
  uint32_t range_ = 0xffff'ffff;
};

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_RANGE_CODER_H_
