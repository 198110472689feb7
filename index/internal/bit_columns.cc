// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/bit_columns.h"

#include <algorithm>
#include <array>
#include <bit>

namespace fovea {
namespace {

constexpr int kWordBits = 64;
constexpr int kOrderBits = 6;
// What Peek() is sure to give: a word less the bits of a byte already read.
constexpr int kPeekedBits = kWordBits - 7;

int BitLength(uint64_t v) { return kWordBits - std::countl_zero(v); }

// Bits of a number of `length` bits under order `k`.
uint64_t Cost(int length, int k) {
  const int n = std::max(length - k, 0);
  return static_cast<uint64_t>(n + 1 + std::max(n - 1, 0) + k);
}

int BestOrder(const std::vector<uint64_t>& values) {
  std::array<uint64_t, kWordBits + 1> lengths = {};
  int longest = 0;
  for (const uint64_t v : values) {
    const int length = BitLength(v);
    ++lengths[static_cast<size_t>(length)];
    longest = std::max(longest, length);
  }
  int best = 0;
  uint64_t least = UINT64_MAX;
  for (int k = 0; k <= std::min(longest, kWordBits - 1); ++k) {
    uint64_t bits = 0;
    for (int length = 0; length <= longest; ++length) {
      bits += lengths[static_cast<size_t>(length)] * Cost(length, k);
    }
    if (bits < least) {
      least = bits;
      best = k;
    }
  }
  return best;
}

void WriteNumber(uint64_t v, int k, BitWriter* out) {
  const int n = BitLength(v >> k);
  out->Bits(~uint64_t{0}, n);
  out->Bits(0, 1);
  if (n > 1) out->Bits(v >> k, n - 1);
  out->Bits(v, k);
}

uint64_t ReadNumber(int k, BitReader* in) {
  const int n = in->Ones(kWordBits - k);
  uint64_t upper = n > 0 ? 1 : 0;
  if (n > 1) upper = upper << (n - 1) | in->Bits(n - 1);
  return upper << k | in->Bits(k);
}

}  // namespace

void BitWriter::Bits(uint64_t v, int count) {
  while (count > 0) {
    const int taken = std::min(count, 8 - held_);
    count -= taken;
    last_ = last_ << taken | (v >> count & ((uint64_t{1} << taken) - 1));
    held_ += taken;
    if (held_ < 8) return;
    bytes_.push_back(static_cast<char>(last_));
    last_ = 0;
    held_ = 0;
  }
}

std::string BitWriter::Take() {
  if (held_ > 0) Bits(0, 8 - held_);
  return std::move(bytes_);
}

// The next bits, from the highest down; zeros behind the end.
uint64_t BitReader::Peek() const {
  uint64_t word = 0;
  const size_t first = at_ / 8;
  for (size_t i = first; i < first + 8; ++i) {
    const uint8_t byte =
        i < bytes_.size() ? static_cast<uint8_t>(bytes_[i]) : uint8_t{0};
    word = word << 8 | byte;
  }
  return word << at_ % 8;
}

uint64_t BitReader::Bits(int count) {
  if (count > kPeekedBits) {
    const uint64_t upper = Bits(count - 32);
    return upper << 32 | Bits(32);
  }
  if (count == 0) return 0;
  if (!ok_ || static_cast<size_t>(count) > 8 * bytes_.size() - at_) {
    ok_ = false;
    return 0;
  }
  const uint64_t v = Peek() >> (kWordBits - count);
  at_ += static_cast<size_t>(count);
  return v;
}

int BitReader::Ones(int most) {
  int n = 0;
  while (ok_) {
    const int ones = std::min(std::countl_one(Peek()), kPeekedBits - 1);
    n += ones;
    Bits(ones);
    if (n > most) ok_ = false;
    if (ones < kPeekedBits - 1) break;
  }
  Bits(1);
  return ok_ ? n : 0;
}

bool BitReader::AtEnd() {
  const size_t left = 8 * bytes_.size() - at_;
  return ok_ && left < 8 && Bits(static_cast<int>(left)) == 0;
}

void WriteColumn(const std::vector<uint64_t>& values, BitWriter* out) {
  const bool zeros =
      std::all_of(values.begin(), values.end(), [](auto v) { return v == 0; });
  out->Bits(zeros ? 0 : 1, 1);
  if (zeros) return;
  const int k = BestOrder(values);
  out->Bits(static_cast<uint64_t>(k), kOrderBits);
  for (const uint64_t v : values) WriteNumber(v, k, out);
}

std::vector<uint64_t> ReadColumn(BitReader* in, size_t count) {
  std::vector<uint64_t> values(count);
  if (in->Bits(1) == 0) return values;
  const int k = static_cast<int>(in->Bits(kOrderBits));
  for (uint64_t& v : values) {
    if (!in->ok()) break;
    v = ReadNumber(k, in);
  }
  return values;
}

}  // namespace fovea
