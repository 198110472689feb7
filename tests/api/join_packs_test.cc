// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs of a store are joined up to where its streams may still grow, by
// upkeep too.

#include "api/join_packs.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "api/store.h"
#include "gtest/gtest.h"
#include "index/observation_pack.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kStart = 1'795'000'000 * kSecond;

class JoinPacksTest : public ::testing::Test {
 protected:
  // A stream of four hours, with something seen every minute, each in a
  // commit of its own.
  void SetUp() override {
    std::string csv = "time_ns,a\n";
    for (int64_t s = 0; s <= 4 * 3600; s += 60) {
      csv += std::to_string(kStart + s * kSecond) + ",1\n";
    }
    testing::WriteFileText(dir_.File("walk.csv"), csv);
    Open({});
    IngestOptions options;
    options.name = "walk";
    const auto report =
        store_->Ingest(dir_.File("walk.csv"), options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    for (uint64_t i = 0; i < 240; ++i) See(i);
  }

  void Open(std::optional<UpkeepOptions> upkeep) {
    store_.reset();
    StoreOptions options;
    options.create = true;
    options.upkeep = std::move(upkeep);
    options.path = dir_.File("store");
    auto engine = Store::Open(options);
    ASSERT_TRUE(engine.ok()) << engine.status();
    store_ = *std::move(engine);
  }

  ChunkStore* store() { return store_->chunks(); }
  StreamId stream() { return store_->Streams()->at(0).id; }

  void See(uint64_t minute) {
    Observation o;
    o.stream = stream();
    o.label = "step";
    o.track = minute;
    o.start_ns = kStart + static_cast<int64_t>(minute) * 60 * kSecond;
    o.end_ns = o.start_ns + kSecond;
    o.first_index = o.last_index = minute;
    CommitBatch batch;
    ASSERT_TRUE(Observations(store()).Put(o, &batch).ok());
    ASSERT_TRUE(store()->Commit(std::move(batch)).ok());
  }

  // Rows that hold anything before and from half time on.
  std::pair<int, int> Packs() {
    std::pair<int, int> packs;
    const absl::Status scanned = store()->Scan(
        Family::kSem, StreamPrefix(stream()), StreamPrefix(stream() + 1),
        [&](std::string_view key, std::string_view) {
          const auto parts = ParseObservationKey(key);
          if (!parts.ok() || parts->start_ns < kStart) return true;
          ++(parts->start_ns < kStart + 2 * kHour ? packs.first : packs.second);
          return true;
        });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return packs;
  }

  int64_t Count() {
    const auto count = CountObservations(store(), {stream()});
    EXPECT_TRUE(count.ok()) << count.status();
    return count.ok() ? *count : 0;
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(JoinPacksTest, WhatMayStillGrowIsLeft) {
  ASSERT_EQ(Packs(), std::pair(120, 120));
  const auto report = JoinSettledPacks(store(), nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(Packs(), std::pair(1, 120));
  EXPECT_EQ(Count(), 240);
}

TEST_F(JoinPacksTest, AllIsJoinedWhereNobodyWrites) {
  const auto report = JoinAllPacks(store(), nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->joined, 240);
  EXPECT_EQ(Packs(), std::pair(1, 0));
  EXPECT_EQ(Count(), 240);
}

TEST_F(JoinPacksTest, AStopIsHeeded) {
  const std::atomic<bool> stop = true;
  EXPECT_TRUE(absl::IsCancelled(JoinAllPacks(store(), &stop).status()));
  EXPECT_EQ(Packs(), std::pair(120, 120));
}

TEST_F(JoinPacksTest, UpkeepJoins) {
  UpkeepOptions upkeep;
  upkeep.room_every_ns = 1'000'000;
  upkeep.monotonic_ns = [day = int64_t{0}]() mutable {
    return ++day * 24 * kHour;
  };
  upkeep.scrub_bytes_per_second = 0;
  Open(upkeep);
  for (int i = 0; i < 60'000 && Packs().first > 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(Packs(), std::pair(1, 120));
  EXPECT_EQ(Count(), 240);
}

}  // namespace
}  // namespace fovea
