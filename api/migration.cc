// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/migration.h"

#include <memory>
#include <utility>

#include "index/presence_rebuild.h"

namespace fovea {
namespace {

absl::StatusOr<int64_t> CountMissingRows(StoreReader* store) {
  const auto due = IsPresenceDue(store);
  if (!due.ok()) return due.status();
  if (!*due) return 0;
  const auto report = CheckPresence(store, nullptr);
  if (!report.ok()) return report.status();
  return report->missing;
}

}  // namespace

absl::StatusOr<int64_t> AddMissingRows(ChunkStore* store) {
  const auto due = IsPresenceDue(store);
  if (!due.ok()) return due.status();
  if (!*due) return 0;
  const auto report = RebuildPresence(store, nullptr);
  if (absl::IsResourceExhausted(report.status())) return 0;
  if (!report.ok()) return report.status();
  return report->missing;
}

absl::StatusOr<MigrationReport> MigrateWithRows(
    const std::string& path, const ChunkStoreOptions& options, bool dry_run) {
  const auto migrated = ChunkStore::Migrate(path, options, dry_run);
  if (!migrated.ok()) return migrated.status();
  ChunkStoreOptions opening = options;
  opening.create = false;
  opening.read_only = dry_run;
  const auto store = ChunkStore::Open(path, opening);
  if (!store.ok()) return store.status();
  const auto rows =
      dry_run ? CountMissingRows(store->get()) : AddMissingRows(store->get());
  if (!rows.ok()) return rows.status();
  return MigrationReport{*migrated, *rows};
}

}  // namespace fovea
