// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/coding_tables.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/coding_rows.h"
#include "store/row_limits.h"

namespace fovea {
namespace {

// A table by kind and digest.
using TableName = std::pair<uint8_t, ChunkId>;

uint8_t Code(CodingTableKind kind) { return static_cast<uint8_t>(kind); }

// The prefix's next one, for the end of a scan.
std::string Behind(std::string prefix) {
  ++prefix.back();
  return prefix;
}

absl::Status Scan(StoreReader* store, const std::string& prefix,
                  const std::string& end,
                  const std::function<absl::Status(
                      std::string_view key, std::string_view value)>& visit) {
  absl::Status inner;
  const absl::Status scanned =
      store->Scan(Family::kMeta, prefix, end,
                  [&](std::string_view key, std::string_view value) {
                    inner = visit(key, value);
                    return inner.ok();
                  });
  return scanned.ok() ? inner : scanned;
}

// Adds the bytes where the store has not got them.
absl::StatusOr<ChunkId> PutTable(StoreReader* store, uint8_t kind,
                                 std::span<const uint8_t> bytes,
                                 CommitBatch* batch) {
  if (bytes.size() > kRowLimits.max_coding_table_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "coding table: ", bytes.size(), " bytes, expected at most ",
        kRowLimits.max_coding_table_bytes));
  }
  const ChunkId digest = ChunkId::Of(bytes);
  const std::string key = CodingTableKey(kind, digest);
  const auto stored = store->Get(Family::kMeta, key);
  if (stored.ok()) return digest;
  if (!absl::IsNotFound(stored.status())) return stored.status();
  batch->PutRow(Family::kMeta, key, EncodeCodingTable(bytes));
  return digest;
}

absl::StatusOr<std::vector<uint8_t>> ReadTable(StoreReader* store, uint8_t kind,
                                               const ChunkId& digest) {
  const auto row = store->Get(Family::kMeta, CodingTableKey(kind, digest));
  if (!row.ok()) return row.status();
  auto bytes = DecodeCodingTable(*row);
  if (bytes.ok() && ChunkId::Of(*bytes) != digest) {
    return absl::DataLossError("its bytes differ from their digest");
  }
  return bytes;
}

absl::StatusOr<std::vector<ChunkId>> ReadDevice(StoreReader* store,
                                                const std::string& key) {
  const auto row = store->Get(Family::kMeta, key);
  if (absl::IsNotFound(row.status())) return std::vector<ChunkId>();
  if (!row.ok()) return row.status();
  return DecodeDeviceTables(*row);
}

absl::Status AddNamedByStreams(StoreReader* store, std::set<TableName>* named) {
  const std::string prefix(kTableNamePrefix);
  return Scan(
      store, prefix, Behind(prefix),
      [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto parts = ParseTableNameKey(key);
        if (!parts.ok()) return parts.status();
        const auto digest = DecodeTableName(value);
        if (!digest.ok()) return digest.status();
        named->emplace(parts->kind, *digest);
        return absl::OkStatus();
      });
}

absl::Status AddNamedByDevices(StoreReader* store, std::set<TableName>* named) {
  const std::string prefix(kDeviceTablesPrefix);
  return Scan(
      store, prefix, Behind(prefix),
      [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto kind = ParseDeviceTablesKind(key);
        if (!kind.ok()) return kind.status();
        const auto digests = DecodeDeviceTables(value);
        if (!digests.ok()) return digests.status();
        for (const ChunkId& digest : *digests) named->emplace(*kind, digest);
        return absl::OkStatus();
      });
}

}  // namespace

const char* CodingTableKindName(CodingTableKind kind) {
  switch (kind) {
    case CodingTableKind::kSeriesMetadata:
      return "series metadata";
    case CodingTableKind::kSeriesProfile:
      return "profile";
    case CodingTableKind::kWindowPlan:
      return "window plan";
  }
  return "table";
}

absl::Status NameTable(StoreReader* store, StreamId stream,
                       CodingTableKind kind, uint32_t id,
                       std::span<const uint8_t> bytes, CommitBatch* batch) {
  const std::string key = TableNameKey(stream, Code(kind), id);
  const auto digest = PutTable(store, Code(kind), bytes, batch);
  if (!digest.ok()) return digest.status();
  const auto named = store->Get(Family::kMeta, key);
  if (absl::IsNotFound(named.status())) {
    batch->PutRow(Family::kMeta, key, EncodeTableName(*digest));
    return absl::OkStatus();
  }
  if (!named.ok()) return named.status();
  const auto before = DecodeTableName(*named);
  if (!before.ok()) return before.status();
  if (*before == *digest) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      CodingTableKindName(kind), " ", absl::Hex(id, absl::kZeroPad8),
      ": the stream's blocks mean another one by this id; add to another "
      "stream"));
}

