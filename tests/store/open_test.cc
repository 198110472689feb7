// SPDX-License-Identifier: GPL-2.0-or-later

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "store/format_file.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OpenTest : public ChunkStoreTest {};

TEST_F(OpenTest, WithoutCreateAMissingFolderIsNotFound) {
  options_.create = false;
  EXPECT_TRUE(absl::IsNotFound(OpenStatus()));
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(OpenTest, AForeignFolderIsNeverTouched) {
  std::filesystem::create_directory(Path());
  WriteFileText(Path() + "/holiday.jpg", "x");
  const absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(), HasSubstr("it holds 'holiday.jpg'"));
  options_.create = false;
  EXPECT_TRUE(absl::IsNotFound(OpenStatus()));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Path())) {
    EXPECT_EQ(entry.path().filename(), "holiday.jpg");
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(OpenTest, AFileIsNoStore) {
  WriteFileText(Path(), "text");
  EXPECT_FALSE(OpenStatus().ok());
}

TEST_F(OpenTest, AnInterruptedCreationIsFinished) {
  // Every call that creation makes fails once.
  int n = 1;
  for (; n < 100; ++n) {
    std::filesystem::remove_all(Path());
    disk_.FailCall("", n, absl::InternalError("injected"));
    OpenStatus().IgnoreError();
    if (!disk_.failed()) break;
    disk_.Heal();
    Open();
    ASSERT_TRUE(Put(RandomBytes(10, 1), "a").ok());
  }
  EXPECT_GT(n, 5);
}

// Whatever a broken-off creation leaves is no store, or one that opens both
// ways with what was acknowledged.
void CheckYoungStore(const std::string& path, ChunkStoreOptions options,
                     const Bytes& payload, bool acknowledged) {
  options.create = false;
  for (const bool read_only : {true, false, true}) {
    options.read_only = read_only;
    auto store = ChunkStore::Open(path, options);
    if (absl::IsNotFound(store.status())) {
      EXPECT_FALSE(acknowledged);
      continue;
    }
    ASSERT_TRUE(store.ok())
        << (read_only ? "read-only: " : "writing: ") << store.status();
    const auto chunk = (*store)->ReadChunk(ChunkId::Of(payload));
    EXPECT_TRUE(chunk.ok() || !acknowledged);
    const auto report = (*store)->Scrub({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->problems.empty()) << report->problems[0].what;
  }
  options.create = true;
  options.read_only = false;
  auto store = ChunkStore::Open(path, options);
  ASSERT_TRUE(store.ok()) << store.status();
  CommitBatch batch;
  batch.PutChunk(payload, "again");
  EXPECT_TRUE((*store)->Commit(std::move(batch)).ok());
}

TEST_F(OpenTest, APowerCutAtAnyCallOfCreationLeavesNoStoreOrOneThatOpens) {
  UseMemory();
  const Bytes payload = RandomBytes(700, 1);
  struct Image {
    std::unique_ptr<MemoryFileSystem> disk;
    bool acknowledged;
  };
  std::vector<Image> images;
  bool acknowledged = false;
  const auto cut = [&] {
    for (const Unsynced unsynced :
         {Unsynced::kLost, Unsynced::kKept, Unsynced::kRandom,
          Unsynced::kRandom, Unsynced::kRandom}) {
      const auto seed = static_cast<uint32_t>(images.size());
      images.push_back({memory_.AfterPowerCut(unsynced, seed), acknowledged});
    }
  };
  disk_.OnChange(cut);
  Open();
  ASSERT_TRUE(Put(payload, "a").ok());
  acknowledged = true;
  cut();
  store_.reset();
  cut();
  disk_.OnChange(nullptr);
  ASSERT_GT(images.size(), 100u);
  for (size_t i = 0; i < images.size(); ++i) {
    SCOPED_TRACE(i);
    ChunkStoreOptions options = options_;
    options.file_system = images[i].disk.get();
    CheckYoungStore(Path(), options, payload, images[i].acknowledged);
  }
}

TEST_F(OpenTest, AKillAtAnyCallOfCreationLeavesNoStoreOrOneThatOpens) {
  const Bytes payload = RandomBytes(700, 1);
  for (int n = 1; n < 200; ++n) {
    SCOPED_TRACE(n);
    std::filesystem::remove_all(Path());
    // From then on nothing this process does reaches the disk.
    disk_.FailCall("", n, absl::InternalError("killed"), /*for_ever=*/true);
    const bool acknowledged = OpenStatus().ok() && Put(payload, "a").ok();
    store_.reset();
    const bool killed = disk_.failed();
    disk_.Heal();
    CheckYoungStore(Path(), options_, payload, acknowledged);
    if (!killed) return;
  }
  FAIL() << "creation never got through";
}

TEST_F(OpenTest, ANewerFormatIsRefusedByName) {
  Open();
  store_.reset();
  std::string text = EncodeFormatFile({});
  text.replace(text.find("format 5"), 8, "format 7");
  WriteFileText(Path() + "/FOVEA", text);
  const absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(), AllOf(HasSubstr("store format 7"),
                                       HasSubstr("use a newer fovea")));
}

TEST_F(OpenTest, ADamagedFormatFileIsNamed) {
  Open();
  store_.reset();
  const Bytes good = ReadFileBytes(Path() + "/FOVEA");
  for (size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x10;
    WriteFileBytes(Path() + "/FOVEA", bad);
    EXPECT_FALSE(OpenStatus().ok()) << at;
    bad.resize(at);
    WriteFileBytes(Path() + "/FOVEA", bad);
    EXPECT_FALSE(OpenStatus().ok()) << at;
  }
  WriteFileBytes(Path() + "/FOVEA", good);
  Open();
}

TEST_F(OpenTest, TheSecondOpenerLearnsWhoHasIt) {
  Open();
  auto second = ChunkStore::Open(Path(), options_);
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_THAT(second.status().ToString(),
              HasSubstr(absl::StrCat("in use by pid ", getpid())));
  EXPECT_TRUE(absl::IsUnavailable(ChunkStore::Rebuild(Path(), options_)));
}

TEST_F(OpenTest, AnotherProcessIsToldAndALockDiesWithItsHolder) {
  Open();
  store_.reset();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto held = FileSystem::Posix()->Lock(Path() + "/LOCK");
    const char done = held.ok() ? 'y' : 'n';
    if (write(ready[1], &done, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_THAT(OpenStatus().ToString(),
              HasSubstr(absl::StrCat("in use by pid ", child)));
  options_.read_only = true;
  EXPECT_TRUE(OpenStatus().ok());  // who reads needs no lock
  options_.read_only = false;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  Open();
}

TEST_F(OpenTest, ReadOnlyReadsAndRefusesToWrite) {
  Open();
  const Bytes payload = RandomBytes(500, 1);
  ASSERT_TRUE(Put(payload, "a").ok());
  options_.read_only = true;
  Open();
  ExpectChunk(payload);
  ExpectClean();
  EXPECT_TRUE(absl::IsFailedPrecondition(Put(payload, "b").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->Prune().status()));
}

TEST_F(OpenTest, ReadOnlyNeedsNoPermissionToWrite) {
  Open();
  const Bytes payload = RandomBytes(500, 1);
  ASSERT_TRUE(Put(payload, "a").ok());
  store_.reset();
  options_.read_only = true;
  disk_.FailCall("mkdir", 1, absl::PermissionDeniedError("read-only disk"),
                 /*for_ever=*/true);
  Open();
  ExpectChunk(payload);
  EXPECT_TRUE(disk_.failed());
  disk_.Heal();
}

TEST_F(OpenTest, WithoutACatalogueTheJournalsAreReplayed) {
  options_.segment_bytes = 4000;
  Open();
  for (uint32_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(Put(RandomBytes(900, i), std::to_string(i)).ok());
  }
  Open();
  const Dump before = DumpAll(*store_);
  WriteCatalogue();
  ASSERT_TRUE(std::filesystem::remove_all(Path() + "/catalogue") > 0);
  for (const bool read_only : {true, false}) {
    options_.read_only = read_only;
    Open();
    EXPECT_EQ(DumpAll(*store_), before);
    ExpectClean();
  }
}

TEST_F(OpenTest, AMissingCatalogueOfAPrunedStoreAsksForARebuild) {
  Open();
  const Bytes payload = RandomBytes(500, 1);
  ASSERT_TRUE(Put(RandomBytes(500, 2), "b").ok());
  ASSERT_TRUE(Put(payload, "a").ok());
  ASSERT_TRUE(Drop(RandomBytes(500, 2), "b").ok());
  ASSERT_TRUE(store_->Prune().ok());
  Open();
  const Dump before = DumpAll(*store_);
  store_.reset();
  std::filesystem::remove_all(Path() + "/catalogue");
  EXPECT_THAT(OpenStatus().ToString(), HasSubstr("fovea doctor --rebuild"));
  WriteCatalogue();
  Open();
  EXPECT_EQ(DumpAll(*store_), before);
}

TEST_F(OpenTest, ARebuildThatBrokeOffBetweenItsRenamesIsUndone) {
  Open();
  ASSERT_TRUE(Put(RandomBytes(500, 1), "a").ok());
  ASSERT_TRUE(Put(RandomBytes(500, 2), "b").ok());
  ASSERT_TRUE(Drop(RandomBytes(500, 1), "a").ok());
  ASSERT_TRUE(store_->Prune().ok());  // journals alone no longer suffice
  Open();
  const Dump before = DumpAll(*store_);
  store_.reset();
  std::filesystem::rename(Path() + "/catalogue", Path() + "/catalogue.old");
  for (const bool read_only : {true, false}) {
    options_.read_only = read_only;
    Open();
    EXPECT_EQ(DumpAll(*store_), before);
    ExpectClean();
  }
  EXPECT_FALSE(std::filesystem::exists(Path() + "/catalogue.old"));
}

TEST_F(OpenTest, ADamagedCatalogueAsksForARebuild) {
  Open();
  const Bytes payload = RandomBytes(500, 1);
  ASSERT_TRUE(Put(payload, "a").ok());
  Open();
  const Dump before = DumpAll(*store_);
  WriteCatalogue();
  WriteFileText(Path() + "/catalogue/CURRENT", "MANIFEST-999999\n");
  EXPECT_THAT(OpenStatus().ToString(), HasSubstr("fovea doctor --rebuild"));
  ASSERT_TRUE(ChunkStore::Rebuild(Path(), options_).ok());
  Open();
  EXPECT_EQ(DumpAll(*store_), before);
  EXPECT_FALSE(std::filesystem::exists(Path() + "/catalogue.old"));
}

TEST_F(OpenTest, EachReadThatFailsSurfaces) {
  Open();
  ASSERT_TRUE(Put(RandomBytes(10, 1), "a").ok());
  WriteCatalogue();
  int n = 1;
  for (; n < 1000; ++n) {
    disk_.FailCall("read", n, absl::InternalError("injected"));
    const absl::Status status = OpenStatus();
    if (!disk_.failed()) break;
    EXPECT_THAT(status.ToString(), HasSubstr("injected")) << n;
    disk_.Heal();
  }
  EXPECT_GT(n, 5);
}

TEST_F(OpenTest, TheCatalogueOfAnotherStoreIsRefused) {
  Open();
  store_.reset();
  const std::string other = folder_.File("other");
  ASSERT_TRUE(ChunkStore::Open(other, options_).ok());
  ASSERT_TRUE(ChunkStore::Rebuild(other, options_).ok());
  std::filesystem::rename(other + "/catalogue", Path() + "/catalogue");
  EXPECT_THAT(OpenStatus().ToString(), HasSubstr("another store"));
}

TEST_F(OpenTest, ACatalogueAheadOfItsSegmentsIsRefusedForWriting) {
  Open();
  const Bytes first = RandomBytes(500, 1);
  const Bytes second = RandomBytes(500, 2);
  ASSERT_TRUE(Put(first, "a").ok());
  const auto short_by = std::filesystem::file_size(Segments()[0]);
  ASSERT_TRUE(Put(second, "b").ok());
  WriteCatalogue();
  std::filesystem::resize_file(Segments()[0], short_by);
  const absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(status.ToString(), HasSubstr("fovea doctor --rebuild"));
  options_.read_only = true;
  Open();
  ExpectChunk(first);
  EXPECT_TRUE(
      absl::IsDataLoss(store_->ReadChunk(ChunkId::Of(second)).status()));
  EXPECT_FALSE(Verify().problems.empty());
  store_.reset();
  options_.read_only = false;
  ASSERT_TRUE(ChunkStore::Rebuild(Path(), options_).ok());
  Open();
  ExpectChunk(first);
  ExpectNoChunk(second);
  ExpectClean();
}

TEST_F(OpenTest, AnOlderCatalogueCatchesUp) {
  options_.segment_bytes = 4000;
  Open();
  ASSERT_TRUE(Put(RandomBytes(900, 1), "a").ok());
  WriteCatalogue();
  const std::string old = folder_.File("old");
  std::filesystem::copy(Path() + "/catalogue", old);
  Open();
  for (uint32_t i = 2; i < 20; ++i) {
    ASSERT_TRUE(Put(RandomBytes(900, i), std::to_string(i)).ok());
  }
  EXPECT_GT(Segments().size(), 3u);
  Open();
  const Dump before = DumpAll(*store_);
  store_.reset();
  std::filesystem::remove_all(Path() + "/catalogue");
  std::filesystem::rename(old, Path() + "/catalogue");
  Open();
  EXPECT_EQ(DumpAll(*store_), before);
  ExpectClean();
}

TEST_F(OpenTest, DamageThatLaterCommitsFollowIsNeverCut) {
  Open();
  ASSERT_TRUE(Put(RandomBytes(900, 1), "a").ok());
  WriteCatalogue();
  const std::string old = folder_.File("old");
  std::filesystem::copy(Path() + "/catalogue", old);
  Open();
  const Bytes victim = RandomBytes(900, 2);
  ASSERT_TRUE(Put(victim, "b").ok());
  ASSERT_TRUE(Put(RandomBytes(900, 3), "c").ok());
  store_.reset();
  const std::string file = Segments()[0];
  Bytes bytes = ReadFileBytes(file);
  const auto place =
      std::search(bytes.begin(), bytes.end(), victim.begin(), victim.end());
  *place ^= 1;
  WriteFileBytes(file, bytes);
  std::filesystem::remove_all(Path() + "/catalogue");
  std::filesystem::rename(old, Path() + "/catalogue");
  Open();
  EXPECT_EQ(ReadFileBytes(file), bytes);
  ExpectChunk(RandomBytes(900, 3));
  const absl::Status read = store_->ReadChunk(ChunkId::Of(victim)).status();
  EXPECT_TRUE(absl::IsDataLoss(read));
  EXPECT_THAT(read.ToString(), HasSubstr("segment 00000001 at offset"));
  EXPECT_EQ(Verify().problems.size(), 1u);
}

TEST_F(OpenTest, ACommitMissingBetweenTwoOthersIsRefused) {
  Open();
  ASSERT_TRUE(PutMeta("first", "value").ok());
  WriteCatalogue();
  const std::string old = folder_.File("old");
  std::filesystem::copy(Path() + "/catalogue", old);
  Open();
  ASSERT_TRUE(PutMeta("second-key", "value").ok());
  ASSERT_TRUE(PutMeta("third", "value").ok());
  store_.reset();
  Bytes bytes = ReadFileBytes(Segments()[0]);
  const Bytes key = BytesOfText("second-key");
  *std::search(bytes.begin(), bytes.end(), key.begin(), key.end()) ^= 1;
  WriteFileBytes(Segments()[0], bytes);
  std::filesystem::remove_all(Path() + "/catalogue");
  std::filesystem::rename(old, Path() + "/catalogue");
  const absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.ToString(), HasSubstr("commit 4 follows commit 2"));
  EXPECT_EQ(ReadFileBytes(Segments()[0]), bytes);
}

TEST_F(OpenTest, ASegmentOfAnotherStoreStopsARebuild) {
  Open();
  ASSERT_TRUE(Put(RandomBytes(10, 1), "a").ok());
  store_.reset();
  const std::string other = folder_.File("other");
  {
    auto store = ChunkStore::Open(other, options_);
    ASSERT_TRUE(store.ok());
    CommitBatch batch;
    batch.PutRow(Family::kMeta, "k", "v");
    ASSERT_TRUE((*store)->Commit(std::move(batch)).ok());
  }
  std::filesystem::remove_all(SegmentsPath());
  std::filesystem::rename(other + "/segments", SegmentsPath());
  EXPECT_THAT(ChunkStore::Rebuild(Path(), options_).ToString(),
              HasSubstr("belongs to another store"));
}

}  // namespace
}  // namespace fovea::testing
