// SPDX-License-Identifier: GPL-2.0-or-later
//
// A lease holds from the moment its file is locked and still has its name:
// between making and locking it, somebody who tidies up may take it away.

#include "store/leases.h"

#include <unistd.h>

#include <charconv>
#include <random>

#include "absl/strings/str_format.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr std::string_view kSuffix = ".lease";
constexpr int kTries = 16;

template <typename T>
bool TakeNumber(std::string_view* text, std::string_view after, int base,
                T* value) {
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, *value, base);
  if (error != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(stop - text->data()));
  if (text->substr(0, after.size()) != after) return false;
  text->remove_prefix(after.size());
  return true;
}

uint64_t RandomNonce() {
  std::random_device entropy;
  return static_cast<uint64_t>(entropy()) << 32 | entropy();
}

// Whether the lease of file `path` has a holder; none: it was renamed
// meanwhile, so its folder has to be listed again.
absl::StatusOr<std::optional<bool>> IsHeld(FileSystem* file_system,
                                           const std::string& path) {
  const auto lock = file_system->TryLock(path);
  if (absl::IsUnavailable(lock.status())) return std::optional<bool>(true);
  if (absl::IsNotFound(lock.status())) return std::optional<bool>();
  FOVEA_RETURN_IF_ERROR(lock.status());
  // Under the lock, so that nobody begins a lease with it.
  const absl::Status removed = file_system->Remove(path);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  return std::optional<bool>(false);
}

// The holders in `folder`; none when it changed under the look.
absl::StatusOr<std::optional<std::vector<ReaderHold>>> Look(
    FileSystem* file_system, const std::string& folder, int64_t now_ns) {
  std::vector<ReaderHold> holds;
  const auto names = file_system->List(folder);
  if (absl::IsNotFound(names.status())) return std::optional(holds);
  FOVEA_RETURN_IF_ERROR(names.status());
  uint64_t files = 0;
  for (const std::string& name : *names) {
    const std::optional<LeaseName> lease = ParseLeaseName(name);
    if (!lease.has_value()) continue;
    if (++files > kStoreLimits.lease_files) {
      return absl::ResourceExhaustedError(
          absl::StrCat("'", folder, "' holds more than ",
                       kStoreLimits.lease_files, " leases; remove them"));
    }
    FOVEA_ASSIGN_OR_RETURN(
        const std::optional<bool> held,
        IsHeld(file_system, absl::StrCat(folder, "/", name)));
    if (!held.has_value()) return std::optional<std::vector<ReaderHold>>();
    if (*held && lease->until_ns > now_ns) {
      holds.push_back({lease->pid, lease->until_ns});
    }
  }
  return std::optional(std::move(holds));
}

}  // namespace

std::string LeaseFileName(const LeaseName& lease) {
  return absl::StrFormat("%d-%016x-%d%s", lease.pid, lease.nonce,
                         lease.until_ns, std::string(kSuffix));
}

std::optional<LeaseName> ParseLeaseName(std::string_view name) {
  LeaseName lease;
  std::string_view rest = name;
  if (!TakeNumber(&rest, "-", 10, &lease.pid) ||
      !TakeNumber(&rest, "-", 16, &lease.nonce) ||
      !TakeNumber(&rest, kSuffix, 10, &lease.until_ns) || !rest.empty() ||
      LeaseFileName(lease) != name) {
    return std::nullopt;
  }
  return lease;
}

absl::StatusOr<std::unique_ptr<ReaderLease>> ReaderLease::Take(
    FileSystem* file_system, const std::string& path, int64_t duration_ns,
    std::function<int64_t()> now_ns) {
  const std::string folder = absl::StrCat(path, "/", kLeasesName);
  FOVEA_RETURN_IF_ERROR(file_system->MakeDirectory(folder));
  std::unique_ptr<ReaderLease> lease(
      new ReaderLease(file_system, folder, duration_ns, std::move(now_ns)));
  absl::MutexLock lock(&lease->mutex_);
  for (int tries = 0; tries < kTries; ++tries) {
    FOVEA_ASSIGN_OR_RETURN(const bool begun, lease->Begin());
    if (begun)
      return absl::StatusOr<std::unique_ptr<ReaderLease>>(std::move(lease));
  }
  return absl::UnavailableError(
      absl::StrCat("'", folder, "': somebody takes each lease away"));
}

absl::StatusOr<bool> ReaderLease::Begin() {
  lease_ = {static_cast<uint64_t>(getpid()), RandomNonce(),
            now_ns_() + duration_ns_};
  const std::string path = PathOf(lease_);
  FOVEA_RETURN_IF_ERROR(file_system_->CreateAppend(path).status());
  auto lock = file_system_->TryLock(path);
  if (absl::IsUnavailable(lock.status()) || absl::IsNotFound(lock.status())) {
    return false;
  }
  FOVEA_RETURN_IF_ERROR(lock.status());
  FOVEA_ASSIGN_OR_RETURN(const bool there, file_system_->Exists(path));
  if (there) lock_ = *std::move(lock);
  return there;
}

ReaderLease::~ReaderLease() {
  absl::MutexLock lock(&mutex_);
  if (lock_ != nullptr) file_system_->Remove(PathOf(lease_)).IgnoreError();
}

absl::Status ReaderLease::Check() {
  absl::MutexLock lock(&mutex_);
  const int64_t now = now_ns_();
  if (now >= lease_.until_ns) {
    return absl::FailedPreconditionError(
        "the lease expired, what is read may be gone; open the store again");
  }
  if (lease_.until_ns - now > duration_ns_ / 2) return absl::OkStatus();
  LeaseName renewed = lease_;
  renewed.until_ns = now + duration_ns_;
  // Where it cannot be renewed it goes on to its end.
  if (file_system_->Rename(PathOf(lease_), PathOf(renewed)).ok()) {
    lease_ = renewed;
  }
  return absl::OkStatus();
}

std::string ReaderLease::PathOf(const LeaseName& lease) const {
  return absl::StrCat(folder_, "/", LeaseFileName(lease));
}

absl::StatusOr<std::vector<ReaderHold>> LiveLeases(FileSystem* file_system,
                                                   const std::string& path,
                                                   int64_t now_ns) {
  const std::string folder = absl::StrCat(path, "/", kLeasesName);
  for (int tries = 0; tries < kTries; ++tries) {
    FOVEA_ASSIGN_OR_RETURN(auto holds, Look(file_system, folder, now_ns));
    if (holds.has_value()) return *std::move(holds);
  }
  // Readers come and go all the time: one of them, then.
  return std::vector<ReaderHold>{{0, now_ns}};
}

}  // namespace fovea
