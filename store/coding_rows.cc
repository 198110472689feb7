// SPDX-License-Identifier: GPL-2.0-or-later
//
// Encodes rows of coding tables.

#include "store/coding_rows.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/row_parts.h"
#include "store/row_codec.h"
#include "store/row_limits.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

ChunkId ReadDigest(RowReader* in) {
  ChunkId digest;
  const std::string_view bytes = in->Bytes(digest.bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

void CheckTag(std::string_view prefix, RowReader* in) {
  if (in->Bytes(prefix.size()) != prefix) in->Fail("key of another row");
}

}  // namespace

std::string CodingTableKey(uint8_t kind, const ChunkId& digest) {
  RowWriter out;
  out.Bytes(kCodingTablePrefix);
  out.U8(kind);
  out.Bytes(digest.bytes);
  return out.Take();
}

absl::StatusOr<CodingTableParts> ParseCodingTableKey(std::string_view key) {
  RowReader in(key, "coding table key");
  CheckTag(kCodingTablePrefix, &in);
  CodingTableParts parts;
  parts.kind = in.U8();
  parts.digest = ReadDigest(&in);
  return Finished(in, parts);
}

std::string EncodeCodingTable(std::span<const uint8_t> bytes) {
  assert(bytes.size() <= kRowLimits.max_coding_table_bytes);
  RowWriter out;
  out.U8(kVersion);
  out.Bytes(bytes);
  return out.Take();
}

absl::StatusOr<std::vector<uint8_t>> DecodeCodingTable(std::string_view value) {
  RowReader in(value, "coding table");
  if (auto s = ReadVersion(in, kVersion, "coding table"); !s.ok()) return s;
  if (in.remaining() > kRowLimits.max_coding_table_bytes) {
    in.Fail(absl::StrCat("must be at most ", kRowLimits.max_coding_table_bytes,
                         " bytes, found ", in.remaining()));
  }
  const std::string_view bytes = in.Bytes(in.remaining());
  return Finished(in, std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

std::string TableNamePrefix(StreamId stream) {
  return TaggedKey(kTableNamePrefix[0], stream);
}

std::string TableNameKey(StreamId stream, uint8_t kind, uint32_t id) {
  RowWriter out;
  out.Bytes(TableNamePrefix(stream));
  out.U8(kind);
  out.U32(id);
  return out.Take();
}

absl::StatusOr<TableNameParts> ParseTableNameKey(std::string_view key) {
  RowReader in(key, "table name key");
  CheckTag(kTableNamePrefix, &in);
  TableNameParts parts;
  parts.stream = in.U64();
  parts.kind = in.U8();
  parts.id = in.U32();
  return Finished(in, parts);
}

std::string EncodeTableName(const ChunkId& digest) {
  RowWriter out;
  out.U8(kVersion);
  out.Bytes(digest.bytes);
  return out.Take();
}

absl::StatusOr<ChunkId> DecodeTableName(std::string_view value) {
  RowReader in(value, "table name");
  if (auto s = ReadVersion(in, kVersion, "table name"); !s.ok()) return s;
  const ChunkId digest = ReadDigest(&in);
  return Finished(in, digest);
}

std::string DeviceTablesKey(uint8_t kind, std::string_view device) {
  RowWriter out;
  out.Bytes(kDeviceTablesPrefix);
  out.U8(kind);
  out.Bytes(device);
  return out.Take();
}

absl::StatusOr<uint8_t> ParseDeviceTablesKind(std::string_view key) {
  RowReader in(key, "device tables key");
  CheckTag(kDeviceTablesPrefix, &in);
  const uint8_t kind = in.U8();
  in.Bytes(in.remaining());
  return Finished(in, kind);
}

std::string EncodeDeviceTables(const std::vector<ChunkId>& digests) {
  assert(digests.size() <= kRowLimits.max_device_tables);
  RowWriter out;
  out.U8(kVersion);
  out.Varint(digests.size());
  for (const ChunkId& digest : digests) out.Bytes(digest.bytes);
  return out.Take();
}

absl::StatusOr<std::vector<ChunkId>> DecodeDeviceTables(
    std::string_view value) {
  RowReader in(value, "device tables");
  if (auto s = ReadVersion(in, kVersion, "device tables"); !s.ok()) return s;
  const uint64_t count =
      in.Count(kRowLimits.max_device_tables, sizeof(ChunkId::bytes), "tables");
  std::vector<ChunkId> digests;
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    digests.push_back(ReadDigest(&in));
  }
  return Finished(in, std::move(digests));
}

std::string ClockMapKey(StreamId stream) { return TaggedKey('k', stream); }

}  // namespace fovea
