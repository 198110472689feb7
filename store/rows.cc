// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys and values as store/FORMAT.md draws them, but for the frame table.
// A value's first byte is its version; what follows may change only with it.

#include "store/rows.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "store/internal/row_parts.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kStreamRowVersion = 1;
constexpr uint8_t kStreamCountsVersion = 1;
constexpr uint8_t kStreamIdVersion = 1;
constexpr uint8_t kParameterSetVersion = 1;
constexpr uint8_t kGopRowVersion = 1;
constexpr uint8_t kTimeRowVersion = 1;
constexpr uint8_t kBlockRowVersion = 1;
constexpr uint8_t kBlockRowWithHeadVersion = 2;

constexpr size_t kParameterSetNameBytes = 20;
constexpr uint8_t kFlagOpen = 1;
constexpr uint8_t kFlagIsChunk = 1;

std::string TaggedKey(char tag, std::string_view rest) {
  return std::string(1, tag).append(rest);
}

// A reason longer than the limit is cut: the row must stay readable.
std::string_view Cut(std::string_view why) {
  return why.substr(0, kRowLimits.max_name_bytes);
}

ChunkId ReadChunkId(RowReader& in) {
  ChunkId id;
  const std::string_view bytes = in.Bytes(id.bytes.size());
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

// Unknown flags were written by something newer and may change the meaning.
uint8_t ReadFlags(RowReader& in, uint8_t known) {
  const uint8_t flags = in.U8();
  if ((flags & ~known) != 0) {
    in.Fail(absl::StrCat("unknown flags ", static_cast<int>(flags)));
  }
  return flags;
}

void ReadReasons(RowReader& in, StreamCounts& counts) {
  const uint64_t count = in.Count(kRowLimits.max_reasons, 2, "reasons");
  counts.rejected.reserve(count);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    StreamCounts::Reason reason;
    reason.why = in.Text(kRowLimits.max_name_bytes, "reason length");
    reason.samples = in.SignedVarint();
    counts.rejected.push_back(std::move(reason));
  }
}

void ReadGaps(RowReader& in, StreamCounts& counts) {
  const uint64_t count = in.Count(kRowLimits.max_gaps, 3, "gaps");
  counts.gaps.reserve(count);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    StreamCounts::Gap gap;
    gap.start_ns = in.SignedVarint();
    gap.end_ns = in.SignedVarint();
    gap.why = in.Text(kRowLimits.max_name_bytes, "reason length");
    counts.gaps.push_back(std::move(gap));
  }
}

}  // namespace

std::string StreamKey(StreamId id) { return TaggedKey('s', id); }
std::string StreamNameKey(std::string_view n) { return TaggedKey('n', n); }
std::string StreamCountsKey(StreamId id) { return TaggedKey('c', id); }
std::string ParameterSetKey(std::span<const uint8_t> name) {
  return std::string(1, 'p').append(name.begin(), name.end());
}

std::string EncodeStreamId(StreamId id) {
  RowWriter out;
  out.U8(kStreamIdVersion);
  out.U64(id);
  return out.Take();
}

absl::StatusOr<StreamId> DecodeStreamId(std::string_view value) {
  RowReader in(value, "stream id");
  if (auto s = ReadVersion(in, kStreamIdVersion, "stream id"); !s.ok()) {
    return s;
  }
  const StreamId id = in.U64();
  return Finished(in, id);
}

std::string EncodeParameterSet(std::span<const uint8_t> nal) {
  assert(nal.size() <= kRowLimits.max_parameter_set_bytes);
  RowWriter out;
  out.U8(kParameterSetVersion);
  out.Bytes(nal);
  return out.Take();
}

absl::StatusOr<std::vector<uint8_t>> DecodeParameterSet(
    std::string_view value) {
  RowReader in(value, "parameter set");
  if (auto s = ReadVersion(in, kParameterSetVersion, "parameter set");
      !s.ok()) {
    return s;
  }
  if (in.remaining() > kRowLimits.max_parameter_set_bytes) {
    in.Fail(absl::StrCat("must be at most ", kRowLimits.max_parameter_set_bytes,
                         " bytes, found ", in.remaining()));
  }
  const std::string_view nal = in.Bytes(in.remaining());
  return Finished(in, std::vector<uint8_t>(nal.begin(), nal.end()));
}

