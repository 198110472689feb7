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

absl::StatusOr<std::vector<uint8_t>> TrimWalker::NextInline() {
  if (inline_index_ >= record_.inline_sizes.size() ||
      record_.inline_sizes[inline_index_] >
          record_.inline_bytes.size() - inline_offset_) {
    return Mismatch("inline unit missing", unit_);
  }
  const size_t size = record_.inline_sizes[inline_index_++];
  const auto bytes =
      std::span(record_.inline_bytes).subspan(inline_offset_, size);
  inline_offset_ += size;
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
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

absl::Status TrimWalker::Frame(std::span<const uint8_t> nal, uint64_t zeros,
                               std::vector<uint8_t>* out) {
  if (zeros > limits_.max_gop_bytes) return Mismatch("zero run", unit_);
  absl::Status room = Reserve(nal.size() + zeros + 4);
  if (!room.ok()) return room;
  if (record_.framing == kAnnexB) {
    out->insert(out->end(), zeros, 0);
    out->push_back(1);
    out->insert(out->end(), nal.begin(), nal.end());
    return absl::OkStatus();
  }
  const uint64_t length = nal.size() + zeros;
  const int prefix_bits = record_.framing * 8;
  if (length >> prefix_bits != 0) return Mismatch("length prefix", unit_);
  for (int shift = prefix_bits - 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<uint8_t>(length >> shift));
  }
  out->insert(out->end(), nal.begin(), nal.end());
  out->insert(out->end(), zeros, 0);
  return absl::OkStatus();
}

absl::Status TrimWalker::AppendPiece(const TrimPiece& piece,
                                     std::vector<uint8_t>* out) {
  switch (piece.kind) {
    case TrimPieceKind::kSlice: {
      auto slice = NextSlice();
      if (!slice.ok()) return slice.status();
      return Frame(*slice, piece.zeros, out);
    }
    case TrimPieceKind::kRow:
      return Frame(rows_[piece.row], piece.zeros, out);
    case TrimPieceKind::kFiller: {
      if (inline_index_ >= record_.inline_sizes.size()) {
        return Mismatch("filler missing", unit_);
      }
      const size_t size = record_.inline_sizes[inline_index_++];
      if (size > limits_.max_gop_bytes) return Mismatch("filler", unit_);
      std::vector<uint8_t> nal(size + 2, 0xff);
      nal.front() = kFillerType;
      nal.back() = kFillerEnd;
      return Frame(nal, piece.zeros, out);
    }
    case TrimPieceKind::kInline:
    case TrimPieceKind::kBare:
      break;
  }
  auto bytes = NextInline();
  if (!bytes.ok()) return bytes.status();
  if (piece.kind == TrimPieceKind::kInline) {
    return Frame(*bytes, piece.zeros, out);
  }
  out->insert(out->end(), bytes->begin(), bytes->end());
  return Reserve(bytes->size());
}

absl::StatusOr<std::vector<uint8_t>> TrimWalker::NextOriginal() {
  const TrimPattern& pattern = record_.patterns[record_.units[unit_]];
  std::vector<uint8_t> out;
  for (const TrimPiece& piece : pattern.pieces) {
    absl::Status status = AppendPiece(piece, &out);
    if (!status.ok()) return status;
  }
  if (pattern.tail_zeros > limits_.max_gop_bytes) {
    return Mismatch("zero run", unit_);
  }
  absl::Status room = Reserve(pattern.tail_zeros);
  if (!room.ok()) return room;
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
