// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file of the backup before is taken over when it says the same as far as
// it goes: a segment's last bytes are a journal, and no two are equal. One
// that is a link to the store's own file is never written to.

#include "store/internal/backup_folder.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr uint64_t kPortion = 1 << 20;
constexpr uint64_t kTail = 4096;
constexpr char kLockName[] = "LOCK";
constexpr char kDraftEnding[] = ".tmp";
constexpr const char* kFolders[] = {"segments", "catalogue"};

// True when the folder holds nothing, or what a first backup that broke off
// left.
bool IsUnused(const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [](const std::string& name) {
    return name == kLockName || name == kBackupDraft || name == "STORE" ||
           name == absl::StrCat("STORE", kDraftEnding) ||
           std::ranges::count(kFolders, name) > 0;
  });
}

absl::Status CheckTarget(FileSystem* file_system, const std::string& path) {
  FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system->Exists(path));
  if (!exists) return absl::OkStatus();
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         file_system->List(path));
  if (std::ranges::binary_search(names, kBackupName) || IsUnused(names)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("'", path, "' holds no backup and is not empty (it holds '",
                   names.front(), "'); name an empty or a new folder"));
}

absl::StatusOr<std::vector<uint8_t>> ReadPart(FileSystem* file_system,
                                              const std::string& path,
                                              uint64_t begin, uint64_t size) {
  std::vector<uint8_t> part;
  FOVEA_RETURN_IF_ERROR(ReadPortions(
      file_system, path, begin, size, [&](std::span<const uint8_t> bytes) {
        part.insert(part.end(), bytes.begin(), bytes.end());
        return absl::OkStatus();
      }));
  return part;
}

absl::Status RemoveIfThere(FileSystem* file_system, const std::string& path) {
  const absl::Status status = file_system->Remove(path);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::StatusOr<uint64_t> SizeOf(FileSystem* file_system,
                                const std::string& path) {
  FOVEA_ASSIGN_OR_RETURN(const auto file, file_system->OpenRandom(path));
  return file->Size();
}

}  // namespace

absl::Status ReadPortions(
    FileSystem* file_system, const std::string& path, uint64_t begin,
    uint64_t size,
    const std::function<absl::Status(std::span<const uint8_t>)>& use) {
  FOVEA_ASSIGN_OR_RETURN(const auto file, file_system->OpenRandom(path));
  std::vector<uint8_t> portion(static_cast<size_t>(std::min(size, kPortion)));
  for (uint64_t at = begin; at < begin + size;) {
    const uint64_t wanted = std::min(kPortion, begin + size - at);
    const std::span<uint8_t> room =
        std::span(portion).first(static_cast<size_t>(wanted));
    FOVEA_ASSIGN_OR_RETURN(const size_t got, file->Read(at, room));
    if (got < wanted) {
      return absl::DataLossError(absl::StrCat("'", path, "' ends at ", at + got,
                                              ", expected ", begin + size,
                                              " bytes"));
    }
    FOVEA_RETURN_IF_ERROR(use(room));
    at += got;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<BackupFolder>> BackupFolder::Open(
    FileSystem* file_system, const std::string& path, const StoreId& store,
    const BackupOptions& options, Advance advance) {
  FOVEA_RETURN_IF_ERROR(CheckTarget(file_system, path));
  FOVEA_RETURN_IF_ERROR(file_system->MakeDirectory(path));
  std::unique_ptr<BackupFolder> folder(
      new BackupFolder(file_system, path, options, std::move(advance)));
  FOVEA_ASSIGN_OR_RETURN(folder->lock_,
                         file_system->Lock(absl::StrCat(path, "/", kLockName)));
  absl::StatusOr<BackupManifest> before = ReadBackupManifest(file_system, path);
  if (before.ok() && before->store != store) {
    return absl::FailedPreconditionError(absl::StrCat(
        "'", path, "' holds backups of another store; name another folder"));
  }
  if (!before.ok() && !absl::IsNotFound(before.status())) {
    return before.status();
  }
  if (before.ok()) folder->before_ = *std::move(before);
  folder->manifest_.store = store;
  for (const char* name : kFolders) {
    FOVEA_RETURN_IF_ERROR(
        file_system->MakeDirectory(absl::StrCat(path, "/", name)));
  }
  return absl::StatusOr<std::unique_ptr<BackupFolder>>(std::move(folder));
}

std::string BackupFolder::PathOf(const BackupFile& file) const {
  return absl::StrCat(path_, "/", StoredName(file));
}

absl::Status BackupFolder::Add(const Item& item) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<BackupFile> before, Before(item));
  absl::StatusOr<BackupFile> added;
  if (before.has_value() && before->size == item.size) {
    FOVEA_RETURN_IF_ERROR(advance_(item.size));
    added = *before;
  } else if (before.has_value() && !before->linked) {
    added = Extend(item, *before);
  } else {
    added = item.bytes.has_value() ? AddBytes(item) : AddFile(item);
  }
  FOVEA_RETURN_IF_ERROR(added.status());
  report_.files += 1;
  report_.bytes += added->size;
  manifest_.files.push_back(*std::move(added));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<BackupFile>> BackupFolder::Before(
    const Item& item) {
  const std::optional<BackupFile> none;
  const BackupFile* const before = before_.Find(item.name);
  if (before == nullptr) return none;
  const auto size = SizeOf(file_system_, PathOf(*before));
  if (absl::IsNotFound(size.status())) return none;  // added anew
  FOVEA_RETURN_IF_ERROR(size.status());
  if (*size < before->size) return none;
  if (item.bytes.has_value() || StoredName(*before) != before->name) {
    // Known by what it holds.
    if (before->size != item.size) return none;
    FOVEA_ASSIGN_OR_RETURN(const Crc32c crc, ChecksumOf(item));
    return crc == before->crc ? std::optional(*before) : none;
  }
  FOVEA_RETURN_IF_ERROR(CheckContinues(item, *before));
  return std::optional(*before);
}

absl::Status BackupFolder::CheckContinues(const Item& item,
                                          const BackupFile& before) {
  const uint64_t tail = std::min(before.size, kTail);
  if (before.size <= item.size) {
    FOVEA_ASSIGN_OR_RETURN(
        const auto here,
        ReadPart(file_system_, PathOf(before), before.size - tail, tail));
    FOVEA_ASSIGN_OR_RETURN(
        const auto there,
        ReadPart(file_system_, item.source, before.size - tail, tail));
    if (here == there) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "'", PathOf(before), "' is damaged or of a store that went another way (",
      before.size, " bytes there, ", item.size,
      " here, and they differ); back up into another folder"));
}

