// SPDX-License-Identifier: GPL-2.0-or-later
//
// Little-endian fields and varints of our own block formats. The writer
// appends to a vector; the reader compares before it moves and keeps a
// sticky error, so that a parser may check once per group of fields.

#ifndef FOVEA_CODEC_BYTE_STREAM_H_
#define FOVEA_CODEC_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea {

// Small magnitudes of either sign to small unsigned numbers: 0,-1,1,-2...
inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t folded) {
  return static_cast<int64_t>(folded >> 1) ^ -static_cast<int64_t>(folded & 1);
}

inline void PutU32(uint32_t value, std::vector<uint8_t>* out) {
  for (int i = 0; i < 32; i += 8) {
    out->push_back(static_cast<uint8_t>(value >> i));
  }
}

inline void PutU64(uint64_t value, std::vector<uint8_t>* out) {
  for (int i = 0; i < 64; i += 8) {
    out->push_back(static_cast<uint8_t>(value >> i));
  }
}

// Seven bits per byte, low bits first, high bit set on all but the last.
inline void PutVarint(uint64_t value, std::vector<uint8_t>* out) {
  for (; value >= 0x80; value >>= 7) {
    out->push_back(static_cast<uint8_t>(value | 0x80));
  }
  out->push_back(static_cast<uint8_t>(value));
}

class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  // False once anything was asked for that was not there; reads give 0.
  bool ok() const { return ok_; }
  size_t remaining() const { return rest_.size(); }
  std::span<const uint8_t> rest() const { return rest_; }

  uint8_t U8() {
    const auto bytes = Take(1);
    return bytes.empty() ? uint8_t{0} : bytes[0];
  }

  uint32_t U32() {
    uint32_t value = 0;
    const auto bytes = Take(4);
    for (size_t i = 0; i < bytes.size(); ++i) {
      value |= static_cast<uint32_t>(bytes[i]) << (8 * i);
    }
    return value;
  }

  uint64_t U64() {
    uint64_t value = 0;
    const auto bytes = Take(8);
    for (size_t i = 0; i < bytes.size(); ++i) {
      value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
    }
    return value;
  }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = U8();
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }

  // The next `size` bytes; empty, with the error set, when there are fewer.
  std::span<const uint8_t> Take(size_t size) {
    if (size > rest_.size()) {
      Fail();
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

 private:
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_BYTE_STREAM_H_
