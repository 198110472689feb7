// SPDX-License-Identifier: GPL-2.0-or-later
//
// A backup as a store that has been proven whole.

#ifndef FOVEA_API_RESTORE_H_
#define FOVEA_API_RESTORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "store/reports.h"
#include "store/restore.h"

namespace fovea {

struct RestoreOutcome {
  RestoreReport restored;
  VerifyReport verified;  // with problems, the store is there all the same
};

// Copies `backup` into the missing or empty folder `target`, opens it and
// verifies it, every payload included. `progress` (may be empty) gets bytes
// done and total of what `step` ("restore", "verify") names. Errors as
// RestoreBackup()'s and Store::Open()'s.
absl::StatusOr<RestoreOutcome> RestoreStore(
    const std::string& backup, const std::string& target,
    const std::function<void(const char* step, uint64_t, uint64_t)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_RESTORE_H_
