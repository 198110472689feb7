// SPDX-License-Identifier: GPL-2.0-or-later
//
// Steps that opening and rebuilding a store share.

#ifndef FOVEA_STORE_INTERNAL_OPEN_STORE_H_
#define FOVEA_STORE_INTERNAL_OPEN_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "store/chunk_store.h"
#include "store/format_file.h"
#include "store/internal/catalogue.h"
#include "store/leases.h"
#include "store/segment_folder.h"

namespace fovea {

// A folder known to be a store and locked, its catalogue not yet open.
struct OpenedFolder {
  std::string path;
  std::unique_ptr<FileLock> lock;      // when opened for writing
  std::unique_ptr<ReaderLease> lease;  // else, where the medium has room
  FormatFile format;
  std::unique_ptr<SegmentFolder> segments;
};

// Checks, locks and, when asked, creates. Wants options without nulls.
absl::StatusOr<OpenedFolder> OpenFolder(const std::string& path,
                                        const ChunkStoreOptions& options);

// ChunkStore::Migrate() with complete options.
absl::StatusOr<MigrateReport> MigrateStore(const std::string& path,
                                           const ChunkStoreOptions& options,
                                           bool dry_run);

// Makes the catalogue from the segments there are (none: an empty one) and
// puts it in the place of the present one.
absl::Status RebuildStore(const std::string& path,
                          const ChunkStoreOptions& options);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_OPEN_STORE_H_
