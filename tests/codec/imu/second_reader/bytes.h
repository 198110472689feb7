// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone, sharing no code with codec/: bytes,
// bits and checksums. Simple rather than fast; throws on what does not fit.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_BYTES_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace fovea::second_reader {

using Bytes = std::span<const uint8_t>;

[[noreturn]] inline void Fail(const char* what) {
  throw std::runtime_error(what);
}

inline int64_t UnZigZag(uint64_t n) {
  return static_cast<int64_t>(n >> 1) ^ -static_cast<int64_t>(n & 1);
}

// Sums of values of inertial blocks wrap.
inline int64_t Wrapped(int64_t value) {
  return static_cast<int32_t>(static_cast<uint32_t>(value));
}

inline uint32_t Crc32c(Bytes bytes, uint32_t crc = 0xffffffff) {
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    }
  }
  return crc;
}

// Little-endian numbers from the front.
class ByteCursor {
 public:
  explicit ByteCursor(Bytes bytes) : rest_(bytes) {}

  Bytes Take(uint64_t size) {
    if (size > rest_.size()) Fail("bytes end early");
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  uint64_t Number(int bytes) {
    uint64_t value = 0;
    int shift = 0;
    for (const uint8_t byte : Take(static_cast<size_t>(bytes))) {
      value |= static_cast<uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }
  uint8_t U8() { return static_cast<uint8_t>(Number(1)); }
  uint32_t U32() { return static_cast<uint32_t>(Number(4)); }
  double Double() { return std::bit_cast<double>(Number(8)); }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t byte = U8();
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
      if (shift > 56) Fail("varint too long");
    }
  }
  // "number": short where whole.
  double Real() {
    const uint64_t head = Varint();
    if (head == 1) return Double();
    if (head % 2 == 0) return static_cast<double>(head / 2);
    double power = 1;
    for (uint64_t d = head / 2; d > 0; --d) power *= 10;
    return static_cast<double>(UnZigZag(Varint())) / power;
  }
  Bytes Rest() { return Take(rest_.size()); }
  bool empty() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

// Bits from the least significant of a byte up.
class LowBits {
 public:
  explicit LowBits(Bytes bytes) : bytes_(bytes) {}

  uint32_t Bit() {
    if (at_ / 8 >= bytes_.size()) Fail("bits end early");
    const uint32_t bit = (bytes_[at_ / 8] >> (at_ % 8)) & 1u;
    ++at_;
    return bit;
  }
  uint64_t Bits(int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value |= uint64_t{Bit()} << i;
    return value;
  }
  // Exp-Golomb of an order.
  uint64_t Eg(int order) {
    int b = 0;
    while (b < 32 && Bit() == 0) ++b;
    const uint64_t m = (uint64_t{1} << b) | Bits(b);
    return ((m - 1) << order) | Bits(order);
  }
  void ToByte() { at_ = (at_ + 7) / 8 * 8; }
  // Of whole bytes read so far.
  size_t bytes() const { return (at_ + 7) / 8; }

 private:
  Bytes bytes_;
  size_t at_ = 0;
};

// Bits from the most significant of a byte down.
class HighBits {
 public:
  explicit HighBits(Bytes bytes) : bytes_(bytes) {}

  uint32_t Bit() {
    if (at_ / 8 >= bytes_.size()) Fail("bits end early");
    const uint32_t bit = (bytes_[at_ / 8] >> (7 - at_ % 8)) & 1u;
    ++at_;
    return bit;
  }
  uint64_t Bits(int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 1 | Bit();
    return value;
  }
  size_t bytes() const { return (at_ + 7) / 8; }

 private:
  Bytes bytes_;
  size_t at_ = 0;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_BYTES_H_
