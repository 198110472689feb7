// SPDX-License-Identifier: GPL-2.0-or-later

#include "gmock/gmock.h"
#include "tests/store/store_fixture.h"
#include "tests/support/campaign.h"

namespace fovea::testing {
namespace {

class PruneTest : public ChunkStoreTest {
 protected:
  PruneTest() { options_.segment_bytes = 16'000; }

  // A chunk, its row and a name that say `word`, over several segments.
  static Bytes Saying(const std::string& word, uint32_t seed) {
    Bytes payload = RandomBytes(2000, seed);
    std::copy(word.begin(), word.end(), payload.begin() + 500);
    return payload;
  }

  void PutStream(const std::string& word, uint32_t chunks) {
    ASSERT_TRUE(PutMeta("n" + word, "name " + word).ok());
    for (uint32_t i = 0; i < chunks; ++i) {
      CommitBatch batch;
      const std::string owner = word + std::to_string(i);
      batch.PutChunk(Saying(word, i), owner);
      batch.PutRow(Family::kFtab, owner, "table of " + word);
      batch.PutRow(Family::kMeta, "ccount", std::to_string(i));
      batch.PutRow(Family::kSem, ObservationKey(1, word, 0, i),
                   EncodeObservationRow({1, "boxes of " + word}));
      batch.PutRow(Family::kSemx, PresenceKey(word, 0, 1, i),
                   EncodePresenceRow({1, "minutes of " + word}));
      batch.PutRow(Family::kPrior, PriorOf(word),
                   EncodePriorRow({1, owner + " of " + word}));
      ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
    }
  }

  void DropStream(const std::string& word, uint32_t chunks) {
    CommitBatch batch;
    for (uint32_t i = 0; i < chunks; ++i) {
      const std::string owner = word + std::to_string(i);
      batch.DropChunk(ChunkId::Of(Saying(word, i)), owner);
      batch.DeleteRow(Family::kFtab, owner);
      batch.DeleteRow(Family::kSem, ObservationKey(1, word, 0, i));
      batch.DeleteRow(Family::kSemx, PresenceKey(word, 0, 1, i));
    }
    batch.DeleteRow(Family::kMeta, "n" + word);
    batch.DeleteRow(Family::kPrior, PriorOf(word));
    ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  }

  void ExpectStream(const std::string& word, uint32_t chunks) {
    EXPECT_EQ(*store_->Get(Family::kMeta, "n" + word), "name " + word);
    const auto prior = store_->Get(Family::kPrior, PriorOf(word));
    ASSERT_TRUE(prior.ok()) << prior.status();
    EXPECT_EQ(DecodePriorRow(*prior)->body,
              word + std::to_string(chunks - 1) + " of " + word);
    for (uint32_t i = 0; i < chunks; ++i) {
      ExpectChunk(Saying(word, i));
      EXPECT_TRUE(
          store_->Get(Family::kSem, ObservationKey(1, word, 0, i)).ok());
      EXPECT_TRUE(store_->Get(Family::kSemx, PresenceKey(word, 0, 1, i)).ok());
    }
  }

  bool OwesErasure() const { return DumpAll(*store_).contains({0, "~u"}); }

  static std::string PriorOf(const std::string& word) {
    ModelKey model = {};
    std::copy(word.begin(), word.end(), model.begin());
    return PriorKey(1, model);
  }
};

TEST_F(PruneTest, NothingToDoWritesNothing) {
  Open();
  PutStream("keepsake", 20);
  disk_.ForgetCalls();
  const auto report = store_->Prune();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->segments_removed, 0);
  for (const auto& call : disk_.Calls()) {
    EXPECT_NE(call.kind, "append");
    EXPECT_NE(call.kind, "remove");
  }
}

TEST_F(PruneTest, NoByteOfWhatWasRemovedStaysInAnyFile) {
  Open();
  PutStream("keepsake", 20);
  PutStream("xsecretx", 20);
  PutStream("memories", 20);
  DropStream("xsecretx", 20);
  const auto report = store_->Prune();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->chunks_removed, 20);
  EXPECT_GT(report->segments_removed, 2);
  EXPECT_GT(report->bytes_freed, 20u * 2000u);
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  const ChunkId gone = ChunkId::Of(Saying("xsecretx", 0));
  EXPECT_EQ(FileHolding(Path(), {gone.bytes.begin(), gone.bytes.end()}), "");
  ExpectStream("keepsake", 20);
  ExpectStream("memories", 20);
  EXPECT_EQ(store_->Usage()->dead_chunk_bytes, 0u);
  EXPECT_EQ(store_->Usage()->chunks, 40);
  ExpectClean();
  ExpectRebuildEqual();
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  ExpectStream("keepsake", 20);
}

TEST_F(PruneTest, ASecondPruneFindsNothing) {
  Open();
  PutStream("keepsake", 10);
  PutStream("xsecretx", 10);
  DropStream("xsecretx", 10);
  ASSERT_TRUE(store_->Prune().ok());
  disk_.ForgetCalls();
  ASSERT_TRUE(store_->Prune().ok());
  for (const auto& call : disk_.Calls()) EXPECT_NE(call.kind, "append");
}

TEST_F(PruneTest, AnEmptiedStoreKeepsItsSequence) {
  Open();
  PutStream("xsecretx", 10);
  DropStream("xsecretx", 10);
  ASSERT_TRUE(store_->Prune().ok());
  Open();  // closing ends with a commit of its own
  const uint64_t sequence = store_->last_sequence();
  Open();
  EXPECT_EQ(store_->last_sequence(), sequence);
  ExpectRebuildEqual();
  EXPECT_EQ(store_->last_sequence(), sequence);
  PutStream("keepsake", 3);
  ExpectStream("keepsake", 3);
}

TEST_F(PruneTest, OldValuesOfRecordingRowsGoToo) {
  Open();
  CommitBatch first;
  first.PutRow(Family::kFtab, "key", "xsecretx");
  ASSERT_TRUE(store_->Commit(std::move(first)).ok());
  CommitBatch second;
  second.PutRow(Family::kFtab, "key", "harmless");
  ASSERT_TRUE(store_->Commit(std::move(second)).ok());
  ASSERT_TRUE(store_->Prune().ok());
  EXPECT_EQ(FileHolding(SegmentsPath(), "xsecretx"), "");
  EXPECT_EQ(*store_->Get(Family::kFtab, "key"), "harmless");
  ExpectRebuildEqual();
}

TEST_F(PruneTest, SharedChunksStayWhileOneOwnerIsLeft) {
  Open();
  PutStream("keepsake", 5);
  for (uint32_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(Put(Saying("keepsake", i), "other" + std::to_string(i)).ok());
  }
  DropStream("keepsake", 5);
  ASSERT_TRUE(store_->Prune().ok());
  for (uint32_t i = 0; i < 5; ++i) ExpectChunk(Saying("keepsake", i));
  ExpectClean();
  ExpectRebuildEqual();
}

TEST_F(PruneTest, ADamagedSegmentStaysAndDeletesStayWithIt) {
  Open();
  PutStream("keepsake", 5);
  PutStream("xsecretx", 5);
  const std::string file = Segments()[0];
  const std::string saved = "keepsake";
  Bytes bytes = ReadFileBytes(file);
  const Bytes live = Saying("keepsake", 0);
  *std::search(bytes.begin(), bytes.end(), live.begin(), live.end()) ^= 1;
  WriteFileBytes(file, bytes);
  PutStream("memories", 20);
  DropStream("xsecretx", 5);
  ASSERT_TRUE(store_->Prune().ok());
  EXPECT_TRUE(std::filesystem::exists(file));
  Open();
  const Dump before = DumpAll(*store_);
  store_.reset();
  ASSERT_TRUE(ChunkStore::Rebuild(Path(), options_).ok());
  Open();
  for (uint32_t i = 0; i < 5; ++i) {
    EXPECT_FALSE(
        store_->Get(Family::kFtab, "xsecretx" + std::to_string(i)).ok());
  }
  EXPECT_EQ(DumpAll(*store_), before);
  ExpectStream("memories", 20);
}

TEST_F(PruneTest, AFullDiskLosesNothing) {
  Open();
  PutStream("keepsake", 10);
  PutStream("xsecretx", 10);
  DropStream("xsecretx", 10);
  for (int n = 1; n < 200; ++n) {
    disk_.FailCall("append", n, absl::ResourceExhaustedError("disk full"));
    const auto report = store_->Prune();
    const bool failed = disk_.failed();
    disk_.Heal();
    if (!failed) break;
    EXPECT_TRUE(absl::IsResourceExhausted(report.status()));
    ExpectStream("keepsake", 10);
    if (!store_->Prune().ok()) Open();  // the catalogue wants it
  }
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  ExpectClean();
  ExpectRebuildEqual();
}

TEST_F(PruneTest, EachFailingCallIsMadeUpForByTheNextPrune) {
  // RocksDB waits a second after each failure, so tests/campaigns try all.
  // How many calls it makes, some 600, depends on when its threads compact.
  const uint32_t step = CampaignNumber("FOVEA_FAILING_CALLS_STEP", 47);
  constexpr uint32_t kFarBeyondTheLast = 2000;
  uint32_t n = 1;
  uint32_t failures = 0;
  for (; n < kFarBeyondTheLast; n += step, ++failures) {
    SCOPED_TRACE(n);
    store_.reset();
    std::filesystem::remove_all(Path());
    Open();
    PutStream("keepsake", 6);
    PutStream("xsecretx", 6);
    DropStream("xsecretx", 6);
    disk_.FailCall("", static_cast<int>(n), absl::InternalError("injected"));
    store_->Prune().IgnoreError();
    const bool failed = disk_.failed();
    disk_.Heal();
    if (!failed) break;
    if (!store_->Prune().ok()) {  // a failed sync wants the store reopened
      Open();
      ASSERT_TRUE(store_->Prune().ok());
    }
    EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
    ExpectStream("keepsake", 6);
    ExpectClean();
    if (failures % 10 == 0) ExpectRebuildEqual();
  }
  EXPECT_GT(n, 50u);
  EXPECT_LT(n, kFarBeyondTheLast);
}

TEST_F(PruneTest, AScanUnderWayPutsTheErasureOff) {
  Open();
  PutStream("keepsake", 6);
  PutStream("xsecretx", 6);
  WriteCatalogue();
  Open();
  DropStream("xsecretx", 6);
  int rows = 0;
  const absl::Status scanned = store_->Scan(
      Family::kFtab, "", "", [&](std::string_view, std::string_view value) {
        EXPECT_EQ(value, "table of keepsake");
        if (rows++ > 0) return true;
        const auto pruned = store_->Prune();
        EXPECT_TRUE(pruned.ok()) << pruned.status();
        return true;
      });
  ASSERT_TRUE(scanned.ok()) << scanned;
  EXPECT_EQ(rows, 6);
  EXPECT_TRUE(OwesErasure());
  const auto pruned = store_->Prune();
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EXPECT_FALSE(OwesErasure());
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  ExpectStream("keepsake", 6);
  ExpectClean();
}

TEST_F(PruneTest, ACrashAtAnyPointLeavesAWholeStore) {
  UseMemory();
  Open();
  PutStream("keepsake", 8);
  PutStream("xsecretx", 8);
  DropStream("xsecretx", 8);
  int catalogue_calls = 0;
  disk_.OnChange([&] {
    // Of RocksDB's many calls each eleventh; lying_disk_test.cc cuts at any.
    const std::string path = disk_.Calls().back().path;
    const bool of_catalogue = path.find("/catalogue/") != path.npos;
    if (of_catalogue && ++catalogue_calls % 11 != 0) return;
    for (const Unsynced unsynced :
         {Unsynced::kLost, Unsynced::kKept, Unsynced::kRandom}) {
      const auto seed = static_cast<uint32_t>(images_.size());
      images_.push_back(memory_.AfterPowerCut(unsynced, seed));
    }
  });
  ASSERT_TRUE(store_->Prune().ok());
  disk_.OnChange(nullptr);
  store_.reset();
  ASSERT_GT(images_.size(), 60u);
  ChunkStoreOptions on_image = options_;
  for (size_t i = 0; i < images_.size(); ++i) {
    SCOPED_TRACE(i);
    on_image.file_system = images_[i].get();
    auto store = ChunkStore::Open(Path(), on_image);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    ExpectStream("keepsake", 8);
    ExpectClean();
    if (i % 3 == 0) {
      Dump before = DumpAll(*store_);
      before.erase({0, "~u"});  // a fresh catalogue owes no purge
      store_.reset();
      ASSERT_TRUE(ChunkStore::Rebuild(Path(), on_image).ok());
      store_ = *ChunkStore::Open(Path(), on_image);
      EXPECT_EQ(DumpAll(*store_), before);
    }
    const absl::Status pruned = store_->Prune().status();
    ASSERT_TRUE(pruned.ok()) << pruned;
    EXPECT_EQ(images_[i]->FileHolding("xsecretx"), "");
    ExpectStream("keepsake", 8);
    ExpectClean();
    store_.reset();
    images_[i].reset();
  }
}

}  // namespace
}  // namespace fovea::testing
