// SPDX-License-Identifier: GPL-2.0-or-later
//
// A backup becomes a store again.

#ifndef FOVEA_STORE_RESTORE_H_
#define FOVEA_STORE_RESTORE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "store/file_system.h"

namespace fovea {

struct RestoreReport {
  uint64_t sequence = 0;   // of the last commit in it
  int64_t created_ns = 0;  // when it was backed up
  uint64_t bytes = 0;
  int64_t files = 0;
};

// Copies the backup in folder `backup` into `target`, which is missing or
// empty and lies in no store; the copies share nothing with it. Each file is
// compared with its checksum: kDataLoss naming the one that differs,
// kNotFound when there is no backup. Until all are there `target` is no store,
// and after a failure it is as it was. Open it and Verify() to know that it is
// whole.
absl::StatusOr<RestoreReport> RestoreBackup(
    FileSystem* file_system, const std::string& backup,
    const std::string& target,
    const std::function<bool(uint64_t, uint64_t)>& progress);

}  // namespace fovea

#endif  // FOVEA_STORE_RESTORE_H_
