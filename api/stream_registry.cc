// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stream_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/nearest_name.h"
#include "codec/sample.h"

namespace fovea {
namespace {

constexpr size_t kMaxNameBytes = 200;  // leaves room for ".png" and "@index"
constexpr int kStreamsPerCommit = 256;

bool IsNameByte(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != '/' && c != '@' &&
         c != '\x7f' && c != '\\';
}

// The last row whose key starts with the stream's prefix.
absl::StatusOr<StoreReader::KeyValue> LastRow(StoreReader* store, Family family,
                                              StreamId id) {
  const std::string prefix = StreamPrefix(id);
  return store->SeekBackward(family, prefix + std::string(16, '\xff'), prefix);
}

absl::StatusOr<StoreReader::KeyValue> FirstRow(StoreReader* store,
                                               Family family, StreamId id) {
  StoreReader::KeyValue first;
  bool found = false;
  absl::Status status =
      store->Scan(family, StreamPrefix(id), StreamPrefix(id + 1),
                  [&](std::string_view key, std::string_view value) {
                    first = {std::string(key), std::string(value)};
                    found = true;
                    return false;
                  });
  if (!status.ok()) return status;
  if (!found) return absl::NotFoundError("no rows");
  return first;
}

}  // namespace

absl::Status StreamRegistry::CheckName(const std::string& name) {
  if (name.empty() || name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream name of ", name.size(), " bytes: 1 to ",
                     kMaxNameBytes, " are allowed"));
  }
  if (name[0] == '.' || !std::all_of(name.begin(), name.end(), IsNameByte)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "stream name '", name,
        "': spaces, '/', '\\', '@' and a leading '.' are not allowed"));
  }
  return absl::OkStatus();
}

std::string StreamRegistry::NameFrom(const std::string& text) {
  std::string name = text.substr(0, kMaxNameBytes - 32);
  for (char& c : name) {
    if (!IsNameByte(c)) c = '_';
  }
  if (name.empty() || name[0] == '.') name = "stream" + name;
  return name;
}

absl::StatusOr<StreamRow> StreamRegistry::Find(const std::string& name) {
  absl::StatusOr<std::string> value =
      store_->Get(Family::kMeta, StreamNameKey(name));
  if (value.ok()) return FindById(*value);
  if (!absl::IsNotFound(value.status())) return value.status();
  auto rows = List();
  if (!rows.ok()) return rows.status();
  std::vector<std::string> names;
  for (const StreamRow& row : *rows) names.push_back(row.name);
  const std::string nearest = NearestName(name, names);
  return absl::NotFoundError(absl::StrCat(
      "no stream called '", name, "'",
      nearest.empty() ? "; 'fovea ls' lists them"
                      : absl::StrCat("; did you mean '", nearest, "'?")));
}

absl::StatusOr<StreamRow> StreamRegistry::FindById(
    const std::string& name_row) {
  absl::StatusOr<StreamId> id = DecodeStreamId(name_row);
  if (!id.ok()) return id.status();
  absl::StatusOr<std::string> row = store_->Get(Family::kMeta, StreamKey(*id));
  if (!row.ok()) return row.status();
  return DecodeStreamRow(*row);
}

absl::StatusOr<std::vector<StreamRow>> StreamRegistry::List() {
  std::vector<StreamRow> rows;
  absl::Status bad;
  absl::Status status = store_->Scan(
      Family::kMeta, "s", "t", [&](std::string_view, std::string_view value) {
        absl::StatusOr<StreamRow> row = DecodeStreamRow(value);
        if (!row.ok()) {
          bad = row.status();
          return false;
        }
        rows.push_back(*std::move(row));
        return true;
      });
  if (!status.ok()) return status;
  if (!bad.ok()) return bad;
  std::sort(
      rows.begin(), rows.end(),
      [](const StreamRow& a, const StreamRow& b) { return a.name < b.name; });
  return rows;
}

absl::StatusOr<StreamCounts> StreamRegistry::BookedCounts(StreamId id) {
  auto value = store_->Get(Family::kMeta, StreamCountsKey(id));
  if (!value.ok()) return value.status();
  return DecodeStreamCounts(*value);
}

