// SPDX-License-Identifier: GPL-2.0-or-later
//
// Snapshots: one state of the store, whatever happens to the store.

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "store/limits.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kMinute = 60'000'000'000;

class SnapshotTest : public ChunkStoreTest {
 protected:
  std::unique_ptr<StoreReader> Take(int64_t lease_ns = kMinute) {
    auto snapshot = store_->TakeSnapshot(lease_ns);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *std::move(snapshot) : nullptr;
  }
};

TEST_F(SnapshotTest, SeesItsCommitWhateverIsCommittedAndPruned) {
  options_.segment_bytes = 4000;
  Open();
  const Bytes old = RandomBytes(900, 1);
  ASSERT_TRUE(Put(old, "a").ok());
  const Dump before = DumpAll(*store_);
  auto snapshot = Take();
  const uint64_t sequence = store_->last_sequence();
  ASSERT_TRUE(Drop(old, "a").ok());
  for (uint32_t i = 2; i < 20; ++i) {
    ASSERT_TRUE(Put(RandomBytes(900, i), "n" + std::to_string(i)).ok());
  }
  auto report = store_->Prune();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GE(report->segments_waiting, 1);
  EXPECT_THAT(report->readers, SizeIs(1));
  EXPECT_EQ(snapshot->last_sequence(), sequence);
  EXPECT_EQ(DumpAll(*snapshot), before);
  EXPECT_EQ(*snapshot->ReadChunk(ChunkId::Of(old)), old);
  EXPECT_EQ(snapshot->ReadChunkRange(ChunkId::Of(old), 100, 7)->size(), 7u);
  EXPECT_TRUE(absl::IsOutOfRange(
      snapshot->ReadChunkRange(ChunkId::Of(old), 900, 1).status()));
  EXPECT_TRUE(absl::IsNotFound(
      snapshot->ReadChunk(ChunkId::Of(RandomBytes(900, 2))).status()));
  EXPECT_EQ(snapshot->SeekBackward(Family::kFtab, "z", "")->key, "a");
  EXPECT_TRUE(absl::IsNotFound(snapshot->Get(Family::kFtab, "n2").status()));
  snapshot.reset();
  ASSERT_TRUE(store_->Prune().ok());
  ExpectRebuildEqual();
}

TEST_F(SnapshotTest, EndsWithItsLease) {
  Open();
  const Bytes payload = RandomBytes(900, 1);
  ASSERT_TRUE(Put(payload, "a").ok());
  auto snapshot = Take();
  ASSERT_TRUE(Drop(payload, "a").ok());
  now_ns_ += kMinute;
  auto report = store_->Prune();
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->readers, IsEmpty());
  EXPECT_EQ(report->segments_waiting, 0);
  const absl::Status over[] = {
      snapshot->ReadChunk(ChunkId::Of(payload)).status(),
      snapshot->Get(Family::kFtab, "a").status(),
      snapshot->Scan(Family::kFtab, "", "", [](auto, auto) { return true; }),
      snapshot->SeekBackward(Family::kFtab, "a", "").status()};
  for (const absl::Status& status : over) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_THAT(status.ToString(), HasSubstr("lease expired"));
  }
}

TEST_F(SnapshotTest, LeasesHaveALimit) {
  Open();
  for (const int64_t ns :
       {int64_t{0}, int64_t{-1}, kStoreLimits.lease_ns + 1}) {
    EXPECT_TRUE(absl::IsInvalidArgument(store_->TakeSnapshot(ns).status()));
  }
  EXPECT_TRUE(store_->TakeSnapshot(kStoreLimits.lease_ns).ok());
}

TEST_F(SnapshotTest, ManyAtOnceWhileOthersCommitAndPrune) {
  options_.segment_bytes = 20'000;
  Open();
  ASSERT_TRUE(Put(RandomBytes(500, 0), "first").ok());
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 4; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        auto snapshot = store_->TakeSnapshot(kMinute);
        if (!snapshot.ok()) {
          ++wrong;
          continue;
        }
        ++taken;
        // Rows and chunks of one state belong together.
        std::vector<std::string> owners;
        (void)(*snapshot)->Scan(Family::kFtab, "n", "o",
                                [&](std::string_view key, std::string_view) {
                                  owners.emplace_back(key.substr(1));
                                  return true;
                                });
        for (const std::string& owner : owners) {
          const Bytes payload =
              RandomBytes(500, static_cast<uint32_t>(std::stoi(owner)));
          if (!(*snapshot)->ReadChunk(ChunkId::Of(payload)).ok()) ++wrong;
        }
      }
    });
  }
  for (uint32_t i = 1; i < 60; ++i) {
    if (!Put(RandomBytes(500, i), "n" + std::to_string(i)).ok()) ++wrong;
    if (i % 2 == 0 && !Drop(RandomBytes(500, i), "n" + std::to_string(i)).ok())
      ++wrong;
    if (i % 10 == 0 && !store_->Prune().ok()) ++wrong;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(taken, 0);
  ASSERT_TRUE(store_->Prune().ok());
  ExpectRebuildEqual();
}

}  // namespace
}  // namespace fovea::testing
