// SPDX-License-Identifier: GPL-2.0-or-later
//
// The BACKUP file: which files, in which state, are a backup, and of what.
// Text, so that a person can read it too:
//
//   FOVEA backup
//   format 1
//   store 0f3c...             id of the store, 32 hexadecimal digits
//   sequence 1234             of the last commit in it
//   created_ns 1795...        wall clock
//   file 8192 0x1a2b3c4d copied segments/00000001-00-498611.fseg
//   ...                       bytes, crc32c of them, how, name in the store
//   crc32c 0x1a2b3c4d         of the lines above
//
// A file of the backup may be longer than its line says: what follows is
// none of it.

#ifndef FOVEA_STORE_BACKUP_MANIFEST_H_
#define FOVEA_STORE_BACKUP_MANIFEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/crc32c.h"
#include "store/file_system.h"
#include "store/segment_format.h"

namespace fovea {

inline constexpr uint32_t kBackupFormat = 1;
inline constexpr char kBackupName[] = "BACKUP";
inline constexpr char kBackupDraft[] = "BACKUP.tmp";

struct BackupFile {
  std::string name;  // below the store's folder
  uint64_t size = 0;
  Crc32c crc{};
  bool linked = false;  // one file with the store's: never to be changed
  friend bool operator==(const BackupFile&, const BackupFile&) = default;
};

struct BackupManifest {
  StoreId store = {};
  uint64_t sequence = 0;
  int64_t created_ns = 0;
  std::vector<BackupFile> files;  // sorted by name, none twice
  friend bool operator==(const BackupManifest&,
                         const BackupManifest&) = default;

  // Null when there is none of that name.
  const BackupFile* Find(std::string_view name) const;
};

// True for names that a store's file may have: FOVEA, segments and files of
// the catalogue. No other gets into a path.
bool IsBackupName(std::string_view name);

// Where the file lies below the backup's folder. Two states of a catalogue
// file lie side by side, so that the earlier backup stays whole.
std::string StoredName(const BackupFile& file);

std::string EncodeBackupManifest(const BackupManifest& manifest);

// kFailedPrecondition for a newer format, kDataLoss for damage.
absl::StatusOr<BackupManifest> DecodeBackupManifest(std::string_view text);

// Reads `folder`'s; kNotFound when it holds no backup.
absl::StatusOr<BackupManifest> ReadBackupManifest(FileSystem* file_system,
                                                  const std::string& folder);

}  // namespace fovea

#endif  // FOVEA_STORE_BACKUP_MANIFEST_H_
