// SPDX-License-Identifier: GPL-2.0-or-later
//
// Encodes rows about a stream.

#include "store/stream_rows.h"

#include <utility>

#include "store/internal/row_parts.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

std::string StreamGoneKey(StreamId id) { return TaggedKey('x', id); }

std::string EncodeStreamGone(const StreamGone& gone) {
  RowWriter out;
  out.U8(kVersion);
  out.SignedVarint(gone.samples);
  out.SignedVarint(gone.bytes);
  out.SignedVarint(gone.chunks);
  out.Varint(gone.end_index);
  out.Varint(gone.end_block);
  out.SignedVarint(gone.end_ns);
  return out.Take();
}

absl::StatusOr<StreamGone> DecodeStreamGone(std::string_view value) {
  RowReader in(value, "stream gone row");
  if (auto s = ReadVersion(in, kVersion, "stream gone row"); !s.ok()) return s;
  StreamGone gone;
  gone.samples = in.SignedVarint();
  gone.bytes = in.SignedVarint();
  gone.chunks = in.SignedVarint();
  gone.end_index = in.Varint();
  gone.end_block = in.Varint();
  gone.end_ns = in.SignedVarint();
  return Finished(in, gone);
}

std::string IngestTimesKey(StreamId id) { return TaggedKey('w', id); }

std::string EncodeIngestTimes(const std::vector<IngestTime>& times) {
  RowWriter out;
  out.U8(kVersion);
  out.Varint(times.size());
  for (const IngestTime& time : times) {
    out.SignedVarint(time.time_ns);
    out.SignedVarint(time.wall_ns);
  }
  return out.Take();
}

absl::StatusOr<std::vector<IngestTime>> DecodeIngestTimes(
    std::string_view value) {
  RowReader in(value, "ingest times row");
  if (auto s = ReadVersion(in, kVersion, "ingest times row"); !s.ok()) return s;
  const uint64_t count = in.Count(kRowLimits.max_ingest_times, 2, "times");
  std::vector<IngestTime> times;
  times.reserve(count);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    IngestTime time;
    time.time_ns = in.SignedVarint();
    time.wall_ns = in.SignedVarint();
    times.push_back(time);
  }
  return Finished(in, std::move(times));
}

std::string EncodeRetentionPolicy(std::string_view text) {
  RowWriter out;
  out.U8(kVersion);
  out.Text(text);
  return out.Take();
}

absl::StatusOr<std::string> DecodeRetentionPolicy(std::string_view value) {
  RowReader in(value, "retention policy row");
  if (auto s = ReadVersion(in, kVersion, "retention policy row"); !s.ok()) {
    return s;
  }
  std::string text(in.Text(kRowLimits.max_policy_bytes, "policy length"));
  return Finished(in, std::move(text));
}

}  // namespace fovea
