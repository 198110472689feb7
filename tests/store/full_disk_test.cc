// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disk of 64 MiB that fills up at random moments, by the store's own
// commits and by somebody else's file, table files and prunes included. What
// was acknowledged reads well, and once there is room a prune frees space
// and writing goes on.
//
// FOVEA_FULL_DISK_CYCLES and FOVEA_FULL_DISK_SEED override cycles and seed;
// tests/campaigns/full_disk.sh runs the long form.

#include "store/ballast.h"
#include "tests/store/store_fixture.h"
#include "tests/support/campaign.h"
#include "tests/support/small_disk.h"
#include "tests/support/store_workload.h"

namespace fovea::testing {
namespace {

constexpr int kMebibytes = 64;

class FullDiskTest : public ChunkStoreTest {
 protected:
  FullDiskTest() {
    path_ = mount_.File("store");
    options_.file_system = nullptr;
    options_.ballast_bytes = 8 << 20;
    options_.segment_bytes = 3 << 20;
    options_.catalogue_buffer_bytes = 64 << 10;
  }

  // False when the store took it not.
  bool Commit(bool thin) {
    StoreContent next = content_;
    CommitBatch batch = thin ? workload_.Thin(&next) : workload_.Next(&next);
    const absl::Status status = store_->Commit(std::move(batch)).status();
    if (status.ok()) {
      content_ = std::move(next);
    } else {
      EXPECT_TRUE(absl::IsResourceExhausted(status) ||
                  absl::IsFailedPrecondition(status))
          << status;
    }
    return status.ok();
  }

  // What cannot be written is refused, and may make the store read-only.
  void WorkOnAFullDisk(std::mt19937* chance) {
    for (auto times = 1 + (*chance)() % 6; times > 0; --times) {
      switch ((*chance)() % 4) {
        case 0:
          Open();
          break;
        case 1:
          store_->Prune().IgnoreError();
          break;
        default:
          Commit(/*thin=*/(*chance)() % 2 == 0);
      }
      ASSERT_NE(store_, nullptr);
    }
  }

  void ExpectAsAcknowledged() {
    EXPECT_EQ(workload_.Difference(*store_, content_), "");
    ExpectClean();
  }

  // The ballast, which comes and goes, taken for free.
  uint64_t FreeBytes() const {
    return *FileSystem::Posix()->FreeBytes(mount_.path()) +
           *Ballast(FileSystem::Posix(), path_, 0).Size();
  }

  const TempDir mount_;
  SmallDisk small_{mount_.path(), kMebibytes};
  StoreContent content_;
  const StoreWorkload workload_{1, /*payload_bytes=*/400'000,
                                /*row_bytes=*/20'000};
};

TEST_F(FullDiskTest, NothingAcknowledgedIsLostAndWritingResumes) {
  FOVEA_NEED_SMALL_DISK(small_);
  const uint32_t cycles = CampaignNumber("FOVEA_FULL_DISK_CYCLES", 10);
  const uint32_t seed = CampaignNumber("FOVEA_FULL_DISK_SEED", 1);
  std::printf("%u cycles, seed %u\n", cycles, seed);
  std::mt19937 chance(seed);
  Open();
  for (uint32_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    small_.Fill((10 << 20) + chance() % (20 << 20));
    auto before_others_come = chance() % 80;
    while (before_others_come-- > 0 && Commit(/*thin=*/false)) continue;
    small_.Fill(chance() % (chance() % 2 == 0 ? 64 << 10 : 9 << 20));
    WorkOnAFullDisk(&chance);
    ExpectAsAcknowledged();
    small_.Free();
    Open();  // it may have become read-only
    ExpectAsAcknowledged();
    const uint64_t free = FreeBytes();
    ASSERT_TRUE(Commit(/*thin=*/true));
    const auto pruned = store_->Prune();
    ASSERT_TRUE(pruned.ok()) << pruned.status();
    EXPECT_GT(FreeBytes(), free);
    ASSERT_TRUE(Commit(/*thin=*/false));
    ExpectAsAcknowledged();
  }
  if (!HasFailure()) ExpectRebuildEqual();
  store_.reset();
}

TEST_F(FullDiskTest, WithNothingLeftRemovingAndPruningWork) {
  FOVEA_NEED_SMALL_DISK(small_);
  Open();
  CommitBatch batch;
  std::vector<ChunkId> chunks;
  for (uint32_t i = 0; i < 10; ++i) {
    chunks.push_back(batch.PutChunk(RandomBytes(300'000, i), "a"));
    batch.PutRow(Family::kMeta, "row " + std::to_string(i), "a row");
  }
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  ASSERT_EQ(*Ballast(FileSystem::Posix(), path_, 0).Size(), 8u << 20);
  small_.Fill(0);
  Open();  // gives the ballast back, so that the catalogue can write
  EXPECT_FALSE(Put(RandomBytes(1000, 77), "b").ok());
  CommitBatch removal;
  for (size_t i = 0; i < chunks.size(); ++i) {
    removal.DropChunk(chunks[i], "a");
    removal.DeleteRow(Family::kMeta, "row " + std::to_string(i));
  }
  const auto removed = store_->Commit(std::move(removal));
  ASSERT_TRUE(removed.ok()) << removed.status();
  const auto pruned = store_->Prune();
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EXPECT_GT(pruned->bytes_freed, 2'900'000u);
  small_.Free();
  ASSERT_TRUE(store_->Prune().ok());
  EXPECT_EQ(*Ballast(FileSystem::Posix(), path_, 0).Size(), 8u << 20);
  ExpectClean();
  store_.reset();
}

}  // namespace
}  // namespace fovea::testing
