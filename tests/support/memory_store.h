// SPDX-License-Identifier: GPL-2.0-or-later
//
// A store that keeps everything in memory and keeps ChunkStore's contract but
// durability: for tests of what stands on a store.

#ifndef FOVEA_TESTS_SUPPORT_MEMORY_STORE_H_
#define FOVEA_TESTS_SUPPORT_MEMORY_STORE_H_

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/chunk_store.h"

namespace fovea::testing {

// Thread-safe.
class MemoryStore : public ChunkStore {
 public:
  absl::StatusOr<CommitReceipt> Commit(CommitBatch batch) override;
  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id) override;
  absl::StatusOr<std::vector<uint8_t>> ReadChunkRange(const ChunkId& id,
                                                      uint64_t offset,
                                                      uint64_t length) override;
  absl::StatusOr<std::string> Get(Family family, std::string_view key) override;
  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const Visitor& visit) override;
  absl::StatusOr<KeyValue> SeekBackward(Family family, std::string_view key,
                                        std::string_view prefix) override;
  uint64_t last_sequence() const override;
  absl::StatusOr<std::unique_ptr<StoreReader>> TakeSnapshot(
      int64_t lease_ns) override;  // a copy; its lease never ends
  absl::StatusOr<VerifyReport> Scrub(const ScrubOptions& options) override;
  absl::StatusOr<int64_t> DropLeaks(
      std::span<const Reference> references) override;
  absl::StatusOr<PruneReport> Prune() override;
  absl::StatusOr<PruneReport> Reclaim(const ReclaimOptions& options) override;
  absl::StatusOr<std::vector<SegmentSpace>> MeasureSegments(
      const Gone& gone) override;
  absl::StatusOr<DiskUsage> Usage() override;
  absl::StatusOr<DiskSpace> Space() override;

 private:
  struct Chunk {
    std::vector<uint8_t> payload;
    std::set<std::string> owners;
  };
  using Rows = std::map<std::string, std::string, std::less<>>;

  Rows& RowsIn(Family family) { return rows_[static_cast<size_t>(family)]; }

  mutable std::mutex mutex_;  // guards all below
  std::array<Rows, kFamilyCount> rows_;
  std::map<ChunkId, Chunk> chunks_;
  uint64_t sequence_ = 0;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_MEMORY_STORE_H_
