// SPDX-License-Identifier: GPL-2.0-or-later
//
// Readers of other processes: what they see, what they keep from being
// removed, and for how long. A second ChunkStore on the same folder stands for
// the other process: flock(2) tells two openings apart as it does two
// processes.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "store/leases.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LeaseTest : public ChunkStoreTest {
 protected:
  std::unique_ptr<ChunkStore> OpenReader() {
    ChunkStoreOptions options = options_;
    options.create = false;
    options.read_only = true;
    auto reader = ChunkStore::Open(Path(), options);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }

  std::vector<std::string> LeaseFiles() const {
    std::vector<std::string> names;
    if (!std::filesystem::exists(Path() + "/leases")) return names;
    for (const auto& entry :
         std::filesystem::directory_iterator(Path() + "/leases")) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  std::vector<ReaderHold> Leases() {
    auto leases = LiveLeases(&disk_, Path(), now_ns_);
    EXPECT_TRUE(leases.ok()) << leases.status();
    return *leases;
  }

  PruneReport Prune() {
    auto report = store_->Prune();
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : PruneReport();
  }

  bool OnDisk(const std::string& text) const {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(Path())) {
      if (!entry.is_regular_file()) continue;
      const Bytes bytes = ReadFileBytes(entry.path().string());
      if (std::search(bytes.begin(), bytes.end(), text.begin(), text.end()) !=
          bytes.end()) {
        return true;
      }
    }
    return false;
  }

  void PassTime(int64_t ns) { now_ns_ += ns; }
};

TEST_F(LeaseTest, NamesAreNumbersAndNothingElse) {
  const LeaseName lease = {4711, 0xfedcba9876543210, 1'795'000'000'000'000'000};
  EXPECT_EQ(LeaseFileName(lease),
            "4711-fedcba9876543210-1795000000000000000.lease");
  EXPECT_EQ(ParseLeaseName(LeaseFileName(lease)), lease);
  for (const char* name :
       {"", "lease", "-1-2.lease", "1-2-3.lease", "../../etc/passwd",
        "04711-fedcba9876543210-1.lease", "4711-FEDCBA9876543210-1.lease",
        "4711-fedcba9876543210-1.lease2", "4711-fedcba9876543210-.lease",
        "99999999999999999999-fedcba9876543210-1.lease"}) {
    EXPECT_FALSE(ParseLeaseName(name).has_value()) << name;
  }
}

TEST_F(LeaseTest, AReaderBesideTheWriterSeesEveryWholeCommit) {
  options_.segment_bytes = 4000;
  options_.catalogue_buffer_bytes = 64 << 10;
  Open();
  for (uint32_t i = 0; i < 30; ++i) {
    ASSERT_TRUE(Put(RandomBytes(900, i), std::to_string(i)).ok());
    auto reader = OpenReader();
    EXPECT_EQ(reader->last_sequence(), store_->last_sequence());
    for (uint32_t j = 0; j <= i; ++j) {
      const auto read = reader->ReadChunk(ChunkId::Of(RandomBytes(900, j)));
      ASSERT_TRUE(read.ok()) << read.status();
    }
    EXPECT_EQ(DumpAll(*reader), DumpAll(*store_));
  }
  EXPECT_THAT(LeaseFiles(), IsEmpty());  // each took its own away
}

