// SPDX-License-Identifier: GPL-2.0-or-later
//
// Four writers of streams of their own, eight readers, four who put queries,
// one who removes and prunes, one who verifies, all through one store. Meant
// for the thread sanitizer: FOVEA_THREADS_SECONDS overrides for how long;
// tests/campaigns/threads.sh runs ten minutes of it.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "index/query_builder.h"
#include "tests/api/open_store.h"
#include "tests/support/campaign.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

constexpr int kWriters = 4;
constexpr int kReaders = 8;
constexpr int kRows = 600;
constexpr double kFast = 90.5;   // rad/s: in each 97 rows once
constexpr int kFastMoments = 6;  // in kRows

class StoreThreadsTest : public ::testing::Test {
 protected:
  StoreThreadsTest() {
    std::string csv = "time_ns,gyro_x,gyro_y,gyro_z,accel_x,accel_y,accel_z\n";
    for (int i = 0; i < kRows; ++i) {
      csv += std::to_string(i * 10'000'000LL) + "," + std::to_string(i % 97) +
             ",0.1,0.2,0.3,5,9.81\n";
    }
    WriteFileText(Csv(), csv);
    StoreOptions options;
    options.create = true;
    options.chunks.segment_bytes = 200'000;
    options.chunks.catalogue_buffer_bytes = 64 << 10;
    options.path = dir_.File("store");
    auto store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    if (store.ok()) store_ = *std::move(store);
  }

  std::string Csv() const { return dir_.File("walk.csv"); }
  static std::string Walk(int writer) {
    return "walk" + std::to_string(writer);
  }

  void Note(const absl::Status& status) {
    if (status.ok()) return;
    ++wrong_;
    ADD_FAILURE() << status;
  }

  absl::Status Ingest(const std::string& name, bool append) {
    IngestOptions options;
    options.name = name;
    options.append = append;
    options.jobs = 1;
    return store_->Ingest(Csv(), options, nullptr, nullptr).status();
  }

  void Write(int writer) {
    while (!Done()) {
      Note(Ingest(Walk(writer), rounds_[static_cast<size_t>(writer)] > 0));
      ++rounds_[static_cast<size_t>(writer)];
    }
  }

  // All that was acknowledged before it began to read is there.
  void Read(int reader) {
    const int writer = reader % kWriters;
    while (!Done()) {
      const int rounds = rounds_[static_cast<size_t>(writer)];
      if (rounds == 0) continue;
      int64_t rows = 0;
      Note(store_->ReadSeries(
          Walk(writer) + ".imu", {}, [&](const SeriesBatch& batch) {
            rows += static_cast<int64_t>(batch.time_ns.size());
            return true;
          }));
      if (rows < int64_t{rounds} * kRows) ++wrong_;
    }
  }

  // A walk over the moments of fast turning finds all that were acknowledged
  // before it was begun, and their samples.
  void Ask(int writer) {
    const std::string stream = Walk(writer) + ".imu";
    const Query query =
        ask::Find(ask::Sensor("gyro").Norm() > kFast).Among({stream});
    while (!Done()) {
      const int rounds = rounds_[static_cast<size_t>(writer)];
      if (rounds == 0) continue;
      auto results = store_->Query(query);
      Note(results.status());
      if (!results.ok()) return;
      int clips = 0;
      for (const QueryResult& result : *results) {
        int64_t rows = 0;
        Note(result.ReadSamples(stream, [&](const SeriesBatch& batch) {
          rows += static_cast<int64_t>(batch.time_ns.size());
          return true;
        }));
        if (rows == 0) ++wrong_;
        ++clips;
      }
      Note(results->status());
      if (clips < rounds * kFastMoments) ++wrong_;
    }
  }

  void RemoveAndPrune() {
    for (int i = 0; !Done(); ++i) {
      const std::string name = "gone" + std::to_string(i);
      Note(Ingest(name, false));
      Note(store_->Remove(name + ".imu", {}).status());
      Note(store_->chunks()->Prune().status());
    }
  }

  void Scrub() {
    while (!Done()) {
      const auto report = store_->Verify({.deep = true});
      Note(report.status());
      if (!report.ok()) continue;
      for (const StoreProblem& problem : report->problems) {
        Note(absl::DataLossError(problem.object + ": " + problem.what));
      }
    }
  }

  bool Done() const {
    return wrong_ > 0 || std::chrono::steady_clock::now() > end_;
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::chrono::steady_clock::time_point end_;
  std::array<std::atomic<int>, kWriters> rounds_ = {};
  std::atomic<int> wrong_ = 0;
};

TEST_F(StoreThreadsTest, WritersReadersAskersPrunerAndScrubber) {
  ASSERT_NE(store_, nullptr);
  end_ = std::chrono::steady_clock::now() +
         std::chrono::seconds(CampaignNumber("FOVEA_THREADS_SECONDS", 5));
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([this, i] { Write(i); });
    threads.emplace_back([this, i] { Ask(i); });
  }
  for (int i = 0; i < kReaders; ++i) {
    threads.emplace_back([this, i] { Read(i); });
  }
  threads.emplace_back([this] { RemoveAndPrune(); });
  threads.emplace_back([this] { Scrub(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong_, 0);
  int rounds = 0;
  for (const auto& of_one : rounds_) rounds += of_one;
  std::printf("%d ingests\n", rounds);
  EXPECT_GT(rounds, 0);
}

}  // namespace
}  // namespace fovea::testing
