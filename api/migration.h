// SPDX-License-Identifier: GPL-2.0-or-later
//
// From an older store format to the present one: the store's own part
// (ChunkStore::Migrate()), then rows that follow from others and that older
// releases did not write.

#ifndef FOVEA_API_MIGRATION_H_
#define FOVEA_API_MIGRATION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/chunk_store.h"

namespace fovea {

struct MigrationReport : MigrateReport {
  // Rows of the cross-stream index (index/presence.h) that are missing, and
  // now there unless it is a dry run.
  int64_t presence_rows = 0;
};

// As ChunkStore::Migrate(), all of it; one that was cut short goes on.
absl::StatusOr<MigrationReport> MigrateWithRows(
    const std::string& path, const ChunkStoreOptions& options, bool dry_run);

// The second part alone, where it is due: a few look-ups where it is not, else
// a second or so for 100,000 observations. Where the disk is full it is left
// for later, since room is made by opening a store. Returns how many rows.
absl::StatusOr<int64_t> AddMissingRows(ChunkStore* store);

}  // namespace fovea

#endif  // FOVEA_API_MIGRATION_H_
