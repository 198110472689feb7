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

TEST(WriteAmplificationTest, MediaIsWrittenOnce) {
  constexpr int kChunks = 224;  // 64 MiB in all
  constexpr size_t kChunkBytes = 300'000;
  const TempDir folder;
  StoreOptions options;
  options.create = true;
  const int64_t before = BytesWrittenByThisProcess();
  int64_t payload_bytes = 0;
  {
    auto store = Store::Open(folder.File("store"), options);
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < kChunks; ++i) {
      CommitBatch batch;
      const std::string owner = "gop " + std::to_string(1000 + i);
      batch.PutChunk(RandomBytes(kChunkBytes, static_cast<uint32_t>(i)), owner);
      batch.PutRow(Family::kFtab, owner, std::string(600, 'f'));
      batch.PutRow(Family::kTime, owner, "12345678");
      batch.PutRow(Family::kMeta, "c", std::string(100, 'c'));
      ASSERT_TRUE((*store)->Commit(std::move(batch)).ok());
      payload_bytes += kChunkBytes;
    }
  }
  const int64_t written = BytesWrittenByThisProcess() - before;
  if (before < 0 || written == 0) {
    GTEST_SKIP() << "the kernel counts no writes for '" << folder.path()
                 << "' (a file system in memory)";
  }
  const double amplification =
      static_cast<double>(written) / static_cast<double>(payload_bytes);
  std::printf("%lld bytes written for %lld of payload: %.4f\n",
              static_cast<long long>(written),
              static_cast<long long>(payload_bytes), amplification);
  EXPECT_GE(amplification, 1.0);
  EXPECT_LE(amplification, 1.05);
}

}  // namespace
}  // namespace fovea::testing
