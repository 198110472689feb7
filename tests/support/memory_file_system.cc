// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files are bytes and how many of them are synced; folders are names and
// which of their changes are not. A power cut copies both.

#include "tests/support/memory_file_system.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

constexpr uint64_t kSectorBytes = 512;

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

absl::Status Missing(const char* what, const std::string& path) {
  return absl::NotFoundError(
      absl::StrCat("cannot ", what, " '", path, "': there is no such file"));
}

}  // namespace

struct MemoryFileSystem::File {
  struct Range {
    uint64_t begin;
    uint64_t end;
  };
  std::vector<uint8_t> bytes;
  uint64_t synced = 0;         // so many are on the disk ...
  std::vector<Range> dropped;  // ... but these never get there
  bool locked = false;
};

struct MemoryFileSystem::Node {
  std::shared_ptr<File> file;
  std::shared_ptr<Folder> folder;
};

struct MemoryFileSystem::Folder {
  using Names = std::map<std::string, Node>;
  // A creation has no `from`, a removal no `to`.
  struct Change {
    std::string from;
    std::string to;
    Node node;
    void ApplyTo(Names* names) const {
      if (!from.empty()) names->erase(from);
      if (!to.empty()) (*names)[to] = node;
    }
  };
  void Apply(const Change& change) {
    change.ApplyTo(&names);
    unsynced.push_back(change);
  }

  Names names;
  Names synced;
  std::vector<Change> unsynced;  // in their order, since `synced`
};

// Copies what a power cut leaves.
class MemoryFileSystem::PowerCut {
 public:
  PowerCut(Unsynced unsynced, uint32_t seed)
      : unsynced_(unsynced), chance_(seed) {}

  std::shared_ptr<Folder> Leave(const Folder& folder) {
    Folder::Names names = folder.synced;
    for (const auto& change : KeptOf(folder.unsynced)) change.ApplyTo(&names);
    auto left = std::make_shared<Folder>();
    for (const auto& [name, node] : names) {
      left->names[name] = node.file ? Node{Leave(*node.file), nullptr}
                                    : Node{nullptr, Leave(*node.folder)};
    }
    left->synced = left->names;
    return left;
  }

 private:
  std::vector<Folder::Change> KeptOf(const std::vector<Folder::Change>& all) {
    std::vector<Folder::Change> kept;
    if (unsynced_ == Unsynced::kLost) return kept;
    if (unsynced_ == Unsynced::kKept || chance_() % 3 == 0) return all;
    if (chance_() % 2 == 0) {  // a journal, cut short
      const auto count = static_cast<long>(chance_() % (all.size() + 1));
      return {all.begin(), all.begin() + count};
    }
    std::ranges::copy_if(all, std::back_inserter(kept),
                         [this](const auto&) { return chance_() % 2 == 0; });
    return kept;
  }

  std::shared_ptr<File> Leave(const File& file) {
    auto left = std::make_shared<File>();
    left->bytes = file.bytes;
    for (const File::Range& range : file.dropped) {
      std::fill(left->bytes.begin() + static_cast<long>(range.begin),
                left->bytes.begin() + static_cast<long>(range.end), uint8_t{0});
    }
    LeaveTail(&left->bytes, file.synced);
    left->synced = left->bytes.size();
    return left;
  }

  void LeaveTail(std::vector<uint8_t>* bytes, uint64_t synced) {
    if (synced == bytes->size() || unsynced_ == Unsynced::kKept) return;
    if (unsynced_ == Unsynced::kLost || chance_() % 4 == 0) {
      bytes->resize(synced);
    } else if (chance_() % 3 != 0) {
      // The size may have got there before the bytes, and these in any order.
      bytes->resize(synced + chance_() % (bytes->size() - synced + 1));
      uint64_t begin = synced;
      while (begin < bytes->size()) {
        const uint64_t end = std::min<uint64_t>(
            bytes->size(), (begin / kSectorBytes + 1) * kSectorBytes);
        if (chance_() % 4 == 0) LoseSector(bytes, begin, end);
        begin = end;
      }
    }
  }

