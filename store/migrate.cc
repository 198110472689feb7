// SPDX-License-Identifier: GPL-2.0-or-later
//
// From one store format to the next. Every row, journal and segment carries a
// version of its own and all of them are read, so nothing that is stored has
// to be rewritten: the FOVEA file says from then on that new kinds may be
// among them, which keeps programs that do not know them away.

#include "absl/strings/str_cat.h"
#include "store/format_file.h"
#include "store/internal/open_store.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"

namespace fovea {

absl::StatusOr<MigrateReport> MigrateStore(const std::string& path,
                                           const ChunkStoreOptions& options,
                                           bool dry_run) {
  FileSystem* const file_system = options.file_system;
  FOVEA_ASSIGN_OR_RETURN(FormatFile format, ReadFormatFile(file_system, path));
  MigrateReport report;
  report.from = format.format;
  report.to = kStoreFormat;
  SegmentFolder segments(file_system, absl::StrCat(path, "/", kSegmentsName));
  FOVEA_RETURN_IF_ERROR(segments.Load());
  for (const uint64_t id : segments.Ids()) {
    FOVEA_ASSIGN_OR_RETURN(const uint64_t bytes, segments.FileBytes(id));
    report.segment_bytes += bytes;
  }
  if (report.from == report.to) return report;
  format.format = kStoreFormat;
  report.bytes_to_write = EncodeFormatFile(format).size();
  if (dry_run) return report;
  FOVEA_ASSIGN_OR_RETURN(const std::unique_ptr<FileLock> lock,
                         file_system->Lock(absl::StrCat(path, "/", kLockName)));
  // Another may have changed it before the lock was ours.
  FOVEA_ASSIGN_OR_RETURN(format, ReadFormatFile(file_system, path));
  format.format = kStoreFormat;
  FOVEA_RETURN_IF_ERROR(WriteFormatFile(file_system, path, format));
  return report;
}

}  // namespace fovea
