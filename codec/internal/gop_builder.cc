// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/gop_builder.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr uint8_t kFillerHeader = 12;
constexpr uint8_t kFillerEnd = 0x80;
// A delimiter has three or four values in a stream and comes with every
// picture. Longer units seldom repeat within a GOP.
constexpr size_t kMaxLiteral = 2;
constexpr size_t kMaxLiteralRows = 64;
// What the tables and runs of a trim record can take at most, rounded up.
constexpr size_t kTrimTableBytes = 16U << 20;

// The only form of filler there is; anything else is kept as it came.
bool IsPlainFiller(std::span<const uint8_t> nal) {
  if (nal.size() < 2 || nal.front() != kFillerHeader ||
      nal.back() != kFillerEnd) {
    return false;
  }
  return std::all_of(nal.begin() + 1, nal.end() - 1,
                     [](uint8_t byte) { return byte == 0xff; });
}

void AppendPrefixed(std::span<const uint8_t> nal, std::vector<uint8_t>* out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out->push_back(static_cast<uint8_t>(nal.size() >> shift));
  }
  out->insert(out->end(), nal.begin(), nal.end());
}

}  // namespace

// Sizes of everything that grows, to take an access unit back.
struct GopBuilder::Mark {
  size_t payload;
  size_t inline_sizes;
  size_t inline_bytes;
  size_t units;
  size_t patterns;
};

GopBuilder::GopBuilder(NalFraming framing, const SetsInForce& in_force,
                       const ParameterSetNamer& namer, bool open,
                       const CodecLimits& limits)
    : namer_(namer), limits_(limits) {
  record_.framing = framing;
  gop_.open = open;
  for (const auto& [key, nal] : in_force) SetRow(nal);
  record_.sets_at_start = static_cast<uint32_t>(record_.rows.size());
}

uint32_t GopBuilder::NewRow(TrimRow row, std::span<const uint8_t> nal) {
  const auto index = static_cast<uint32_t>(rows_.size());
  record_.rows.push_back(std::move(row));
  rows_.emplace_back(nal.begin(), nal.end());
  row_of_[rows_.back()] = index;
  return index;
}

uint32_t GopBuilder::SetRow(std::span<const uint8_t> nal) {
  const std::vector<uint8_t> key(nal.begin(), nal.end());
  if (const auto known = row_of_.find(key); known != row_of_.end()) {
    return known->second;
  }
  TrimRow row;
  row.is_parameter_set = true;
  row.name = namer_(nal);
  gop_.parameter_sets.push_back({row.name, key});
  return NewRow(std::move(row), nal);
}

uint32_t GopBuilder::LiteralRow(std::span<const uint8_t> nal) {
  const std::vector<uint8_t> key(nal.begin(), nal.end());
  if (const auto known = row_of_.find(key); known != row_of_.end()) {
    return known->second;
  }
  TrimRow row;
  row.literal = key;
  return NewRow(std::move(row), nal);
}

void GopBuilder::AddInline(std::span<const uint8_t> bytes) {
  record_.inline_sizes.push_back(static_cast<uint32_t>(bytes.size()));
  record_.inline_bytes.insert(record_.inline_bytes.end(), bytes.begin(),
                              bytes.end());
}

TrimPiece GopBuilder::AddPiece(std::span<const uint8_t> nal, uint64_t zeros) {
  const NalType type = NalTypeOf(nal);
  if (IsSliceData(type)) {
    AppendPrefixed(nal, &gop_.payload);
    return {TrimPieceKind::kSlice, 0, zeros};
  }
  const bool room = record_.rows.size() < limits_.max_trim_rows;
  if (IsParameterSet(type) && room &&
      nal.size() <= limits_.max_parameter_set_bytes) {
    return {TrimPieceKind::kRow, SetRow(nal), zeros};
  }
  if (nal.size() <= kMaxLiteral && room &&
      (record_.rows.size() - gop_.parameter_sets.size() < kMaxLiteralRows)) {
    return {TrimPieceKind::kRow, LiteralRow(nal), zeros};
  }
  if (IsPlainFiller(nal)) {
    record_.inline_sizes.push_back(static_cast<uint32_t>(nal.size() - 2));
    return {TrimPieceKind::kFiller, 0, zeros};
  }
  AddInline(nal);
  return {TrimPieceKind::kInline, 0, zeros};
}

void GopBuilder::AddPattern(TrimPattern pattern) {
  const auto next = static_cast<uint32_t>(record_.patterns.size());
  const auto [at, fresh] = pattern_of_.try_emplace(std::move(pattern), next);
  if (fresh) {
    record_.patterns.push_back(at->first);
    pieces_ += at->first.pieces.size();
  }
  record_.units.push_back(at->second);
}

