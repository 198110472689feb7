// SPDX-License-Identifier: GPL-2.0-or-later
//
// The disk as RocksDB sees it: our FileSystem, with everything kept in
// memory until there is a table file to write. Opening a catalogue makes
// RocksDB write some 0.1 MB of manifests and option files; a short session,
// whose rows fit its memory and are in the segments' journals anyway, would
// pay for them without need.

#ifndef FOVEA_STORE_INTERNAL_ROCKS_FILES_H_
#define FOVEA_STORE_INTERNAL_ROCKS_FILES_H_

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "store/file_system.h"

namespace fovea {

// One catalogue folder. Before the first table file: what RocksDB creates,
// renames and removes happens in memory, on top of the folder, and is
// forgotten when this object goes. From then on: on disk, after all that
// was in memory was brought there, so that a crash at any moment leaves the
// catalogue as it was or as it is. Never on disk are logs (rows are written
// without them) and option files (nobody reads them). No locks: the store's
// own covers the folder. Thread-safe.
class RocksFiles final : public rocksdb::FileSystem {
 public:
  struct Options {
    bool ignore_present = false;  // as if the folder were empty
    bool read_only = false;       // fails rather than leave memory
  };
  static absl::StatusOr<std::shared_ptr<RocksFiles>> Over(
      fovea::FileSystem* disk, const std::string& folder,
      const Options& options);

  // A file being written: in memory until `disk` is there.
  struct File {
    std::string bytes;
    std::unique_ptr<AppendFile> disk;
    bool closed = false;
  };

  rocksdb::IOStatus Append(File* file, const rocksdb::Slice& data);
  rocksdb::IOStatus Sync(File* file);
  void Close(File* file);
  rocksdb::IOStatus SyncFolder(const std::string& folder);

  // Whether the folder's file `name`, if it is there, could not be removed.
  bool RemovalFailed(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    return unremoved_.contains(name);
  }

  const char* Name() const override { return "fovea"; }
  using Io = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Result = rocksdb::IOStatus;
  Result NewSequentialFile(const std::string& path,
                           const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSSequentialFile>* file,
                           Debug* debug) override;
  Result NewRandomAccessFile(const std::string& path,
                             const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                             Debug* debug) override;
  Result NewWritableFile(const std::string& path,
                         const rocksdb::FileOptions& options,
                         std::unique_ptr<rocksdb::FSWritableFile>* file,
                         Debug* debug) override;
  Result NewDirectory(const std::string& path, const Io& options,
                      std::unique_ptr<rocksdb::FSDirectory>* folder,
                      Debug* debug) override;
  Result FileExists(const std::string& path, const Io& options,
                    Debug* debug) override;
  Result GetChildren(const std::string& folder, const Io& options,
                     std::vector<std::string>* names, Debug* debug) override;
  Result DeleteFile(const std::string& path, const Io& options,
                    Debug* debug) override;
  Result CreateDir(const std::string& path, const Io& options,
                   Debug* debug) override;
  Result CreateDirIfMissing(const std::string& path, const Io& options,
                            Debug* debug) override;
  Result DeleteDir(const std::string& path, const Io& options,
                   Debug* debug) override;
  Result GetFileSize(const std::string& path, const Io& options, uint64_t* size,
                     Debug* debug) override;
  Result GetFileModificationTime(const std::string& path, const Io& options,
                                 uint64_t* time, Debug* debug) override;
  Result RenameFile(const std::string& from, const std::string& to,
                    const Io& options, Debug* debug) override;
  Result LockFile(const std::string& path, const Io& options,
                  rocksdb::FileLock** lock, Debug* debug) override;
  Result UnlockFile(rocksdb::FileLock* lock, const Io& options,
                    Debug* debug) override;
  Result GetTestDirectory(const Io& options, std::string* path,
                          Debug* debug) override;
  Result GetAbsolutePath(const std::string& path, const Io& options,
                         std::string* absolute, Debug* debug) override;
  Result GetFreeSpace(const std::string& path, const Io& options,
                      uint64_t* bytes, Debug* debug) override;
  Result IsDirectory(const std::string& path, const Io& options, bool* is,
                     Debug* debug) override;

 private:
  RocksFiles(fovea::FileSystem* disk, std::string folder, bool read_only)
      : disk_(disk), folder_(std::move(folder)), read_only_(read_only) {}

  bool InMemory(const std::string& name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::unique_ptr<RandomFile>> OpenToRead(
      const std::string& path);

  // Where a change of the catalogue fails before its manifest was created,
  // RocksDB 7.8 counts the number up all the same, takes the manifest that is
  // in use for an old one, and removes it. It is kept.
  absl::Status CheckNotCurrent(const std::string& path);

  // Brings memory to the disk, in an order that survives a crash.
  absl::Status LeaveMemory() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WriteFiles() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SwitchCurrent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  fovea::FileSystem* const disk_;
  const std::string folder_;
  const bool read_only_;
  absl::Mutex mutex_;
  bool in_memory_ ABSL_GUARDED_BY(mutex_) = true;
  std::map<std::string, std::shared_ptr<File>> files_ ABSL_GUARDED_BY(mutex_);
  // Files of the folder that were removed in memory.
  std::set<std::string> hidden_ ABSL_GUARDED_BY(mutex_);
  // Names of those that were to be removed, and the disk would not.
  std::set<std::string> unremoved_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_ROCKS_FILES_H_
