// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/series_file_records.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/formats/internal/byte_fields.h"
#include "codec/formats/internal/crc32.h"
#include "codec/series_block.h"
#include "codec/series_metadata.h"

namespace fovea::codec_internal {
namespace {

void PutText(std::string_view text, std::vector<uint8_t>* out) {
  PutVarint(text.size(), out);
  out->insert(out->end(), text.begin(), text.end());
}

// People are shown it: no control characters.
bool IsPrintable(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<uint8_t>(c) < 0x20 || c == 0x7f;
  });
}

bool IsPrintable(const SeriesMetadata& metadata) {
  return IsPrintable(metadata.device) && IsPrintable(metadata.axes) &&
         IsPrintable(metadata.calibration) &&
         std::all_of(metadata.channels.begin(), metadata.channels.end(),
                     [](const Channel& channel) {
                       return IsPrintable(channel.name) &&
                              IsPrintable(channel.unit);
                     });
}

bool TakeText(ByteReader* in, std::string* text) {
  const auto bytes = in->Take(in->Varint());
  if (!in->ok() || bytes.size() > kMaxSeriesTextBytes) return false;
  text->assign(bytes.begin(), bytes.end());
  return IsPrintable(*text);
}

uint32_t ChecksumOf(std::span<const uint8_t> bytes) {
  Crc32 sum;
  sum.Add(TextOf(bytes));
  return sum.value();
}

bool IsEntryKind(uint8_t kind) {
  return kind >= static_cast<uint8_t>(SeriesRecord::kBlock) &&
         kind <= static_cast<uint8_t>(SeriesRecord::kRejected);
}

}  // namespace

void PutRecord(SeriesRecord kind, std::span<const uint8_t> payload,
               std::vector<uint8_t>* out) {
  const size_t start = out->size();
  out->push_back(static_cast<uint8_t>(kind));
  PutU32(static_cast<uint32_t>(payload.size()), out);
  out->insert(out->end(), payload.begin(), payload.end());
  PutU32(ChecksumOf(std::span(*out).subspan(start)), out);
}

absl::StatusOr<std::vector<uint8_t>> TrackPayload(
    const SeriesFileTrack& track) {
  const Track& t = track.track;
  const auto metadata = EncodeSeriesMetadata(MetadataOf(t.series));
  if (!metadata.ok()) return metadata.status();
  std::vector<uint8_t> out = {
      static_cast<uint8_t>(t.kind == StreamKind::kImu      ? 1
                           : t.kind == StreamKind::kSeries ? 2
                                                           : 0)};
  PutText(t.suffix, &out);
  PutText(t.codec, &out);
  PutText(track.coding, &out);
  PutU64(std::bit_cast<uint64_t>(t.series.rate_hz), &out);
  out.insert(out.end(), metadata->begin(), metadata->end());
  if (TakeTrack(out).has_value()) return out;
  return absl::InvalidArgumentError(absl::StrCat(
      "track '", t.suffix,
      "' cannot be kept; expected imu or series with printable names of at "
      "most ",
      kMaxSeriesTextBytes, " bytes"));
}

std::optional<SeriesFileTrack> TakeTrack(std::span<const uint8_t> payload) {
  ByteReader in(payload);
  SeriesFileTrack track;
  const uint8_t kind = in.U8();
  if (kind != 1 && kind != 2) return std::nullopt;
  track.track.kind = kind == 1 ? StreamKind::kImu : StreamKind::kSeries;
  if (!TakeText(&in, &track.track.suffix) ||
      !TakeText(&in, &track.track.codec) || !TakeText(&in, &track.coding)) {
    return std::nullopt;
  }
  SeriesInfo& series = track.track.series;
  series.rate_hz = std::bit_cast<double>(in.U64());
  if (!std::isfinite(series.rate_hz) || series.rate_hz < 0) return std::nullopt;
  track.metadata = SeriesMetadataId(in.rest());
  auto metadata = ParseSeriesMetadata(in.rest());
  if (!metadata.ok() || !IsPrintable(*metadata)) return std::nullopt;
  series.channels = std::move(metadata->channels);
  series.device = std::move(metadata->device);
  series.axes = std::move(metadata->axes);
  series.calibration = std::move(metadata->calibration);
  series.rules = std::move(metadata->rules);
  return track;
}