absl::StatusOr<BackupFile> BackupFolder::Extend(const Item& item,
                                                BackupFile before) {
  const std::string path = PathOf(before);
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, SizeOf(file_system_, path));
  if (size > before.size) {  // of a backup that broke off
    FOVEA_RETURN_IF_ERROR(file_system_->Truncate(path, before.size));
  }
  FOVEA_ASSIGN_OR_RETURN(const auto file, file_system_->OpenAppend(path));
  FOVEA_RETURN_IF_ERROR(advance_(before.size));
  FOVEA_RETURN_IF_ERROR(ReadPortions(
      file_system_, item.source, before.size, item.size - before.size,
      [&](std::span<const uint8_t> bytes) {
        before.crc = ExtendCrc32c(before.crc, bytes);
        FOVEA_RETURN_IF_ERROR(file->Append(bytes));
        return advance_(bytes.size());
      }));
  FOVEA_RETURN_IF_ERROR(file->Sync());
  report_.files_copied += 1;
  report_.bytes_written += item.size - before.size;
  before.size = item.size;
  return before;
}

absl::StatusOr<Crc32c> BackupFolder::ChecksumOf(const Item& item) {
  if (item.bytes.has_value()) return ComputeCrc32c(BytesOf(*item.bytes));
  Crc32c crc = ComputeCrc32c({});
  FOVEA_RETURN_IF_ERROR(ReadPortions(file_system_, item.source, 0, item.size,
                                     [&](std::span<const uint8_t> bytes) {
                                       crc = ExtendCrc32c(crc, bytes);
                                       return absl::OkStatus();
                                     }));
  return crc;
}

absl::StatusOr<BackupFile> BackupFolder::AddBytes(const Item& item) {
  const std::span<const uint8_t> bytes = BytesOf(*item.bytes);
  const BackupFile added = {item.name, bytes.size(), ComputeCrc32c(bytes)};
  const std::string draft = absl::StrCat(PathOf(added), kDraftEnding);
  FOVEA_RETURN_IF_ERROR(RemoveIfThere(file_system_, draft));
  {
    FOVEA_ASSIGN_OR_RETURN(const auto file, file_system_->CreateAppend(draft));
    FOVEA_RETURN_IF_ERROR(file->Append(bytes));
    FOVEA_RETURN_IF_ERROR(file->Sync());
  }
  FOVEA_RETURN_IF_ERROR(PutInPlace(draft, PathOf(added)));
  report_.files_copied += 1;
  report_.bytes_written += bytes.size();
  FOVEA_RETURN_IF_ERROR(advance_(bytes.size()));
  return added;
}