GopBuilder::Mark GopBuilder::Here() const {
  return {gop_.payload.size(), record_.inline_sizes.size(),
          record_.inline_bytes.size(), record_.units.size(),
          record_.patterns.size()};
}

// Rows stay: one that no pattern names costs bytes, not correctness.
void GopBuilder::Rewind(const Mark& mark) {
  gop_.payload.resize(mark.payload);
  record_.inline_sizes.resize(mark.inline_sizes);
  record_.inline_bytes.resize(mark.inline_bytes);
  record_.units.resize(mark.units);
  while (record_.patterns.size() > mark.patterns) {
    pieces_ -= record_.patterns.back().pieces.size();
    pattern_of_.erase(record_.patterns.back());
    record_.patterns.pop_back();
  }
}

absl::Status GopBuilder::CheckLimits(std::span<const uint8_t> unit,
                                     const SplitUnit& split) const {
  // Each NAL unit may have a tail, the first one bytes before it.
  const size_t more = 2 * split.pieces.size() + 1;
  // Slices take at most three more bytes in the payload than in the unit.
  const uint64_t bytes =
      original_bytes_ + unit.size() + 4 * split.pieces.size();
  if (record_.units.size() >= limits_.max_gop_pictures ||
      pieces_ + more > limits_.max_trim_pieces ||
      unit_pieces_ + more > limits_.max_gop_pieces ||
      bytes > limits_.max_gop_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "GOP of ", record_.units.size(), " pictures and ", original_bytes_,
        " bytes: the next access unit of ", unit.size(),
        " bytes passes the limit of ", limits_.max_gop_pictures, " pictures, ",
        limits_.max_gop_bytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status GopBuilder::CheckTrimSize() const {
  const size_t bytes =
      record_.inline_bytes.size() + 5 * record_.inline_sizes.size();
  if (bytes <= limits_.max_trim_bytes - kTrimTableBytes) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      "GOP of ", record_.units.size(), " pictures: ", bytes,
      " bytes besides its slices pass the limit of ", limits_.max_trim_bytes));
}

absl::Status GopBuilder::CheckComesBack(std::span<const uint8_t> unit,
                                        const Mark& before) const {
  TrimWalker walker(gop_.payload, record_, rows_, limits_);
  walker.Seek(before.units, before.payload, before.inline_sizes,
              before.inline_bytes);
  const auto restored = walker.NextOriginal();
  if (!restored.ok()) return restored.status();
  absl::Status end = walker.CheckEnd();
  if (!end.ok()) return end;
  if (!std::equal(unit.begin(), unit.end(), restored->begin(),
                  restored->end())) {
    return absl::InternalError(absl::StrCat("access unit of ", unit.size(),
                                            " bytes comes back as ",
                                            restored->size(), " other bytes"));
  }
  return absl::OkStatus();
}

absl::Status GopBuilder::Add(std::span<const uint8_t> unit,
                             const SplitUnit& split, GopPicture picture) {
  absl::Status status = CheckLimits(unit, split);
  if (!status.ok()) return status;
  const Mark before = Here();
  TrimPattern pattern;
  if (split.leading > 0) {
    AddInline(unit.first(split.leading));
    pattern.pieces.push_back({TrimPieceKind::kBare, 0, 0});
  }
  for (const NalPiece& piece : split.pieces) {
    pattern.pieces.push_back(
        AddPiece(unit.subspan(piece.offset, piece.size), piece.zeros));
    if (piece.tail == 0) continue;
    AddInline(unit.subspan(piece.offset + piece.size, piece.tail));
    pattern.pieces.push_back({TrimPieceKind::kTail, 0, 0});
  }
  pattern.tail_zeros = split.tail_zeros;
  const size_t unit_pieces = pattern.pieces.size();
  AddPattern(std::move(pattern));
  status = CheckTrimSize();
  if (status.ok()) status = CheckComesBack(unit, before);
  if (!status.ok()) {
    Rewind(before);
    return status;
  }
  picture.offset = static_cast<uint32_t>(before.payload);
  picture.size = static_cast<uint32_t>(gop_.payload.size() - before.payload);
  gop_.pictures.push_back(picture);
  unit_pieces_ += unit_pieces;
  original_bytes_ += unit.size() + 4 * split.pieces.size();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<CanonicalGop>> GopBuilder::Close() {
  gop_.trim = EncodeTrim(record_);
  const auto again = DecodeTrim(gop_.trim, limits_);
  if (!again.ok() || *again != record_) {
    return absl::InternalError(absl::StrCat("trim record of a GOP with ",
                                            gop_.pictures.size(),
                                            " pictures does not read back"));
  }
  const int64_t first_pts = gop_.pictures.front().pts;
  for (GopPicture& picture : gop_.pictures) {
    picture.leading = gop_.open && picture.pts < first_pts;
  }
  return std::optional<CanonicalGop>(std::move(gop_));
}

}  // namespace fovea
