// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/chunk_store.h"

#include "gmock/gmock.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(ChunkStoreTest, CommittedChunksAndRowsAreThereAfterReopening) {
  Open();
  const Bytes payload = RandomBytes(70'000, 1);
  const auto receipt = Put(payload, "a");
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->sequence, 1u);
  EXPECT_EQ(receipt->chunks_new, 1);
  EXPECT_EQ(receipt->bytes_new, 70'000);
  Open();
  ExpectChunk(payload);
  EXPECT_EQ(*store_->Get(Family::kFtab, "a"), "row of a");
  EXPECT_EQ(store_->last_sequence(), 2u);  // closing is a commit of its own
  Open();
  EXPECT_EQ(store_->last_sequence(), 2u);  // if there was any before
  ExpectClean();
}

TEST_F(ChunkStoreTest, AnEmptyPayloadIsAChunkToo) {
  Open();
  ASSERT_TRUE(Put({}, "a").ok());
  ExpectChunk({});
  ExpectRebuildEqual();
}

TEST_F(ChunkStoreTest, EqualPayloadsAreStoredOnce) {
  Open();
  const Bytes payload = RandomBytes(5000, 2);
  CommitBatch batch;
  batch.PutChunk(payload, "a");
  batch.PutChunk(payload, "b");
  const auto first = store_->Commit(std::move(batch));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->chunks_new, 1);
  EXPECT_EQ(first->chunks_known, 1);
  const auto second = Put(payload, "c");
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->chunks_new, 0);
  EXPECT_EQ(second->bytes_known, 5000);
  EXPECT_EQ(store_->Usage()->live_chunk_bytes, 5000u);
  ExpectRebuildEqual();
}

TEST_F(ChunkStoreTest, AnEmptyBatchWritesNothing) {
  Open();
  disk_.ForgetCalls();
  ASSERT_TRUE(store_->Commit(CommitBatch()).ok());
  EXPECT_TRUE(disk_.Calls().empty());
}

TEST_F(ChunkStoreTest, TheOrderOfAcknowledgementIsKept) {
  Open();
  disk_.ForgetCalls();
  ASSERT_TRUE(Put(RandomBytes(100, 3), "a").ok());
  std::vector<std::string> kinds;
  for (const auto& call : disk_.Calls()) kinds.push_back(call.kind);
  EXPECT_EQ(kinds, (std::vector<std::string>{
                       "free", "create", "append" /* file header */,
                       "append" /* snapshot */, "append" /* chunk */,
                       "append" /* journal */, "sync", "sync-dir"}));
  disk_.ForgetCalls();
  ASSERT_TRUE(Put(RandomBytes(100, 4), "b").ok());
  kinds.clear();
  for (const auto& call : disk_.Calls()) kinds.push_back(call.kind);
  EXPECT_EQ(kinds,
            (std::vector<std::string>{"free", "append", "append", "sync"}));
}

TEST_F(ChunkStoreTest, NothingIsInTheCatalogueBeforeTheSegmentIsSynced) {
  Open();
  bool seen_before_sync = false;
  const Bytes payload = RandomBytes(100, 5);
  disk_.OnChange([&] {
    if (store_->ReadChunk(ChunkId::Of(payload)).ok()) seen_before_sync = true;
  });
  ASSERT_TRUE(Put(payload, "a").ok());
  disk_.OnChange(nullptr);
  EXPECT_FALSE(seen_before_sync);
  ExpectChunk(payload);
}

