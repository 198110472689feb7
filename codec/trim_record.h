// SPDX-License-Identifier: GPL-2.0-or-later
//
// The trim record of a canonical GOP: what an access unit holds besides its
// slices, and how its NAL units were framed. An access unit is a pattern of
// pieces; a GOP has few patterns and long runs of one, so a steady stream
// costs a few bytes per GOP. codec/FORMAT.md draws the bytes.

#ifndef FOVEA_CODEC_TRIM_RECORD_H_
#define FOVEA_CODEC_TRIM_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/canonical_gop.h"
#include "codec/h264_syntax.h"
#include "codec/limits.h"
#include "codec/sample.h"

namespace fovea {

// Values are stored; never renumber.
enum class TrimPieceKind : uint8_t {
  kSlice = 0,   // the payload's next NAL unit
  kInline = 1,  // a NAL unit in the record's own bytes
  kBare = 2,    // bytes without framing, before the first start code
  kFiller = 3,  // a filler data unit; only its length is kept
  kTail = 4,    // bytes that share the length prefix of the unit before
  kRow = 5,     // a NAL unit of the table
};

struct TrimPiece {
  TrimPieceKind kind = TrimPieceKind::kSlice;
  uint32_t row = 0;    // kRow
  uint64_t zeros = 0;  // as NalPiece::zeros
  friend auto operator<=>(const TrimPiece&, const TrimPiece&) = default;
};

struct TrimPattern {
  std::vector<TrimPiece> pieces;
  uint64_t tail_zeros = 0;  // as SplitUnit::tail_zeros
  friend auto operator<=>(const TrimPattern&, const TrimPattern&) = default;
};

// A NAL unit that may come more than once: a parameter set by name, or
// its bytes (which may be none).
struct TrimRow {
  bool is_parameter_set = false;
  ParameterSetName name = {};
  std::vector<uint8_t> literal;
  friend bool operator==(const TrimRow&, const TrimRow&) = default;
};

struct TrimRecord {
  NalFraming framing = kAnnexB;
  uint32_t sets_at_start = 0;  // the first rows: in force at the GOP's start
  std::vector<TrimRow> rows;
  std::vector<TrimPattern> patterns;
  std::vector<uint32_t> units;  // index of the pattern of each access unit
  // Bytes of the kInline, kBare and kTail pieces in order; for a kFiller piece
  // as many 0xff bytes as it holds.
  std::vector<uint32_t> inline_sizes;
  std::vector<uint8_t> inline_bytes;
  friend bool operator==(const TrimRecord&, const TrimRecord&) = default;
};

std::vector<uint8_t> EncodeTrim(const TrimRecord& record);

// kDataLoss with the offset when the bytes are not a trim record. What it
// returns is consistent: indices inside their tables, inline sizes and
// bytes exactly those the patterns use.
absl::StatusOr<TrimRecord> DecodeTrim(std::span<const uint8_t> bytes,
                                      const CodecLimits& limits);

// Walks a payload and a trim record side by side, one access unit at a
// time. Keeps references to both; `rows` are the NAL units of record.rows.
class TrimWalker {
 public:
  TrimWalker(std::span<const uint8_t> payload, const TrimRecord& record,
             const std::vector<std::vector<uint8_t>>& rows,
             const CodecLimits& limits)
      : payload_(payload), record_(record), rows_(rows), limits_(limits) {}

  // Starts at the given places instead of the front.
  void Seek(size_t unit, size_t payload_offset, size_t inline_index,
            size_t inline_offset);

  bool done() const { return unit_ == record_.units.size(); }

  // The next access unit as the source had it. kDataLoss when payload and
  // record do not belong together.
  absl::StatusOr<std::vector<uint8_t>> NextOriginal();

  // The next access unit as NAL units: slices and parameter sets only.
  // `row` is the table row of a parameter set, -1 for a slice. The spans
  // point into the payload and the rows.
  struct Unit {
    std::span<const uint8_t> nal;
    int row = -1;
  };
  absl::StatusOr<std::vector<Unit>> NextUnits();

  // kDataLoss unless all of the payload was used.
  absl::Status CheckEnd() const;

 private:
  absl::StatusOr<std::span<const uint8_t>> NextSlice();
  absl::StatusOr<std::span<const uint8_t>> NextInline();
  absl::StatusOr<std::span<const uint8_t>> NextNal(const TrimPiece& piece);
  absl::StatusOr<std::span<const uint8_t>> NextFiller();
  absl::Status AppendBare(std::vector<uint8_t>* out);
  absl::Status Frame(std::span<const uint8_t> nal, uint64_t zeros,
                     std::span<const uint8_t> tail, std::vector<uint8_t>* out);
  absl::Status PutPrefix(uint64_t length, std::vector<uint8_t>* out);
  absl::Status Reserve(uint64_t bytes);

  const std::span<const uint8_t> payload_;
  const TrimRecord& record_;
  const std::vector<std::vector<uint8_t>>& rows_;
  const CodecLimits& limits_;
  size_t unit_ = 0;
  size_t payload_offset_ = 0;
  size_t inline_index_ = 0;
  size_t inline_offset_ = 0;
  uint64_t restored_bytes_ = 0;
  std::vector<uint8_t> filler_;  // the last one made
};

}  // namespace fovea

#endif  // FOVEA_CODEC_TRIM_RECORD_H_
