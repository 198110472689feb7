// SPDX-License-Identifier: GPL-2.0-or-later
//
// What reaches the disk for a byte of media, from the kernel's own count.

#include <fstream>

#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

int64_t BytesWrittenByThisProcess() {
  std::ifstream io("/proc/self/io");
  std::string name;
  int64_t value = 0;
  while (io >> name >> value) {
    if (name == "write_bytes:") return value;
  }
  return -1;
}

// Writes commits of `chunk_bytes` each; returns bytes of payload.
int64_t WriteMedia(const std::string& path, int chunks, size_t chunk_bytes,
                   uint32_t seed) {
  ChunkStoreOptions options;
  options.create = true;
  auto store = ChunkStore::Open(path, options);
  EXPECT_TRUE(store.ok()) << store.status();
  for (int i = 0; store.ok() && i < chunks; ++i) {
    CommitBatch batch;
    const std::string owner = "gop " + std::to_string(1000 + i);
    batch.PutChunk(RandomBytes(chunk_bytes, seed + static_cast<uint32_t>(i)),
                   owner);
    batch.PutRow(Family::kFtab, owner, std::string(chunk_bytes / 500, 'f'));
    batch.PutRow(Family::kTime, owner, "12345678");
    batch.PutRow(Family::kMeta, "c", std::string(100, 'c'));
    EXPECT_TRUE((*store)->Commit(std::move(batch)).ok());
  }
  return chunks * static_cast<int64_t>(chunk_bytes);
}

void ExpectWrittenOnce(const std::string& path, int chunks, size_t chunk_bytes,
                       uint32_t seed) {
  const int64_t before = BytesWrittenByThisProcess();
  const int64_t payload = WriteMedia(path, chunks, chunk_bytes, seed);
  const int64_t written = BytesWrittenByThisProcess() - before;
  if (before < 0 || written == 0) {
    GTEST_SKIP() << "the kernel counts no writes for '" << path
                 << "' (a file system in memory)";
  }
  const double amplification =
      static_cast<double>(written) / static_cast<double>(payload);
  std::printf("%lld bytes written for %lld of payload: %.4f\n",
              static_cast<long long>(written), static_cast<long long>(payload),
              amplification);
  EXPECT_GE(amplification, 1.0);
  EXPECT_LE(amplification, 1.05);
}

TEST(WriteAmplificationTest, MediaIsWrittenOnce) {
  const TempDir folder;
  ExpectWrittenOnce(folder.File("store"), 224, 300'000, 0);
}

// Three commits of a megabyte in all: what making and opening a store costs
// is not to be seen.
TEST(WriteAmplificationTest, AShortClipIsWrittenOnceIntoANewAndAnOldStore) {
  const TempDir folder;
  for (const uint32_t seed : {0u, 100u, 200u}) {
    ExpectWrittenOnce(folder.File("store"), 3, 350'000, seed);
  }
}

}  // namespace
}  // namespace fovea::testing
