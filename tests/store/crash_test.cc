// SPDX-License-Identifier: GPL-2.0-or-later
//
// Power cuts, full and failing disks. Acknowledged commits survive all of
// them; others are there whole or not at all.

#include "gmock/gmock.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

class CrashTest : public ChunkStoreTest {
 protected:
  static std::string Owner(uint32_t i) { return "gop" + std::to_string(i); }
  static Bytes Payload(uint32_t i) { return RandomBytes(700 + 40 * i, i); }

  bool IsObserved(uint32_t i) {
    const std::string key = ObservationKey(1, Owner(i), 0, 0);
    return store_->Get(Family::kSem, key).ok();
  }

  // A disk whose power was cut when so much was acknowledged and begun.
  struct Image {
    std::unique_ptr<MemoryFileSystem> disk;
    uint32_t acknowledged;
    uint32_t begun;
  };

  // Opens `image` and expects commits 0..n-1 for some n >= acknowledged.
  void CheckPrefix(const Image& image) {
    const auto [acknowledged, begun] =
        std::pair(image.acknowledged, image.begun);
    ChunkStoreOptions plain = options_;
    plain.file_system = image.disk.get();
    auto store = ChunkStore::Open(Path(), plain);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    uint32_t held = 0;
    while (held < begun && store_->Get(Family::kFtab, Owner(held)).ok()) {
      ExpectChunk(Payload(held));
      EXPECT_TRUE(IsObserved(held));
      ++held;
    }
    EXPECT_GE(held, acknowledged);
    const auto prior = store_->Prior(1, {});
    EXPECT_EQ(prior.ok(), held > 0);
    if (held > 0) {
      EXPECT_EQ(prior->body, "as of " + Owner(held - 1));
    }
    for (uint32_t i = held; i < begun; ++i) {
      EXPECT_FALSE(store_->Get(Family::kFtab, Owner(i)).ok()) << "a hole";
      EXPECT_FALSE(IsObserved(i)) << "a hole";
      ExpectNoChunk(Payload(i));
    }
    ExpectClean();
    ASSERT_TRUE(Put(RandomBytes(10, 99), "after").ok());
    ExpectClean();
    store_.reset();
  }
};

TEST_F(CrashTest, APowerCutAtAnyCallKeepsWhatWasAcknowledged) {
  UseMemory();
  options_.segment_bytes = 4000;
  Open();
  uint32_t acknowledged = 0;
  uint32_t begun = 0;
  std::vector<Image> images;
  disk_.OnChange([&] {
    for (const Unsynced unsynced :
         {Unsynced::kLost, Unsynced::kKept, Unsynced::kRandom}) {
      const auto seed = static_cast<uint32_t>(images.size());
      images.push_back(
          {memory_.AfterPowerCut(unsynced, seed), acknowledged, begun});
    }
  });
  for (uint32_t i = 0; i < 10; ++i) {
    ++begun;
    ASSERT_TRUE(Put(Payload(i), Owner(i)).ok());
    ++acknowledged;
  }
  disk_.OnChange(nullptr);
  store_.reset();
  ASSERT_GT(images.size(), 150u);
  for (size_t i = 0; i < images.size(); ++i) {
    SCOPED_TRACE(i);
    CheckPrefix(images[i]);
  }
}

