// SPDX-License-Identifier: GPL-2.0-or-later
//
// RocksDB's calls, answered from memory or passed on. A manifest goes to the
// disk before the CURRENT file that names it, and what it makes obsolete is
// removed after.

#include "store/internal/rocks_files.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/manifest_check.h"
#include "store/internal/rocks_reading.h"
#include "store/internal/status_macros.h"
#include "store/internal/table_check.h"

namespace fovea {
namespace {

using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::string_view kTableEnding = ".sst";
constexpr std::string_view kLogEnding = ".log";
constexpr std::string_view kOptionsStart = "OPTIONS-";
constexpr std::string_view kManifestStart = "MANIFEST-";
constexpr char kCurrent[] = "CURRENT";
constexpr char kCurrentDraft[] = "000000.dbtmp";  // a name RocksDB cleans up

// RocksDB doubles slashes here and there.
std::string Plain(const std::string& path) {
  std::string plain;
  for (const char c : path) {
    if (c != '/' || plain.empty() || plain.back() != '/') plain.push_back(c);
  }
  return plain;
}

std::string NameIn(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string FolderOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

bool EndsWith(std::string_view name, std::string_view ending) {
  return name.size() >= ending.size() &&
         name.substr(name.size() - ending.size()) == ending;
}

bool NeverOnDisk(std::string_view name) { return EndsWith(name, kLogEnding); }

class Writing final : public rocksdb::FSWritableFile {
 public:
  Writing(RocksFiles* owner, std::shared_ptr<RocksFiles::File> file)
      : owner_(owner), file_(std::move(file)) {}
  ~Writing() override { owner_->Close(file_.get()); }

  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const rocksdb::IOOptions&,
                  rocksdb::IODebugContext*) override {
    size_ += data.size();
    return owner_->Append(file_.get(), data);
  }
  IOStatus Close(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    owner_->Close(file_.get());
    return IOStatus::OK();
  }
  IOStatus Flush(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return owner_->Sync(file_.get());
  }
  uint64_t GetFileSize(const rocksdb::IOOptions&,
                       rocksdb::IODebugContext*) override {
    return size_;
  }

 private:
  RocksFiles* const owner_;
  const std::shared_ptr<RocksFiles::File> file_;
  uint64_t size_ = 0;
};

class Folder final : public rocksdb::FSDirectory {
 public:
  Folder(RocksFiles* owner, std::string path)
      : owner_(owner), path_(std::move(path)) {}
  IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return owner_->SyncFolder(path_);
  }

 private:
  RocksFiles* const owner_;
  const std::string path_;
};

class NoLock final : public rocksdb::FileLock {};

absl::Status RemoveIfThere(FileSystem* disk, const std::string& path) {
  const absl::Status status = disk->Remove(path);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::StatusOr<std::unique_ptr<AppendFile>> BeginAnew(FileSystem* disk,
                                                      const std::string& path) {
  FOVEA_RETURN_IF_ERROR(RemoveIfThere(disk, path));
  return disk->CreateAppend(path);
}

absl::StatusOr<std::unique_ptr<AppendFile>> WriteAnew(FileSystem* disk,
                                                      const std::string& path,
                                                      std::string_view bytes) {
  FOVEA_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file,
                         BeginAnew(disk, path));
  FOVEA_RETURN_IF_ERROR(file->Append(BytesOf(bytes)));
  FOVEA_RETURN_IF_ERROR(file->Sync());
  return file;
}

}  // namespace

absl::StatusOr<std::shared_ptr<RocksFiles>> RocksFiles::Over(
    fovea::FileSystem* disk, const std::string& folder,
    const Options& options) {
  std::shared_ptr<RocksFiles> files(
      new RocksFiles(disk, Plain(folder), options.read_only));
  if (!options.ignore_present) return files;
  FOVEA_ASSIGN_OR_RETURN(const bool exists, disk->Exists(folder));
  if (!exists) return files;
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         disk->List(folder));
  absl::MutexLock lock(&files->mutex_);
  for (const std::string& name : names) {
    files->hidden_.insert(absl::StrCat(files->folder_, "/", name));
  }
  return files;
}

