// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stored frames and samples of a range, against a look at all of them.

#include "api/stored_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "codec/series_block.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr StreamId kStream = 5;

struct Point {
  uint64_t index = 0;
  int64_t time_ns = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

class StoredTimesTest : public ::testing::Test {
 protected:
  void Commit(CommitBatch batch) {
    const auto receipt = store_.Commit(std::move(batch));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }

  // A GOP of frames shown at `times`, for 0 ns, coded backward but the
  // first. A single one is a still, without a frame table.
  void AddGop(const std::vector<int64_t>& times) {
    CommitBatch batch;
    GopRow row;
    row.start_ns = times.front();
    row.duration_ns = times.back() - times.front();
    row.frames = static_cast<uint32_t>(times.size());
    const std::string key = GopKey(kStream, 0, next_);
    batch.PutRow(Family::kGop, key, EncodeGopRow(row));
    batch.PutRow(Family::kTime, TimeKey(kStream, row.start_ns, next_),
                 EncodeTimeRow());
    FrameTable table;
    for (size_t i = 0; i < times.size(); ++i) {
      const size_t rank = i == 0 ? 0 : times.size() - i;
      FrameEntry frame;
      frame.pts = static_cast<int64_t>(rank);
      frame.time_ns = times[rank];
      table.frames.push_back(frame);
    }
    if (times.size() > 1) {
      batch.PutRow(Family::kFtab, key, EncodeFrameTable(table));
    }
    Commit(std::move(batch));
    Note(times);
  }

  // A block of samples of two channels: index and its double.
  void AddBlock(const std::vector<int64_t>& times) {
    SeriesBatch batch;
    batch.time_ns = times;
    for (size_t i = 0; i < times.size(); ++i) {
      batch.values.push_back(static_cast<double>(next_ + i));
      batch.values.push_back(static_cast<double>(2 * (next_ + i)));
    }
    const auto bytes = EncodeSeriesBlock(batch, 2);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    BlockRow row;
    row.start_ns = *std::min_element(times.begin(), times.end());
    row.end_ns = *std::max_element(times.begin(), times.end());
    row.first_index = next_;
    row.samples = static_cast<uint32_t>(times.size());
    row.bytes.assign(bytes->begin(), bytes->end());
    CommitBatch rows;
    rows.PutRow(Family::kBlock, BlockKey(kStream, seq_++), EncodeBlockRow(row));
    Commit(std::move(rows));
    Note(times);
  }

  void Note(const std::vector<int64_t>& times) {
    for (const int64_t time : times) all_.push_back({next_++, time});
  }

  // Indexes that were removed.
  void Skip(uint64_t frames) { next_ += frames; }

  std::vector<Point> Inside(TimeRange range) const {
    std::vector<Point> inside;
    for (const Point& point : all_) {
      if (point.time_ns >= range.from_ns && point.time_ns < range.to_ns) {
        inside.push_back(point);
      }
    }
    return inside;
  }

  static std::vector<Point> Walk(TimedSource* source) {
    std::vector<Point> walked;
    while (true) {
      const auto next = source->Next();
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || !next->has_value()) return walked;
      const TimedSample& sample = **next;
      if (!sample.values.empty()) {
        const auto index = static_cast<double>(sample.index);
        EXPECT_THAT(sample.values, ElementsAre(index, 2 * index));
      }
      walked.push_back({sample.index, sample.time_ns});
    }
  }

  std::vector<Point> Frames(TimeRange range, TimeOrder order) {
    StoredFrameTimes source(&store_, kStream, range, order);
    return Walk(&source);
  }

  std::vector<Point> Samples(TimeRange range, TimeOrder order) {
    StoredSamples source(&store_, kStream, 2, range, order);
    return Walk(&source);
  }

  testing::MemoryStore store_;
  std::vector<Point> all_;
  uint64_t next_ = 0;
  uint64_t seq_ = 0;
};

