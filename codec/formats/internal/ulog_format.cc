// SPDX-License-Identifier: GPL-2.0-or-later
//
// A format is laid out with its sizes added up to at most one message, so
// that arrays of arrays of arrays end early, whatever they claim.

#include "codec/formats/internal/ulog_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/byte_fields.h"
#include "codec/formats/internal/utf8.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kMostDataBytes = 65535;
constexpr size_t kShownBytes = 60;
constexpr size_t kMaxFieldNameBytes = 255;  // as of the formats around it

struct NamedType {
  std::string_view name;
  UlogType type;
  size_t size;
};
constexpr std::array<NamedType, 12> kTypes = {{
    {"int8_t", UlogType::kInt8, 1},
    {"uint8_t", UlogType::kUint8, 1},
    {"int16_t", UlogType::kInt16, 2},
    {"uint16_t", UlogType::kUint16, 2},
    {"int32_t", UlogType::kInt32, 4},
    {"uint32_t", UlogType::kUint32, 4},
    {"int64_t", UlogType::kInt64, 8},
    {"uint64_t", UlogType::kUint64, 8},
    {"float", UlogType::kFloat, 4},
    {"double", UlogType::kDouble, 8},
    {"bool", UlogType::kBool, 1},
    {"char", UlogType::kChar, 1},
}};

const NamedType* FindType(std::string_view name) {
  for (const NamedType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

bool IsName(std::string_view text) {
  for (const char c : text) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                      c == '/';
    if (!good) return false;
  }
  return !text.empty();
}

// A conversion in hardware would quieten signalling NaNs.
double Widen(uint32_t bits) {
  constexpr uint32_t kExponent = 0x7F800000U;
  if ((bits & kExponent) != kExponent) return std::bit_cast<float>(bits);
  const uint64_t sign = uint64_t{bits >> 31} << 63;
  const uint64_t fraction = uint64_t{bits & 0x7FFFFFU} << 29;
  return std::bit_cast<double>(sign | uint64_t{0x7FF} << 52 | fraction);
}

absl::Status Malformed(std::string_view text) {
  return absl::DataLossError(absl::StrCat("format '",
                                          PrintableUtf8(text, kShownBytes),
                                          "': expected name:type field;..."));
}

}  // namespace

size_t UlogTypeSize(UlogType type) {
  return kTypes[static_cast<size_t>(type)].size;
}

double UlogNumber(UlogType type, const uint8_t* at) {
  switch (type) {
    case UlogType::kInt8:
      return static_cast<int8_t>(*at);
    case UlogType::kInt16:
      return static_cast<int16_t>(LittleAt<uint16_t>(at));
    case UlogType::kUint16:
      return LittleAt<uint16_t>(at);
    case UlogType::kInt32:
      return static_cast<int32_t>(LittleAt<uint32_t>(at));
    case UlogType::kUint32:
      return LittleAt<uint32_t>(at);
    case UlogType::kInt64:
      return static_cast<double>(static_cast<int64_t>(LittleAt<uint64_t>(at)));
    case UlogType::kUint64:
      return static_cast<double>(LittleAt<uint64_t>(at));
    case UlogType::kFloat:
      return Widen(LittleAt<uint32_t>(at));
    case UlogType::kDouble:
      return std::bit_cast<double>(LittleAt<uint64_t>(at));
    case UlogType::kUint8:
    case UlogType::kBool:
    case UlogType::kChar:
      break;
  }
  return *at;
}

bool UlogNumberIsExact(UlogType type, const uint8_t* at) {
  if (type != UlogType::kInt64 && type != UlogType::kUint64) return true;
  const auto bits = LittleAt<uint64_t>(at);
  const bool negative = type == UlogType::kInt64 && bits >> 63 != 0;
  const uint64_t size = negative ? ~bits + 1 : bits;
  return size >> std::countr_zero(size | uint64_t{1} << 63) >> 53 == 0;
}

