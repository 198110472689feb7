// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys and values of the catalogue's families. Keys are big-endian, so they
// sort; every value starts with a version byte. store/FORMAT.md draws them.

#ifndef FOVEA_STORE_ROWS_H_
#define FOVEA_STORE_ROWS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_id.h"
#include "store/row_limits.h"

namespace fovea {

using StreamId = uint64_t;
using ViewId = uint16_t;  // 0 is the view the stream was ingested as

// --- meta ---------------------------------------------------------------

std::string StreamKey(StreamId id);                          // "s" id
std::string StreamNameKey(std::string_view n);               // "n" name
std::string StreamCountsKey(StreamId id);                    // "c" id
std::string ParameterSetKey(std::span<const uint8_t> name);  // "p" name

// Value of an "n" row.
std::string EncodeStreamId(StreamId id);
absl::StatusOr<StreamId> DecodeStreamId(std::string_view value);

// Value of a "p" row: the NAL unit as it was, without framing.
std::string EncodeParameterSet(std::span<const uint8_t> nal);
absl::StatusOr<std::vector<uint8_t>> DecodeParameterSet(std::string_view value);

// A stream's registry row. `description` is the pipeline's (JSON); the
// store does not look inside.
struct StreamRow {
  StreamId id = 0;
  uint8_t kind = 0;  // StreamKind
  std::string name;
  std::string description;
  friend bool operator==(const StreamRow&, const StreamRow&) = default;
};
std::string EncodeStreamRow(const StreamRow& row);
absl::StatusOr<StreamRow> DecodeStreamRow(std::string_view value);

// Conservation: samples in = stored + dropped + sum of rejected.
struct StreamCounts {
  int64_t samples_in = 0;
  int64_t stored = 0;
  int64_t dropped = 0;
  struct Reason {
    std::string why;
    int64_t samples = 0;
    friend bool operator==(const Reason&, const Reason&) = default;
  };
  std::vector<Reason> rejected;
  struct Gap {
    int64_t start_ns = 0;
    int64_t end_ns = 0;
    std::string why;
    friend bool operator==(const Gap&, const Gap&) = default;
  };
  std::vector<Gap> gaps;
  int64_t times_backward = 0;  // samples earlier than the one before them
  int64_t times_repeated = 0;
  int64_t stored_bytes = 0;  // payload of chunks and blocks, before dedup
  int64_t chunks = 0;        // GOPs, stills or blocks: rows of the stream
  friend bool operator==(const StreamCounts&, const StreamCounts&) = default;
};
std::string EncodeStreamCounts(const StreamCounts& counts);
absl::StatusOr<StreamCounts> DecodeStreamCounts(std::string_view value);

// --- gop, time ----------------------------------------------------------

std::string StreamPrefix(StreamId stream);
std::string GopPrefix(StreamId stream, ViewId view);
// stream, view, first_index; the same key in gop and ftab
// (store/frame_table.h).
std::string GopKey(StreamId stream, ViewId view, uint64_t first_index);
struct GopKeyParts {
  StreamId stream = 0;
  ViewId view = 0;
  uint64_t first_index = 0;
};
absl::StatusOr<GopKeyParts> ParseGopKey(std::string_view key);

inline constexpr uint8_t kCodecH264 = 1;
inline constexpr uint8_t kCodecJpeg = 2;
inline constexpr uint8_t kCodecPng = 3;

struct GopRow {
  int64_t start_ns = 0;     // of the first picture shown
  int64_t duration_ns = 0;  // up to the end of the last
  uint32_t frames = 0;
  ChunkId chunk;
  uint64_t size = 0;  // payload bytes
  uint8_t codec = kCodecH264;
  bool open = false;     // its leading pictures need the GOP before
  uint16_t leading = 0;  // how many such pictures
  ViewId parent_view = 0;
  uint8_t verdict = 0;         // 0: nothing measured
  std::string parameter_sets;  // names, 20 bytes each, in sending order
  friend bool operator==(const GopRow&, const GopRow&) = default;
};
std::string EncodeGopRow(const GopRow& row);
absl::StatusOr<GopRow> DecodeGopRow(std::string_view value);

// stream, time, first_index of the GOP that starts then. The key says it
// all: the value is EncodeTimeRow(), a version byte.
std::string TimeKey(StreamId stream, int64_t time_ns, uint64_t first_index);
struct TimeKeyParts {
  StreamId stream = 0;
  int64_t time_ns = 0;
  uint64_t first_index = 0;
};
absl::StatusOr<TimeKeyParts> ParseTimeKey(std::string_view key);
std::string EncodeTimeRow();
absl::Status CheckTimeRow(std::string_view value);

// --- block --------------------------------------------------------------

// stream, block_seq -> an IMU, series or opaque block.
std::string BlockKey(StreamId stream, uint64_t block_seq);
struct BlockKeyParts {
  StreamId stream = 0;
  uint64_t block_seq = 0;
};
absl::StatusOr<BlockKeyParts> ParseBlockKey(std::string_view key);

// Blocks beyond the first size go to a chunk, and the row names it: as rows
// they would be stored twice, in a journal and in a table. Earlier
// releases kept blocks up to the second in rows.
inline constexpr size_t kMostInlineBlock = 512;
inline constexpr size_t kMaxInlineBlock = 64 << 10;

struct BlockRow {
  int64_t start_ns = 0;  // smallest and largest sample time inside
  int64_t end_ns = 0;
  uint64_t first_index = 0;
  uint32_t samples = 0;
  ChunkId chunk;  // SHA-256 of the chunk, or of the bytes
  bool is_chunk = false;
  uint64_t chunk_bytes = 0;  // when it is one
  // The block, or what of it stands before the chunk: what differs between
  // equal packets at other times.
  std::string bytes;
  uint64_t size() const { return chunk_bytes + bytes.size(); }
  friend bool operator==(const BlockRow&, const BlockRow&) = default;
};
std::string EncodeBlockRow(const BlockRow& row);
absl::StatusOr<BlockRow> DecodeBlockRow(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_ROWS_H_
