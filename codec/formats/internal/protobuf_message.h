// SPDX-License-Identifier: GPL-2.0-or-later
//
// The wire format of Protocol Buffers, written field by field: enough to
// make messages without generated code. Zero is a field's absence, as in
// proto3.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_PROTOBUF_MESSAGE_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_PROTOBUF_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/formats/internal/little_endian.h"

namespace fovea::codec_internal {

class ProtobufMessage {
 public:
  // Unsigned and enumerated values, and signed ones that are not negative.
  ProtobufMessage& Whole(uint32_t field, uint64_t value) {
    if (value == 0) return *this;
    Varint(uint64_t{field} << 3);
    Varint(value);
    return *this;
  }
  ProtobufMessage& Double(uint32_t field, double value) {
    if (value == 0) return *this;
    Varint(uint64_t{field} << 3 | 1);
    PutLittle(value, &bytes_);
    return *this;
  }
  ProtobufMessage& Text(uint32_t field, std::string_view value) {
    return value.empty() ? *this : Sized(field, value);
  }
  // Present even when it is empty.
  ProtobufMessage& Message(uint32_t field, const ProtobufMessage& value) {
    return Sized(field, value.bytes_);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  ProtobufMessage& Sized(uint32_t field, std::string_view value) {
    Varint(uint64_t{field} << 3 | 2);
    Varint(value.size());
    bytes_.append(value);
    return *this;
  }
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      bytes_ += static_cast<char>(value | 0x80);
    }
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_PROTOBUF_MESSAGE_H_
