// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/gpmf_klv.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr size_t kHeadBytes = 8;
constexpr size_t kMaxRowFields = 256;

uint64_t BigEndian(const uint8_t* bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value = (value << 8) | bytes[i];
  return value;
}

std::string KeyText(const uint8_t* bytes) {
  std::string key;
  for (int i = 0; i < 4; ++i) {
    const bool printable = bytes[i] > ' ' && bytes[i] <= '~';
    key.push_back(printable ? static_cast<char>(bytes[i]) : '?');
  }
  return key;
}

class Walker {
 public:
  Walker(std::span<const uint8_t> payload, int max_depth,
         const std::function<void(const GpmfStream&)>& visit)
      : payload_(payload), max_depth_(max_depth), visit_(visit) {}

  absl::Status Walk(size_t begin, size_t end, int depth) {
    if (depth > max_depth_) {
      return absl::DataLossError(absl::StrCat(
          "GPMF offset ", begin, ": nested deeper than ", max_depth_));
    }
    std::vector<GpmfItem> items;
    size_t at = begin;
    while (end - at >= kHeadBytes && BigEndian(&payload_[at], 4) != 0) {
      GpmfItem item;
      const absl::Status status = ReadItem(at, end, &item);
      if (!status.ok()) return status;
      const size_t length = item.data.size();
      const size_t body = at + kHeadBytes;
      if (item.key == "DVID" && item.type == 'L' && length == 4) {
        device_ = static_cast<uint32_t>(BigEndian(item.data.data(), 4));
      }
      if (item.key == "DVNM") device_name_ = GpmfText(item.data);
      if (item.type == 0) {
        const absl::Status nested = Nest(item, body, body + length, depth);
        if (!nested.ok()) return nested;
      } else {
        items.push_back(std::move(item));
      }
      at = std::min(end, body + (length + 3) / 4 * 4);
    }
    if (in_stream_) Report(std::move(items));
    return absl::OkStatus();
  }

 private:
  absl::Status ReadItem(size_t at, size_t end, GpmfItem* item) {
    const uint8_t* head = &payload_[at];
    item->key = KeyText(head);
    item->type = static_cast<char>(head[4]);
    item->size = head[5];
    item->repeat = static_cast<size_t>(BigEndian(head + 6, 2));
    item->offset = at;
    const size_t length = item->size * item->repeat;
    if (length > end - at - kHeadBytes) {
      return absl::DataLossError(
          absl::StrCat("GPMF offset ", at, ": '", item->key, "' of ", length,
                       " bytes, ", end - at - kHeadBytes, " are left"));
    }
    item->data = payload_.subspan(at + kHeadBytes, length);
    return absl::OkStatus();
  }

  absl::Status Nest(const GpmfItem& item, size_t begin, size_t end, int depth) {
    const bool outer = std::exchange(in_stream_, item.key == "STRM");
    const absl::Status status = Walk(begin, end, depth + 1);
    in_stream_ = outer;
    return status;
  }

  void Report(std::vector<GpmfItem> items) {
    if (items.empty()) return;
    GpmfStream stream;
    stream.device = device_;
    stream.device_name = device_name_;
    const std::string data_key = items.back().key;
    for (GpmfItem& item : items) {
      auto& list = item.key == data_key ? stream.data : stream.properties;
      list.push_back(std::move(item));
    }
    visit_(stream);
  }

  const std::span<const uint8_t> payload_;
  const int max_depth_;
  const std::function<void(const GpmfStream&)>& visit_;
  uint32_t device_ = 0;
  std::string device_name_;
  bool in_stream_ = false;
};

// "f[8]" to "ffffffff"; empty when malformed or too long.
std::string ExpandTypes(std::string_view spelled) {
  std::string types;
  for (size_t i = 0; i < spelled.size(); ++i) {
    if (spelled[i] == '[') {
      const size_t close = spelled.find(']', i);
      if (types.empty() || close == spelled.npos) return "";
      size_t count = 0;
      for (++i; i < close; ++i) {
        if (spelled[i] < '0' || spelled[i] > '9') return "";
        count = count * 10 + static_cast<size_t>(spelled[i] - '0');
        if (count > kMaxRowFields) return "";
      }
      if (count == 0) return "";
      types.append(count - 1, types.back());
    } else {
      types.push_back(spelled[i]);
    }
    if (types.size() > kMaxRowFields) return "";
  }
  return types;
}

}  // namespace

const GpmfItem* GpmfStream::Property(std::string_view key) const {
  for (const GpmfItem& item : properties) {
    if (item.key == key) return &item;
  }
  return nullptr;
}

absl::Status WalkGpmf(std::span<const uint8_t> payload, int max_depth,
                      const std::function<void(const GpmfStream&)>& visit) {
  return Walker(payload, max_depth, visit).Walk(0, payload.size(), 0);
}

std::string GpmfRowTypes(const GpmfStream& stream, const GpmfItem& item) {
  std::string types;
  if (item.type == '?') {
    const GpmfItem* type = stream.Property("TYPE");
    if (type != nullptr) types = ExpandTypes(GpmfText(type->data));
  } else if (const size_t size = GpmfTypeSize(item.type); size > 0) {
    types.assign(item.size / size, item.type);
  }
  size_t bytes = 0;
  for (const char field : types) {
    if (GpmfTypeSize(field) == 0) return "";
    bytes += GpmfTypeSize(field);
  }
  return bytes == item.size ? types : "";
}

size_t GpmfTypeSize(char type) {
  switch (type) {
    case 'b':
    case 'B':
    case 'c':
      return 1;
    case 's':
    case 'S':
      return 2;
    case 'l':
    case 'L':
    case 'f':
    case 'q':
    case 'F':
      return 4;
    case 'd':
    case 'j':
    case 'J':
    case 'Q':
      return 8;
    case 'U':
    case 'G':
      return 16;
    default:
      return 0;
  }
}

bool GpmfTypeIsNumeric(char type) {
  const size_t size = GpmfTypeSize(type);
  return size > 0 && size < 16 && type != 'c' && type != 'F';
}

double GpmfNumber(char type, const uint8_t* bytes) {
  const uint64_t raw = BigEndian(bytes, GpmfTypeSize(type));
  switch (type) {
    case 'b':
      return static_cast<int8_t>(raw);
    case 's':
      return static_cast<int16_t>(raw);
    case 'l':
      return static_cast<int32_t>(raw);
    case 'j':
      return static_cast<double>(static_cast<int64_t>(raw));
    case 'f':
      return static_cast<double>(
          std::bit_cast<float>(static_cast<uint32_t>(raw)));
    case 'd':
      return std::bit_cast<double>(raw);
    case 'q':  // 16.16
      return static_cast<int32_t>(raw) / 65536.0;
    case 'Q':  // 32.32
      return static_cast<double>(static_cast<int64_t>(raw)) / 4294967296.0;
    default:
      return static_cast<double>(raw);
  }
}

std::vector<double> GpmfNumbers(const GpmfItem& item) {
  std::vector<double> numbers;
  if (!GpmfTypeIsNumeric(item.type)) return numbers;
  const size_t size = GpmfTypeSize(item.type);
  for (size_t at = 0; at + size <= item.data.size(); at += size) {
    numbers.push_back(GpmfNumber(item.type, item.data.data() + at));
  }
  return numbers;
}

std::string GpmfText(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    if (byte == 0) break;
    if (byte < 0x80) {
      text.push_back(static_cast<char>(byte));
    } else {
      text.push_back(static_cast<char>(0xC0 | (byte >> 6)));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return text;
}

}  // namespace fovea
