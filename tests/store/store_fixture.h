// SPDX-License-Identifier: GPL-2.0-or-later
//
// Verbs for store tests: Create, Reopen, Put, Drop, Check, DumpAll.

#ifndef FOVEA_TESTS_STORE_STORE_FIXTURE_H_
#define FOVEA_TESTS_STORE_STORE_FIXTURE_H_

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "store/chunk_store.h"
#include "tests/store/catalogue_dump.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/test_data.h"

namespace fovea::testing {

using Bytes = std::vector<uint8_t>;

inline Bytes RandomBytes(size_t size, uint32_t seed) {
  std::mt19937 chance(seed);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(chance());
  return bytes;
}

inline Bytes BytesOfText(const std::string& text) {
  return {text.begin(), text.end()};
}

// A folder in memory where the machine has one: these tests play the disk
// themselves, and waiting for the real one would teach nothing.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = "/dev/shm/fovea-store-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) {
      path_ = pattern;
    } else {
      on_disk_ = std::make_unique<TempDir>();
      path_ = on_disk_->path();
    }
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  std::unique_ptr<TempDir> on_disk_;
};

class ChunkStoreTest : public ::testing::Test {
 protected:
  ChunkStoreTest() {
    options_.create = true;
    options_.now_ns = [this] { return now_ns_; };
    options_.file_system = &disk_;
    options_.ballast_bytes = 0;  // tests of the ballast have one
  }

  // From then on the store is on a disk in memory, whose power can be cut.
  void UseMemory() {
    disk_.PutOver(&memory_);
    path_ = "/store";
  }

  std::string Path() const { return path_; }
  std::string SegmentsPath() const { return Path() + "/segments"; }

  // Reopens too.
  void Open() {
    store_.reset();
    auto store = ChunkStore::Open(Path(), options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  absl::Status OpenStatus() {
    store_.reset();
    auto store = ChunkStore::Open(Path(), options_);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }

  absl::StatusOr<CommitReceipt> Put(const Bytes& payload,
                                    const std::string& owner) {
    CommitBatch batch;
    batch.PutChunk(payload, owner);
    batch.PutRow(Family::kFtab, owner, "row of " + owner);
    batch.PutRow(Family::kSem, ObservationKey(1, owner, 0, 0),
                 EncodeObservationRow({1, "seen in " + owner}));
    batch.PutRow(Family::kPrior, PriorKey(1, {}),
                 EncodePriorRow({1, "as of " + owner}));
    return store_->Commit(std::move(batch));
  }

  absl::Status Drop(const Bytes& payload, const std::string& owner) {
    CommitBatch batch;
    batch.DropChunk(ChunkId::Of(payload), owner);
    batch.DeleteRow(Family::kFtab, owner);
    batch.DeleteRow(Family::kSem, ObservationKey(1, owner, 0, 0));
    return store_->Commit(std::move(batch)).status();
  }

  absl::Status PutMeta(const std::string& key, const std::string& value) {
    CommitBatch batch;
    batch.PutRow(Family::kMeta, key, value);
    return store_->Commit(std::move(batch)).status();
  }

  void ExpectChunk(const Bytes& payload) {
    auto read = store_->ReadChunk(ChunkId::Of(payload));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, payload);
  }

  void ExpectNoChunk(const Bytes& payload) {
    EXPECT_TRUE(
        absl::IsNotFound(store_->ReadChunk(ChunkId::Of(payload)).status()));
  }

  VerifyReport Verify() {
    auto report = store_->Scrub({.deep = true});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : VerifyReport();
  }

  void ExpectClean() {
    for (const StoreProblem& problem : Verify().problems) {
      ADD_FAILURE() << problem.object << " at " << problem.offset << ": "
                    << problem.what << "; " << problem.next;
    }
  }

  // Closes; the catalogue on disk knows all there is.
  void WriteCatalogue() {
    store_.reset();
    const absl::Status status = ChunkStore::Rebuild(Path(), options_);
    ASSERT_TRUE(status.ok()) << status;
  }

  // Reopens, rebuilds the catalogue and expects every family as it was. A
  // store with leaks comes back without them: mend it first.
  void ExpectRebuildEqual() {
    Open();  // closing ends with a commit of its own
    Dump before = DumpAll(*store_);
    before.erase({0, "~u"});  // a fresh catalogue owes no purge
    store_.reset();
    const absl::Status status = ChunkStore::Rebuild(Path(), options_);
    ASSERT_TRUE(status.ok()) << status;
    Open();
    EXPECT_EQ(Difference(DumpAll(*store_), before), "");
    ExpectClean();
  }

  std::vector<std::string> Segments() const {
    std::vector<std::string> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(SegmentsPath())) {
      paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void NextHour() { now_ns_ += 3'600'000'000'000; }

  ScratchFolder folder_;
  std::string path_ = folder_.File("store");
  MemoryFileSystem memory_;
  FaultFileSystem disk_;
  std::vector<std::unique_ptr<MemoryFileSystem>> images_;  // of memory_
  int64_t now_ns_ = 1'795'000'000'000'000'000;
  ChunkStoreOptions options_;
  std::unique_ptr<ChunkStore> store_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_STORE_STORE_FIXTURE_H_
