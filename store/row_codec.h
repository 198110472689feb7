// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes and reads the bytes of catalogue keys and values: big-endian
// integers, varints and counted text. A reader never reads past its bytes:
// the first thing that does not fit makes its status an error, later reads
// give zeros, and the caller asks once, at the end.

#ifndef FOVEA_STORE_ROW_CODEC_H_
#define FOVEA_STORE_ROW_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace fovea {

// Appends. Not thread-safe.
class RowWriter {
 public:
  void U8(uint8_t v) { bytes_.push_back(static_cast<char>(v)); }
  void U16(uint16_t v) { BigEndian(v, 2); }
  void U32(uint32_t v) { BigEndian(v, 4); }
  void U64(uint64_t v) { BigEndian(v, 8); }

  // Sign bit turned over, so that bytes sort as the numbers do.
  void SortableI64(int64_t v);

  // Seven bits a byte, low ones first; 1 to 10 bytes.
  void Varint(uint64_t v);
  // Small magnitudes of either sign stay short (0, -1, 1, -2, ...).
  void SignedVarint(int64_t v);

  void Bytes(std::string_view v) { bytes_.append(v); }
  void Bytes(std::span<const uint8_t> v) { bytes_.append(v.begin(), v.end()); }
  // A varint length, then the bytes.
  void Text(std::string_view v);

  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

 private:
  void BigEndian(uint64_t v, int count);
  std::string bytes_;
};

// Reads what RowWriter wrote. Keeps a view: `bytes` must outlive it. Not
// thread-safe.
class RowReader {
 public:
  // `object` names the bytes in errors ("gop row").
  RowReader(std::string_view bytes, std::string object)
      : bytes_(bytes), object_(std::move(object)) {}

  uint8_t U8() { return static_cast<uint8_t>(BigEndian(1)); }
  uint16_t U16() { return static_cast<uint16_t>(BigEndian(2)); }
  uint32_t U32() { return static_cast<uint32_t>(BigEndian(4)); }
  uint64_t U64() { return BigEndian(8); }
  int64_t SortableI64();

  uint64_t Varint();
  // A varint beyond `most` is damage; `field` names it in the error.
  uint64_t VarintUpTo(uint64_t most, const char* field);
  int64_t SignedVarint();

  // A view into the reader's bytes; empty after an error.
  std::string_view Bytes(uint64_t count);
  std::string_view Text(uint64_t longest, const char* field);
  // How many elements follow: damage when there are more than `most`, or
  // when not even `least_bytes` a piece are left, so it is safe to reserve.
  uint64_t Count(uint64_t most, uint64_t least_bytes, const char* field);

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }
  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }

  // Makes the status kDataLoss "<object>: <what> at byte <offset>", unless
  // it is an error already.
  void Fail(const std::string& what);
  // Fails unless all bytes were read, and gives the status.
  absl::Status Finish();

 private:
  bool Need(uint64_t count);
  uint64_t BigEndian(int count);

  std::string_view bytes_;
  std::string object_;
  size_t offset_ = 0;
  absl::Status status_;
};

// Small numbers for small magnitudes of either sign, and back.
constexpr uint64_t ZigZag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
constexpr int64_t UnZigZag(uint64_t v) {
  return static_cast<int64_t>((v >> 1) ^ (0 - (v & 1)));
}

}  // namespace fovea

#endif  // FOVEA_STORE_ROW_CODEC_H_
