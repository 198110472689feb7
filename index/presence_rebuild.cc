// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/presence_rebuild.h"

#include <string>
#include <utility>

#include "index/presence.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr uint64_t kBytesPerCommit = 4 << 20;
constexpr int64_t kRowsPerCommit = 1 << 16;
constexpr int64_t kRowsPerProgress = 1024;

// Walks both families of `reader`, and mends in `store` unless that is null.
class PresenceWalk {
 public:
  PresenceWalk(StoreReader* reader, ChunkStore* store,
               const PresenceProgress& progress)
      : reader_(reader), store_(store), progress_(progress) {}

  absl::StatusOr<PresenceReport> Run() {
    absl::Status status = Walk(Family::kSem, &PresenceWalk::Forward);
    if (status.ok()) status = Walk(Family::kSemx, &PresenceWalk::Back);
    if (status.ok()) status = Commit();
    if (!status.ok()) return status;
    return report_;
  }

 private:
  using Check = absl::Status (PresenceWalk::*)(std::string_view key,
                                               std::string_view value);
  absl::Status Walk(Family family, Check check) {
    absl::Status status;
    const absl::Status scanned = reader_->Scan(
        family, "", "", [&](std::string_view key, std::string_view value) {
          status = (this->*check)(key, value);
          if (status.ok()) status = Progress();
          return status.ok();
        });
    return scanned.ok() ? status : scanned;
  }

  // From a row of observations to what should stand beside it.
  absl::Status Forward(std::string_view key, std::string_view value) {
    ++report_.rows;
    const auto wanted = PresenceOf(key, value);
    if (!wanted.ok()) {
      ++report_.unreadable;
      return absl::OkStatus();
    }
    const auto found = reader_->Get(Family::kSemx, wanted->key);
    if (found.ok() && *found == wanted->value) return absl::OkStatus();
    if (!found.ok() && !absl::IsNotFound(found.status())) {
      return found.status();
    }
    ++(found.ok() ? report_.wrong : report_.missing);
    if (store_ == nullptr) return absl::OkStatus();
    batch_.PutRow(Family::kSemx, wanted->key, wanted->value);
    return CommitSome();
  }

  // From what stands there to the row it stands beside.
  absl::Status Back(std::string_view key, std::string_view) {
    const auto parts = ParsePresenceKey(key);
    absl::Status found = parts.status();
    if (parts.ok()) {
      found = reader_->Get(Family::kSem, ObservationKeyOf(*parts)).status();
      if (!absl::IsNotFound(found)) return found;
    }
    ++report_.stale;
    if (store_ == nullptr) return absl::OkStatus();
    batch_.DeleteRow(Family::kSemx, key);
    return CommitSome();
  }

  absl::Status CommitSome() {
    if (++changes_ < kRowsPerCommit &&
        batch_.payload_bytes() < kBytesPerCommit) {
      return absl::OkStatus();
    }
    return Commit();
  }

  absl::Status Commit() {
    changes_ = 0;
    if (batch_.empty()) return absl::OkStatus();
    return store_->Commit(std::exchange(batch_, {})).status();
  }

  absl::Status Progress() {
    if (++looked_at_ % kRowsPerProgress != 0 || !progress_) {
      return absl::OkStatus();
    }
    return progress_(looked_at_) ? absl::OkStatus()
                                 : absl::CancelledError("interrupted");
  }

  StoreReader* const reader_;
  ChunkStore* const store_;
  const PresenceProgress& progress_;
  PresenceReport report_;
  CommitBatch batch_;
  int64_t changes_ = 0;
  int64_t looked_at_ = 0;
};

}  // namespace

absl::StatusOr<PresenceReport> CheckPresence(StoreReader* reader,
                                             const PresenceProgress& progress) {
  return PresenceWalk(reader, nullptr, progress).Run();
}

absl::StatusOr<PresenceReport> RebuildPresence(
    ChunkStore* store, const PresenceProgress& progress) {
  return PresenceWalk(store, store, progress).Run();
}

absl::StatusOr<bool> IsPresenceDue(StoreReader* reader) {
  const std::string behind_all(kStoreLimits.key_bytes, '\xff');
  const auto last = reader->SeekBackward(Family::kSem, behind_all, "");
  if (absl::IsNotFound(last.status())) return false;
  if (!last.ok()) return last.status();
  const auto parts = ParseObservationKey(last->key);
  if (!parts.ok()) return false;  // Verify() names it
  // One that says nothing has nothing beside it.
  if (!PresenceOf(last->key, last->value).ok()) return false;
  const auto found = reader->Get(Family::kSemx, PresenceKeyOf(*parts));
  if (absl::IsNotFound(found.status())) return true;
  if (!found.ok()) return found.status();
  return false;
}

}  // namespace fovea
