// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of what blocks need besides themselves to be decoded: tables of bytes,
// each kept once, and which of them the blocks of a stream mean. What a table
// says and what kinds there are is the pipeline's. store/FORMAT.md draws the
// bytes.

#ifndef FOVEA_STORE_CODING_ROWS_H_
#define FOVEA_STORE_CODING_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_id.h"
#include "store/rows.h"

namespace fovea {

// --- a table, by kind and SHA-256 of its bytes ("t") ---------------------

inline constexpr std::string_view kCodingTablePrefix = "t";

std::string CodingTableKey(uint8_t kind, const ChunkId& digest);

struct CodingTableParts {
  uint8_t kind = 0;
  ChunkId digest;
};
absl::StatusOr<CodingTableParts> ParseCodingTableKey(std::string_view key);

// At most kRowLimits.max_coding_table_bytes.
std::string EncodeCodingTable(std::span<const uint8_t> bytes);
absl::StatusOr<std::vector<uint8_t>> DecodeCodingTable(std::string_view value);

// --- the table that blocks of a stream mean by a kind and id ("b") -------

inline constexpr std::string_view kTableNamePrefix = "b";

std::string TableNamePrefix(StreamId stream);
std::string TableNameKey(StreamId stream, uint8_t kind, uint32_t id);

struct TableNameParts {
  StreamId stream = 0;
  uint8_t kind = 0;
  uint32_t id = 0;
};
absl::StatusOr<TableNameParts> ParseTableNameKey(std::string_view key);

std::string EncodeTableName(const ChunkId& digest);
absl::StatusOr<ChunkId> DecodeTableName(std::string_view value);

// --- tables for what a device is yet to record ("d") ---------------------

inline constexpr std::string_view kDeviceTablesPrefix = "d";

std::string DeviceTablesKey(uint8_t kind, std::string_view device);

// Of a key: its kind; the rest is the device.
absl::StatusOr<uint8_t> ParseDeviceTablesKind(std::string_view key);

// Newest first, at most kRowLimits.max_device_tables.
std::string EncodeDeviceTables(const std::vector<ChunkId>& digests);
absl::StatusOr<std::vector<ChunkId>> DecodeDeviceTables(std::string_view value);

// --- how the clock of a stream's device runs ("k") -------------------------

// The value is as that of a table.
std::string ClockMapKey(StreamId stream);

}  // namespace fovea

#endif  // FOVEA_STORE_CODING_ROWS_H_
