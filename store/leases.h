// SPDX-License-Identifier: GPL-2.0-or-later
//
// Leases of reading processes. One that reads a store's files itself, not
// through the process that writes, says so with an empty file:
//
//   <store>/leases/<pid>-<16 hexadecimal digits>-<end, ns since 1970>.lease
//
// and holds flock(2) on it. While it does, and until the end that the name
// says, no segment is unlinked. A lease is made longer by renaming it, so
// neither writing nor a torn write can fail it; a file that nobody has
// locked was left by a process that died.

#ifndef FOVEA_STORE_LEASES_H_
#define FOVEA_STORE_LEASES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "store/file_system.h"
#include "store/reports.h"

namespace fovea {

inline constexpr char kLeasesName[] = "leases";

struct LeaseName {
  uint64_t pid = 0;
  uint64_t nonce = 0;
  int64_t until_ns = 0;
  friend bool operator==(const LeaseName&, const LeaseName&) = default;
};
std::string LeaseFileName(const LeaseName& lease);
// None when `name` is no lease's.
std::optional<LeaseName> ParseLeaseName(std::string_view name);

// Thread-safe. Ends with the object or the process.
class ReaderLease {
 public:
  // Begins a lease on the store in `path`. What is opened after that stays
  // while it holds. Errors are the file system's: where nothing can be
  // written there is no lease.
  static absl::StatusOr<std::unique_ptr<ReaderLease>> Take(
      FileSystem* file_system, const std::string& path, int64_t duration_ns,
      std::function<int64_t()> now_ns);
  ~ReaderLease();

  // To be called before what it keeps is read. Renews it once half is over;
  // kFailedPrecondition "lease expired" when nobody did in time.
  absl::Status Check();

 private:
  ReaderLease(FileSystem* file_system, std::string folder, int64_t duration_ns,
              std::function<int64_t()> now_ns)
      : file_system_(file_system),
        folder_(std::move(folder)),
        duration_ns_(duration_ns),
        now_ns_(std::move(now_ns)) {}

  std::string PathOf(const LeaseName& lease) const;
  // False when it was taken for a dead one's: to be tried again.
  absl::StatusOr<bool> Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  FileSystem* const file_system_;
  const std::string folder_;
  const int64_t duration_ns_;
  const std::function<int64_t()> now_ns_;
  absl::Mutex mutex_;
  LeaseName lease_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<FileLock> lock_ ABSL_GUARDED_BY(mutex_);
};

// The leases that hold on the store in `path`. Removes what dead processes
// left.
absl::StatusOr<std::vector<ReaderHold>> LiveLeases(FileSystem* file_system,
                                                   const std::string& path,
                                                   int64_t now_ns);

}  // namespace fovea

#endif  // FOVEA_STORE_LEASES_H_
