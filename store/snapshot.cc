// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a store as of one commit. The catalogue's snapshot says where the
// chunks were; the segments they were in stay until the hold ends.

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/segment_store.h"
#include "store/internal/snapshots.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

absl::Status LeaseOver() {
  return absl::FailedPreconditionError(
      "snapshot: lease expired; take another one");
}

class SegmentSnapshot final : public StoreReader {
 public:
  SegmentSnapshot(std::shared_ptr<SnapshotHold> hold, SegmentFolder* folder,
                  std::function<int64_t()> now_ns, uint64_t sequence)
      : hold_(std::move(hold)),
        folder_(folder),
        now_ns_(std::move(now_ns)),
        sequence_(sequence) {}
  ~SegmentSnapshot() override { hold_->Close(); }

  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id) override {
    FOVEA_ASSIGN_OR_RETURN(const auto rows, hold_->Rows(now_ns_()));
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(rows.get(), id));
    if (!place.has_value()) return ChunkNotStored(id);
    auto payload = ReadChunkAt(folder_, id, *place);
    // What went away while it was read went because the lease ended.
    if (!payload.ok() && !hold_->LiveAt(now_ns_())) return LeaseOver();
    return payload;
  }

  absl::StatusOr<std::vector<uint8_t>> ReadChunkRange(
      const ChunkId& id, uint64_t offset, uint64_t length) override {
    FOVEA_ASSIGN_OR_RETURN(std::vector<uint8_t> payload, ReadChunk(id));
    return CutPayload(id, std::move(payload), offset, length);
  }

  absl::StatusOr<std::string> Get(Family family,
                                  std::string_view key) override {
    FOVEA_ASSIGN_OR_RETURN(const auto rows, hold_->Rows(now_ns_()));
    FOVEA_ASSIGN_OR_RETURN(std::optional<std::string> value,
                           rows->Get(family, key));
    if (value.has_value()) return *std::move(value);
    return absl::NotFoundError(
        absl::StrCat("no such row in ", FamilyName(family)));
  }

  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const Visitor& visit) override {
    FOVEA_ASSIGN_OR_RETURN(const auto rows, hold_->Rows(now_ns_()));
    return rows->Scan(family, begin, end, visit);
  }

  absl::StatusOr<KeyValue> SeekBackward(Family family, std::string_view key,
                                        std::string_view prefix) override {
    FOVEA_ASSIGN_OR_RETURN(const auto rows, hold_->Rows(now_ns_()));
    return rows->SeekBackward(family, key, prefix);
  }

  uint64_t last_sequence() const override { return sequence_; }

 private:
  const std::shared_ptr<SnapshotHold> hold_;
  SegmentFolder* const folder_;
  const std::function<int64_t()> now_ns_;
  const uint64_t sequence_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<CatalogueReader>> SnapshotHold::Rows(
    int64_t now_ns) {
  if (!LiveAt(now_ns)) return LeaseOver();
  absl::MutexLock lock(&mutex_);
  if (rows_ == nullptr) return LeaseOver();
  return rows_;
}

bool SnapshotHold::LiveAt(int64_t now_ns) {
  absl::MutexLock lock(&mutex_);
  if (now_ns >= until_ns_) rows_.reset();
  return rows_ != nullptr;
}

void SnapshotHold::Close() {
  absl::MutexLock lock(&mutex_);
  rows_.reset();
}

SnapshotBook::~SnapshotBook() {
  absl::MutexLock lock(&mutex_);
  for (const auto& weak : holds_) {
    if (const auto hold = weak.lock(); hold != nullptr) hold->Close();
  }
}

std::shared_ptr<SnapshotHold> SnapshotBook::Add(Catalogue* catalogue,
                                                int64_t until_ns) {
  absl::MutexLock lock(&mutex_);
  auto hold = std::make_shared<SnapshotHold>(catalogue->Snapshot(), until_ns);
  std::erase_if(holds_, [](const auto& weak) { return weak.expired(); });
  holds_.push_back(hold);
  return hold;
}

std::vector<ReaderHold> SnapshotBook::Live(int64_t now_ns) {
  std::vector<ReaderHold> live;
  absl::MutexLock lock(&mutex_);
  for (const auto& weak : holds_) {
    const auto hold = weak.lock();
    if (hold == nullptr || !hold->LiveAt(now_ns)) continue;
    live.push_back({static_cast<uint64_t>(getpid()), hold->until_ns()});
  }
  return live;
}

absl::StatusOr<std::unique_ptr<StoreReader>> ReadSnapshot(
    std::shared_ptr<SnapshotHold> hold, SegmentFolder* folder,
    std::function<int64_t()> now_ns) {
  FOVEA_ASSIGN_OR_RETURN(const auto rows, hold->Rows(now_ns()));
  FOVEA_ASSIGN_OR_RETURN(const LastCommit last, ReadLastCommit(rows.get()));
  return std::make_unique<SegmentSnapshot>(std::move(hold), folder,
                                           std::move(now_ns), last.sequence);
}

absl::StatusOr<std::unique_ptr<StoreReader>> SegmentStore::TakeSnapshot(
    int64_t lease_ns) {
  if (lease_ns <= 0 || lease_ns > kStoreLimits.lease_ns) {
    return absl::InvalidArgumentError(
        absl::StrCat("snapshot: a lease of ", lease_ns,
                     " ns; it has to be from 1 to ", kStoreLimits.lease_ns));
  }
  FOVEA_RETURN_IF_ERROR(CheckLease());
  const auto& now_ns = parts_.options.now_ns;
  return ReadSnapshot(snapshots_.Add(catalogue_, now_ns() + lease_ns), folder_,
                      now_ns);
}

absl::Status SegmentStore::CheckLease() const {
  return parts_.lease == nullptr ? absl::OkStatus() : parts_.lease->Check();
}

absl::StatusOr<std::vector<ReaderHold>> SegmentStore::Readers() {
  const int64_t now = parts_.options.now_ns();
  FOVEA_ASSIGN_OR_RETURN(
      std::vector<ReaderHold> readers,
      LiveLeases(parts_.options.file_system, parts_.path, now));
  std::ranges::move(snapshots_.Live(now), std::back_inserter(readers));
  return readers;
}

}  // namespace fovea
