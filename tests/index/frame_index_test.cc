// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frames are found by index and by time, whatever the times do.

#include "index/frame_index.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/chunk_store.h"
#include "store/frame_table.h"
#include "store/rows.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr StreamId kStream = 7;

enum class Kind { kMemory, kSegments };

class FrameIndexTest : public ::testing::TestWithParam<Kind> {
 protected:
  FrameIndexTest() {
    if (GetParam() == Kind::kMemory) {
      store_ = std::make_unique<testing::MemoryStore>();
      return;
    }
    ChunkStoreOptions options;
    options.create = true;
    auto opened = ChunkStore::Open(folder_.File("store"), options);
    if (opened.ok()) store_ = *std::move(opened);
    EXPECT_TRUE(opened.ok()) << opened.status();
  }

  void SetUp() override { ASSERT_NE(store_, nullptr); }

  // A GOP at `first_index` whose pictures are shown at `times`, in that
  // order, each for 10 ns; `coded` is the order they are coded in.
  void Add(uint64_t first_index, const std::vector<int64_t>& times,
           std::vector<uint32_t> coded = {}, StreamId stream = kStream) {
    FrameTable table;
    for (uint32_t i = 0; i < times.size(); ++i) {
      const uint32_t rank = coded.empty() ? i : coded[i];
      FrameEntry frame;
      frame.pts = rank * 100;
      frame.dts = i * 100;
      frame.time_ns = times[rank];
      frame.duration_ns = 10;
      table.frames.push_back(frame);
    }
    GopRow row;
    row.start_ns = times.front();
    row.duration_ns = times.back() + 10 - times.front();
    row.frames = static_cast<uint32_t>(times.size());
    CommitBatch batch;
    const std::string key = GopKey(stream, 0, first_index);
    batch.PutRow(Family::kGop, key, EncodeGopRow(row));
    batch.PutRow(Family::kFtab, key, EncodeFrameTable(table));
    batch.PutRow(Family::kTime, TimeKey(stream, row.start_ns, first_index),
                 EncodeTimeRow());
    Commit(std::move(batch));
  }

  void Commit(CommitBatch batch) {
    const auto receipt = store_->Commit(std::move(batch));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }

  // Index of the frame shown at `time`, or -1 where there is none.
  int64_t IndexAt(int64_t time) {
    const auto frame = index().AtTime(kStream, time);
    if (absl::IsNotFound(frame.status())) return -1;
    EXPECT_TRUE(frame.ok()) << frame.status();
    if (!frame.ok()) return -2;
    return static_cast<int64_t>(frame->gop.first_index + frame->rank);
  }

  // "first_index+rank" of the frame at `i`, or why there is none.
  std::string At(uint64_t i) {
    const auto frame = index().AtIndex(kStream, i);
    if (!frame.ok()) return frame.status().ToString();
    return std::to_string(frame->gop.first_index) + "+" +
           std::to_string(frame->rank);
  }

  std::vector<uint64_t> Touching(int64_t from, int64_t to,
                                 TimeOrder order = TimeOrder::kUnknown) {
    const auto gops = index().Gops(kStream, from, to, order);
    EXPECT_TRUE(gops.ok()) << gops.status();
    std::vector<uint64_t> first;
    for (const GopRef& gop : *gops) first.push_back(gop.first_index);
    return first;
  }

  FrameIndex index() { return FrameIndex(store_.get()); }

  testing::TempDir folder_;
  std::unique_ptr<ChunkStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, FrameIndexTest,
                         ::testing::Values(Kind::kMemory, Kind::kSegments),
                         [](const auto& info) {
                           return info.param == Kind::kMemory ? "Memory"
                                                              : "Segments";
                         });

TEST_P(FrameIndexTest, EmptyStreamHasNoFrames) {
  EXPECT_THAT(At(0), HasSubstr("stream 7 has no frame 0"));
  EXPECT_EQ(IndexAt(0), -1);
  EXPECT_THAT(Touching(0, 100), IsEmpty());
  EXPECT_EQ(*index().EndIndex(kStream), 0U);
}

TEST_P(FrameIndexTest, EveryFrameIsFoundByIndex) {
  Add(0, {0, 10, 20});
  Add(3, {30, 40});
  EXPECT_EQ(At(0), "0+0");
  EXPECT_EQ(At(2), "0+2");
  EXPECT_EQ(At(3), "3+0");
  EXPECT_EQ(At(4), "3+1");
  EXPECT_THAT(At(5), HasSubstr("NOT_FOUND"));
  EXPECT_EQ(*index().EndIndex(kStream), 5U);
}