void PutEntryHead(const SeriesFileEntry& entry, std::vector<uint8_t>* out) {
  PutVarint(entry.track, out);
  PutVarint(entry.rows, out);
  PutVarint(ZigZag(entry.least_ns), out);
  PutVarint(static_cast<uint64_t>(entry.most_ns) -
                static_cast<uint64_t>(entry.least_ns),
            out);
}

bool TakeEntryHead(ByteReader* in, SeriesFileEntry* entry) {
  entry->track = in->Varint();
  entry->rows = in->Varint();
  entry->least_ns = UnZigZag(in->Varint());
  entry->most_ns = static_cast<int64_t>(static_cast<uint64_t>(entry->least_ns) +
                                        in->Varint());
  const bool possible = entry->kind != SeriesRecord::kBlock ||
                        (entry->rows > 0 && entry->rows <= kMaxBlockSamples);
  return in->ok() && entry->most_ns >= entry->least_ns && possible;
}

void PutIndex(std::span<const SeriesFileEntry> entries,
              std::vector<uint8_t>* out) {
  uint64_t before = 0;
  for (const SeriesFileEntry& entry : entries) {
    out->push_back(static_cast<uint8_t>(entry.kind));
    PutVarint(entry.offset - before, out);
    PutEntryHead(entry, out);
    before = entry.offset;
  }
}

std::optional<std::vector<SeriesFileEntry>> TakeIndex(
    std::span<const uint8_t> payload, size_t tracks, uint64_t from,
    uint64_t to) {
  ByteReader in(payload);
  std::vector<SeriesFileEntry> entries;
  uint64_t offset = 0;
  while (in.remaining() > 0) {
    SeriesFileEntry entry;
    const uint8_t kind = in.U8();
    const uint64_t step = in.Varint();
    if (!IsEntryKind(kind) || step == 0 || step > to - offset) {
      return std::nullopt;
    }
    entry.kind = static_cast<SeriesRecord>(kind);
    entry.offset = offset += step;
    if (!TakeEntryHead(&in, &entry) || entry.track >= tracks || offset < from) {
      return std::nullopt;
    }
    entries.push_back(entry);
  }
  return entries;
}

absl::StatusOr<SeriesFileRecord> ReadRecord(uint64_t offset,
                                            const FormatLimits& limits,
                                            ByteWindow* file) {
  const auto damaged = [offset](const char* what) {
    return absl::DataLossError(absl::StrCat("byte ", offset, ": ", what));
  };
  file->MoveTo(offset);
  auto head = file->Peek(kRecordHeadBytes);
  if (!head.ok()) return head.status();
  if (head->size() < kRecordHeadBytes) return damaged("the file ends here");
  const uint64_t size = LittleAt<uint32_t>(head->data() + 1);
  if (size > limits.max_series_record_bytes) {
    return damaged("no record of a series file");
  }
  const uint64_t all = kRecordHeadBytes + size + kRecordSealBytes;
  if (all > file->left()) return damaged("a record was cut off");
  const auto bytes = file->Peek(static_cast<size_t>(all));
  if (!bytes.ok()) return bytes.status();
  const size_t sealed = kRecordHeadBytes + static_cast<size_t>(size);
  if (ChecksumOf(bytes->first(sealed)) !=
      LittleAt<uint32_t>(bytes->data() + sealed)) {
    return damaged("a record's checksum does not fit");
  }
  SeriesFileRecord record;
  record.kind = static_cast<SeriesRecord>((*bytes)[0]);
  record.payload = bytes->subspan(kRecordHeadBytes, static_cast<size_t>(size));
  return record;
}

}  // namespace fovea::codec_internal