IOStatus RocksFiles::Append(File* file, const Slice& data) {
  {
    absl::MutexLock lock(&mutex_);
    if (file->disk == nullptr) {
      file->bytes.append(data.data(), data.size());
      return IOStatus::OK();
    }
  }
  return Answer(file->disk->Append(BytesOf({data.data(), data.size()})));
}

IOStatus RocksFiles::Sync(File* file) {
  {
    absl::MutexLock lock(&mutex_);
    if (file->disk == nullptr) return IOStatus::OK();
  }
  return Answer(file->disk->Sync());
}

void RocksFiles::Close(File* file) {
  absl::MutexLock lock(&mutex_);
  file->closed = true;
  file->disk.reset();
}

IOStatus RocksFiles::SyncFolder(const std::string& folder) {
  {
    absl::MutexLock lock(&mutex_);
    if (in_memory_) return IOStatus::OK();
  }
  return Answer(disk_->SyncDirectory(folder));
}

bool RocksFiles::InMemory(const std::string& name) const {
  return in_memory_ || NeverOnDisk(name);
}

absl::StatusOr<std::unique_ptr<RandomFile>> RocksFiles::OpenToRead(
    const std::string& path) {
  const std::string plain = Plain(path);
  {
    absl::MutexLock lock(&mutex_);
    const auto file = files_.find(plain);
    if (file != files_.end()) {
      return ReadBytes(file->second->bytes);
    }
    if (hidden_.contains(plain)) return absl::NotFoundError(plain);
  }
  return disk_->OpenRandom(plain);
}

absl::Status RocksFiles::LeaveMemory() {
  if (read_only_) return absl::PermissionDeniedError("opened read-only");
  FOVEA_RETURN_IF_ERROR(disk_->MakeDirectory(folder_));
  FOVEA_RETURN_IF_ERROR(disk_->SyncDirectory(FolderOf(folder_)));
  FOVEA_RETURN_IF_ERROR(WriteFiles());
  FOVEA_RETURN_IF_ERROR(disk_->SyncDirectory(folder_));
  FOVEA_RETURN_IF_ERROR(SwitchCurrent());
  in_memory_ = false;
  std::erase_if(files_, [](const auto& entry) {
    return !NeverOnDisk(NameIn(entry.first));
  });
  while (!hidden_.empty()) {
    FOVEA_RETURN_IF_ERROR(RemoveIfThere(disk_, *hidden_.begin()));
    hidden_.erase(hidden_.begin());
  }
  return absl::OkStatus();
}

absl::Status RocksFiles::WriteFiles() {
  for (const auto& [path, file] : files_) {
    const std::string name = NameIn(path);
    if (NeverOnDisk(name) || name == kCurrent) continue;
    FOVEA_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> disk,
                           WriteAnew(disk_, path, file->bytes));
    hidden_.erase(path);
    if (!file->closed) file->disk = std::move(disk);
  }
  return absl::OkStatus();
}

absl::Status RocksFiles::SwitchCurrent() {
  const std::string path = absl::StrCat(folder_, "/", kCurrent);
  const auto current = files_.find(path);
  if (current == files_.end()) return absl::OkStatus();
  const std::string draft = absl::StrCat(folder_, "/", kCurrentDraft);
  FOVEA_RETURN_IF_ERROR(
      WriteAnew(disk_, draft, current->second->bytes).status());
  FOVEA_RETURN_IF_ERROR(disk_->Rename(draft, path));
  hidden_.erase(path);
  return disk_->SyncDirectory(folder_);
}

IOStatus RocksFiles::NewSequentialFile(
    const std::string& path, const rocksdb::FileOptions&,
    std::unique_ptr<rocksdb::FSSequentialFile>* file, Debug*) {
  auto opened = OpenToRead(path);
  if (!opened.ok()) return Answer(opened.status());
  if (NameIn(path).starts_with(kManifestStart)) {
    const absl::Status sound = CheckManifest(opened->get(), path);
    if (!sound.ok()) return Answer(sound);
  }
  *file = ReadInOrder(*std::move(opened));
  return IOStatus::OK();
}