TEST_F(CrashTest, EveryTruncationOfAnUnacknowledgedTailIsCut) {
  Open();
  ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
  store_.reset();
  const std::string base = folder_.File("base");
  std::filesystem::copy(Path(), base, std::filesystem::copy_options::recursive);
  Open();
  ASSERT_TRUE(Put(RandomBytes(60, 1), Owner(1)).ok());
  const std::string name =
      std::filesystem::path(Segments()[0]).filename().string();
  const Bytes after = ReadFileBytes(Segments()[0]);
  store_.reset();
  const size_t before = std::filesystem::file_size(base + "/segments/" + name);
  options_.file_system = nullptr;
  for (size_t size = before; size <= after.size(); size += 7) {
    SCOPED_TRACE(size);
    std::filesystem::remove_all(Path());
    std::filesystem::copy(base, Path(),
                          std::filesystem::copy_options::recursive);
    WriteFileBytes(Segments()[0],
                   {after.begin(), after.begin() + static_cast<long>(size)});
    Open();
    ExpectChunk(Payload(0));
    ExpectNoChunk(RandomBytes(60, 1));
    EXPECT_EQ(std::filesystem::file_size(Segments()[0]), before);
    ExpectClean();
  }
  // All of it there: a whole commit the catalogue lacks is replayed.
  std::filesystem::remove_all(Path());
  std::filesystem::copy(base, Path(), std::filesystem::copy_options::recursive);
  WriteFileBytes(Segments()[0], after);
  Open();
  ExpectChunk(RandomBytes(60, 1));
  ExpectRebuildEqual();
}

TEST_F(CrashTest, AFullDiskChangesNothingAndPasses) {
  Open();
  ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
  const Dump before = DumpAll(*store_);
  for (int n = 1; n <= 2; ++n) {
    disk_.FailCall("append", n, absl::ResourceExhaustedError("disk full"));
    EXPECT_TRUE(absl::IsResourceExhausted(Put(Payload(1), Owner(1)).status()));
    ASSERT_TRUE(disk_.failed());
    EXPECT_EQ(DumpAll(*store_), before);
    ExpectClean();
  }
  disk_.Heal();
  ASSERT_TRUE(Put(Payload(1), Owner(1)).ok());
  ExpectChunk(Payload(0));
  ExpectChunk(Payload(1));
  ExpectRebuildEqual();
}

TEST_F(CrashTest, AFullDiskWhenASegmentBeginsLeavesNoFile) {
  Open();
  ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
  for (const auto& [kind, n] : {std::pair{"create", 1},
                                {"append", 1},
                                {"append", 2},
                                {"append", 3},
                                {"append", 4}}) {
    NextHour();
    disk_.FailCall(kind, n, absl::ResourceExhaustedError("disk full"));
    EXPECT_TRUE(absl::IsResourceExhausted(Put(Payload(1), Owner(1)).status()));
    ASSERT_TRUE(disk_.failed());
    EXPECT_EQ(Segments().size(), 1u);
  }
  disk_.Heal();
  ASSERT_TRUE(Put(Payload(1), Owner(1)).ok());
  EXPECT_EQ(Segments().size(), 2u);
  ExpectRebuildEqual();
}

TEST_F(CrashTest, ATailThatCannotBeCutIsCutBeforeTheNextCommit) {
  Open();
  ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
  // The append after the look at free space, and the cut after that.
  disk_.FailCall("", 2, absl::InternalError("injected"), /*for_ever=*/true);
  EXPECT_FALSE(Put(Payload(1), Owner(1)).ok());
  EXPECT_FALSE(Put(Payload(1), Owner(1)).ok());
  disk_.Heal();
  ASSERT_TRUE(Put(Payload(1), Owner(1)).ok());
  ExpectRebuildEqual();
}

TEST_F(CrashTest, AlmostNoSpaceIsRefusedBeforeAnythingIsWritten) {
  Open();
  ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
  disk_.SetFreeBytes(1 << 20);
  disk_.ForgetCalls();
  const auto refused = Put(Payload(1), Owner(1));
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_THAT(refused.status().ToString(), HasSubstr("1048576 bytes free"));
  EXPECT_EQ(disk_.Calls().size(), 1u);
  ASSERT_TRUE(Drop(Payload(0), Owner(0)).ok());  // may use the reserve
  ASSERT_TRUE(store_->Prune().ok());             // likewise
  disk_.SetFreeBytes(0);
  ASSERT_TRUE(Put(Payload(1), Owner(1)).ok());
}