  // Zeros, or what some other file once left there.
  void LoseSector(std::vector<uint8_t>* bytes, uint64_t begin, uint64_t end) {
    const bool stale = chance_() % 4 == 0;
    for (uint64_t at = begin; at < end; ++at) {
      (*bytes)[at] = stale ? static_cast<uint8_t>(chance_()) : uint8_t{0};
    }
  }

  const Unsynced unsynced_;
  std::mt19937 chance_;
};

class MemoryAppendFile final : public AppendFile {
 public:
  MemoryAppendFile(MemoryFileSystem* owner,
                   std::shared_ptr<MemoryFileSystem::File> file)
      : owner_(owner), file_(std::move(file)) {}

  absl::Status Append(std::span<const uint8_t> bytes) override {
    absl::MutexLock lock(&owner_->mutex_);
    uint64_t fits = bytes.size();
    if (owner_->capacity_ != UINT64_MAX) {
      const uint64_t used = owner_->UsedBytes();
      fits =
          std::min(fits, owner_->capacity_ - std::min(owner_->capacity_, used));
    }
    file_->bytes.insert(file_->bytes.end(), bytes.begin(),
                        bytes.begin() + static_cast<long>(fits));
    if (fits == bytes.size()) return absl::OkStatus();
    return absl::ResourceExhaustedError("no space left in memory");
  }

  absl::Status Sync() override {
    absl::MutexLock lock(&owner_->mutex_);
    file_->synced = file_->bytes.size();
    return absl::OkStatus();
  }

 private:
  MemoryFileSystem* const owner_;
  const std::shared_ptr<MemoryFileSystem::File> file_;
};

class MemoryRandomFile final : public RandomFile {
 public:
  MemoryRandomFile(MemoryFileSystem* owner,
                   std::shared_ptr<MemoryFileSystem::File> file)
      : owner_(owner), file_(std::move(file)) {}

  absl::StatusOr<size_t> Read(uint64_t offset,
                              std::span<uint8_t> out) override {
    absl::MutexLock lock(&owner_->mutex_);
    const std::vector<uint8_t>& bytes = file_->bytes;
    if (offset >= bytes.size()) return size_t{0};
    const size_t got = std::min<size_t>(out.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<long>(offset), got, out.begin());
    return got;
  }
  absl::StatusOr<uint64_t> Size() override {
    absl::MutexLock lock(&owner_->mutex_);
    return file_->bytes.size();
  }

 private:
  MemoryFileSystem* const owner_;
  const std::shared_ptr<MemoryFileSystem::File> file_;
};

class MemoryFileLock final : public FileLock {
 public:
  MemoryFileLock(MemoryFileSystem* owner,
                 std::shared_ptr<MemoryFileSystem::File> file)
      : owner_(owner), file_(std::move(file)) {}
  ~MemoryFileLock() override {
    absl::MutexLock lock(&owner_->mutex_);
    file_->locked = false;
  }

 private:
  MemoryFileSystem* const owner_;
  const std::shared_ptr<MemoryFileSystem::File> file_;
};

MemoryFileSystem::MemoryFileSystem() : root_(std::make_shared<Folder>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::AfterPowerCut(
    Unsynced unsynced, uint32_t seed) const {
  auto image = std::make_unique<MemoryFileSystem>();
  absl::MutexLock lock(&mutex_);
  absl::MutexLock image_lock(&image->mutex_);
  image->root_ = PowerCut(unsynced, seed).Leave(*root_);
  return image;
}

void MemoryFileSystem::DropUnsynced(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  File* const file = FindFile(path);
  if (file == nullptr || file->synced == file->bytes.size()) return;
  file->dropped.push_back({file->synced, file->bytes.size()});
}

void MemoryFileSystem::SetCapacity(uint64_t bytes) {
  absl::MutexLock lock(&mutex_);
  capacity_ = bytes;
}

std::vector<std::string> MemoryFileSystem::Files() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, file] : AllFiles()) paths.push_back(path);
  return paths;
}