absl::StatusOr<UlogFormats::Member> UlogFormats::ParseMember(
    std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == text.npos) return Malformed(text);
  Member member;
  std::string_view type = text.substr(0, blank);
  member.name = text.substr(blank + 1);
  if (const size_t open = type.find('['); open != type.npos) {
    const char* const begin = type.data() + open + 1;
    const char* const end = type.data() + type.size() - 1;
    const auto parsed = std::from_chars(begin, end, member.count);
    if (type.back() != ']' || parsed.ec != std::errc() || parsed.ptr != end ||
        member.count == 0 || member.count > kMostDataBytes) {
      return Malformed(text);
    }
    member.array = true;
    type = type.substr(0, open);
  }
  member.type = type;
  if (!IsName(member.type) || !IsName(member.name) ||
      member.name.size() > kMaxFieldNameBytes) {
    return Malformed(text);
  }
  return member;
}

absl::Status UlogFormats::Add(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || !IsName(text.substr(0, colon))) {
    return Malformed(text);
  }
  const std::string name(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  const auto known = texts_.find(name);
  if (known != texts_.end()) {
    return known->second == rest ? absl::OkStatus() : Malformed(text);
  }
  bytes_ += text.size();
  if (bytes_ > limits_.max_ulog_format_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "formats of more than ", limits_.max_ulog_format_bytes, " bytes"));
  }
  std::vector<Member> members;
  texts_[name] = rest;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    auto member = ParseMember(rest.substr(0, end));
    if (!member.ok()) return member.status();
    members.push_back(*std::move(member));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  formats_[name] = std::move(members);
  return absl::OkStatus();
}

struct UlogFormats::Walk {
  UlogLayout layout;
  size_t offset = 0;
};

absl::Status UlogFormats::CheckFields(const UlogLayout& layout) const {
  if (layout.fields.size() + layout.texts.size() <= limits_.max_ulog_fields) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "more than ", limits_.max_ulog_fields, " fields in a message"));
}

absl::Status UlogFormats::ExpandMember(const Member& member,
                                       const std::string& prefix, int depth,
                                       Walk* walk) const {
  const std::string name = prefix + member.name;
  const NamedType* const type = FindType(member.type);
  const bool padding = member.name.starts_with("_padding");
  if (type != nullptr && padding) {
    walk->offset += member.count * type->size;
    return absl::OkStatus();
  }
  if (type != nullptr && type->type == UlogType::kChar) {
    walk->layout.texts.push_back(name);
    walk->offset += member.count;
    walk->layout.size = walk->offset;
    return CheckFields(walk->layout);
  }
  if (type != nullptr && depth == 0 && member.name == "timestamp" &&
      type->type == UlogType::kUint64 && !member.array) {
    walk->layout.time = walk->offset;
    walk->offset += type->size;
    walk->layout.size = walk->offset;
    return absl::OkStatus();
  }
  for (size_t i = 0; i < member.count; ++i) {
    const std::string one =
        member.array ? absl::StrCat(name, "[", i, "]") : name;
    if (type == nullptr) {
      absl::Status s = Expand(member.type, one + ".", depth + 1, walk);
      if (!s.ok()) return s;
      continue;
    }
    walk->layout.fields.push_back({one, type->type, walk->offset});
    walk->offset += type->size;
    walk->layout.size = walk->offset;
    if (absl::Status s = CheckFields(walk->layout); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status UlogFormats::Expand(const std::string& format,
                                 const std::string& prefix, int depth,
                                 Walk* walk) const {
  const auto found = formats_.find(format);
  if (found == formats_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file tells no format '", format, "'"));
  }
  if (depth > limits_.max_ulog_depth || prefix.size() > kMaxFieldNameBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "format '", format, "' lies more than ", limits_.max_ulog_depth,
        " formats or ", kMaxFieldNameBytes, " bytes of names deep"));
  }
  const size_t start = walk->offset;
  for (const Member& member : found->second) {
    absl::Status s = ExpandMember(member, prefix, depth, walk);
    if (!s.ok()) return s;
    if (walk->offset > kMostDataBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "format '", format, "' is longer than a message can be"));
    }
  }
  if (walk->offset > start) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("format '", format, "' has no field"));
}

absl::StatusOr<UlogLayout> UlogFormats::Resolve(const std::string& name) const {
  Walk walk;
  if (absl::Status s = Expand(name, "", 0, &walk); !s.ok()) return s;
  return std::move(walk.layout);
}

}  // namespace fovea::codec_internal
