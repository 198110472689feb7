// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes of a trim record, in this order (v = varint):
//
//   version u8 = 1, framing u8, sets_at_start v
//   rows v:      { 0 u8, name 20 bytes | 1 u8, size v, bytes }
//   patterns v:  { tail_zeros v, pieces v: { kind v (5 + row), zeros v } }
//   units v:     runs { pattern * 2 v | pattern * 2 + 1 v, length - 2 v }
//   per inline piece: size v, and its bytes unless it is filler

#include "codec/trim_record.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kRowIsSet = 0;
constexpr uint8_t kRowIsLiteral = 1;
constexpr uint64_t kFirstRow = static_cast<uint64_t>(TrimPieceKind::kRow);

bool HasInlineBytes(TrimPieceKind kind) {
  return kind == TrimPieceKind::kInline || kind == TrimPieceKind::kBare ||
         kind == TrimPieceKind::kFiller || kind == TrimPieceKind::kTail;
}

void PutBytes(std::span<const uint8_t> bytes, std::vector<uint8_t>* out) {
  out->insert(out->end(), bytes.begin(), bytes.end());
}

void PutRow(const TrimRow& row, std::vector<uint8_t>* out) {
  if (row.is_parameter_set) {
    out->push_back(kRowIsSet);
    PutBytes(row.name, out);
    return;
  }
  out->push_back(kRowIsLiteral);
  PutVarint(row.literal.size(), out);
  PutBytes(row.literal, out);
}

void PutPattern(const TrimPattern& pattern, std::vector<uint8_t>* out) {
  PutVarint(pattern.tail_zeros, out);
  PutVarint(pattern.pieces.size(), out);
  for (const TrimPiece& piece : pattern.pieces) {
    PutVarint(static_cast<uint64_t>(piece.kind) + piece.row, out);
    PutVarint(piece.zeros, out);
  }
}

void PutRuns(const std::vector<uint32_t>& units, std::vector<uint8_t>* out) {
  PutVarint(units.size(), out);
  for (size_t at = 0; at < units.size();) {
    size_t end = at + 1;
    while (end < units.size() && units[end] == units[at]) ++end;
    const size_t length = end - at;
    PutVarint(uint64_t{units[at]} * 2 + (length > 1 ? 1 : 0), out);
    if (length > 1) PutVarint(length - 2, out);
    at = end;
  }
}

void PutInlines(const TrimRecord& record, std::vector<uint8_t>* out) {
  size_t index = 0;
  size_t offset = 0;
  for (const uint32_t unit : record.units) {
    for (const TrimPiece& piece : record.patterns[unit].pieces) {
      if (!HasInlineBytes(piece.kind)) continue;
      const size_t size = record.inline_sizes[index++];
      PutVarint(size, out);
      if (piece.kind == TrimPieceKind::kFiller) continue;
      PutBytes(std::span(record.inline_bytes).subspan(offset, size), out);
      offset += size;
    }
  }
}

// Reads one trim record; the sticky error of ByteReader is asked once per
// group.
class TrimParser {
 public:
  TrimParser(std::span<const uint8_t> bytes, const CodecLimits& limits)
      : size_(bytes.size()), limits_(limits), in_(bytes) {}

  absl::StatusOr<TrimRecord> Parse();

 private:
  absl::Status Damaged(const char* what) const {
    return absl::DataLossError(
        absl::StrCat("trim record of ", size_, " bytes: ", what,
                     " is wrong before byte ", size_ - in_.remaining()));
  }
  bool ReadRows();
  bool ReadPatterns();
  bool ReadPattern();
  bool ReadUnits();
  bool ReadInlines();
  bool ReadInline(TrimPieceKind kind);

  const size_t size_;
  const CodecLimits& limits_;
  ByteReader in_;
  TrimRecord record_;
  size_t pieces_ = 0;       // over all patterns
  size_t unit_pieces_ = 0;  // over all access units
};

bool TrimParser::ReadRows() {
  const uint64_t sets = in_.Varint();
  const uint64_t count = in_.Varint();
  if (!in_.ok() || count > limits_.max_trim_rows || sets > count) return false;
  record_.sets_at_start = static_cast<uint32_t>(sets);
  for (uint64_t i = 0; i < count; ++i) {
    TrimRow row;
    const uint8_t kind = in_.U8();
    row.is_parameter_set = kind == kRowIsSet;
    if (kind > kRowIsLiteral || (i < sets && kind != kRowIsSet)) return false;
    if (row.is_parameter_set) {
      const auto name = in_.Take(row.name.size());
      if (!in_.ok()) return false;
      std::copy(name.begin(), name.end(), row.name.begin());
    } else {
      const auto bytes = in_.Take(in_.Varint());
      row.literal.assign(bytes.begin(), bytes.end());
    }
    if (!in_.ok()) return false;
    record_.rows.push_back(std::move(row));
  }
  return true;
}

