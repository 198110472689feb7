// SPDX-License-Identifier: GPL-2.0-or-later
//
// Backups: what is restored equals what was there, whatever went on
// meanwhile and whatever broke; the backup before is good until the next is.

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "store/backup_manifest.h"
#include "store/restore.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

class BackupTest : public ChunkStoreTest {
 protected:
  std::string Target() const { return folder_.File("backup"); }
  std::string Restored() const { return folder_.File("restored"); }

  absl::StatusOr<BackupReport> TryBackup(BackupOptions options = {}) {
    return store_->Backup(Target(), options, nullptr);
  }

  BackupReport Backup(BackupOptions options = {}) {
    auto report = TryBackup(options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : BackupReport();
  }

  absl::Status Restore() {
    std::filesystem::remove_all(Restored());
    return RestoreBackup(FileSystem::Posix(), Target(), Restored(), nullptr)
        .status();
  }

  // Opens what was restored; it has to be whole.
  std::unique_ptr<ChunkStore> OpenRestored() {
    const absl::Status status = Restore();
    EXPECT_TRUE(status.ok()) << status;
    ChunkStoreOptions options = options_;
    options.create = false;
    options.file_system = nullptr;
    auto store = ChunkStore::Open(Restored(), options);
    EXPECT_TRUE(store.ok()) << store.status();
    if (!store.ok()) return nullptr;
    const auto report = (*store)->Scrub({.deep = true});
    EXPECT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
    return *std::move(store);
  }

  std::string ManifestText() const {
    const Bytes bytes = ReadFileBytes(Target() + "/BACKUP");
    return {bytes.begin(), bytes.end()};
  }

  static int64_t NamesIn(const std::string& folder) {
    const std::filesystem::directory_iterator names(folder);
    return std::distance(begin(names), end(names));
  }

  void Fill(uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; ++i) {
      ASSERT_TRUE(Put(RandomBytes(900, i), "n" + std::to_string(i)).ok());
    }
  }

  static void ExpectHolds(ChunkStore& store, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; ++i) {
      const Bytes payload = RandomBytes(900, i);
      const auto read = store.ReadChunk(ChunkId::Of(payload));
      ASSERT_TRUE(read.ok()) << i << ": " << read.status();
      EXPECT_EQ(*read, payload);
    }
  }

  // All rows but those on files, which may be in another segment's state.
  static Dump Rows(ChunkStore& store) {
    Dump dump = DumpAll(store);
    std::erase_if(dump, [](const auto& row) {
      return row.first.first == 0 && row.first.second.starts_with("~");
    });
    return dump;
  }
};

TEST_F(BackupTest, WhatIsRestoredEqualsInEveryFamily) {
  options_.segment_bytes = 4000;
  options_.catalogue_buffer_bytes = 64 << 10;
  Open();
  Fill(0, 30);
  ASSERT_TRUE(Drop(RandomBytes(900, 3), "n3").ok());
  ASSERT_TRUE(store_->Prune().ok());
  Fill(30, 40);
  const Dump before = DumpAll(*store_);
  const BackupReport report = Backup();
  EXPECT_EQ(report.sequence, store_->last_sequence());
  EXPECT_GT(report.files_linked, 0);
  EXPECT_GT(report.files_copied, 0);
  auto restored = OpenRestored();
  EXPECT_EQ(DumpAll(*restored), before);
  ExpectHolds(*restored, 30, 40);
  // And it goes on as a store of its own.
  CommitBatch batch;
  batch.PutRow(Family::kMeta, "only there", "x");
  ASSERT_TRUE(restored->Commit(std::move(batch)).ok());
  EXPECT_TRUE(
      absl::IsNotFound(store_->Get(Family::kMeta, "only there").status()));
  EXPECT_EQ(DumpAll(*store_), before);
}

