// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/bit_columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace fovea {
namespace {

constexpr int kWordBits = 64;
constexpr int kOrderBits = 6;
// What Peek() is sure to give: a word less the bits of a byte already read.
constexpr int kPeekedBits = kWordBits - 7;

int BitLength(uint64_t v) { return kWordBits - std::countl_zero(v); }

// The order under which all numbers take fewest bits. A number of `length` bits
// takes 2 length - k under orders k below that, k + 1 under all others: what
// the sums change by from one order to the next follows from how many are as
// long as that.
int BestOrder(const std::vector<uint64_t>& values) {
  std::array<int64_t, kWordBits + 1> of_length = {};
  int64_t bits = 0;
  int longest = 0;
  for (const uint64_t v : values) {
    const int length = BitLength(v);
    ++of_length[static_cast<size_t>(length)];
    bits += std::max(2 * length, 1);
    longest = std::max(longest, length);
  }
  auto longer = static_cast<int64_t>(values.size()) - of_length[0];
  int64_t shorter = of_length[0];  // or of k bits
  int64_t least = bits;
  int best = 0;
  for (int k = 1; k <= std::min(longest, kWordBits - 1); ++k) {
    const int64_t same = of_length[static_cast<size_t>(k)];
    // Those of k bits took k + 1 under the order before, and do now.
    longer -= same;
    bits += shorter - longer;
    shorter += same;
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
  if (count == 0) return;
  if (count < kWordBits) v &= (uint64_t{1} << count) - 1;
  const int room = kWordBits - held_;
  if (count < room) {
    last_ = last_ << count | v;
    held_ += count;
    return;
  }
  const int left = count - room;  // below 64
  PutWord(room < kWordBits ? last_ << room | v >> left : v);
  last_ = v;
  held_ = left;
}

void BitWriter::PutWord(uint64_t word) {
  std::array<char, sizeof(word)> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(word >> (kWordBits - 8 - 8 * i));
  }
  bytes_.append(bytes.data(), bytes.size());
}

std::string BitWriter::Take() {
  if (held_ > 0) {
    const auto whole = bytes_.size() + static_cast<size_t>((held_ + 7) / 8);
    PutWord(last_ << (kWordBits - held_));
    bytes_.resize(whole);
  }
  held_ = 0;
  return std::exchange(bytes_, {});
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