TEST_F(CrashTest, AfterAFailedSyncTheStoreIsReadOnlyUntilReopened) {
  for (const char* kind : {"sync", "sync-dir"}) {
    SCOPED_TRACE(kind);
    Open();
    ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
    NextHour();  // a new file, so that its folder is synced too
    disk_.FailCall(kind, 1, absl::InternalError("injected"));
    const auto failed = Put(Payload(1), Owner(1));
    EXPECT_TRUE(absl::IsFailedPrecondition(failed.status()));
    EXPECT_THAT(failed.status().ToString(),
                HasSubstr("read-only until reopened"));
    disk_.Heal();
    EXPECT_TRUE(absl::IsFailedPrecondition(Put(Payload(2), Owner(2)).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(store_->Prune().status()));
    ExpectChunk(Payload(0));
    ExpectNoChunk(Payload(1));
    Open();
    ExpectNoChunk(Payload(1));
    ASSERT_TRUE(Put(Payload(2), Owner(2)).ok());
    ExpectRebuildEqual();
    store_.reset();
    std::filesystem::remove_all(Path());
  }
}

TEST_F(CrashTest, EachFailingCallSurfacesAndNothingAcknowledgedIsLost) {
  options_.segment_bytes = 3000;
  for (const bool for_ever : {false, true}) {
    int n = 1;
    for (; n < 400; ++n) {
      SCOPED_TRACE(n);
      store_.reset();
      std::filesystem::remove_all(Path());
      disk_.FailCall("", n, absl::InternalError("injected"), for_ever);
      std::vector<uint32_t> acknowledged;
      if (OpenStatus().ok()) {
        for (uint32_t i = 0; i < 6; ++i) {
          if (Put(Payload(i), Owner(i)).ok()) acknowledged.push_back(i);
        }
      }
      const bool failed = disk_.failed();
      disk_.Heal();
      Open();
      for (const uint32_t i : acknowledged) ExpectChunk(Payload(i));
      ExpectClean();
      if (!failed) break;
    }
    EXPECT_GT(n, 20);
    EXPECT_LT(n, 400);
  }
}

// Every byte of a store's segments, by read or by verify.
TEST_F(CrashTest, EveryFlippedByteOfASegmentIsFound) {
  Open();
  ASSERT_TRUE(PutMeta("nname", "value").ok());
  ASSERT_TRUE(Put(RandomBytes(150, 1), Owner(1)).ok());
  ASSERT_TRUE(Put(RandomBytes(150, 2), Owner(2)).ok());
  const std::string file = Segments()[0];
  const Bytes good = ReadFileBytes(file);
  for (size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] = static_cast<uint8_t>(bad[at] ^ (1 << (at % 8)));
    WriteFileBytes(file, bad);
    EXPECT_FALSE(Verify().problems.empty()) << "byte " << at;
    for (const uint32_t seed : {1u, 2u}) {
      const Bytes payload = RandomBytes(150, seed);
      const auto read = store_->ReadChunk(ChunkId::Of(payload));
      if (read.ok()) {
        EXPECT_EQ(*read, payload) << "byte " << at;
      } else {
        EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
      }
    }
  }
  WriteFileBytes(file, good);
  ExpectClean();
}

TEST_F(CrashTest, DamageBeforeTheDurableEndDoesNotKeepAStoreFromOpening) {
  Open();
  ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
  ASSERT_TRUE(Put(Payload(1), Owner(1)).ok());
  store_.reset();
  Bytes bytes = ReadFileBytes(Segments()[0]);
  const Bytes first = Payload(0);
  *std::search(bytes.begin(), bytes.end(), first.begin(), first.end()) ^= 1;
  WriteFileBytes(Segments()[0], bytes);
  Open();
  EXPECT_EQ(ReadFileBytes(Segments()[0]), bytes);
  EXPECT_TRUE(absl::IsDataLoss(store_->ReadChunk(ChunkId::Of(first)).status()));
  ExpectChunk(Payload(1));
  EXPECT_EQ(Verify().problems.size(), 1u);
  ASSERT_TRUE(Put(Payload(2), Owner(2)).ok());
}

}  // namespace
}  // namespace fovea::testing