TEST_P(FrameIndexTest, GapInIndexesHoldsNoFrame) {
  Add(10, {0, 10});
  Add(20, {200, 210});
  EXPECT_THAT(At(9), HasSubstr("NOT_FOUND"));
  EXPECT_EQ(At(11), "10+1");
  EXPECT_THAT(At(12), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(At(19), HasSubstr("NOT_FOUND"));
  EXPECT_EQ(At(20), "20+0");
}

TEST_P(FrameIndexTest, LastFrameBeforeAGapIsShownThroughIt) {
  Add(0, {100, 110});
  Add(2, {500, 510});
  EXPECT_EQ(IndexAt(99), -1);
  EXPECT_EQ(IndexAt(100), 0);
  EXPECT_EQ(IndexAt(109), 0);
  EXPECT_EQ(IndexAt(110), 1);
  EXPECT_EQ(IndexAt(499), 1);
  EXPECT_EQ(IndexAt(500), 2);
  EXPECT_EQ(IndexAt(std::numeric_limits<int64_t>::max()), 3);
}

TEST_P(FrameIndexTest, TimesBeforeZeroSortBeforeIt) {
  Add(0, {-30, -20});
  Add(2, {-10, 0});
  Add(4, {10, 20});
  EXPECT_EQ(IndexAt(std::numeric_limits<int64_t>::min()), -1);
  EXPECT_EQ(IndexAt(-30), 0);
  EXPECT_EQ(IndexAt(-1), 2);
  EXPECT_EQ(IndexAt(0), 3);
  EXPECT_EQ(IndexAt(15), 4);
}

TEST_P(FrameIndexTest, ReorderedPicturesAreRankedAsShown) {
  Add(0, {0, 10, 20, 30, 40}, {0, 4, 2, 1, 3});
  for (int64_t time = 0; time < 50; ++time) EXPECT_EQ(IndexAt(time), time / 10);
  const auto frame = index().AtIndex(kStream, 3);
  const auto table = index().Table(frame->gop);
  ASSERT_TRUE(table.ok()) << table.status();
  const std::vector<uint32_t> order = PresentationOrder(*table);
  EXPECT_THAT(order, ElementsAre(0, 3, 2, 4, 1));
  EXPECT_EQ(table->frames[order[frame->rank]].time_ns, 30);
}

TEST_P(FrameIndexTest, RepeatedTimesGiveTheLastFrame) {
  Add(0, {0, 10, 10, 10});
  Add(4, {10, 10});
  Add(6, {10, 20});
  EXPECT_EQ(IndexAt(10), 6);
  EXPECT_EQ(IndexAt(9), 0);
}

TEST_P(FrameIndexTest, BackwardTimeBetweenGopsGivesTheLatestStart) {
  Add(0, {0, 10});
  Add(2, {100, 110});
  Add(4, {50, 60});  // the clock was set back
  Add(6, {70, 80});
  EXPECT_EQ(IndexAt(49), 1);
  EXPECT_EQ(IndexAt(55), 4);
  EXPECT_EQ(IndexAt(99), 7);
  EXPECT_EQ(IndexAt(105), 2);
  EXPECT_EQ(At(5), "4+1");
}

TEST_P(FrameIndexTest, BackwardTimeInsideAGopGivesTheLastShown) {
  Add(0, {100, 50, 120, 90});
  EXPECT_EQ(IndexAt(99), -1) << "the GOP starts at 100";
  EXPECT_EQ(IndexAt(100), 3);
  EXPECT_EQ(IndexAt(200), 3);
}

TEST_P(FrameIndexTest, GopWithAllFramesLaterThanItsStartGivesItsFirst) {
  Add(0, {100, 110});
  GopRow row;
  row.start_ns = 40;
  row.frames = 2;
  CommitBatch batch;
  batch.PutRow(Family::kGop, GopKey(kStream, 0, 0), EncodeGopRow(row));
  batch.PutRow(Family::kTime, TimeKey(kStream, 40, 0), EncodeTimeRow());
  Commit(std::move(batch));
  EXPECT_EQ(IndexAt(50), 0);
}

TEST_P(FrameIndexTest, RangeGivesTheGopsItTouches) {
  Add(0, {0, 10});   // up to 20
  Add(2, {20, 30});  // up to 40
  Add(4, {90, 95});  // up to 105
  EXPECT_THAT(Touching(0, 20), ElementsAre(0));
  EXPECT_THAT(Touching(19, 21), ElementsAre(0, 2));
  EXPECT_THAT(Touching(20, 20), IsEmpty());
  EXPECT_THAT(Touching(30, 20), IsEmpty());
  EXPECT_THAT(Touching(40, 90), IsEmpty());
  EXPECT_THAT(Touching(39, 91), ElementsAre(2, 4));
  EXPECT_THAT(Touching(std::numeric_limits<int64_t>::min(),
                       std::numeric_limits<int64_t>::max()),
              ElementsAre(0, 2, 4));
}

TEST_P(FrameIndexTest, RangeFindsAllGopsWhereTimesRunBackward) {
  Add(0, {0, 400});
  Add(2, {100, 110});
  Add(4, {50, 60});
  EXPECT_THAT(Touching(55, 105), ElementsAre(0, 2, 4));
  EXPECT_THAT(Touching(300, 310), ElementsAre(0));
}

TEST_P(FrameIndexTest, StreamsAndViewsAreKeptApart) {
  Add(0, {0, 10}, {}, kStream - 1);
  Add(0, {1000, 1010});
  Add(0, {5, 15}, {}, kStream + 1);
  CommitBatch batch;
  GopRow other;
  other.frames = 50;
  batch.PutRow(Family::kGop, GopKey(kStream, 1, 0), EncodeGopRow(other));
  Commit(std::move(batch));
  EXPECT_EQ(IndexAt(999), -1);
  EXPECT_EQ(IndexAt(1005), 0);
  EXPECT_EQ(*index().EndIndex(kStream), 2U);
  EXPECT_THAT(Touching(0, 10000), ElementsAre(0));
}

TEST_P(FrameIndexTest, VisitorMayStop) {
  for (uint64_t i = 0; i < 5; ++i) Add(i, {static_cast<int64_t>(i)});
  int seen = 0;
  const absl::Status status =
      index().ForEachGop(kStream, [&](const GopRef& gop) {
        EXPECT_EQ(gop.first_index, static_cast<uint64_t>(seen));
        return ++seen < 3;
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(seen, 3);
}

TEST_P(FrameIndexTest, KnownOrderChangesNoAnswer) {
  std::mt19937_64 engine(12);
  uint64_t index_now = 0;
  int64_t now = -200;
  for (int g = 0; g < 60; ++g) {
    std::vector<int64_t> times;
    for (uint64_t n = 1 + engine() % 4; n > 0; --n) {
      times.push_back(now);
      now += static_cast<int64_t>(1 + engine() % 2) * 10;
    }
    Add(index_now, times);
    index_now += times.size() + engine() % 2;
    if (engine() % 4 == 0) now += 35;
  }
  for (int64_t from = -215; from < now + 20; from += 5) {
    const int64_t to = from + static_cast<int64_t>(engine() % 90);
    EXPECT_EQ(Touching(from, to, TimeOrder::kRising), Touching(from, to))
        << from << " to " << to;
  }
}

TEST_P(FrameIndexTest, VisitsFromTheGopThatHoldsAnIndex) {
  Add(0, {0, 10, 20});
  Add(5, {30, 40});
  const auto from = [&](uint64_t i) {
    std::vector<uint64_t> first;
    const absl::Status status = index().ForEachGop(
        kStream,
        [&](const GopRef& gop) {
          first.push_back(gop.first_index);
          return true;
        },
        i);
    EXPECT_TRUE(status.ok()) << status;
    return first;
  };
  EXPECT_THAT(from(2), ElementsAre(0, 5));
  EXPECT_THAT(from(5), ElementsAre(5));
  EXPECT_THAT(from(99), ElementsAre(5));
}

TEST_P(FrameIndexTest, StillNeedsNoFrameTable) {
  Add(0, {5});
  CommitBatch batch;
  batch.DeleteRow(Family::kFtab, GopKey(kStream, 0, 0));
  Commit(std::move(batch));
  EXPECT_EQ(IndexAt(6), 0);
}

TEST_P(FrameIndexTest, DamagedRowsAreNamed) {
  Add(0, {0, 10});
  CommitBatch batch;
  batch.PutRow(Family::kFtab, GopKey(kStream, 0, 0), "\x01\x00");
  batch.PutRow(Family::kTime, TimeKey(kStream, 50, 9), EncodeTimeRow());
  Commit(std::move(batch));
  EXPECT_THAT(index().AtTime(kStream, 5).status().ToString(),
              HasSubstr("DATA_LOSS: stream 7 gop 0: frame table: needs"));
  EXPECT_THAT(index().AtTime(kStream, 60).status().ToString(),
              HasSubstr("DATA_LOSS: stream 7 gop 9"));
  CommitBatch worse;
  worse.PutRow(Family::kGop, GopKey(kStream, 0, 0), "\x01");
  Commit(std::move(worse));
  EXPECT_THAT(At(1), HasSubstr("DATA_LOSS: stream 7 gop 0: gop row"));
  EXPECT_EQ(index().Gops(kStream, 0, 9).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_P(FrameIndexTest, AgreesWithSearchingEveryFrame) {
  struct Shown {
    int64_t start, time;
    uint64_t first;
    uint32_t rank;
  };
  std::mt19937_64 engine(11);
  std::vector<Shown> all;
  uint64_t next = 0;
  for (int g = 0; g < 40; ++g) {
    std::vector<int64_t> times;
    for (uint64_t n = 1 + engine() % 6; n > 0; --n) {
      times.push_back(static_cast<int64_t>(engine() % 200) - 100);
    }
    for (uint32_t i = 0; i < times.size(); ++i) {
      all.push_back({times[0], times[i], next, i});
    }
    Add(next, times);
    next += times.size() + engine() % 2;
  }
  for (int64_t t = -110; t < 110; ++t) {
    const Shown* best = nullptr;
    for (const Shown& shown : all) {
      if (shown.start > t || (shown.time > t && shown.rank > 0)) continue;
      if (best == nullptr ||
          std::tie(shown.start, shown.first, shown.rank) >
              std::tie(best->start, best->first, best->rank)) {
        best = &shown;
      }
    }
    const int64_t want =
        best == nullptr ? -1 : static_cast<int64_t>(best->first + best->rank);
    ASSERT_EQ(IndexAt(t), want) << "at " << t;
  }
}

}  // namespace
}  // namespace fovea