TEST_F(BackupTest, AFolderOfTheStoreIsRefusedWithBothNames) {
  Open();
  Fill(0, 3);
  std::filesystem::create_directory_symlink(Path(), folder_.File("link"));
  for (const std::string& target :
       {Path(), Path() + "/", Path() + "/kept", SegmentsPath() + "/a/b",
        folder_.File("link/kept"), folder_.File("."), folder_.File("x/..")}) {
    SCOPED_TRACE(target);
    const auto names = std::filesystem::exists(target) ? NamesIn(target) : 0;
    const auto report = store_->Backup(target, {}, nullptr);
    EXPECT_TRUE(absl::IsFailedPrecondition(report.status()));
    EXPECT_THAT(report.status().message(), HasSubstr("'" + target + "'"));
    EXPECT_THAT(report.status().message(), HasSubstr("store '" + Path() + "'"));
    EXPECT_EQ(std::filesystem::exists(target) ? NamesIn(target) : 0, names);
  }
  // Beside it, and of a longer name.
  EXPECT_TRUE(store_->Backup(Path() + "2", {}, nullptr).ok());
}

TEST_F(BackupTest, NoFolderOfAnyStoreBecomesABackupOrAStore) {
  Open();
  Fill(0, 3);
  Backup();
  OpenRestored();
  const std::string inside = Restored() + "/segments/again";
  const auto backup = store_->Backup(inside, {}, nullptr).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(backup)) << backup;
  EXPECT_THAT(backup.message(), HasSubstr(inside + "' lies inside the store"));
  for (const std::string& target :
       {inside, Path() + "/again", Target() + "/again", Target()}) {
    const auto restored =
        RestoreBackup(FileSystem::Posix(), Target(), target, nullptr).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(restored)) << restored;
    EXPECT_THAT(restored.message(), HasSubstr("'" + target + "'"));
    EXPECT_THAT(restored.message(), HasSubstr("; "));
  }
  EXPECT_FALSE(std::filesystem::exists(inside));
  EXPECT_FALSE(std::filesystem::exists(Target() + "/again"));
}

TEST_F(BackupTest, AYoungStoreWithoutTablesToo) {
  Open();
  Fill(0, 3);
  const Dump before = DumpAll(*store_);
  Backup();
  EXPECT_EQ(DumpAll(*OpenRestored()), before);
}