std::string EncodeStreamRow(const StreamRow& row) {
  assert(row.name.size() <= kRowLimits.max_name_bytes);
  assert(row.description.size() <= kRowLimits.max_description_bytes);
  RowWriter out;
  out.U8(kStreamRowVersion);
  out.U64(row.id);
  out.U8(row.kind);
  out.Text(row.name);
  out.Text(row.description);
  return out.Take();
}

absl::StatusOr<StreamRow> DecodeStreamRow(std::string_view value) {
  RowReader in(value, "stream row");
  if (auto s = ReadVersion(in, kStreamRowVersion, "stream row"); !s.ok()) {
    return s;
  }
  StreamRow row;
  row.id = in.U64();
  row.kind = in.U8();
  row.name = in.Text(kRowLimits.max_name_bytes, "name length");
  row.description =
      in.Text(kRowLimits.max_description_bytes, "description length");
  return Finished(in, std::move(row));
}

std::string EncodeStreamCounts(const StreamCounts& counts) {
  assert(counts.rejected.size() <= kRowLimits.max_reasons);
  assert(counts.gaps.size() <= kRowLimits.max_gaps);
  RowWriter out;
  out.U8(kStreamCountsVersion);
  for (const int64_t v :
       {counts.samples_in, counts.stored, counts.dropped, counts.times_backward,
        counts.times_repeated, counts.stored_bytes, counts.chunks}) {
    out.SignedVarint(v);
  }
  out.Varint(counts.rejected.size());
  for (const auto& reason : counts.rejected) {
    out.Text(Cut(reason.why));
    out.SignedVarint(reason.samples);
  }
  out.Varint(counts.gaps.size());
  for (const auto& gap : counts.gaps) {
    out.SignedVarint(gap.start_ns);
    out.SignedVarint(gap.end_ns);
    out.Text(Cut(gap.why));
  }
  return out.Take();
}

absl::StatusOr<StreamCounts> DecodeStreamCounts(std::string_view value) {
  RowReader in(value, "stream counts");
  if (auto s = ReadVersion(in, kStreamCountsVersion, "stream counts");
      !s.ok()) {
    return s;
  }
  StreamCounts counts;
  for (int64_t* v : {&counts.samples_in, &counts.stored, &counts.dropped,
                     &counts.times_backward, &counts.times_repeated,
                     &counts.stored_bytes, &counts.chunks}) {
    *v = in.SignedVarint();
  }
  ReadReasons(in, counts);
  ReadGaps(in, counts);
  return Finished(in, std::move(counts));
}

std::string StreamPrefix(StreamId stream) {
  RowWriter out;
  out.U64(stream);
  return out.Take();
}

std::string GopPrefix(StreamId stream, ViewId view) {
  RowWriter out;
  out.U64(stream);
  out.U16(view);
  return out.Take();
}

std::string GopKey(StreamId stream, ViewId view, uint64_t first_index) {
  RowWriter out;
  out.U64(stream);
  out.U16(view);
  out.U64(first_index);
  return out.Take();
}

absl::StatusOr<GopKeyParts> ParseGopKey(std::string_view key) {
  RowReader in(key, "gop key");
  GopKeyParts parts;
  parts.stream = in.U64();
  parts.view = in.U16();
  parts.first_index = in.U64();
  return Finished(in, parts);
}

std::string EncodeGopRow(const GopRow& row) {
  assert(row.parameter_sets.size() % kParameterSetNameBytes == 0);
  assert(row.parameter_sets.size() / kParameterSetNameBytes <=
         kRowLimits.max_gop_parameter_sets);
  RowWriter out;
  out.U8(kGopRowVersion);
  out.U8(row.codec);
  out.U8(row.open ? kFlagOpen : 0);
  out.U8(row.verdict);
  out.Bytes(row.chunk.bytes);
  out.SignedVarint(row.start_ns);
  out.SignedVarint(row.duration_ns);
  out.Varint(row.frames);
  out.Varint(row.size);
  out.Varint(row.leading);
  out.Varint(row.parent_view);
  out.Varint(row.parameter_sets.size() / kParameterSetNameBytes);
  out.Bytes(row.parameter_sets);
  return out.Take();
}

