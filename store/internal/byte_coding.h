// SPDX-License-Identifier: GPL-2.0-or-later
//
// Integers to bytes and back: little-endian inside records and values,
// big-endian inside keys, where byte order is sort order. The reader
// compares before it subtracts; after one failure it stays failed.

#ifndef FOVEA_STORE_INTERNAL_BYTE_CODING_H_
#define FOVEA_STORE_INTERNAL_BYTE_CODING_H_

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fovea {

inline std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <std::unsigned_integral T>
void PutLittle(std::string* out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

inline void PutBig64(std::string* out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

inline void PutBytes(std::string* out, std::span<const uint8_t> bytes) {
  out->append(TextOf(bytes));
}

class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : rest_(bytes) {}
  explicit ByteReader(std::string_view text) : rest_(BytesOf(text)) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  size_t remaining() const { return rest_.size(); }

  template <std::unsigned_integral T>
  T Little() {
    T value = 0;
    const std::span<const uint8_t> raw = Bytes(sizeof(T));
    for (size_t i = 0; i < raw.size(); ++i) {
      value = static_cast<T>(value | static_cast<T>(raw[i]) << (8 * i));
    }
    return value;
  }

  uint64_t Big64() {
    uint64_t value = 0;
    for (const uint8_t byte : Bytes(8)) value = value << 8 | byte;
    return value;
  }

  // The next `count` bytes, or none at all when so many are not there.
  std::span<const uint8_t> Bytes(uint64_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::span<const uint8_t> taken =
        rest_.first(static_cast<size_t>(count));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_BYTE_CODING_H_
