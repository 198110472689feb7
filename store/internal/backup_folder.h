// SPDX-License-Identifier: GPL-2.0-or-later
//
// A folder that backups are written into. Files are added, then the
// manifest that names them takes the place of the one before: at every
// moment one backup is whole.

#ifndef FOVEA_STORE_INTERNAL_BACKUP_FOLDER_H_
#define FOVEA_STORE_INTERNAL_BACKUP_FOLDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/backup_manifest.h"
#include "store/file_system.h"
#include "store/reports.h"

namespace fovea {

// Calls `use` with the first `size` bytes of file `path`, in portions.
// kDataLoss when there are not so many.
absl::Status ReadPortions(
    FileSystem* file_system, const std::string& path, uint64_t begin,
    uint64_t size,
    const std::function<absl::Status(std::span<const uint8_t>)>& use);

// Not thread-safe.
class BackupFolder {
 public:
  // Told of bytes dealt with; an error ends the backup.
  using Advance = std::function<absl::Status(uint64_t bytes)>;

  // Makes or opens `path` and locks it. kFailedPrecondition when it holds
  // something else, or backups of another store.
  static absl::StatusOr<std::unique_ptr<BackupFolder>> Open(
      FileSystem* file_system, const std::string& path, const StoreId& store,
      const BackupOptions& options, Advance advance);

  struct Item {
    std::string name;
    uint64_t size = 0;
    std::string source;                // a file, at least that long
    std::optional<std::string> bytes;  // or these
    bool sealed = false;               // the source never changes again
  };
  absl::Status Add(const Item& item);

  // Makes all that was added durable and the backup that counts. Then
  // removes, if asked to, what is not in it.
  absl::StatusOr<BackupReport> Finish(uint64_t sequence, int64_t now_ns);

 private:
  BackupFolder(FileSystem* file_system, std::string path,
               const BackupOptions& options, Advance advance)
      : file_system_(file_system),
        path_(std::move(path)),
        options_(options),
        advance_(std::move(advance)) {}

  std::string PathOf(const BackupFile& file) const;
  // The file as the backup before has it, when it is sound at a glance.
  absl::StatusOr<std::optional<BackupFile>> Before(const Item& item);
  absl::Status CheckContinues(const Item& item, const BackupFile& before);
  absl::StatusOr<BackupFile> Extend(const Item& item, BackupFile before);
  absl::StatusOr<BackupFile> AddBytes(const Item& item);
  absl::StatusOr<BackupFile> AddFile(const Item& item);
  absl::StatusOr<Crc32c> ChecksumOf(const Item& item);
  absl::StatusOr<bool> LinkTo(const Item& item, const std::string& target);
  absl::StatusOr<Crc32c> CopyTo(const Item& item, const std::string& target);
  absl::Status PutInPlace(const std::string& draft, const std::string& path);
  absl::Status WriteManifest();
  absl::Status RemoveStrangers();

  FileSystem* const file_system_;
  const std::string path_;
  const BackupOptions options_;
  const Advance advance_;
  std::unique_ptr<FileLock> lock_;
  BackupManifest before_;
  BackupManifest manifest_;
  BackupReport report_;
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_BACKUP_FOLDER_H_