TEST_F(ChunkStoreTest, SegmentsChangeWithTheHourAndWhenFull) {
  options_.segment_bytes = 20'000;
  Open();
  ASSERT_TRUE(Put(RandomBytes(9000, 6), "a").ok());
  EXPECT_EQ(Segments().size(), 1u);
  NextHour();
  ASSERT_TRUE(Put(RandomBytes(9000, 7), "b").ok());
  EXPECT_EQ(Segments().size(), 2u);
  ASSERT_TRUE(Put(RandomBytes(19'000, 8), "c").ok());
  EXPECT_EQ(Segments().size(), 3u);
  ASSERT_TRUE(Put(RandomBytes(90'000, 9), "d").ok());  // one of its own
  EXPECT_EQ(Segments().size(), 4u);
  ExpectRebuildEqual();
}

TEST_F(ChunkStoreTest, ClocksThatStepBackOrPrecede1970LoseNothing) {
  Open();
  for (const int64_t now : {int64_t{0}, int64_t{-1}, -now_ns_, now_ns_}) {
    now_ns_ = now;
    ASSERT_TRUE(Put(RandomBytes(50, static_cast<uint32_t>(now & 0xFFFF)),
                    std::to_string(now))
                    .ok());
  }
  EXPECT_EQ(Segments().size(), 4u);
  ExpectRebuildEqual();
}

TEST_F(ChunkStoreTest, ChunksWithoutOwnersWaitAndCanBeRevived) {
  Open();
  const Bytes payload = RandomBytes(300, 10);
  ASSERT_TRUE(Put(payload, "a").ok());
  ASSERT_TRUE(Put(payload, "b").ok());
  ASSERT_TRUE(Drop(payload, "a").ok());
  EXPECT_EQ(Verify().unreferenced_chunks, 0);
  ASSERT_TRUE(Drop(payload, "b").ok());
  EXPECT_EQ(Verify().unreferenced_chunks, 1);
  EXPECT_EQ(store_->Usage()->dead_chunk_bytes, 300u);
  ExpectRebuildEqual();
  const auto revived = Put(payload, "c");
  ASSERT_TRUE(revived.ok());
  EXPECT_EQ(revived->chunks_new, 0);
  EXPECT_EQ(Verify().unreferenced_chunks, 0);
  ExpectRebuildEqual();
  ASSERT_TRUE(store_->Prune().ok());
  ExpectChunk(payload);
}

TEST_F(ChunkStoreTest, ReferencesAreASetNotACount) {
  Open();
  const Bytes payload = RandomBytes(300, 11);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Put(payload, "a").ok());
  ASSERT_TRUE(Drop(payload, "nobody").ok());
  EXPECT_EQ(Verify().unreferenced_chunks, 0);
  ASSERT_TRUE(Drop(payload, "a").ok());
  ASSERT_TRUE(Drop(payload, "a").ok());
  EXPECT_EQ(Verify().unreferenced_chunks, 1);
  ExpectRebuildEqual();
}

TEST_F(ChunkStoreTest, APutWinsOverADropOfTheSameOwnerInOneBatch) {
  Open();
  const Bytes payload = RandomBytes(300, 12);
  ASSERT_TRUE(Put(payload, "a").ok());
  CommitBatch batch;
  batch.PutChunk(payload, "a");
  batch.DropChunk(ChunkId::Of(payload), "a");
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(Verify().unreferenced_chunks, 0);
  ExpectRebuildEqual();
}

TEST_F(ChunkStoreTest, RangesAreCheckedPartsOfChunks) {
  Open();
  const Bytes payload = RandomBytes(1000, 13);
  ASSERT_TRUE(Put(payload, "a").ok());
  const ChunkId id = ChunkId::Of(payload);
  EXPECT_EQ(*store_->ReadChunkRange(id, 10, 20),
            Bytes(payload.begin() + 10, payload.begin() + 30));
  EXPECT_TRUE(store_->ReadChunkRange(id, 1000, 0).ok());
  EXPECT_TRUE(absl::IsOutOfRange(store_->ReadChunkRange(id, 990, 11).status()));
  EXPECT_TRUE(
      absl::IsOutOfRange(store_->ReadChunkRange(id, UINT64_MAX, 2).status()));
}

TEST_F(ChunkStoreTest, ScansAreOrderedBoundedAndStop) {
  Open();
  CommitBatch batch;
  for (const char* key : {"a1", "a2", "b1", "b2", "c1"}) {
    batch.PutRow(Family::kTime, key, key);
  }
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  std::string seen;
  ASSERT_TRUE(store_
                  ->Scan(Family::kTime, "a2", "c",
                         [&](std::string_view key, std::string_view) {
                           seen += key;
                           return seen.size() < 4;
                         })
                  .ok());
  EXPECT_EQ(seen, "a2b1");
  EXPECT_EQ(store_->SeekBackward(Family::kTime, "b9", "b")->key, "b2");
  EXPECT_EQ(store_->SeekBackward(Family::kTime, "b1", "b")->key, "b1");
  EXPECT_TRUE(absl::IsNotFound(
      store_->SeekBackward(Family::kTime, "b0", "b").status()));
}

TEST_F(ChunkStoreTest, RowsOfTheStoreItselfAreRefused) {
  Open();
  for (const auto& [family, key] : {std::pair{Family::kLoc, "x"},
                                    {Family::kRef, "x"},
                                    {Family::kGcq, "x"},
                                    {Family::kMeta, "~q"},
                                    {Family::kGop, ""}}) {
    CommitBatch batch;
    batch.PutRow(family, key, "v");
    EXPECT_TRUE(
        absl::IsInvalidArgument(store_->Commit(std::move(batch)).status()));
  }
  EXPECT_EQ(store_->last_sequence(), 0u);
}

TEST_F(ChunkStoreTest, LimitsAreNamed) {
  Open();
  CommitBatch batch;
  batch.PutRow(Family::kMeta, std::string(5000, 'k'), "v");
  EXPECT_THAT(store_->Commit(std::move(batch)).status().ToString(),
              HasSubstr("row key of 5000 exceeds the limit of 4096"));
}

TEST_F(ChunkStoreTest, DeletingWhatIsNotThereLeavesNoTrace) {
  Open();
  CommitBatch batch;
  batch.DeleteRow(Family::kMeta, "never-there");
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  store_.reset();
  EXPECT_EQ(FileHolding(Path(), "never-there"), "");
}

TEST_F(ChunkStoreTest, AMismatchingHitIsAnError) {
  Open();
  const Bytes payload = RandomBytes(300, 14);
  ASSERT_TRUE(Put(payload, "a").ok());
  Bytes segment = ReadFileBytes(Segments()[0]);
  const auto place = std::search(segment.begin(), segment.end(),
                                 payload.begin(), payload.end());
  *place ^= 1;
  WriteFileBytes(Segments()[0], segment);
  const auto again = Put(payload, "b");
  EXPECT_TRUE(absl::IsDataLoss(again.status())) << again.status();
  EXPECT_THAT(again.status().ToString(), HasSubstr("segment 00000001 at"));
}

}  // namespace
}  // namespace fovea::testing
