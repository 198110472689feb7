// SPDX-License-Identifier: GPL-2.0-or-later
//
// The operating system as the store sees it: one interface, so that a test
// can be the disk. Paths are the caller's; nothing here follows user names.

#ifndef FOVEA_STORE_FILE_SYSTEM_H_
#define FOVEA_STORE_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

// A file open for appending. Not thread-safe.
class AppendFile {
 public:
  virtual ~AppendFile() = default;

  // Appends all of `bytes` or fails; after a failure the file's end is
  // unknown. kResourceExhausted when the disk is full.
  virtual absl::Status Append(std::span<const uint8_t> bytes) = 0;

  // Returns once appended bytes and the file's size are on stable storage.
  // kDataLoss when the file's name is gone or names another by now.
  virtual absl::Status Sync() = 0;
};

// A file open for reading at any offset. Thread-safe.
class RandomFile {
 public:
  virtual ~RandomFile() = default;

  // Reads up to out.size() bytes at `offset`; returns how many were there.
  virtual absl::StatusOr<size_t> Read(uint64_t offset,
                                      std::span<uint8_t> out) = 0;
  virtual absl::StatusOr<uint64_t> Size() = 0;
};

// Holds a lock until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The machine's own file system. Lives for ever.
  static FileSystem* Posix();

  // Creates `path` (kAlreadyExists if it is there) or opens it at its end.
  virtual absl::StatusOr<std::unique_ptr<AppendFile>> CreateAppend(
      const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<AppendFile>> OpenAppend(
      const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<RandomFile>> OpenRandom(
      const std::string& path) = 0;

  virtual absl::Status MakeDirectory(const std::string& path) = 0;  // or is
  virtual absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) = 0;  // names, sorted, no "." or ".."
  virtual absl::StatusOr<bool> Exists(const std::string& path) = 0;
  virtual absl::Status Rename(const std::string& from,
                              const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  virtual absl::Status Truncate(const std::string& path, uint64_t size) = 0;

  // Makes creations, renames and removals inside `path` durable.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;

  // Takes an exclusive lock for this process and writes its pid inside.
  // kUnavailable "in use by pid N" when another process has it. Dies with
  // the process, however that ends.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) = 0;

  // Takes an exclusive lock on the file `path`, which must exist, writing
  // nothing. kUnavailable when anybody else has it.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> TryLock(
      const std::string& path);

  // A second name for the file `from`. kUnimplemented where that cannot be:
  // copy it then.
  virtual absl::Status Link(const std::string& from, const std::string& to);

  // Makes the file `path` of `bytes` bytes that are on the disk, whatever they
  // are, so that removing it gives the disk so many back. kUnimplemented
  // where that cannot be had; on any error there is no file.
  virtual absl::Status Reserve(const std::string& path, uint64_t bytes);

  // Bytes free to this user on the file system holding `path`.
  virtual absl::StatusOr<uint64_t> FreeBytes(const std::string& path) = 0;
  // Bytes of that file system, used or free.
  virtual absl::StatusOr<uint64_t> TotalBytes(const std::string& path) = 0;
};

inline absl::StatusOr<std::unique_ptr<FileLock>> FileSystem::TryLock(
    const std::string&) {
  return absl::UnimplementedError("no locks on this file system");
}

inline absl::Status FileSystem::Link(const std::string&, const std::string&) {
  return absl::UnimplementedError("no links on this file system");
}

inline absl::Status FileSystem::Reserve(const std::string&, uint64_t) {
  return absl::UnimplementedError("no space to reserve on this file system");
}

}  // namespace fovea

#endif  // FOVEA_STORE_FILE_SYSTEM_H_