std::string MemoryFileSystem::Contents(const std::string& path) const {
  absl::MutexLock lock(&mutex_);
  const File* const file = FindFile(path);
  if (file == nullptr) return "";
  return {file->bytes.begin(), file->bytes.end()};
}

void MemoryFileSystem::Replace(const std::string& path,
                               const std::string& contents) {
  absl::MutexLock lock(&mutex_);
  Folder* const folder = FindFolder(ParentOf(path));
  const auto file = std::make_shared<File>();
  file->bytes.assign(contents.begin(), contents.end());
  file->synced = contents.size();
  folder->names[NameOf(path)] = folder->synced[NameOf(path)] = {file, nullptr};
}

std::string MemoryFileSystem::FileHolding(const std::string& text) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [path, file] : AllFiles()) {
    const std::vector<uint8_t>& bytes = file->bytes;
    const auto at = std::search(
        bytes.begin(), bytes.end(), text.begin(), text.end(),
        [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
    if (at != bytes.end()) return path;
  }
  return "";
}

void MemoryFileSystem::CopyTo(const std::string& folder) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [path, file] : AllFiles()) {
    std::filesystem::create_directories(folder + ParentOf(path));
    WriteFileBytes(folder + path, file->bytes);
  }
}

const MemoryFileSystem::Node* MemoryFileSystem::Find(
    const std::string& path) const {
  const Folder* const folder = FindFolder(ParentOf(path));
  if (folder == nullptr) return nullptr;
  const auto found = folder->names.find(NameOf(path));
  return found == folder->names.end() ? nullptr : &found->second;
}

MemoryFileSystem::File* MemoryFileSystem::FindFile(
    const std::string& path) const {
  const Node* const node = Find(path);
  return node == nullptr ? nullptr : node->file.get();
}

MemoryFileSystem::Folder* MemoryFileSystem::FindFolder(
    const std::string& path) const {
  Folder* folder = root_.get();
  for (size_t at = 1; at < path.size() && folder != nullptr;) {
    const size_t stop = std::min(path.find('/', at), path.size());
    const auto found = folder->names.find(path.substr(at, stop - at));
    folder =
        found == folder->names.end() ? nullptr : found->second.folder.get();
    at = stop + 1;
  }
  return folder;
}

std::map<std::string, std::shared_ptr<MemoryFileSystem::File>>
MemoryFileSystem::AllFiles() const {
  std::map<std::string, std::shared_ptr<File>> files;
  std::vector<std::pair<std::string, const Folder*>> left = {{"", root_.get()}};
  while (!left.empty()) {
    const auto [path, folder] = left.back();
    left.pop_back();
    for (const auto& [name, node] : folder->names) {
      const std::string inside = absl::StrCat(path, "/", name);
      if (node.file) files[inside] = node.file;
      if (node.folder) left.emplace_back(inside, node.folder.get());
    }
  }
  return files;
}

uint64_t MemoryFileSystem::UsedBytes() const {
  uint64_t bytes = 0;
  for (const auto& [path, file] : AllFiles()) bytes += file->bytes.size();
  return bytes;
}

absl::StatusOr<std::unique_ptr<AppendFile>> MemoryFileSystem::CreateAppend(
    const std::string& path) {
  absl::MutexLock lock(&mutex_);
  Folder* const folder = FindFolder(ParentOf(path));
  if (folder == nullptr) return Missing("create", path);
  if (folder->names.contains(NameOf(path))) {
    return absl::AlreadyExistsError(
        absl::StrCat("cannot create '", path, "': it is there"));
  }
  const auto file = std::make_shared<File>();
  folder->Apply({"", NameOf(path), {file, nullptr}});
  return std::make_unique<MemoryAppendFile>(this, file);
}

