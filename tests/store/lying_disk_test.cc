// SPDX-License-Identifier: GPL-2.0-or-later
//
// Power cuts on a disk that keeps, loses or tears what was not synced, names
// included, under segments and catalogue alike. Each seed is random work, a
// cut at a random call, the same again on what is left, recovery and all.
// Whatever the cut, the store opens by itself and holds what was
// acknowledged, or that and the commit that was under way.
//
// FOVEA_LYING_DISK_SEEDS and FOVEA_LYING_DISK_FIRST override how many seeds
// and which; tests/campaigns/lying_disk.sh runs the long form. Beside the
// seed only the pace of RocksDB's threads decides what happens: an image
// that fails is kept.

#include <atomic>

#include "gtest/gtest.h"
#include "tests/store/catalogue_dump.h"
#include "tests/support/campaign.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/store_workload.h"

namespace fovea::testing {
namespace {

constexpr char kPath[] = "/store";

// A disk after its power was cut, and what it has to hold.
struct Image {
  std::unique_ptr<MemoryFileSystem> disk;
  uint64_t acknowledged = 0;
  uint64_t begun = 0;
};

ChunkStoreOptions OptionsOn(FileSystem* disk, uint32_t seed) {
  ChunkStoreOptions options = StoreRun::SmallOptions(seed);
  options.file_system = disk;
  options.create = true;
  return options;
}

// Works on `disk`, which holds `held` commits, until call `cut_at`.
Image WorkUntilCut(MemoryFileSystem* disk, uint64_t held, uint32_t seed,
                   uint32_t dice, uint32_t cut_at, Unsynced unsynced) {
  FaultFileSystem calls(disk);
  StoreRun run(kPath, OptionsOn(&calls, seed), seed, dice);
  Image image;
  std::atomic<bool> cut = false;
  uint32_t count = 0;  // under the disk's lock of changes
  calls.OnChange([&] {
    if (++count != cut_at) return;
    image.acknowledged = std::max(held, run.acknowledged());
    image.disk = disk->AfterPowerCut(unsynced, dice);
    image.begun = std::max(held, run.begun());
    cut = true;
  });
  absl::Status status = run.Open();
  while (status.ok() && !cut) status = run.RandomStep();
  EXPECT_TRUE(status.ok()) << status;
  run.Close();
  calls.OnChange(nullptr);
  return image;
}

std::string RebuildFault(std::unique_ptr<ChunkStore> store,
                         const ChunkStoreOptions& options) {
  Dump before = DumpAll(*store);
  before.erase({0, "~u"});  // a fresh catalogue owes no purge
  store.reset();
  const absl::Status rebuilt = ChunkStore::Rebuild(kPath, options);
  if (!rebuilt.ok()) return rebuilt.ToString();
  auto again = ChunkStore::Open(kPath, options);
  if (!again.ok()) return again.status().ToString();
  return DumpAll(**again) == before ? "" : "a rebuild gives other rows";
}

class LyingDiskTest : public ::testing::Test {
 protected:
  // Opens a copy of the image and returns how many commits it holds.
  uint64_t Check(const Image& image, uint32_t seed, bool read_only) {
    const auto disk = image.disk->AfterPowerCut(Unsynced::kKept, 0);
    ChunkStoreOptions options = OptionsOn(disk.get(), seed);
    options.read_only = read_only;
    auto store = ChunkStore::Open(kPath, options);
    if (read_only && absl::IsNotFound(store.status())) {
      EXPECT_EQ(image.acknowledged, 0u) << store.status();
      return 0;
    }
    if (!store.ok()) {
      ADD_FAILURE() << store.status();
      return 0;
    }
    const StoreWorkload workload(seed);
    EXPECT_EQ(FaultOf(**store, workload, image.acknowledged, image.begun), "");
    const uint64_t held = *StoreWorkload::CommitsIn(**store);
    if (!read_only && seed % 4 == 0) {
      EXPECT_EQ(RebuildFault(*std::move(store), options), "");
    }
    return held;
  }

  void Play(uint32_t seed) {
    std::mt19937 chance(seed);
    auto disk = std::make_unique<MemoryFileSystem>();
    uint64_t held = 0;
    const auto cuts = 1 + chance() % 3;
    for (uint32_t cut = 0; cut < cuts && !HasFailure(); ++cut) {
      const bool early = chance() % 3 == 0;
      const auto cut_at =
          static_cast<uint32_t>(1 + chance() % (early ? 60 : 1500));
      constexpr Unsynced kKinds[] = {Unsynced::kLost, Unsynced::kKept,
                                     Unsynced::kRandom, Unsynced::kRandom};
      Image image = WorkUntilCut(disk.get(), held, seed, cut, cut_at,
                                 kKinds[chance() % 4]);
      if (chance() % 3 == 0) Check(image, seed, /*read_only=*/true);
      held = Check(image, seed, /*read_only=*/false);
      if (HasFailure()) Keep(image, seed, cut, cut_at);
      disk = std::move(image.disk);
    }
  }

  static void Keep(const Image& image, uint32_t seed, uint32_t cut,
                   uint32_t cut_at) {
    const std::string folder =
        ::testing::TempDir() + "fovea-power-cut-" + std::to_string(seed);
    image.disk->CopyTo(folder);
    std::printf("seed %u, power cut %u at call %u: the disk is in %s\n", seed,
                cut, cut_at, folder.c_str());
  }
};

TEST_F(LyingDiskTest, WhateverAPowerCutLeavesIsWhatWasAcknowledged) {
  const uint32_t first = CampaignNumber("FOVEA_LYING_DISK_FIRST", 1);
  const uint32_t seeds = CampaignNumber("FOVEA_LYING_DISK_SEEDS", 500);
  std::printf("seeds %u to %u\n", first, first + seeds - 1);
  for (uint32_t seed = first; seed < first + seeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Play(seed);
  }
}

}  // namespace
}  // namespace fovea::testing
