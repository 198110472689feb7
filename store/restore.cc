// SPDX-License-Identifier: GPL-2.0-or-later
//
// Restoring. The FOVEA file, which makes a folder a store, comes last.

#include "store/restore.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/backup_manifest.h"
#include "store/format_file.h"
#include "store/internal/backup_folder.h"
#include "store/internal/folder_place.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

absl::Status CheckTarget(FileSystem* file_system, const std::string& target) {
  FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system->Exists(target));
  if (!exists) return absl::OkStatus();
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         file_system->List(target));
  if (names.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("'", target, "' is not empty (it holds '", names.front(),
                   "'); name an empty or a new folder"));
}

class Restorer {
 public:
  Restorer(FileSystem* file_system, std::string backup, std::string target,
           std::function<bool(uint64_t, uint64_t)> progress)
      : file_system_(file_system),
        backup_(std::move(backup)),
        target_(std::move(target)),
        progress_(std::move(progress)) {}

  absl::StatusOr<RestoreReport> Run() {
    FOVEA_ASSIGN_OR_RETURN(const BackupManifest manifest,
                           ReadBackupManifest(file_system_, backup_));
    const BackupFile* const format = manifest.Find(kFormatFileName);
    if (format == nullptr) {
      return absl::DataLossError(
          absl::StrCat("it names no ", kFormatFileName, " file"));
    }
    for (const BackupFile& file : manifest.files) report_.bytes += file.size;
    report_.sequence = manifest.sequence;
    report_.created_ns = manifest.created_ns;
    absl::Status status = CopyAll(manifest);
    if (status.ok()) status = CopyFormat(*format);
    if (status.ok()) return report_;
    Undo();
    return status;
  }

 private:
  absl::Status CopyAll(const BackupManifest& manifest) {
    FOVEA_ASSIGN_OR_RETURN(made_target_, MakeFolder(target_));
    const std::string segments = absl::StrCat(target_, "/", kSegmentsName);
    const std::string catalogue = absl::StrCat(target_, "/", kCatalogueName);
    FOVEA_RETURN_IF_ERROR(MakeFolder(segments).status());
    folders_.push_back(segments);
    for (const BackupFile& file : manifest.files) {
      if (file.name == kFormatFileName) continue;
      if (folders_.size() == 1 && file.name.starts_with(kCatalogueName)) {
        FOVEA_RETURN_IF_ERROR(MakeFolder(catalogue).status());
        folders_.push_back(catalogue);
      }
      FOVEA_RETURN_IF_ERROR(Copy(file, absl::StrCat(target_, "/", file.name)));
    }
    for (const std::string& folder : folders_) {
      FOVEA_RETURN_IF_ERROR(file_system_->SyncDirectory(folder));
    }
    return file_system_->SyncDirectory(target_);
  }

  absl::Status CopyFormat(const BackupFile& format) {
    const std::string draft = absl::StrCat(target_, "/", kFormatFileDraft);
    FOVEA_RETURN_IF_ERROR(Copy(format, draft));
    const std::string name = absl::StrCat(target_, "/", kFormatFileName);
    FOVEA_RETURN_IF_ERROR(file_system_->Rename(draft, name));
    files_.back() = name;
    return file_system_->SyncDirectory(target_);
  }

  absl::StatusOr<bool> MakeFolder(const std::string& path) {
    FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system_->Exists(path));
    FOVEA_RETURN_IF_ERROR(file_system_->MakeDirectory(path));
    return !exists;
  }

  absl::Status Copy(const BackupFile& file, const std::string& to) {
    const std::string from = absl::StrCat(backup_, "/", StoredName(file));
    FOVEA_ASSIGN_OR_RETURN(const auto copy, file_system_->CreateAppend(to));
    files_.push_back(to);
    Crc32c crc = ComputeCrc32c({});
    const absl::Status read = ReadPortions(
        file_system_, from, 0, file.size, [&](std::span<const uint8_t> bytes) {
          crc = ExtendCrc32c(crc, bytes);
          FOVEA_RETURN_IF_ERROR(copy->Append(bytes));
          return Advance(bytes.size());
        });
    if (absl::IsNotFound(read)) {
      return absl::DataLossError(std::string(read.message()));
    }
    FOVEA_RETURN_IF_ERROR(read);
    if (crc != file.crc) {
      return absl::DataLossError(absl::StrCat(
          "'", from, "' has crc32c ", ToString(crc), ", expected ",
          ToString(file.crc), "; take another backup while the store lives"));
    }
    report_.files += 1;
    return copy->Sync();
  }

  absl::Status Advance(uint64_t bytes) {
    done_ += bytes;
    if (!progress_ || progress_(done_, report_.bytes)) return absl::OkStatus();
    return absl::CancelledError("restore: interrupted");
  }

  // Best effort: what stays is no store.
  void Undo() {
    for (const std::string& file : files_) {
      file_system_->Remove(file).IgnoreError();
    }
    for (const std::string& folder : folders_) {
      file_system_->Remove(folder).IgnoreError();
    }
    if (made_target_) file_system_->Remove(target_).IgnoreError();
  }

  FileSystem* const file_system_;
  const std::string backup_;
  const std::string target_;
  const std::function<bool(uint64_t, uint64_t)> progress_;
  RestoreReport report_;
  uint64_t done_ = 0;
  bool made_target_ = false;
  std::vector<std::string> folders_;
  std::vector<std::string> files_;
};

}  // namespace

absl::StatusOr<RestoreReport> RestoreBackup(
    FileSystem* file_system, const std::string& backup,
    const std::string& target,
    const std::function<bool(uint64_t, uint64_t)>& progress) {
  FOVEA_RETURN_IF_ERROR(CheckApart(target, "backup", backup));
  FOVEA_RETURN_IF_ERROR(CheckInNoStore(file_system, target));
  FOVEA_RETURN_IF_ERROR(CheckTarget(file_system, target));
  absl::StatusOr<RestoreReport> report =
      Restorer(file_system, backup, target, progress).Run();
  if (report.ok()) return report;
  const bool missing = absl::IsNotFound(report.status());
  return absl::Status(
      report.status().code(),
      absl::StrCat("backup '", backup, "': ",
                   missing ? "there is none; 'fovea backup' makes one"
                           : std::string(report.status().message())));
}

}  // namespace fovea
