// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disk that fails on demand. It passes everything on to another one, keeps
// a list of calls, lets the n-th of a kind fail, and stops at each change so
// that a test can look at the disk or cut its power.

#ifndef FOVEA_TESTS_SUPPORT_FAULT_FILE_SYSTEM_H_
#define FOVEA_TESTS_SUPPORT_FAULT_FILE_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "store/file_system.h"

namespace fovea::testing {

class FaultFileSystem final : public FileSystem {
 public:
  // One call, such as {"append", ".../segments/00000001-00-0.fseg"}.
  struct Call {
    std::string kind;
    std::string path;
  };

  explicit FaultFileSystem(FileSystem* base = FileSystem::Posix())
      : base_(base) {}
  // Before any call.
  void PutOver(FileSystem* base) { base_ = base; }

  std::vector<Call> Calls() const;
  void ForgetCalls();

  // The n-th call of `kind` from now on (1: the next) fails with `status`;
  // with `for_ever`, all after it too. A failing append writes half of its
  // bytes first. Kinds: create, open-append, open, append, sync, read, mkdir,
  // list, rename, remove, truncate, sync-dir, lock, link, reserve, free; "" for
  // any.
  void FailCall(const std::string& kind, int n, absl::Status status,
                bool for_ever = false);
  void Heal();
  bool failed() const;  // a planned failure has happened
  // Runs at each planned failure, such as to do what a failed sync does.
  void OnFailure(std::function<void(const Call&)> hook);

  // What FreeBytes() reports; 0: the truth.
  void SetFreeBytes(uint64_t bytes);

  // Runs before and after each call that changes the disk; no other such
  // call is under way meanwhile.
  void OnChange(std::function<void()> hook);

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
  absl::StatusOr<std::unique_ptr<FileLock>> TryLock(
      const std::string& path) override;
  absl::Status Link(const std::string& from, const std::string& to) override;
  absl::Status Reserve(const std::string& path, uint64_t bytes) override;
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override;
  absl::StatusOr<uint64_t> TotalBytes(const std::string& path) override;

 private:
  friend class FaultAppendFile;
  friend class FaultRandomFile;

  // Notes the call; the status it has to fail with, or OK.
  absl::Status Begin(const std::string& kind, const std::string& path);
  // Runs `change` as call `kind` of `path`, with the hook around it.
  absl::Status Change(const std::string& kind, const std::string& path,
                      const std::function<absl::Status()>& change);
  void RunHook();

  FileSystem* base_;
  absl::Mutex change_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
  std::string fail_kind_ ABSL_GUARDED_BY(mutex_);
  int fail_in_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: nothing planned
  absl::Status fail_status_ ABSL_GUARDED_BY(mutex_);
  bool fail_for_ever_ ABSL_GUARDED_BY(mutex_) = false;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t free_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void()> hook_ ABSL_GUARDED_BY(mutex_);
  std::function<void(const Call&)> failure_hook_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_FAULT_FILE_SYSTEM_H_
