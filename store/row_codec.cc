// SPDX-License-Identifier: GPL-2.0-or-later
//
// Big-endian integers, varints and counted text over std::string.

#include "store/row_codec.h"

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr int kLongestVarint = 10;

}  // namespace

void RowWriter::BigEndian(uint64_t v, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
    bytes_.push_back(static_cast<char>(v >> shift & 0xff));
  }
}

void RowWriter::SortableI64(int64_t v) {
  U64(static_cast<uint64_t>(v) ^ kSignBit);
}

void RowWriter::Varint(uint64_t v) {
  for (; v >= 0x80; v >>= 7) {
    bytes_.push_back(static_cast<char>((v & 0x7f) | 0x80));
  }
  bytes_.push_back(static_cast<char>(v));
}

void RowWriter::SignedVarint(int64_t v) { Varint(ZigZag(v)); }

void RowWriter::Text(std::string_view v) {
  Varint(v.size());
  bytes_.append(v);
}

bool RowReader::Need(uint64_t count) {
  if (!status_.ok()) return false;
  if (count <= remaining()) return true;
  Fail(absl::StrCat("needs ", count, " more bytes, found ", remaining()));
  return false;
}

uint64_t RowReader::BigEndian(int count) {
  if (!Need(static_cast<uint64_t>(count))) return 0;
  uint64_t v = 0;
  for (int i = 0; i < count; ++i) {
    v = v << 8 | static_cast<uint8_t>(bytes_[offset_++]);
  }
  return v;
}

int64_t RowReader::SortableI64() {
  const uint64_t v = U64();
  return ok() ? static_cast<int64_t>(v ^ kSignBit) : 0;
}

uint64_t RowReader::Varint() {
  uint64_t v = 0;
  for (int i = 0; i < kLongestVarint; ++i) {
    const uint8_t byte = U8();
    if (!ok()) return 0;
    // The tenth byte has room for one bit only.
    if (i == kLongestVarint - 1 && byte > 1) break;
    v |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return v;
  }
  Fail("varint goes beyond 64 bits");
  return 0;
}

uint64_t RowReader::VarintUpTo(uint64_t most, const char* field) {
  const uint64_t v = Varint();
  if (v <= most) return v;
  Fail(absl::StrCat(field, " must be at most ", most, ", found ", v));
  return 0;
}

int64_t RowReader::SignedVarint() { return UnZigZag(Varint()); }

std::string_view RowReader::Bytes(uint64_t count) {
  if (!Need(count)) return {};
  const std::string_view view =
      bytes_.substr(offset_, static_cast<size_t>(count));
  offset_ += view.size();
  return view;
}

std::string_view RowReader::Text(uint64_t longest, const char* field) {
  return Bytes(VarintUpTo(longest, field));
}

uint64_t RowReader::Count(uint64_t most, uint64_t least_bytes,
                          const char* field) {
  const uint64_t count = VarintUpTo(most, field);
  if (least_bytes == 0 || count <= remaining() / least_bytes) return count;
  Fail(absl::StrCat(count, " ", field, " need at least ", least_bytes,
                    " bytes each, found ", remaining(), " in all"));
  return 0;
}

void RowReader::Fail(const std::string& what) {
  if (!status_.ok()) return;
  status_ = absl::DataLossError(
      absl::StrCat(object_, ": ", what, " at byte ", offset_));
}

absl::Status RowReader::Finish() {
  if (ok() && remaining() > 0) {
    Fail(absl::StrCat(remaining(), " bytes too many"));
  }
  return status_;
}

}  // namespace fovea