IOStatus RocksFiles::NewRandomAccessFile(
    const std::string& path, const rocksdb::FileOptions&,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Debug*) {
  auto opened = OpenToRead(path);
  if (!opened.ok()) return Answer(opened.status());
  if (EndsWith(path, kTableEnding)) {
    const absl::Status sound = CheckTable(opened->get(), path);
    if (!sound.ok()) return Answer(sound);
  }
  *file = ReadAnywhere(*std::move(opened));
  return IOStatus::OK();
}

IOStatus RocksFiles::NewWritableFile(
    const std::string& path, const rocksdb::FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>* writing, Debug*) {
  const std::string plain = Plain(path);
  const std::string name = NameIn(plain);
  // RocksDB goes on without.
  if (name.rfind(kOptionsStart, 0) == 0) return IOStatus::NotSupported(name);
  auto file = std::make_shared<File>();
  absl::MutexLock lock(&mutex_);
  if (in_memory_ && EndsWith(name, kTableEnding)) {
    if (absl::Status s = LeaveMemory(); !s.ok()) return Answer(s);
  }
  if (InMemory(name)) {
    files_[plain] = file;
  } else {
    auto disk = BeginAnew(disk_, plain);
    if (!disk.ok()) return Answer(disk.status());
    file->disk = *std::move(disk);
  }
  *writing = std::make_unique<Writing>(this, std::move(file));
  return IOStatus::OK();
}

IOStatus RocksFiles::NewDirectory(const std::string& path, const Io&,
                                  std::unique_ptr<rocksdb::FSDirectory>* folder,
                                  Debug*) {
  *folder = std::make_unique<Folder>(this, Plain(path));
  return IOStatus::OK();
}

IOStatus RocksFiles::FileExists(const std::string& path, const Io&, Debug*) {
  const std::string plain = Plain(path);
  {
    absl::MutexLock lock(&mutex_);
    if (plain == folder_ || files_.contains(plain)) return IOStatus::OK();
    if (hidden_.contains(plain)) return IOStatus::NotFound();
  }
  const auto exists = disk_->Exists(plain);
  if (!exists.ok()) return Answer(exists.status());
  return *exists ? IOStatus::OK() : IOStatus::NotFound();
}

IOStatus RocksFiles::GetChildren(const std::string& folder, const Io&,
                                 std::vector<std::string>* names, Debug*) {
  const std::string plain = Plain(folder + "/");
  names->clear();
  const auto listed = disk_->List(folder);
  const bool is_ours = plain == folder_ + "/";
  if (!listed.ok() && !(is_ours && absl::IsNotFound(listed.status()))) {
    return Answer(listed.status());
  }
  absl::MutexLock lock(&mutex_);
  if (listed.ok()) {
    std::ranges::copy_if(*listed, std::back_inserter(*names),
                         [&](const std::string& name)
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                               return !hidden_.contains(plain + name) &&
                                      !files_.contains(plain + name);
                             });
  }
  for (const auto& [path, file] : files_) {
    if (FolderOf(path) + "/" == plain) names->push_back(NameIn(path));
  }
  return IOStatus::OK();
}

absl::Status RocksFiles::CheckNotCurrent(const std::string& path) {
  const std::string name = NameIn(path);
  if (!name.starts_with(kManifestStart)) return absl::OkStatus();
  const auto current = disk_->OpenRandom(absl::StrCat(folder_, "/", kCurrent));
  if (absl::IsNotFound(current.status())) return absl::OkStatus();
  FOVEA_RETURN_IF_ERROR(current.status());
  std::array<uint8_t, 64> bytes;
  FOVEA_ASSIGN_OR_RETURN(const size_t got, (*current)->Read(0, bytes));
  const std::string_view text = TextOf(std::span(bytes).first(got));
  if (text.substr(0, text.find('\n')) != name) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("'", path, "' is what ", kCurrent, " names"));
}