TEST_F(BackupTest, ASecondOneCostsWhatIsNew) {
  options_.segment_bytes = 20'000;
  Open();
  Fill(0, 200);
  const BackupReport first = Backup({.copy = true});
  EXPECT_EQ(first.files_linked, 0);
  EXPECT_GT(first.bytes_written, 180'000u);
  const BackupReport same = Backup({.copy = true});
  EXPECT_EQ(same.files_copied, 0);
  EXPECT_LT(same.bytes_written, 3000u);  // the manifest
  Fill(200, 201);
  const BackupReport second = Backup({.copy = true});
  EXPECT_EQ(second.files_copied, 1);
  EXPECT_LT(second.bytes_written, 6000u);
  ExpectHolds(*OpenRestored(), 0, 201);
}

TEST_F(BackupTest, PruningKeepsWhatTheLastOneNeeds) {
  options_.segment_bytes = 4000;
  Open();
  Fill(0, 20);
  Backup();
  for (uint32_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(Drop(RandomBytes(900, i), "n" + std::to_string(i)).ok());
  }
  ASSERT_TRUE(store_->Prune().ok());
  const BackupReport kept = Backup();
  EXPECT_EQ(kept.files_removed, 0);
  const BackupReport pruned = Backup({.prune = true});
  EXPECT_GT(pruned.files_removed, 0);
  EXPECT_GT(pruned.bytes_removed, 0u);
  auto restored = OpenRestored();
  ExpectHolds(*restored, 10, 20);
  EXPECT_EQ(Rows(*restored), Rows(*store_));
}

TEST_F(BackupTest, LinksAreNeverWrittenTo) {
  options_.segment_bytes = 1 << 20;
  Open();
  Fill(0, 10);
  NextHour();
  Fill(10, 12);  // a second segment; the first is linked from now on
  ASSERT_EQ(Segments().size(), 2u);
  EXPECT_EQ(Backup().files_linked, 1);
  const Bytes sealed = ReadFileBytes(Segments()[0]);
  Fill(12, 20);
  NextHour();
  Fill(20, 22);
  Backup();
  EXPECT_EQ(ReadFileBytes(Segments()[0]), sealed);
  ExpectHolds(*OpenRestored(), 0, 22);
}

TEST_F(BackupTest, WhileOthersCommitAndPrune) {
  options_.segment_bytes = 20'000;
  options_.catalogue_buffer_bytes = 64 << 10;
  Open();
  Fill(0, 50);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<uint32_t> committed = 50;
  std::thread writer([&] {
    for (uint32_t i = 50; i < 400 && !done; ++i) {
      if (!Put(RandomBytes(900, i), "n" + std::to_string(i)).ok()) ++wrong;
      committed = i + 1;
      if (i % 40 == 0) {
        const uint32_t old = i - 45;
        if (!Drop(RandomBytes(900, old), "n" + std::to_string(old)).ok()) {
          ++wrong;
        }
        if (!store_->Prune().ok()) ++wrong;
      }
    }
  });
  for (int round = 0; round < 6; ++round) {
    const uint32_t before = committed;
    Backup();
    auto restored = OpenRestored();
    // All that was acknowledged before it began, drops aside.
    for (uint32_t i = 0; i < before; ++i) {
      const auto read = restored->ReadChunk(ChunkId::Of(RandomBytes(900, i)));
      if (!read.ok() && i % 40 != 35) ++wrong;
    }
    // A catalogue made from the backup's segments alone says the same.
    const Dump rows = Rows(*restored);
    restored.reset();
    ChunkStoreOptions options = options_;
    options.create = false;
    options.file_system = nullptr;
    ASSERT_TRUE(ChunkStore::Rebuild(Restored(), options).ok());
    auto rebuilt = ChunkStore::Open(Restored(), options);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
    EXPECT_EQ(Rows(**rebuilt), rows);
  }
  done = true;
  writer.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(BackupTest, BesideAWriterThroughItsFiles) {
  options_.segment_bytes = 4000;
  Open();
  Fill(0, 20);
  const Dump before = Rows(*store_);
  ChunkStoreOptions options = options_;
  options.create = false;
  options.read_only = true;
  auto reader = ChunkStore::Open(Path(), options);
  ASSERT_TRUE(reader.ok()) << reader.status();
  Fill(20, 25);
  ASSERT_TRUE((*reader)->Backup(Target(), {}, nullptr).ok());
  EXPECT_EQ(Rows(*OpenRestored()), before);
}

TEST_F(BackupTest, AnotherStoresFolderIsRefused) {
  Open();
  Fill(0, 2);
  Backup();
  store_.reset();
  std::filesystem::remove_all(Path());
  Open();
  Fill(0, 1);
  EXPECT_THAT(TryBackup().status().ToString(), HasSubstr("another store"));
  EXPECT_EQ(OpenRestored()->last_sequence(), 2u);
}

TEST_F(BackupTest, AFolderWithOtherThingsIsRefused) {
  Open();
  Fill(0, 1);
  std::filesystem::create_directory(Target());
  WriteFileText(Target() + "/holiday.jpg", "x");
  EXPECT_THAT(TryBackup().status().ToString(), HasSubstr("'holiday.jpg'"));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      store_->Backup(Path(), {}, nullptr).status()));  // into itself
}

TEST_F(BackupTest, AHistoryThatWentAnotherWayIsRefused) {
  Open();
  Fill(0, 2);
  const std::string old = folder_.File("old");
  store_.reset();
  std::filesystem::copy(Path(), old, std::filesystem::copy_options::recursive);
  Open();
  Fill(2, 4);
  Backup();
  store_.reset();
  std::filesystem::remove_all(Path());
  std::filesystem::rename(old, Path());
  Open();
  Fill(10, 14);
  EXPECT_THAT(TryBackup().status().ToString(), HasSubstr("another way"));
  ExpectHolds(*OpenRestored(), 0, 4);
}

TEST_F(BackupTest, RestoreRefusesWhatIsNotEmpty) {
  Open();
  Fill(0, 2);
  Backup();
  std::filesystem::create_directory(Restored());
  WriteFileText(Restored() + "/x", "x");
  const absl::Status status =
      RestoreBackup(FileSystem::Posix(), Target(), Restored(), nullptr)
          .status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(), HasSubstr("not empty"));
  EXPECT_TRUE(
      absl::IsNotFound(RestoreBackup(FileSystem::Posix(), folder_.File("no"),
                                     folder_.File("fresh"), nullptr)
                           .status()));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("fresh")));
}