TEST_F(StoredTimesTest, AStreamWithoutRowsHasNone) {
  EXPECT_THAT(Frames({}, TimeOrder::kRising), IsEmpty());
  EXPECT_THAT(Frames({3, 9}, TimeOrder::kRising), IsEmpty());
  EXPECT_THAT(Samples({}, TimeOrder::kUnknown), IsEmpty());
}

TEST_F(StoredTimesTest, FramesOfEveryRangeOfRisingTimes) {
  std::mt19937_64 engine(11);
  int64_t now = -50;
  for (int gop = 0; gop < 40; ++gop) {
    std::vector<int64_t> times;
    for (uint64_t left = 1 + engine() % 4; left > 0; --left) {
      times.push_back(now += static_cast<int64_t>(engine() % 4));  // repeats
    }
    AddGop(times);
    if (engine() % 8 == 0) Skip(engine() % 9);
  }
  EXPECT_EQ(Frames({}, TimeOrder::kRising), all_);
  for (int64_t from = -52; from < now + 3; ++from) {
    const TimeRange range{from, from + static_cast<int64_t>(engine() % 30)};
    ASSERT_EQ(Frames(range, TimeOrder::kRising), Inside(range))
        << range.from_ns << " to " << range.to_ns;
    ASSERT_EQ(Frames(range, TimeOrder::kUnknown), Inside(range));
  }
}

TEST_F(StoredTimesTest, FramesThatRunBackwardAreAllFound) {
  AddGop({10, 20, 15, 90});
  AddGop({5, 7});
  AddGop({12});
  for (int64_t from = 0; from < 95; ++from) {
    const TimeRange range{from, from + 10};
    ASSERT_EQ(Frames(range, TimeOrder::kUnknown), Inside(range));
  }
}

TEST_F(StoredTimesTest, PagesOfStillsJoin) {
  for (int64_t i = 0; i < 600; ++i) {
    AddGop({10 * i});
    if (i == 300) Skip(1000);
  }
  EXPECT_EQ(Frames({}, TimeOrder::kRising), all_);
  EXPECT_EQ(Frames({}, TimeOrder::kUnknown), all_);
  const TimeRange range{2'001, 5'000};
  EXPECT_EQ(Frames(range, TimeOrder::kRising), Inside(range));
}

TEST_F(StoredTimesTest, SamplesOfEveryRange) {
  std::mt19937_64 engine(12);
  int64_t now = 0;
  for (int block = 0; block < 50; ++block) {
    std::vector<int64_t> times;
    for (uint64_t left = 1 + engine() % 5; left > 0; --left) {
      times.push_back(now += static_cast<int64_t>(engine() % 4));
    }
    AddBlock(times);
  }
  for (int64_t from = -2; from < now + 3; ++from) {
    const TimeRange range{from, from + static_cast<int64_t>(engine() % 30)};
    ASSERT_EQ(Samples(range, TimeOrder::kRising), Inside(range))
        << range.from_ns << " to " << range.to_ns;
    ASSERT_EQ(Samples(range, TimeOrder::kUnknown), Inside(range));
  }
}

TEST_F(StoredTimesTest, SamplesThatRunBackwardAreAllFound) {
  AddBlock({10, 20, 15, 90});
  AddBlock({5, 7});
  for (int64_t from = 0; from < 95; ++from) {
    const TimeRange range{from, from + 10};
    ASSERT_EQ(Samples(range, TimeOrder::kUnknown), Inside(range));
  }
}

TEST_F(StoredTimesTest, DamageIsSaidNotSkipped) {
  AddBlock({1, 2});
  StoredSamples other(&store_, kStream, 3, {}, TimeOrder::kRising);
  const absl::Status status = other.Next().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 channels"));

  GopRow row;  // without its frame table
  row.frames = 2;
  CommitBatch batch;
  batch.PutRow(Family::kGop, GopKey(kStream, 0, 0), EncodeGopRow(row));
  Commit(std::move(batch));
  StoredFrameTimes frames(&store_, kStream, {}, TimeOrder::kRising);
  EXPECT_TRUE(absl::IsDataLoss(frames.Next().status()));
}

}  // namespace
}  // namespace fovea