TEST_F(LeaseTest, ManyReadOnceAndNoneWrites) {
  Open();
  const Bytes payload = RandomBytes(500, 1);
  ASSERT_TRUE(Put(payload, "a").ok());
  std::vector<std::unique_ptr<ChunkStore>> readers;
  for (int i = 0; i < 8; ++i) readers.push_back(OpenReader());
  EXPECT_THAT(Leases(), SizeIs(8));
  ASSERT_TRUE(Put(RandomBytes(500, 2), "b").ok());
  for (auto& reader : readers) {
    EXPECT_TRUE(reader->ReadChunk(ChunkId::Of(payload)).ok());
    EXPECT_TRUE(
        absl::IsFailedPrecondition(reader->Commit(CommitBatch()).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(reader->Prune().status()));
  }
  store_.reset();
  Open();  // no reader holds a writer up
}

TEST_F(LeaseTest, APruneWaitsForTheReaderAndThenErases) {
  Open();
  const Bytes payload = BytesOfText("the payload that has to go");
  ASSERT_TRUE(Put(payload, "private-name").ok());
  auto reader = OpenReader();
  ASSERT_TRUE(Drop(payload, "private-name").ok());
  PruneReport report = Prune();
  EXPECT_EQ(report.segments_removed, 0);
  EXPECT_GE(report.segments_waiting, 1);
  ASSERT_THAT(report.readers, SizeIs(1));
  EXPECT_EQ(report.readers[0].pid, static_cast<uint64_t>(getpid()));
  EXPECT_EQ(report.readers[0].until_ns, now_ns_ + options_.lease_ns);
  ExpectNoChunk(payload);
  ExpectClean();
  const auto read = reader->ReadChunk(ChunkId::Of(payload));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, payload);
  EXPECT_EQ(*reader->Get(Family::kFtab, "private-name"), "row of private-name");
  EXPECT_TRUE(OnDisk("row of private-name"));
  // Asked again it waits again and copies nothing anew.
  report = Prune();
  EXPECT_EQ(report.bytes_copied, 0u);
  reader.reset();
  report = Prune();
  EXPECT_THAT(report.readers, IsEmpty());
  EXPECT_FALSE(OnDisk("the payload that has to go"));
  EXPECT_FALSE(OnDisk("row of private-name"));
  EXPECT_FALSE(OnDisk("seen in private-name"));
  ExpectRebuildEqual();
}

TEST_F(LeaseTest, AWriterThatStartsLaterWaitsToo) {
  Open();
  const Bytes payload = BytesOfText("the payload that has to go");
  ASSERT_TRUE(Put(payload, "a").ok());
  auto reader = OpenReader();
  ASSERT_TRUE(Drop(payload, "a").ok());
  Prune();
  Open();
  EXPECT_TRUE(reader->ReadChunk(ChunkId::Of(payload)).ok());
  EXPECT_TRUE(OnDisk("the payload that has to go"));
  reader.reset();
  Open();  // opening ends the removal
  EXPECT_FALSE(OnDisk("the payload that has to go"));
  EXPECT_FALSE(OnDisk("row of a"));
  ExpectClean();
}

TEST_F(LeaseTest, AnExpiredLeaseHoldsNobodyUp) {
  Open();
  const Bytes payload = BytesOfText("the payload that has to go");
  ASSERT_TRUE(Put(payload, "a").ok());
  auto reader = OpenReader();
  ASSERT_TRUE(Drop(payload, "a").ok());
  PassTime(options_.lease_ns);  // as if the reader had been stopped
  const PruneReport report = Prune();
  EXPECT_THAT(report.readers, IsEmpty());
  EXPECT_FALSE(OnDisk("the payload that has to go"));
  const absl::Status read = reader->ReadChunk(ChunkId::Of(payload)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(read));
  EXPECT_THAT(read.ToString(), HasSubstr("lease expired"));
}

TEST_F(LeaseTest, ReadingRenewsTheLease) {
  Open();
  ASSERT_TRUE(Put(RandomBytes(10, 1), "a").ok());
  auto reader = OpenReader();
  for (int i = 0; i < 10; ++i) {
    PassTime(options_.lease_ns / 3 * 2);
    EXPECT_TRUE(reader->Get(Family::kFtab, "a").ok());
    EXPECT_THAT(Leases(), SizeIs(1));
    EXPECT_THAT(LeaseFiles(), SizeIs(1));
  }
}

TEST_F(LeaseTest, WhatAKilledReaderLeftIsTidiedUp) {
  Open();
  ASSERT_TRUE(Put(RandomBytes(10, 1), "a").ok());
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto lease = ReaderLease::Take(FileSystem::Posix(), Path(),
                                   options_.lease_ns, options_.now_ns);
    const char done = lease.ok() ? 'y' : 'n';
    if (write(ready[1], &done, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  ASSERT_THAT(Leases(), SizeIs(1));
  EXPECT_EQ(Leases()[0].pid, static_cast<uint64_t>(child));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  EXPECT_THAT(LeaseFiles(), SizeIs(1));
  EXPECT_THAT(Leases(), IsEmpty());
  EXPECT_THAT(LeaseFiles(), IsEmpty());
}

TEST_F(LeaseTest, StrangersInTheFolderAreLeftAlone) {
  Open();
  std::filesystem::create_directory(Path() + "/leases");
  WriteFileText(Path() + "/leases/notes.txt", "x");
  EXPECT_THAT(Leases(), IsEmpty());
  EXPECT_THAT(LeaseFiles(), SizeIs(1));
}

}  // namespace
}  // namespace fovea::testing