absl::StatusOr<std::unique_ptr<AppendFile>> MemoryFileSystem::OpenAppend(
    const std::string& path) {
  absl::MutexLock lock(&mutex_);
  const Node* const node = Find(path);
  if (node == nullptr || !node->file) return Missing("open", path);
  return std::make_unique<MemoryAppendFile>(this, node->file);
}

absl::StatusOr<std::unique_ptr<RandomFile>> MemoryFileSystem::OpenRandom(
    const std::string& path) {
  absl::MutexLock lock(&mutex_);
  const Node* const node = Find(path);
  if (node == nullptr || !node->file) return Missing("open", path);
  return std::make_unique<MemoryRandomFile>(this, node->file);
}

absl::Status MemoryFileSystem::MakeDirectory(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  if (FindFolder(path) != nullptr) return absl::OkStatus();
  Folder* const folder = FindFolder(ParentOf(path));
  if (folder == nullptr) return Missing("make folder", path);
  folder->Apply({"", NameOf(path), {nullptr, std::make_shared<Folder>()}});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryFileSystem::List(
    const std::string& directory) {
  absl::MutexLock lock(&mutex_);
  const Folder* const folder = FindFolder(directory);
  if (folder == nullptr) return Missing("list folder", directory);
  std::vector<std::string> names;
  for (const auto& [name, node] : folder->names) names.push_back(name);
  return names;
}

absl::StatusOr<bool> MemoryFileSystem::Exists(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  return Find(path) != nullptr;
}

absl::Status MemoryFileSystem::Rename(const std::string& from,
                                      const std::string& to) {
  absl::MutexLock lock(&mutex_);
  const Node* const node = Find(from);
  if (node == nullptr) return Missing("rename", from);
  if (ParentOf(from) != ParentOf(to)) {
    return absl::UnimplementedError("renaming into another folder");
  }
  FindFolder(ParentOf(to))->Apply({NameOf(from), NameOf(to), Node(*node)});
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::Remove(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  const Node* const node = Find(path);
  if (node == nullptr) return Missing("remove", path);
  if (node->folder && !node->folder->names.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot remove '", path, "': folder not empty"));
  }
  FindFolder(ParentOf(path))->Apply({NameOf(path), "", {}});
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::Truncate(const std::string& path,
                                        uint64_t size) {
  absl::MutexLock lock(&mutex_);
  File* const file = FindFile(path);
  if (file == nullptr) return Missing("truncate", path);
  file->bytes.resize(size);
  file->synced = size;
  for (File::Range& range : file->dropped) {
    range = {std::min(range.begin, size), std::min(range.end, size)};
  }
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  Folder* const folder = FindFolder(path);
  if (folder == nullptr) return Missing("sync folder", path);
  folder->synced = folder->names;
  folder->unsynced.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> MemoryFileSystem::Lock(
    const std::string& path) {
  absl::MutexLock lock(&mutex_);
  Folder* const folder = FindFolder(ParentOf(path));
  if (folder == nullptr) return Missing("lock", path);
  if (!folder->names.contains(NameOf(path))) {
    folder->Apply({"", NameOf(path), {std::make_shared<File>(), nullptr}});
  }
  const std::shared_ptr<File> file = folder->names.at(NameOf(path)).file;
  const std::string pid = absl::StrCat(getpid());
  if (file->locked) return absl::UnavailableError("in use by pid " + pid);
  file->locked = true;
  file->bytes.assign(pid.begin(), pid.end());
  file->synced = 0;
  return std::make_unique<MemoryFileLock>(this, file);
}

absl::StatusOr<uint64_t> MemoryFileSystem::FreeBytes(const std::string&) {
  absl::MutexLock lock(&mutex_);
  return capacity_ - std::min(capacity_, UsedBytes());
}

absl::StatusOr<uint64_t> MemoryFileSystem::TotalBytes(const std::string&) {
  return uint64_t{1} << 40;
}

}  // namespace fovea::testing
