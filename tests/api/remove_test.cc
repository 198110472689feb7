// SPDX-License-Identifier: GPL-2.0-or-later
//
// Removal keeps the books: what a stream is said to hold is what its rows
// and chunks hold, whatever part of it went.

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>

#include "api/removal_plan.h"
#include "api/store.h"
#include "tests/api/open_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using testing::TempDir;

class RemoveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  // Random values at 5 kHz do not compress: each second of them is a chunk.
  // At 10 Hz it stays in the catalogue.
  std::string WriteSeries(const std::string& name, int hertz, int seconds) {
    const std::string path = dir_.File(name + ".csv");
    std::ofstream file(path);
    std::mt19937 chance(static_cast<uint32_t>(hertz));
    file << "time_ns,a,b,c,d,e\n";
    for (int64_t i = 0; i < int64_t{hertz} * seconds; ++i) {
      file << i * 1'000'000'000 / hertz;
      for (int c = 0; c < 5; ++c) {
        file << ',' << static_cast<int32_t>(chance()) % 100'000'000;
      }
      file << '\n';
    }
    return path;
  }

  void Ingest(const std::string& name, int hertz, int seconds) {
    IngestOptions options;
    options.name = name;
    auto report = store_->Ingest(WriteSeries(name, hertz, seconds), options,
                                 nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->streams.size(), 1u);
    stream_ = report->streams[0].name;
  }

  StreamSummary Summary() {
    auto summary = store_->Describe(stream_);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : StreamSummary();
  }

  struct Held {
    int64_t rows = 0;
    int64_t bytes = 0;   // recounted from the bytes themselves
    int64_t chunks = 0;  // rows whose bytes are chunks
  };
  Held Recount() {
    Held held;
    const StreamId id = Summary().id;
    const auto visit = [&](std::string_view, std::string_view value) {
      const auto row = DecodeBlockRow(value);
      EXPECT_TRUE(row.ok()) << row.status();
      ++held.rows;
      held.chunks += row->is_chunk;
      held.bytes += static_cast<int64_t>(
          row->is_chunk ? store_->chunks()->ReadChunk(row->chunk)->size()
                        : row->bytes.size());
      return true;
    };
    EXPECT_TRUE(store_->chunks()
                    ->Scan(Family::kBlock, StreamPrefix(id),
                           StreamPrefix(id + 1), visit)
                    .ok());
    return held;
  }

  void ExpectBooksMatch() {
    const Held held = Recount();
    const StreamSummary summary = Summary();
    EXPECT_EQ(summary.counts.stored_bytes, held.bytes);
    EXPECT_EQ(summary.chunks, held.rows);
    auto report = store_->Verify({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
  }

  void Remove(TimeRange range) {
    const StreamSummary before = Summary();
    const auto plan = PlanRemoval(store_.get(), stream_, range);
    ASSERT_TRUE(plan.ok()) << plan.status();
    const auto report = store_->Remove(stream_, range);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_GT(report->chunks_removed, 0);
    EXPECT_EQ(plan->chunks, report->chunks_removed);
    EXPECT_EQ(plan->samples, report->samples_removed);
    EXPECT_EQ(before.counts.stored_bytes - Summary().counts.stored_bytes,
              static_cast<int64_t>(plan->bytes));
    EXPECT_GT(plan->bytes, 0u);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::string stream_;
};

constexpr int64_t kSecond = 1'000'000'000;

TEST_F(RemoveTest, BytesOfBlocksKeptAsChunksAreCounted) {
  Ingest("fast", 5000, 6);
  EXPECT_EQ(Recount().chunks, Recount().rows);
  ExpectBooksMatch();
  Remove({2 * kSecond, 4 * kSecond});
  ExpectBooksMatch();
  Remove({INT64_MIN, kSecond});
  ExpectBooksMatch();
  EXPECT_EQ(store_->chunks()->Usage()->live_chunk_bytes,
            static_cast<uint64_t>(Summary().counts.stored_bytes));
}

TEST_F(RemoveTest, BytesOfBlocksKeptInTheCatalogueAreCounted) {
  Ingest("slow", 10, 6);
  EXPECT_EQ(Recount().chunks, 0);
  ExpectBooksMatch();
  Remove({2 * kSecond, 4 * kSecond});
  ExpectBooksMatch();
}

TEST_F(RemoveTest, ACountThatIsWrongIsReported) {
  Ingest("slow", 10, 3);
  const StreamId id = Summary().id;
  StreamCounts counts = Summary().counts;
  counts.stored_bytes += 1;
  CommitBatch batch;
  batch.PutRow(Family::kMeta, StreamCountsKey(id), EncodeStreamCounts(counts));
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  const auto report = store_->Verify({});
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_NE(report->problems[0].what.find("rows hold"), std::string::npos);
}

}  // namespace
}  // namespace fovea
