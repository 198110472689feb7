// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/restore.h"

#include "api/stop_flag.h"
#include "api/store.h"

namespace fovea {

absl::StatusOr<RestoreOutcome> RestoreStore(
    const std::string& backup, const std::string& target,
    const std::function<void(const char* step, uint64_t, uint64_t)>& progress,
    const std::atomic<bool>* stop) {
  const auto during = [&](const char* step) {
    return [&progress, step](uint64_t done, uint64_t total) {
      if (progress) progress(step, done, total);
    };
  };
  const auto restored = RestoreBackup(
      FileSystem::Posix(), backup, target,
      [stop, show = during("restore")](uint64_t done, uint64_t total) {
        show(done, total);
        return !Stopped(stop);
      });
  if (!restored.ok()) return restored.status();
  auto store = Store::Open({.path = target});
  if (!store.ok()) return store.status();
  auto verified = (*store)->Verify(
      {.deep = true, .progress = during("verify"), .stop = stop});
  if (!verified.ok()) return verified.status();
  return RestoreOutcome{*restored, *std::move(verified)};
}

}  // namespace fovea
