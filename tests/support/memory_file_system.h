// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disk in memory that lies as a real one may: until it is told to sync,
// nothing is sure to be there after a power cut, neither bytes nor names,
// and what is there may be torn. Fast, so that tests can cut the power
// thousands of times.

#ifndef FOVEA_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_
#define FOVEA_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "store/file_system.h"

namespace fovea::testing {

// What a power cut does to what was not synced. kRandom: each file's tail
// is lost, kept or torn, sector by sector; each folder keeps all, a first
// part, or any of its unsynced changes of names.
enum class Unsynced { kLost, kKept, kRandom };

// Paths are absolute; only "/" is there at first. Thread-safe.
class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  // The disk as a power cut at this moment leaves it. `seed` for kRandom.
  std::unique_ptr<MemoryFileSystem> AfterPowerCut(Unsynced unsynced,
                                                  uint32_t seed) const;

  // What a failed sync of a file does: the kernel forgets that its pages
  // are dirty. They read well, and no later sync brings them to the disk.
  void DropUnsynced(const std::string& path);

  // From then on appends that do not fit fail after what does.
  void SetCapacity(uint64_t bytes);

  // Paths of all files; bytes of one; the same replaced, on stable storage.
  std::vector<std::string> Files() const;
  std::string Contents(const std::string& path) const;
  void Replace(const std::string& path, const std::string& contents);
  // A file that holds `text`; "" when none does.
  std::string FileHolding(const std::string& text) const;

  // Writes everything below "/" into a folder of the machine, to look at.
  void CopyTo(const std::string& folder) const;

  absl::StatusOr<std::unique_ptr<AppendFile>> CreateAppend(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<AppendFile>> OpenAppend(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<RandomFile>> OpenRandom(
      const std::string& path) override;
  absl::Status MakeDirectory(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override;
  absl::StatusOr<bool> Exists(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status Truncate(const std::string& path, uint64_t size) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override;
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override;
  absl::StatusOr<uint64_t> TotalBytes(const std::string& path) override;

 private:
  friend class MemoryAppendFile;
  friend class MemoryRandomFile;
  friend class MemoryFileLock;
  struct File;
  struct Folder;
  struct Node;  // one of the two
  class PowerCut;

  // nullptr when there is none.
  File* FindFile(const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Folder* FindFolder(const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Node* Find(const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::map<std::string, std::shared_ptr<File>> AllFiles() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t UsedBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::shared_ptr<Folder> root_ ABSL_GUARDED_BY(mutex_);
  uint64_t capacity_ ABSL_GUARDED_BY(mutex_) = UINT64_MAX;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_
