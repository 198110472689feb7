// SPDX-License-Identifier: GPL-2.0-or-later
//
// MCAP files made to order, record by record, and messages for them.

#ifndef FOVEA_TESTS_FORMATS_MCAP_BUILDER_H_
#define FOVEA_TESTS_FORMATS_MCAP_BUILDER_H_

#include <lz4frame.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tests/formats/ulog_builder.h"

namespace fovea::testing {

inline std::string Counted(const std::string& text) {
  return Raw(static_cast<uint32_t>(text.size())) + text;
}

// Bytes as an LZ4 frame.
inline std::string Lz4Frame(const std::string& plain) {
  std::string packed(LZ4F_compressFrameBound(plain.size(), nullptr), '\0');
  packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), plain.data(),
                                   plain.size(), nullptr));
  return packed;
}

// Records to put into a file or a chunk.
class McapRecordsBuilder {
 public:
  McapRecordsBuilder& Record(uint8_t opcode, const std::string& content) {
    bytes_ += Raw(opcode, uint64_t{content.size()}) + content;
    return *this;
  }
  McapRecordsBuilder& Schema(uint16_t id, const std::string& name,
                             const std::string& encoding = "ros2msg",
                             const std::string& data = "") {
    return Record(3,
                  Raw(id) + Counted(name) + Counted(encoding) + Counted(data));
  }
  McapRecordsBuilder& Channel(uint16_t id, uint16_t schema,
                              const std::string& topic,
                              const std::string& encoding = "cdr") {
    return Record(
        4, Raw(id, schema) + Counted(topic) + Counted(encoding) + Counted(""));
  }
  McapRecordsBuilder& Message(uint16_t channel, uint64_t log_time,
                              const std::string& data) {
    return Record(5, Raw(channel, uint32_t{0}, log_time, log_time) + data);
  }
  McapRecordsBuilder& Chunk(const std::string& compression,
                            const std::string& packed, uint64_t size,
                            uint32_t checksum = 0) {
    return Record(6, Raw(uint64_t{0}, uint64_t{0}, size, checksum) +
                         Counted(compression) + Raw(uint64_t{packed.size()}) +
                         packed);
  }
  McapRecordsBuilder& Bytes(const std::string& raw) {
    bytes_ += raw;
    return *this;
  }
  const std::string& text() const { return bytes_; }

 private:
  std::string bytes_;
};

// A whole file around records, without checksums and summary.
inline std::string McapFileOf(const McapRecordsBuilder& records) {
  const std::string magic("\x89MCAP0\r\n", 8);
  McapRecordsBuilder file;
  file.Record(1, Counted("ros2") + Counted("test")).Bytes(records.text());
  file.Record(0x0F, Raw(uint32_t{0}));
  file.Record(2, Raw(uint64_t{0}, uint64_t{0}, uint32_t{0}));
  return magic + file.text() + magic;
}

// What an Imu message says; a vector whose covariance is -1 is absent.
struct ImuWords {
  uint32_t seconds = 1, nanoseconds = 0;
  std::string frame_id = "imu";
  std::array<double, 4> orientation = {};
  std::array<double, 3> gyro = {}, accel = {};
  double orientation_covariance = -1, gyro_covariance = 0, accel_covariance = 0;
};

class ImuWriter {
 public:
  explicit ImuWriter(bool big_endian) : big_endian_(big_endian) {}

  std::string Cdr(const ImuWords& words) {
    Number(words.seconds);
    Number(words.nanoseconds);
    Number(static_cast<uint32_t>(words.frame_id.size() + 1));
    bytes_ += words.frame_id + '\0';
    while (bytes_.size() % 8 != 0) bytes_ += '\0';
    Vectors(words);
    return std::string(1, '\0') + (big_endian_ ? '\0' : '\1') +
           std::string(2, '\0') + bytes_;
  }
  std::string Ros1(const ImuWords& words) {
    Number(uint32_t{77});
    Number(words.seconds);
    Number(words.nanoseconds);
    bytes_ += Counted(words.frame_id);
    Vectors(words);
    return bytes_;
  }

 private:
  template <typename T>
  void Number(T value) {
    std::string bytes = Raw(value);
    if (big_endian_) std::reverse(bytes.begin(), bytes.end());
    bytes_ += bytes;
  }
  template <size_t N>
  void Vector(const std::array<double, N>& vector, double covariance) {
    for (const double value : vector) Number(value);
    Number(covariance);
    for (int i = 1; i < 9; ++i) Number(0.25);
  }
  void Vectors(const ImuWords& words) {
    Vector(words.orientation, words.orientation_covariance);
    Vector(words.gyro, words.gyro_covariance);
    Vector(words.accel, words.accel_covariance);
  }

  const bool big_endian_;
  std::string bytes_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_FORMATS_MCAP_BUILDER_H_