absl::StatusOr<GopRow> DecodeGopRow(std::string_view value) {
  RowReader in(value, "gop row");
  if (auto s = ReadVersion(in, kGopRowVersion, "gop row"); !s.ok()) return s;
  GopRow row;
  row.codec = in.U8();
  row.open = (ReadFlags(in, kFlagOpen) & kFlagOpen) != 0;
  row.verdict = in.U8();
  row.chunk = ReadChunkId(in);
  row.start_ns = in.SignedVarint();
  row.duration_ns = in.SignedVarint();
  row.frames = static_cast<uint32_t>(
      in.VarintUpTo(kRowLimits.max_table_frames, "frames"));
  row.size = in.Varint();
  row.leading = static_cast<uint16_t>(in.VarintUpTo(UINT16_MAX, "leading"));
  row.parent_view =
      static_cast<ViewId>(in.VarintUpTo(UINT16_MAX, "parent view"));
  const uint64_t sets = in.Count(kRowLimits.max_gop_parameter_sets,
                                 kParameterSetNameBytes, "parameter sets");
  row.parameter_sets = in.Bytes(sets * kParameterSetNameBytes);
  return Finished(in, std::move(row));
}

std::string TimeKey(StreamId stream, int64_t time_ns, uint64_t first_index) {
  RowWriter out;
  out.U64(stream);
  out.SortableI64(time_ns);
  out.U64(first_index);
  return out.Take();
}

absl::StatusOr<TimeKeyParts> ParseTimeKey(std::string_view key) {
  RowReader in(key, "time key");
  TimeKeyParts parts;
  parts.stream = in.U64();
  parts.time_ns = in.SortableI64();
  parts.first_index = in.U64();
  return Finished(in, parts);
}

std::string EncodeTimeRow() {
  return std::string(1, static_cast<char>(kTimeRowVersion));
}

absl::Status CheckTimeRow(std::string_view value) {
  RowReader in(value, "time row");
  if (auto s = ReadVersion(in, kTimeRowVersion, "time row"); !s.ok()) return s;
  return in.Finish();
}

std::string BlockKey(StreamId stream, uint64_t block_seq) {
  RowWriter out;
  out.U64(stream);
  out.U64(block_seq);
  return out.Take();
}

absl::StatusOr<BlockKeyParts> ParseBlockKey(std::string_view key) {
  RowReader in(key, "block key");
  BlockKeyParts parts;
  parts.stream = in.U64();
  parts.block_seq = in.U64();
  return Finished(in, parts);
}

std::string EncodeBlockRow(const BlockRow& row) {
  assert(row.bytes.size() <= kMaxInlineBlock);
  const bool has_head = row.is_chunk && !row.bytes.empty();
  RowWriter out;
  out.U8(has_head ? kBlockRowWithHeadVersion : kBlockRowVersion);
  out.U8(row.is_chunk ? kFlagIsChunk : 0);
  out.Bytes(row.chunk.bytes);
  out.SignedVarint(row.start_ns);
  out.SignedVarint(row.end_ns);
  out.Varint(row.first_index);
  out.Varint(row.samples);
  if (row.is_chunk) out.Varint(row.chunk_bytes);
  if (!row.is_chunk || has_head) out.Text(row.bytes);
  return out.Take();
}

absl::StatusOr<BlockRow> DecodeBlockRow(std::string_view value) {
  RowReader in(value, "block row");
  const bool has_head =
      value.starts_with(static_cast<char>(kBlockRowWithHeadVersion));
  const uint8_t version =
      has_head ? kBlockRowWithHeadVersion : kBlockRowVersion;
  if (auto s = ReadVersion(in, version, "block row"); !s.ok()) return s;
  BlockRow row;
  row.is_chunk = (ReadFlags(in, kFlagIsChunk) & kFlagIsChunk) != 0;
  row.chunk = ReadChunkId(in);
  row.start_ns = in.SignedVarint();
  row.end_ns = in.SignedVarint();
  row.first_index = in.Varint();
  row.samples = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX, "samples"));
  if (has_head && !row.is_chunk) in.Fail("a head without a chunk");
  if (row.is_chunk) row.chunk_bytes = in.Varint();
  if (!row.is_chunk || has_head) {
    row.bytes = in.Text(kMaxInlineBlock, "block length");
  }
  return Finished(in, std::move(row));
}

}  // namespace fovea
