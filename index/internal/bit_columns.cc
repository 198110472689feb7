// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/bit_columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

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
  const size_t first = at_ / 8;
  uint64_t word = 0;
  if (std::endian::native == std::endian::little &&
      bytes_.size() - first >= sizeof(word)) {
    std::memcpy(&word, bytes_.data() + first, sizeof(word));
    return __builtin_bswap64(word) << at_ % 8;
  }
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
  if (!Has(count)) {
    ok_ = false;
    return 0;
  }
  const uint64_t v = Peek() >> (kWordBits - count);
  at_ += static_cast<size_t>(count);
  return v;
}

// Nearly all numbers are whole in what is peeked.
uint64_t BitReader::Number(int k) {
  const uint64_t word = Peek();
  const int n = std::countl_one(word);
  const int lower = std::max(n - 1, 0) + k;
  const int count = n + 1 + lower;
  if (count > kPeekedBits) return LongNumber(k);
  if (!Has(count)) {
    ok_ = false;
    return 0;
  }
  at_ += static_cast<size_t>(count);
  if (lower == 0) return static_cast<uint64_t>(n);
  const uint64_t bits = word << (n + 1) >> (kWordBits - lower);
  return n == 0 ? bits : bits | uint64_t{1} << lower;
}

uint64_t BitReader::LongNumber(int k) {
  int n = 0;
  while (Bits(1) == 1) ++n;
  if (n > kWordBits - k) ok_ = false;
  if (!ok_) return 0;
  if (n == 0) return Bits(k);
  const uint64_t upper = uint64_t{1} << (n - 1) | Bits(n - 1);
  return upper << k | Bits(k);
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
    v = in->Number(k);
  }
  return values;
}

}  // namespace fovea
