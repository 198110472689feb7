// SPDX-License-Identifier: GPL-2.0-or-later
//
// Payload and trim record walked side by side. The assembler checks each
// access unit through this same code before it lets go of the original.

#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/trim_record.h"

namespace fovea {
namespace {

constexpr uint8_t kFillerType = 12;
constexpr uint8_t kFillerEnd = 0x80;

absl::Status Mismatch(const char* what, size_t unit) {
  return absl::DataLossError(
      absl::StrCat("payload and trim record do not belong together: ", what,
                   " in access unit ", unit));
}

}  // namespace

void TrimWalker::Seek(size_t unit, size_t payload_offset, size_t inline_index,
                      size_t inline_offset) {
  unit_ = unit;
  payload_offset_ = payload_offset;
  inline_index_ = inline_index;
  inline_offset_ = inline_offset;
}

absl::StatusOr<std::span<const uint8_t>> TrimWalker::NextSlice() {
  const auto rest = payload_.subspan(payload_offset_);
  if (rest.size() < 4) return Mismatch("slice missing", unit_);
  const size_t size = static_cast<size_t>(rest[0]) << 24 |
                      static_cast<size_t>(rest[1]) << 16 |
                      static_cast<size_t>(rest[2]) << 8 | rest[3];
  if (size > rest.size() - 4) return Mismatch("slice overruns", unit_);
  payload_offset_ += 4 + size;
  return rest.subspan(4, size);
}

absl::StatusOr<std::span<const uint8_t>> TrimWalker::NextInline() {
  if (inline_index_ >= record_.inline_sizes.size() ||
      record_.inline_sizes[inline_index_] >
          record_.inline_bytes.size() - inline_offset_) {
    return Mismatch("inline unit missing", unit_);
  }
  const size_t size = record_.inline_sizes[inline_index_++];
  const auto bytes =
      std::span(record_.inline_bytes).subspan(inline_offset_, size);
  inline_offset_ += size;
  return bytes;
}

absl::StatusOr<std::span<const uint8_t>> TrimWalker::NextFiller() {
  if (inline_index_ >= record_.inline_sizes.size()) {
    return Mismatch("filler missing", unit_);
  }
  const size_t size = record_.inline_sizes[inline_index_++];
  if (size > limits_.max_gop_bytes) return Mismatch("filler", unit_);
  filler_.assign(size + 2, 0xff);
  filler_.front() = kFillerType;
  filler_.back() = kFillerEnd;
  return std::span<const uint8_t>(filler_);
}

absl::StatusOr<std::span<const uint8_t>> TrimWalker::NextNal(
    const TrimPiece& piece) {
  switch (piece.kind) {
    case TrimPieceKind::kSlice:
      return NextSlice();
    case TrimPieceKind::kRow:
      return std::span<const uint8_t>(rows_[piece.row]);
    case TrimPieceKind::kFiller:
      return NextFiller();
    case TrimPieceKind::kInline:
      return NextInline();
    case TrimPieceKind::kBare:
    case TrimPieceKind::kTail:
      break;
  }
  return Mismatch("piece without a NAL unit", unit_);
}

// A short record may stand for many bytes, so growth is asked for first.
absl::Status TrimWalker::Reserve(uint64_t bytes) {
  if (bytes > limits_.max_gop_bytes * 2 - restored_bytes_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("restored GOP exceeds ", limits_.max_gop_bytes * 2,
                     " bytes in access unit ", unit_));
  }
  restored_bytes_ += bytes;
  return absl::OkStatus();
}

absl::Status TrimWalker::PutPrefix(uint64_t length, std::vector<uint8_t>* out) {
  const int bits = record_.framing * 8;
  if (length >> bits != 0) return Mismatch("length prefix", unit_);
  for (int shift = bits - 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<uint8_t>(length >> shift));
  }
  return absl::OkStatus();
}

absl::Status TrimWalker::Frame(std::span<const uint8_t> nal, uint64_t zeros,
                               std::span<const uint8_t> tail,
                               std::vector<uint8_t>* out) {
  if (zeros > limits_.max_gop_bytes) return Mismatch("zero run", unit_);
  const uint64_t length = nal.size() + zeros + tail.size();
  absl::Status status = Reserve(length + 4);
  if (!status.ok()) return status;
  if (record_.framing == kAnnexB) {
    if (!tail.empty()) return Mismatch("tail", unit_);
    out->insert(out->end(), zeros, 0);
    out->push_back(1);
    out->insert(out->end(), nal.begin(), nal.end());
    return absl::OkStatus();
  }
  status = PutPrefix(length, out);
  if (!status.ok()) return status;
  out->insert(out->end(), nal.begin(), nal.end());
  out->insert(out->end(), zeros, 0);
  out->insert(out->end(), tail.begin(), tail.end());
  return absl::OkStatus();
}

absl::Status TrimWalker::AppendBare(std::vector<uint8_t>* out) {
  const auto bytes = NextInline();
  if (!bytes.ok()) return bytes.status();
  absl::Status room = Reserve(bytes->size());
  if (!room.ok()) return room;
  out->insert(out->end(), bytes->begin(), bytes->end());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint8_t>> TrimWalker::NextOriginal() {
  const TrimPattern& pattern = record_.patterns[record_.units[unit_]];
  std::vector<uint8_t> out;
  for (size_t i = 0; i < pattern.pieces.size(); ++i) {
    const TrimPiece& piece = pattern.pieces[i];
    if (piece.kind == TrimPieceKind::kBare) {
      if (absl::Status bare = AppendBare(&out); !bare.ok()) return bare;
      continue;
    }
    const auto nal = NextNal(piece);
    if (!nal.ok()) return nal.status();
    std::span<const uint8_t> tail;
    if (i + 1 < pattern.pieces.size() &&
        pattern.pieces[i + 1].kind == TrimPieceKind::kTail) {
      const auto bytes = NextInline();
      if (!bytes.ok()) return bytes.status();
      tail = *bytes;
      ++i;
    }
    absl::Status framed = Frame(*nal, piece.zeros, tail, &out);
    if (!framed.ok()) return framed;
  }
  if (pattern.tail_zeros > limits_.max_gop_bytes) {
    return Mismatch("zero run", unit_);
  }
  if (absl::Status room = Reserve(pattern.tail_zeros); !room.ok()) return room;
  out.insert(out.end(), pattern.tail_zeros, 0);
  ++unit_;
  return out;
}

absl::StatusOr<std::vector<TrimWalker::Unit>> TrimWalker::NextUnits() {
  const TrimPattern& pattern = record_.patterns[record_.units[unit_]];
  std::vector<Unit> units;
  for (const TrimPiece& piece : pattern.pieces) {
    if (piece.kind == TrimPieceKind::kSlice) {
      auto slice = NextSlice();
      if (!slice.ok()) return slice.status();
      units.push_back({*slice, -1});
    } else if (piece.kind == TrimPieceKind::kRow &&
               record_.rows[piece.row].is_parameter_set) {
      absl::Status room = Reserve(rows_[piece.row].size() + 4);
      if (!room.ok()) return room;
      units.push_back({rows_[piece.row], static_cast<int>(piece.row)});
    }
  }
  ++unit_;
  return units;
}

absl::Status TrimWalker::CheckEnd() const {
  if (payload_offset_ == payload_.size()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "payload and trim record do not belong together: ",
      payload_.size() - payload_offset_, " payload bytes are left over"));
}

}  // namespace fovea
