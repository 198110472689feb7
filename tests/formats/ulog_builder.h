// SPDX-License-Identifier: GPL-2.0-or-later
//
// ULog files made to order, message by message.

#ifndef FOVEA_TESTS_FORMATS_ULOG_BUILDER_H_
#define FOVEA_TESTS_FORMATS_ULOG_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace fovea::testing {

// The bytes of little-endian numbers, one after another.
template <typename... T>
std::string Raw(T... values) {
  std::string out;
  const auto put = [&](auto value) {
    char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));  // the host is little-endian
    out.append(bytes, sizeof(value));
  };
  (put(values), ...);
  return out;
}

class UlogBuilder {
 public:
  UlogBuilder() {
    bytes_ = std::string("ULog\x01\x12\x35\x01", 8) + Raw(uint64_t{5});
  }

  UlogBuilder& Message(char type, const std::string& payload) {
    bytes_ += Raw(static_cast<uint16_t>(payload.size()), type) + payload;
    return *this;
  }
  UlogBuilder& Flags(uint8_t incompatible,
                     const std::vector<uint64_t>& appended = {}) {
    std::string payload(8, '\0');
    payload += static_cast<char>(incompatible);
    payload += std::string(7, '\0');
    for (size_t i = 0; i < 3; ++i) {
      payload += Raw(i < appended.size() ? appended[i] : uint64_t{0});
    }
    return Message('B', payload);
  }
  UlogBuilder& Format(const std::string& text) { return Message('F', text); }
  UlogBuilder& Subscribe(uint16_t id, const std::string& topic,
                         uint8_t instance = 0) {
    return Message('A', Raw(instance, id) + topic);
  }
  UlogBuilder& Data(uint16_t id, const std::string& data) {
    return Message('D', Raw(id) + data);
  }
  UlogBuilder& Sync() {
    return Message('S', "\x2F\x73\x13\x20\x25\x0C\xBB\x12");
  }
  UlogBuilder& Bytes(const std::string& raw) {
    bytes_ += raw;
    return *this;
  }

  size_t size() const { return bytes_.size(); }
  const std::string& text() const { return bytes_; }
  std::vector<uint8_t> bytes() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  std::string bytes_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_FORMATS_ULOG_BUILDER_H_
