// SPDX-License-Identifier: GPL-2.0-or-later
//
// Formats of ULog topics ("name:type field;type[3] field;..."), and where
// the numbers of a data message are. Types may be formats themselves.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ULOG_FORMAT_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ULOG_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/limits.h"

namespace fovea::codec_internal {

enum class UlogType : uint8_t {
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat,
  kDouble,
  kBool,
  kChar,
};

size_t UlogTypeSize(UlogType type);

// Requires UlogTypeSize(type) bytes at `at`. Floats keep every bit, payloads
// of NaNs included; 64-bit integers beyond 2^53 are rounded.
double UlogNumber(UlogType type, const uint8_t* at);

// Whether UlogNumber() gives the number there exactly.
bool UlogNumberIsExact(UlogType type, const uint8_t* at);

struct UlogField {
  std::string name;  // "gyro_rad[0]", "esc[1].esc_rpm"
  UlogType type = UlogType::kFloat;
  size_t offset = 0;  // in the data, after the message's id
};

struct UlogLayout {
  std::vector<UlogField> fields;   // numbers, without time and padding
  std::vector<std::string> texts;  // char arrays, which are no numbers
  std::optional<size_t> time;      // offset of the u64 in microseconds
  size_t size = 0;                 // of data; padding at its end is not logged
};

class UlogFormats {
 public:
  explicit UlogFormats(const FormatLimits& limits) : limits_(limits) {}

  // Of a format message. kDataLoss: it is none, or differs from one of the
  // same name; kResourceExhausted: too many.
  absl::Status Add(std::string_view text);

  // kInvalidArgument: no such format, or one that no data can have.
  absl::StatusOr<UlogLayout> Resolve(const std::string& name) const;

 private:
  struct Member {
    std::string type;
    std::string name;
    size_t count = 1;
    bool array = false;
  };
  struct Walk;
  static absl::StatusOr<Member> ParseMember(std::string_view text);
  absl::Status CheckFields(const UlogLayout& layout) const;
  absl::Status Expand(const std::string& format, const std::string& prefix,
                      int depth, Walk* walk) const;
  absl::Status ExpandMember(const Member& member, const std::string& prefix,
                            int depth, Walk* walk) const;

  const FormatLimits limits_;
  size_t bytes_ = 0;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::vector<Member>> formats_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ULOG_FORMAT_H_