absl::StatusOr<BackupFile> BackupFolder::AddFile(const Item& item) {
  BackupFile added = {item.name, item.size};
  const std::string draft = absl::StrCat(path_, "/", item.name, kDraftEnding);
  FOVEA_RETURN_IF_ERROR(RemoveIfThere(file_system_, draft));
  FOVEA_ASSIGN_OR_RETURN(added.linked, LinkTo(item, draft));
  if (added.linked) {
    FOVEA_ASSIGN_OR_RETURN(added.crc, ChecksumOf(item));
    report_.files_linked += 1;
    FOVEA_RETURN_IF_ERROR(advance_(item.size));
  } else {
    FOVEA_ASSIGN_OR_RETURN(added.crc, CopyTo(item, draft));
    report_.files_copied += 1;
    report_.bytes_written += item.size;
  }
  FOVEA_RETURN_IF_ERROR(PutInPlace(draft, PathOf(added)));
  return added;
}

absl::StatusOr<bool> BackupFolder::LinkTo(const Item& item,
                                          const std::string& target) {
  if (!item.sealed || options_.copy) return false;
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size,
                         SizeOf(file_system_, item.source));
  if (size != item.size) return false;
  const absl::Status linked = file_system_->Link(item.source, target);
  if (absl::IsUnimplemented(linked)) return false;
  FOVEA_RETURN_IF_ERROR(linked);
  return true;
}

absl::StatusOr<Crc32c> BackupFolder::CopyTo(const Item& item,
                                            const std::string& target) {
  FOVEA_ASSIGN_OR_RETURN(const auto file, file_system_->CreateAppend(target));
  Crc32c crc = ComputeCrc32c({});
  absl::Status status =
      ReadPortions(file_system_, item.source, 0, item.size,
                   [&](std::span<const uint8_t> bytes) {
                     crc = ExtendCrc32c(crc, bytes);
                     FOVEA_RETURN_IF_ERROR(file->Append(bytes));
                     return advance_(bytes.size());
                   });
  if (status.ok()) status = file->Sync();
  if (status.ok()) return crc;
  // A full disk gets its room back.
  file_system_->Remove(target).IgnoreError();
  return status;
}

absl::Status BackupFolder::PutInPlace(const std::string& draft,
                                      const std::string& path) {
  FOVEA_RETURN_IF_ERROR(file_system_->Rename(draft, path));
  // Two names of one file: renaming one to the other does nothing.
  return RemoveIfThere(file_system_, draft);
}

absl::StatusOr<BackupReport> BackupFolder::Finish(uint64_t sequence,
                                                  int64_t now_ns) {
  manifest_.sequence = report_.sequence = sequence;
  manifest_.created_ns = now_ns;
  std::ranges::sort(manifest_.files, {}, &BackupFile::name);
  if (manifest_.files.size() > kStoreLimits.backup_files) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a backup of ", manifest_.files.size(), " files, at most ",
                     kStoreLimits.backup_files));
  }
  FOVEA_RETURN_IF_ERROR(WriteManifest());
  if (options_.prune) FOVEA_RETURN_IF_ERROR(RemoveStrangers());
  return report_;
}

absl::Status BackupFolder::WriteManifest() {
  for (const char* name : kFolders) {
    FOVEA_RETURN_IF_ERROR(
        file_system_->SyncDirectory(absl::StrCat(path_, "/", name)));
  }
  const std::string draft = absl::StrCat(path_, "/", kBackupDraft);
  FOVEA_RETURN_IF_ERROR(RemoveIfThere(file_system_, draft));
  const std::string text = EncodeBackupManifest(manifest_);
  {
    FOVEA_ASSIGN_OR_RETURN(const auto file, file_system_->CreateAppend(draft));
    FOVEA_RETURN_IF_ERROR(file->Append(BytesOf(text)));
    FOVEA_RETURN_IF_ERROR(file->Sync());
  }
  // What it names has to be found when it is.
  FOVEA_RETURN_IF_ERROR(file_system_->SyncDirectory(path_));
  FOVEA_RETURN_IF_ERROR(
      file_system_->Rename(draft, absl::StrCat(path_, "/", kBackupName)));
  report_.bytes_written += text.size();
  return file_system_->SyncDirectory(path_);
}

absl::Status BackupFolder::RemoveStrangers() {
  std::set<std::string> kept;
  for (const BackupFile& file : manifest_.files) kept.insert(StoredName(file));
  for (const char* folder : kFolders) {
    const std::string path = absl::StrCat(path_, "/", folder);
    FOVEA_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                           file_system_->List(path));
    for (const std::string& name : names) {
      if (kept.contains(absl::StrCat(folder, "/", name))) continue;
      const std::string file = absl::StrCat(path, "/", name);
      FOVEA_ASSIGN_OR_RETURN(const uint64_t size, SizeOf(file_system_, file));
      FOVEA_RETURN_IF_ERROR(file_system_->Remove(file));
      report_.files_removed += 1;
      report_.bytes_removed += size;
    }
    FOVEA_RETURN_IF_ERROR(file_system_->SyncDirectory(path));
  }
  return absl::OkStatus();
}

}  // namespace fovea