absl::StatusOr<StreamCounts> StreamRegistry::Counts(StreamId id) {
  absl::StatusOr<StreamCounts> counts = BookedCounts(id);
  if (!counts.ok()) return counts.status();
  const absl::StatusOr<StreamGone> gone = Gone(id);
  if (!gone.ok()) return gone.status();
  if (gone->chunks == 0) return counts;
  counts->stored -= gone->samples;
  counts->stored_bytes -= gone->bytes;
  counts->chunks -= gone->chunks;
  counts->rejected.push_back({kExpiredReason, gone->samples});
  return counts;
}

absl::StatusOr<StreamGone> StreamRegistry::Gone(StreamId id) {
  const auto value = store_->Get(Family::kMeta, StreamGoneKey(id));
  if (absl::IsNotFound(value.status())) return StreamGone();
  if (!value.ok()) return value.status();
  return DecodeStreamGone(*value);
}

absl::StatusOr<std::vector<IngestTime>> StreamRegistry::IngestTimes(
    StreamId id) {
  const auto value = store_->Get(Family::kMeta, IngestTimesKey(id));
  if (absl::IsNotFound(value.status())) return std::vector<IngestTime>();
  if (!value.ok()) return value.status();
  return DecodeIngestTimes(*value);
}

absl::StatusOr<RetentionClass> StreamRegistry::Class(StreamId id) {
  const auto value = store_->Get(Family::kMeta, StreamClassKey(id));
  if (absl::IsNotFound(value.status())) return RetentionClass{0};
  if (!value.ok()) return value.status();
  return DecodeStreamClass(*value);
}

absl::StatusOr<StreamExtent> StreamRegistry::Extent(const StreamRow& row) {
  absl::StatusOr<StreamExtent> extent =
      static_cast<StreamKind>(row.kind) == StreamKind::kCamera
          ? CameraExtent(row.id)
          : BlockExtent(row.id);
  if (!extent.ok()) return extent.status();
  const absl::StatusOr<StreamGone> gone = Gone(row.id);
  if (!gone.ok()) return gone.status();
  if (extent->end_index == 0) {  // nothing is left
    extent->start_ns = extent->end_ns = gone->end_ns;
  }
  extent->end_index = std::max(extent->end_index, gone->end_index);
  extent->end_block = std::max(extent->end_block, gone->end_block);
  return extent;
}

absl::StatusOr<StreamExtent> StreamRegistry::CameraExtent(StreamId id) {
  StreamExtent extent;
  auto last = LastRow(store_, Family::kGop, id);
  if (absl::IsNotFound(last.status())) return extent;
  if (!last.ok()) return last.status();
  auto first = FirstRow(store_, Family::kGop, id);
  if (!first.ok()) return first.status();
  auto last_key = ParseGopKey(last->key);
  auto last_row = DecodeGopRow(last->value);
  auto first_row = DecodeGopRow(first->value);
  if (!last_key.ok()) return last_key.status();
  if (!last_row.ok()) return last_row.status();
  if (!first_row.ok()) return first_row.status();
  extent.start_ns = first_row->start_ns;
  extent.end_ns = last_row->start_ns + last_row->duration_ns;
  extent.end_index = last_key->first_index + last_row->frames;
  return extent;
}

absl::StatusOr<StreamExtent> StreamRegistry::BlockExtent(StreamId id) {
  StreamExtent extent;
  auto last = LastRow(store_, Family::kBlock, id);
  if (absl::IsNotFound(last.status())) return extent;
  if (!last.ok()) return last.status();
  auto first = FirstRow(store_, Family::kBlock, id);
  if (!first.ok()) return first.status();
  auto last_key = ParseBlockKey(last->key);
  auto last_row = DecodeBlockRow(last->value);
  auto first_row = DecodeBlockRow(first->value);
  if (!last_key.ok()) return last_key.status();
  if (!last_row.ok()) return last_row.status();
  if (!first_row.ok()) return first_row.status();
  extent.start_ns = first_row->start_ns;
  extent.end_ns = last_row->end_ns;
  extent.end_index = last_row->first_index + last_row->samples;
  extent.end_block = last_key->block_seq + 1;
  return extent;
}

StreamId StreamRegistry::NewId() {
  absl::MutexLock lock(&mutex_);
  const StreamId floor = (store_->last_sequence() + 1) * kStreamsPerCommit;
  last_id_ = std::max(last_id_ + 1, floor);
  return last_id_;
}

}  // namespace fovea