bool TrimParser::ReadPattern() {
  TrimPattern pattern;
  pattern.tail_zeros = in_.Varint();
  const uint64_t count = in_.Varint();
  // A piece takes two bytes at least.
  if (!in_.ok() || count > in_.remaining() / 2) return false;
  pieces_ += count;
  if (pieces_ > limits_.max_trim_pieces) return false;
  for (uint64_t i = 0; i < count; ++i) {
    TrimPiece piece;
    const uint64_t kind = in_.Varint();
    piece.zeros = in_.Varint();
    if (!in_.ok() || kind >= kFirstRow + record_.rows.size()) return false;
    piece.kind = static_cast<TrimPieceKind>(std::min(kind, kFirstRow));
    if (kind >= kFirstRow) piece.row = static_cast<uint32_t>(kind - kFirstRow);
    pattern.pieces.push_back(piece);
  }
  record_.patterns.push_back(std::move(pattern));
  return true;
}

bool TrimParser::ReadPatterns() {
  const uint64_t count = in_.Varint();
  if (!in_.ok() || count > limits_.max_gop_pictures) return false;
  for (uint64_t i = 0; i < count; ++i) {
    if (!ReadPattern()) return false;
  }
  return true;
}

bool TrimParser::ReadUnits() {
  const uint64_t count = in_.Varint();
  if (!in_.ok() || count > limits_.max_gop_pictures) return false;
  while (record_.units.size() < count) {
    const uint64_t code = in_.Varint();
    const uint64_t more = code % 2 == 0 ? 0 : in_.Varint();
    const uint64_t left = count - record_.units.size();
    if (!in_.ok() || code / 2 >= record_.patterns.size()) return false;
    if (code % 2 != 0 && (left < 2 || more > left - 2)) return false;
    const uint64_t length = code % 2 == 0 ? 1 : more + 2;
    // A run is short to write and long to walk.
    unit_pieces_ += length * record_.patterns[code / 2].pieces.size();
    if (unit_pieces_ > limits_.max_gop_pieces) return false;
    record_.units.insert(record_.units.end(), length,
                         static_cast<uint32_t>(code / 2));
  }
  return true;
}

bool TrimParser::ReadInline(TrimPieceKind kind) {
  const uint64_t size = in_.Varint();
  if (!in_.ok() || size > limits_.max_gop_bytes) return false;
  record_.inline_sizes.push_back(static_cast<uint32_t>(size));
  if (kind == TrimPieceKind::kFiller) return true;
  const auto bytes = in_.Take(size);
  PutBytes(bytes, &record_.inline_bytes);
  return in_.ok();
}

bool TrimParser::ReadInlines() {
  for (const uint32_t unit : record_.units) {
    for (const TrimPiece& piece : record_.patterns[unit].pieces) {
      if (HasInlineBytes(piece.kind) && !ReadInline(piece.kind)) return false;
    }
  }
  return in_.remaining() == 0;
}

absl::StatusOr<TrimRecord> TrimParser::Parse() {
  if (size_ > limits_.max_trim_bytes) return Damaged("size");
  if (in_.U8() != kVersion || !in_.ok()) return Damaged("version");
  record_.framing = in_.U8();
  const NalFraming framing = record_.framing;
  if (!in_.ok() || framing > 4 || framing == 3) return Damaged("framing");
  if (!ReadRows()) return Damaged("table");
  if (!ReadPatterns()) return Damaged("pattern");
  if (!ReadUnits()) return Damaged("run of access units");
  if (!ReadInlines()) return Damaged("inline unit");
  return std::move(record_);
}

}  // namespace

std::vector<uint8_t> EncodeTrim(const TrimRecord& record) {
  std::vector<uint8_t> out = {kVersion, static_cast<uint8_t>(record.framing)};
  PutVarint(record.sets_at_start, &out);
  PutVarint(record.rows.size(), &out);
  for (const TrimRow& row : record.rows) PutRow(row, &out);
  PutVarint(record.patterns.size(), &out);
  for (const TrimPattern& pattern : record.patterns) PutPattern(pattern, &out);
  PutRuns(record.units, &out);
  PutInlines(record, &out);
  return out;
}

absl::StatusOr<TrimRecord> DecodeTrim(std::span<const uint8_t> bytes,
                                      const CodecLimits& limits) {
  return TrimParser(bytes, limits).Parse();
}

}  // namespace fovea
