// SPDX-License-Identifier: GPL-2.0-or-later
//
// What blocks need besides themselves to be decoded: profiles of devices,
// plans of models, what a sensor says of itself. A store keeps each once, by
// the digest of its bytes, as long as a stream or a device names it; backups,
// migrations and rebuilds have them as they have streams.

#ifndef FOVEA_API_CODING_TABLES_H_
#define FOVEA_API_CODING_TABLES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/chunk_id.h"
#include "store/chunk_store.h"
#include "store/commit_batch.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// Values are stored; never renumber.
enum class CodingTableKind : uint8_t {
  kSeriesMetadata = 1,  // codec/series_metadata.h
  kSeriesProfile = 2,   // codec/series_profile.h
  kWindowPlan = 3,      // codec/imu/window_plan.h
};

// "series metadata", "profile", "window plan"; "table" for any other.
const char* CodingTableKindName(CodingTableKind kind);

// A table that blocks of a stream name.
struct NamedTable {
  CodingTableKind kind = CodingTableKind::kSeriesMetadata;
  uint32_t id = 0;
  ChunkId digest;
};

// Adds to `batch` that blocks of `stream` mean `bytes` by `id`, and the bytes
// where the store has not got them. kFailedPrecondition: they mean others by
// it. kInvalidArgument: more bytes than the store takes.
absl::Status NameTable(StoreReader* store, StreamId stream,
                       CodingTableKind kind, uint32_t id,
                       std::span<const uint8_t> bytes, CommitBatch* batch);

// What blocks of `stream` mean by `id`. kDataLoss where the store has not got
// it, or not as it was.
absl::StatusOr<std::vector<uint8_t>> FindTable(StoreReader* store,
                                               StreamId stream,
                                               CodingTableKind kind,
                                               uint32_t id);

// All that blocks of `stream` name, by kind and id.
absl::StatusOr<std::vector<NamedTable>> ListTables(StoreReader* store,
                                                   StreamId stream);

// Adds to `batch` that the stream is gone. Tables that nobody else names stay
// until DropUnnamedTables().
absl::Status ForgetTables(StoreReader* store, StreamId stream,
                          CommitBatch* batch);

// Removes tables that no stream and no device names, in a commit where there
// are any. Only while nothing else writes to the store: what is about to be
// named would go.
absl::Status DropUnnamedTables(ChunkStore* store);

// Adds to `batch` that `bytes` are for what `device` is yet to record, before
// those that it has already. The oldest beyond 16 are forgotten.
absl::Status PutDeviceTable(StoreReader* store, CodingTableKind kind,
                            std::string_view device,
                            std::span<const uint8_t> bytes, CommitBatch* batch);

// What the device has of the kind, newest first; none where it is unknown.
absl::StatusOr<std::vector<std::vector<uint8_t>>> DeviceTables(
    StoreReader* store, CodingTableKind kind, std::string_view device);

}  // namespace fovea

#endif  // FOVEA_API_CODING_TABLES_H_