absl::StatusOr<std::vector<uint8_t>> FindTable(StoreReader* store,
                                               StreamId stream,
                                               CodingTableKind kind,
                                               uint32_t id) {
  const auto lost = [&](const absl::Status& why) {
    return absl::DataLossError(absl::StrCat(
        "block names ", CodingTableKindName(kind), " ",
        absl::Hex(id, absl::kZeroPad8), ", which the store does not have (",
        why.message(), "); restore a backup or run 'fovea doctor --rebuild'"));
  };
  const auto named =
      store->Get(Family::kMeta, TableNameKey(stream, Code(kind), id));
  if (absl::IsNotFound(named.status())) return lost(named.status());
  if (!named.ok()) return named.status();
  const auto digest = DecodeTableName(*named);
  if (!digest.ok()) return digest.status();
  auto bytes = ReadTable(store, Code(kind), *digest);
  if (absl::IsNotFound(bytes.status()) || absl::IsDataLoss(bytes.status())) {
    return lost(bytes.status());
  }
  return bytes;
}

absl::StatusOr<std::vector<NamedTable>> ListTables(StoreReader* store,
                                                   StreamId stream) {
  std::vector<NamedTable> tables;
  const absl::Status status =
      Scan(store, TableNamePrefix(stream), TableNamePrefix(stream + 1),
           [&](std::string_view key, std::string_view value) -> absl::Status {
             const auto parts = ParseTableNameKey(key);
             if (!parts.ok()) return parts.status();
             const auto digest = DecodeTableName(value);
             if (!digest.ok()) return digest.status();
             tables.push_back({static_cast<CodingTableKind>(parts->kind),
                               parts->id, *digest});
             return absl::OkStatus();
           });
  if (!status.ok()) return status;
  return tables;
}

absl::Status ForgetTables(StoreReader* store, StreamId stream,
                          CommitBatch* batch) {
  const auto tables = ListTables(store, stream);
  if (!tables.ok()) return tables.status();
  for (const NamedTable& table : *tables) {
    batch->DeleteRow(Family::kMeta,
                     TableNameKey(stream, Code(table.kind), table.id));
  }
  return absl::OkStatus();
}

absl::Status DropUnnamedTables(ChunkStore* store) {
  std::set<TableName> named;
  absl::Status status = AddNamedByStreams(store, &named);
  if (status.ok()) status = AddNamedByDevices(store, &named);
  CommitBatch batch;
  const std::string prefix(kCodingTablePrefix);
  if (status.ok()) {
    status = Scan(store, prefix, Behind(prefix),
                  [&](std::string_view key, std::string_view) -> absl::Status {
                    const auto table = ParseCodingTableKey(key);
                    if (!table.ok()) return table.status();
                    if (named.count({table->kind, table->digest}) == 0) {
                      batch.DeleteRow(Family::kMeta, key);
                    }
                    return absl::OkStatus();
                  });
  }
  if (!status.ok() || batch.empty()) return status;
  return store->Commit(std::move(batch)).status();
}

absl::Status PutDeviceTable(StoreReader* store, CodingTableKind kind,
                            std::string_view device,
                            std::span<const uint8_t> bytes,
                            CommitBatch* batch) {
  if (device.empty() || device.size() > kRowLimits.max_device_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("device's name: ", device.size(), " bytes, expected 1 to ",
                     kRowLimits.max_device_bytes));
  }
  const std::string key = DeviceTablesKey(Code(kind), device);
  auto digests = ReadDevice(store, key);
  if (!digests.ok()) return digests.status();
  const auto digest = PutTable(store, Code(kind), bytes, batch);
  if (!digest.ok()) return digest.status();
  std::erase(*digests, *digest);
  digests->insert(digests->begin(), *digest);
  if (digests->size() > kRowLimits.max_device_tables) digests->pop_back();
  batch->PutRow(Family::kMeta, key, EncodeDeviceTables(*digests));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::vector<uint8_t>>> DeviceTables(
    StoreReader* store, CodingTableKind kind, std::string_view device) {
  const auto digests = ReadDevice(store, DeviceTablesKey(Code(kind), device));
  if (!digests.ok()) return digests.status();
  std::vector<std::vector<uint8_t>> tables;
  for (const ChunkId& digest : *digests) {
    auto bytes = ReadTable(store, Code(kind), digest);
    if (!bytes.ok()) {
      return absl::Status(
          bytes.status().code(),
          absl::StrCat(CodingTableKindName(kind), " of device '",
                       std::string(device), "': ", bytes.status().message()));
    }
    tables.push_back(*std::move(bytes));
  }
  return tables;
}

}  // namespace fovea
