// SPDX-License-Identifier: GPL-2.0-or-later
//
// Retention and scrub beside an open store, on clocks that jump and disks
// that rot.

#include "api/upkeep.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/store.h"
#include "api/stored_policy.h"
#include "tests/api/note_keeper.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
constexpr int64_t kStart = 1'795'000'000 * kSecond;
constexpr int kRows = 20'000;

class UpkeepTest : public ::testing::Test {
 protected:
  UpkeepTest() {
    std::string csv = "time_ns,a,b\n";
    for (int i = 0; i < kRows; ++i) {
      csv += std::to_string(kStart + i * 10'000'000LL) + "," +
             std::to_string(i * 7919 % 10'007) + "," +
             std::to_string(i * 104'729 % 10'009) + "\n";
    }
    WriteFileText(Csv(), csv);
  }

  std::string Csv() const { return dir_.File("walk.csv"); }

  // Rounds follow each other as fast as they can.
  void Open(bool upkeep, uint64_t scrub_rate = 0) {
    store_.reset();
    StoreOptions options;
    options.create = true;
    options.chunks.now_ns = [this] { return now_ns_.load(); };
    if (upkeep) {
      options.upkeep = UpkeepOptions();
      options.upkeep->room_every_ns = 1'000'000;
      options.upkeep->retention_every_ns = 1'000'000;
      options.upkeep->scrub_bytes_per_second = scrub_rate;
      options.upkeep->now_ns = [this] { return now_ns_.load(); };
      options.upkeep->monotonic_ns = [this] {
        ++looks_;
        return std::chrono::steady_clock::now().time_since_epoch().count();
      };
    }
    options.path = dir_.File("store");
    auto store = Store::Open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  void Ingest() {
    IngestOptions options;
    options.name = "walk";
    options.now_ns = [this] { return now_ns_.load(); };
    const auto report = store_->Ingest(Csv(), options, &notes_, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  void SetPolicy(const std::string& yaml) {
    const absl::Status set = fovea::SetPolicy(store_->chunks(), yaml);
    ASSERT_TRUE(set.ok()) << set;
  }

  int64_t Stored() { return store_->Streams()->at(0).counts.stored; }

  // False when it did not come true in a minute.
  static bool Eventually(const std::function<bool()>& is_so) {
    for (int i = 0; i < 60'000 && !is_so(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return is_so();
  }

  // Several rounds of retention have gone by since.
  bool SomeRoundsLater() {
    const int64_t before = looks_;
    return Eventually([&] { return looks_ > before + 50; });
  }

  // Large, so that what lies in the middle of its segment is payload.
  void IngestPayload() {
    std::mt19937 chance(1);
    std::string bytes(2'000'000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(chance());
    WriteFileText(dir_.File("payload"), bytes);
    IngestOptions options;
    options.source.opaque = true;
    const auto report =
        store_->Ingest(dir_.File("payload"), options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  // Flips a bit in the middle of the largest segment.
  void Damage() {
    std::string path;
    size_t most = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(dir_.File("store/segments"))) {
      if (entry.file_size() <= most) continue;
      most = entry.file_size();
      path = entry.path();
    }
    auto bytes = ReadFileBytes(path);
    bytes[bytes.size() / 2] ^= 1;
    WriteFileBytes(path, bytes);
  }

  // Notes of an ingest of something else, upkeep's among them.
  std::vector<std::string> Notes() {
    IngestOptions options;
    options.name = "walk";
    options.append = true;
    options.dry_run = true;
    store_->Ingest(Csv(), options, &notes_, nullptr).IgnoreError();
    return notes_.notes;
  }

  TempDir dir_;
  std::atomic<int64_t> now_ns_ = kStart + 300 * kSecond;
  std::atomic<int64_t> looks_ = 0;  // at the clock
  std::unique_ptr<Store> store_;
  NoteKeeper notes_;
};

TEST_F(UpkeepTest, LetsGoWhatThePolicyDoesNotKeep) {
  Open(/*upkeep=*/false);
  Ingest();
  SetPolicy("keep: 2d");
  now_ns_ += 3 * kDay;
  Open(/*upkeep=*/true);
  EXPECT_TRUE(Eventually([&] { return Stored() == 0; }));
  EXPECT_THAT(Notes(), Contains(HasSubstr("retention: ")));
}

TEST_F(UpkeepTest, AClockThatJumpsLetsNothingGo) {
  Open(/*upkeep=*/true);
  SetPolicy("keep: 2d");
  Ingest();
  now_ns_ += 3650 * kDay;
  ASSERT_TRUE(SomeRoundsLater());
  EXPECT_EQ(Stored(), kRows);
  now_ns_ -= 7000 * kDay;
  ASSERT_TRUE(SomeRoundsLater());
  EXPECT_EQ(Stored(), kRows);
}

TEST_F(UpkeepTest, AfterALongAbsenceAPersonSaysThatTheClockIsRight) {
  Open(/*upkeep=*/true);
  SetPolicy("keep: 2d");
  Ingest();
  ASSERT_TRUE(
      Eventually([&] { return ReadUpkeep(store_->chunks())->seen_ns != 0; }));
  now_ns_ += 60 * kDay;
  Open(/*upkeep=*/true);
  ASSERT_TRUE(SomeRoundsLater());
  EXPECT_EQ(Stored(), kRows);
  EXPECT_THAT(Notes(), Contains(HasSubstr("days ahead of when")));
  ASSERT_TRUE(TrustClock(store_->chunks(), now_ns_).ok());
  Open(/*upkeep=*/true);
  EXPECT_TRUE(Eventually([&] { return Stored() == 0; }));
}

TEST_F(UpkeepTest, AScrubIsRememberedAndSaysWhatItFound) {
  Open(/*upkeep=*/false);
  IngestPayload();
  EXPECT_EQ(*ReadUpkeep(store_->chunks()), UpkeepRow());
  Open(/*upkeep=*/true, /*scrub_rate=*/1ULL << 40);
  ASSERT_TRUE(Eventually(
      [&] { return ReadUpkeep(store_->chunks())->scrubbed_ns != 0; }));
  EXPECT_EQ(ReadUpkeep(store_->chunks())->problems, 0);
  Damage();
  now_ns_ += 2 * kDay;
  Open(/*upkeep=*/true, /*scrub_rate=*/1ULL << 40);
  ASSERT_TRUE(
      Eventually([&] { return ReadUpkeep(store_->chunks())->problems > 0; }));
  EXPECT_THAT(Notes(), Contains(HasSubstr("scrub: ")));
}

TEST_F(UpkeepTest, ASlowScrubEndsWithItsStore) {
  Open(/*upkeep=*/false);
  Ingest();
  Open(/*upkeep=*/true, /*scrub_rate=*/1);  // days
  ASSERT_TRUE(SomeRoundsLater());
  store_.reset();
  Open(/*upkeep=*/false);
  EXPECT_EQ(ReadUpkeep(store_->chunks())->scrubbed_ns, 0);
}

}  // namespace
}  // namespace fovea::testing