TEST_F(BackupTest, EachFlippedByteOfABackupIsFound) {
  Open();
  Fill(0, 2);
  Backup({.copy = true});
  size_t flips = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(Target())) {
    if (!entry.is_regular_file() || entry.path().filename() == "LOCK") continue;
    const std::string file = entry.path().string();
    const Bytes good = ReadFileBytes(file);
    for (size_t at = 0; at < good.size(); at += 37) {
      Bytes bad = good;
      bad[at] ^= 4;
      WriteFileBytes(file, bad);
      EXPECT_FALSE(Restore().ok()) << file << " " << at;
      EXPECT_FALSE(std::filesystem::exists(Restored()));
      ++flips;
    }
    WriteFileBytes(file, {good.begin(), good.end() - 1});
    EXPECT_FALSE(Restore().ok()) << file;
    WriteFileBytes(file, good);
  }
  EXPECT_GT(flips, 50u);
  ExpectHolds(*OpenRestored(), 0, 2);
}

// Every call fails once, and from then on: as a kill there would have it.
TEST_F(BackupTest, BrokenOffAnywhereTheOneBeforeIsGood) {
  options_.segment_bytes = 4000;
  Open();
  Fill(0, 6);
  Backup();
  const std::string pristine = folder_.File("pristine");
  std::filesystem::copy(Target(), pristine,
                        std::filesystem::copy_options::recursive);
  Fill(6, 12);
  int calls = 0;
  for (int n = 1; n < 1000; ++n) {
    SCOPED_TRACE(n);
    std::filesystem::remove_all(Target());
    std::filesystem::copy(pristine, Target(),
                          std::filesystem::copy_options::recursive);
    disk_.FailCall("", n, absl::InternalError("killed"), /*for_ever=*/true);
    const bool done = TryBackup().ok();
    const bool failed = disk_.failed();
    disk_.Heal();
    ExpectHolds(*OpenRestored(), 0, done ? 12 : 6);
    if (!failed) break;
    ++calls;
    if (n % 10 == 0) {  // what it left is in no later one's way
      Backup();
      ExpectHolds(*OpenRestored(), 0, 12);
    }
  }
  EXPECT_GT(calls, 20);
}

TEST_F(BackupTest, AFullDiskIsSaidAndLeavesTheOneBefore) {
  options_.segment_bytes = 4000;
  Open();
  Fill(0, 6);
  Backup({.copy = true});
  const std::string manifest = ManifestText();
  Fill(6, 16);
  for (int n = 1; n < 6; ++n) {
    disk_.FailCall("append", n, absl::ResourceExhaustedError("disk full"),
                   /*for_ever=*/true);
    const absl::Status status = TryBackup({.copy = true}).status();
    disk_.Heal();
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(ManifestText(), manifest);
  }
  ExpectHolds(*OpenRestored(), 0, 6);
  Backup();
  ExpectHolds(*OpenRestored(), 0, 16);
}

TEST_F(BackupTest, TwoAtOnceIntoOneFolderAreRefused) {
  Open();
  Fill(0, 3);
  std::atomic<bool> tried = false;
  ASSERT_TRUE(store_
                  ->Backup(Target(), {},
                           [&](uint64_t, uint64_t) {
                             if (!tried.exchange(true)) {
                               EXPECT_TRUE(
                                   absl::IsUnavailable(TryBackup().status()));
                             }
                             return true;
                           })
                  .ok());
  EXPECT_TRUE(tried);
}

TEST_F(BackupTest, AnInterruptedOneLeavesTheOneBefore) {
  Open();
  Fill(0, 3);
  Backup();
  Fill(3, 6);
  const absl::Status status =
      store_->Backup(Target(), {}, [](uint64_t, uint64_t) { return false; })
          .status();
  EXPECT_TRUE(absl::IsCancelled(status));
  EXPECT_EQ(OpenRestored()->last_sequence(), 3u);
}

}  // namespace
}  // namespace fovea::testing