IOStatus RocksFiles::DeleteFile(const std::string& path, const Io&, Debug*) {
  const std::string plain = Plain(path);
  absl::MutexLock lock(&mutex_);
  const bool was_in_memory = files_.erase(plain) > 0;
  const auto on_disk = disk_->Exists(plain);
  if (!on_disk.ok()) return Answer(on_disk.status());
  if (!*on_disk || hidden_.contains(plain)) {
    return was_in_memory ? IOStatus::OK() : IOStatus::PathNotFound(plain);
  }
  absl::Status removed;
  if (in_memory_) {
    hidden_.insert(plain);
  } else {
    removed = CheckNotCurrent(plain);
    if (removed.ok()) removed = disk_->Remove(plain);
  }
  if (!removed.ok()) unremoved_.insert(plain.substr(plain.rfind('/') + 1));
  return Answer(removed);
}

IOStatus RocksFiles::CreateDir(const std::string&, const Io&, Debug*) {
  return IOStatus::OK();  // LeaveMemory() makes the only one
}

IOStatus RocksFiles::CreateDirIfMissing(const std::string&, const Io&, Debug*) {
  return IOStatus::OK();
}

IOStatus RocksFiles::DeleteDir(const std::string& path, const Io&, Debug*) {
  return IOStatus::NotSupported(path);
}

IOStatus RocksFiles::GetFileSize(const std::string& path, const Io&,
                                 uint64_t* size, Debug*) {
  const auto file = OpenToRead(path);
  if (!file.ok()) return Answer(file.status());
  const auto bytes = (*file)->Size();
  if (!bytes.ok()) return Answer(bytes.status());
  *size = *bytes;
  return IOStatus::OK();
}

IOStatus RocksFiles::GetFileModificationTime(const std::string&, const Io&,
                                             uint64_t* time, Debug*) {
  *time = 0;  // only told to those who ask for statistics
  return IOStatus::OK();
}

IOStatus RocksFiles::RenameFile(const std::string& from, const std::string& to,
                                const Io&, Debug*) {
  const std::string target = Plain(to);
  absl::MutexLock lock(&mutex_);
  const auto file = files_.find(Plain(from));
  if (file == files_.end()) {
    if (in_memory_) return IOStatus::PathNotFound(from);
    // The manifest that CURRENT is going to name has to be found then.
    absl::Status status = NameIn(target) == kCurrent
                              ? disk_->SyncDirectory(folder_)
                              : absl::OkStatus();
    if (status.ok()) status = disk_->Rename(Plain(from), target);
    return Answer(status);
  }
  files_[target] = std::move(file->second);
  files_.erase(file);
  return IOStatus::OK();
}

IOStatus RocksFiles::LockFile(const std::string&, const Io&,
                              rocksdb::FileLock** lock, Debug*) {
  *lock = new NoLock;
  return IOStatus::OK();
}

IOStatus RocksFiles::UnlockFile(rocksdb::FileLock* lock, const Io&, Debug*) {
  delete lock;
  return IOStatus::OK();
}

IOStatus RocksFiles::GetTestDirectory(const Io&, std::string*, Debug*) {
  return IOStatus::NotSupported("test folder");
}

IOStatus RocksFiles::GetAbsolutePath(const std::string& path, const Io&,
                                     std::string* absolute, Debug*) {
  *absolute = path;
  return IOStatus::OK();
}

IOStatus RocksFiles::GetFreeSpace(const std::string& path, const Io&,
                                  uint64_t* bytes, Debug*) {
  const auto free = disk_->FreeBytes(FolderOf(Plain(path)));
  if (!free.ok()) return Answer(free.status());
  *bytes = *free;
  return IOStatus::OK();
}

IOStatus RocksFiles::IsDirectory(const std::string& path, const Io&, bool* is,
                                 Debug*) {
  *is = Plain(path) == folder_;
  return IOStatus::OK();
}

}  // namespace fovea
