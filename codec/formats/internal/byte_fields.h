// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fields of foreign records, taken from the front of what remains.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_BYTE_FIELDS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_BYTE_FIELDS_H_

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fovea::codec_internal {

// Requires sizeof(T) bytes at `at`.
template <std::unsigned_integral T>
T LittleAt(const uint8_t* at) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<uint64_t>(at[i]) << (8 * i);
  }
  return static_cast<T>(value);
}

inline std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What does not fit is zero or empty, and ok() is false from then on.
class ByteFields {
 public:
  explicit ByteFields(std::span<const uint8_t> bytes, bool big_endian = false)
      : bytes_(bytes), big_endian_(big_endian) {}

  bool ok() const { return ok_; }
  size_t taken() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  std::span<const uint8_t> Take(uint64_t size) {
    if (!ok_ || size > left()) {
      ok_ = false;
      return {};
    }
    const auto taken = bytes_.subspan(at_, static_cast<size_t>(size));
    at_ += taken.size();
    return taken;
  }

  template <std::unsigned_integral T>
  T Number() {
    const auto field = Take(sizeof(T));
    if (field.empty()) return 0;
    if (!big_endian_) return LittleAt<T>(field.data());
    uint64_t value = 0;
    for (const uint8_t byte : field) value = value << 8 | byte;
    return static_cast<T>(value);
  }
  double Double() { return std::bit_cast<double>(Number<uint64_t>()); }

  // A length in 32 bits and as many bytes.
  std::span<const uint8_t> Counted() { return Take(Number<uint32_t>()); }
  std::string_view Text() { return TextOf(Counted()); }

  // Goes on to the next multiple of `size` from the front.
  void Align(size_t size) { Take((size - at_ % size) % size); }

 private:
  const std::span<const uint8_t> bytes_;
  const bool big_endian_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_BYTE_FIELDS_H_
