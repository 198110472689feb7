// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every byte of every file of a small store, flipped: opening, reading or a
// deep verification says so. What nobody reads is listed here with its
// reason, and even then the store's content has to be as it was.
//
// FOVEA_FLIPS_STEP overrides that one byte in 20 is tried;
// tests/campaigns/flips.sh tries all.

#include <map>

#include "gtest/gtest.h"
#include "store/journal.h"
#include "store/segment_format.h"
#include "tests/store/catalogue_dump.h"
#include "tests/support/campaign.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/store_workload.h"

namespace fovea::testing {
namespace {

constexpr char kPath[] = "/store";
constexpr uint32_t kSeed = 5;

ChunkStoreOptions OptionsOn(FileSystem* disk) {
  ChunkStoreOptions options;
  options.segment_bytes = 3000;
  options.file_system = disk;
  return options;
}

// What nobody reads, and why.
bool IsExempt(const std::string& path, size_t at, size_t size, bool newest) {
  if (path.ends_with("/LOCK")) return true;      // a pid, for people
  if (path.ends_with("/IDENTITY")) return true;  // RocksDB's, for people
  // The empty commit of a store that closes: its own loss does not matter.
  return newest && at >= size - kRecordOverhead - JournalBytes({});
}

// Rows but those on segment files, which follow from them, and chunks; an
// error where one cannot be read.
using Content = std::pair<Dump, std::map<std::string, std::vector<uint8_t>>>;

absl::StatusOr<Content> ReadAll(ChunkStore& store) {
  Content content;
  for (int i = 0; i < kFamilyCount; ++i) {
    const absl::Status status =
        store.Scan(static_cast<Family>(i), "", "",
                   [&](std::string_view key, std::string_view value) {
                     if (key.starts_with("~")) return true;
                     content.first[{i, std::string(key)}] = std::string(value);
                     return true;
                   });
    if (!status.ok()) return status;
  }
  for (const auto& [place, value] : content.first) {
    if (place.first != static_cast<int>(Family::kLoc)) continue;
    ChunkId id;
    std::copy(place.second.begin(), place.second.end(), id.bytes.begin());
    auto chunk = store.ReadChunk(id);
    if (!chunk.ok()) return chunk.status();
    content.second[place.second] = *std::move(chunk);
  }
  return content;
}

class FlippedBytesTest : public ::testing::Test {
 protected:
  // Several segments, a catalogue on disk, and commits behind it.
  void Build() {
    ChunkStoreOptions options = OptionsOn(&good_);
    options.create = true;
    const StoreWorkload workload(kSeed, /*payload_bytes=*/200,
                                 /*row_bytes=*/60);
    StoreContent content;
    for (const bool rebuild : {true, false}) {
      {
        auto store = ChunkStore::Open(kPath, options);
        ASSERT_TRUE(store.ok()) << store.status();
        for (int i = 0; i < 7; ++i) {
          ASSERT_TRUE((*store)->Commit(workload.Next(&content)).ok());
        }
        ASSERT_TRUE((*store)->Prune().ok());
        ASSERT_TRUE((*store)->Commit(workload.Next(&content)).ok());
      }
      if (!rebuild) continue;
      ASSERT_TRUE(ChunkStore::Rebuild(kPath, options).ok());
    }
    auto store = ChunkStore::Open(kPath, options);
    ASSERT_TRUE(store.ok()) << store.status();
    auto all = ReadAll(**store);
    ASSERT_TRUE(all.ok()) << all.status();
    content_ = *std::move(all);
    store->reset();
  }

  enum class Outcome { kNoticed, kUnnoticed, kWrong };

  // Opens a store of which one file reads `bytes`.
  Outcome Try(const std::string& path, const std::string& bytes) const {
    const auto disk = good_.AfterPowerCut(Unsynced::kKept, 0);
    disk->Replace(path, bytes);
    auto store = ChunkStore::Open(kPath, OptionsOn(disk.get()));
    if (!store.ok()) return Outcome::kNoticed;
    const auto content = ReadAll(**store);
    const auto report = (*store)->Scrub({.deep = true});
    if (!content.ok() || !report.ok() || !report->problems.empty()) {
      return Outcome::kNoticed;
    }
    return *content == content_ ? Outcome::kUnnoticed : Outcome::kWrong;
  }

  MemoryFileSystem good_;
  Content content_;
};

TEST_F(FlippedBytesTest, AreNoticed) {
  const uint32_t step = CampaignNumber("FOVEA_FLIPS_STEP", 20);
  Build();
  uint64_t tried = 0;
  uint64_t exempt = 0;
  const std::vector<std::string> paths = good_.Files();
  for (const std::string& path : paths) {
    const std::string bytes = good_.Contents(path);
    for (size_t at = tried % step; at < bytes.size(); at += step) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
      const Outcome outcome = Try(path, flipped);
      ++tried;
      EXPECT_NE(outcome, Outcome::kWrong) << path << " byte " << at;
      if (outcome != Outcome::kUnnoticed) continue;
      ++exempt;
      EXPECT_TRUE(IsExempt(path, at, bytes.size(), path == paths.back()))
          << path << " byte " << at << " of " << bytes.size();
    }
  }
  std::printf("%zu files, %llu bytes flipped, %llu of them exempt\n",
              paths.size(), static_cast<unsigned long long>(tried),
              static_cast<unsigned long long>(exempt));
}

// RocksDB believes its tables' footers, which no checksum covers, and
// aborts where a block was packed another way than a footer says.
TEST_F(FlippedBytesTest, OfTableFootersAreAllNoticed) {
  constexpr size_t kFooterBytes = 53;
  constexpr size_t kVersionAndMagicBytes = 12;
  Build();
  int tables = 0;
  for (const std::string& path : good_.Files()) {
    if (!path.ends_with(".sst") || ++tables > 2) continue;
    const std::string bytes = good_.Contents(path);
    for (size_t from_end = 1; from_end <= kFooterBytes; ++from_end) {
      if (from_end == kVersionAndMagicBytes + 1) from_end = kFooterBytes;
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = bytes;
        char& byte = flipped[bytes.size() - from_end];
        byte = static_cast<char>(byte ^ (1 << bit));
        EXPECT_EQ(Try(path, flipped), Outcome::kNoticed)
            << path << " bit " << bit << ", " << from_end << " from the end";
      }
    }
  }
  EXPECT_GT(tables, 2);
}

}  // namespace
}  // namespace fovea::testing
