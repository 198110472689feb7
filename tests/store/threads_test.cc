// SPDX-License-Identifier: GPL-2.0-or-later
//
// Many threads at once; meant for the thread sanitizer as well.

#include <atomic>
#include <thread>

#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

class ThreadsTest : public ChunkStoreTest {
 protected:
  // Small buffers, so that tables are written meanwhile.
  ThreadsTest() { options_.catalogue_buffer_bytes = 64 << 10; }
  static std::string Owner(uint32_t i) { return "gop" + std::to_string(i); }
  static Bytes Payload(uint32_t i) { return RandomBytes(3000, i); }
};

TEST_F(ThreadsTest, ReadersSeeWholeCommitsWhileAWriterRuns) {
  options_.segment_bytes = 60'000;
  Open();
  constexpr uint32_t kCommits = 120;
  std::atomic<uint32_t> committed = 0;
  std::atomic<int> wrong = 0;
  const auto read = [&](uint32_t seed) {
    std::mt19937 chance(seed);
    while (committed < kCommits) {
      const uint32_t end = committed;
      if (end == 0) continue;
      const auto i = static_cast<uint32_t>(chance() % end);
      const Bytes payload = Payload(i);
      const auto bytes = store_->ReadChunk(ChunkId::Of(payload));
      if (!bytes.ok() || *bytes != payload) ++wrong;
      if (!store_->Get(Family::kFtab, Owner(i)).ok()) ++wrong;
      uint32_t rows = 0;
      store_
          ->Scan(Family::kFtab, "", "",
                 [&](std::string_view, std::string_view) {
                   ++rows;
                   return true;
                 })
          .IgnoreError();
      if (rows < end) ++wrong;
    }
  };
  std::thread first(read, 1);
  std::thread second(read, 2);
  for (uint32_t i = 0; i < kCommits; ++i) {
    if (!Put(Payload(i), Owner(i)).ok()) ++wrong;
    committed = i + 1;
  }
  first.join();
  second.join();
  EXPECT_EQ(wrong, 0);
  ExpectClean();
}

TEST_F(ThreadsTest, CommitsFromManyThreadsAreOneSequence) {
  Open();
  constexpr uint32_t kEach = 25;
  std::vector<std::thread> writers;
  std::atomic<int> wrong = 0;
  for (uint32_t thread = 0; thread < 4; ++thread) {
    writers.emplace_back([&, thread] {
      for (uint32_t i = 0; i < kEach; ++i) {
        const uint32_t n = thread * kEach + i;
        if (!Put(Payload(n), Owner(n)).ok()) ++wrong;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store_->last_sequence(), 4 * kEach);
  for (uint32_t n = 0; n < 4 * kEach; ++n) ExpectChunk(Payload(n));
  ExpectRebuildEqual();
}

TEST_F(ThreadsTest, ReadersAndAWriterGoOnDuringPruneAndVerify) {
  options_.segment_bytes = 30'000;
  Open();
  for (uint32_t i = 0; i < 40; ++i) ASSERT_TRUE(Put(Payload(i), Owner(i)).ok());
  for (uint32_t i = 0; i < 40; i += 2) {
    ASSERT_TRUE(Drop(Payload(i), Owner(i)).ok());
  }
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    for (uint32_t i = 1; !done; i = (i + 2) % 40) {
      const auto bytes = store_->ReadChunk(ChunkId::Of(Payload(i)));
      if (!bytes.ok() || *bytes != Payload(i)) ++wrong;
    }
  });
  std::thread writer([&] {
    for (uint32_t i = 100; i < 160; ++i) {
      if (!Put(Payload(i), Owner(i)).ok()) ++wrong;
      if (i % 3 == 0 && !Drop(Payload(i), Owner(i)).ok()) ++wrong;
    }
  });
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(store_->Prune().ok());
    ExpectClean();
  }
  writer.join();
  done = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
  ASSERT_TRUE(store_->Prune().ok());
  EXPECT_EQ(store_->Usage()->chunks, 60);
  ExpectRebuildEqual();
}

}  // namespace
}  // namespace fovea::testing
