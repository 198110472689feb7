// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows that go by the range, classes that lie apart, space that comes back.

#include <map>
#include <random>
#include <set>

#include "gmock/gmock.h"
#include "store/owner.h"
#include "store/rows.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

class ReclaimTest : public ChunkStoreTest {
 protected:
  ReclaimTest() { options_.segment_bytes = 16'000; }

  static Bytes Payload(StreamId stream, uint64_t index) {
    return RandomBytes(2000, static_cast<uint32_t>(stream * 1000 + index));
  }

  // A GOP of one frame a second.
  static void AddGop(StreamId stream, uint64_t index, CommitBatch* batch) {
    const std::string key = GopKey(stream, 0, index);
    GopRow row;
    row.start_ns = static_cast<int64_t>(index) * 1'000'000'000;
    row.duration_ns = 1'000'000'000;
    row.frames = 1;
    row.size = 2000;
    row.chunk = batch->PutChunk(Payload(stream, index), key);
    batch->PutRow(Family::kGop, key, EncodeGopRow(row));
    batch->PutRow(Family::kFtab, key, "table");
    batch->PutRow(Family::kTime, TimeKey(stream, row.start_ns, index),
                  EncodeTimeRow());
  }

  void PutGops(StreamId stream, uint64_t first, uint64_t end,
               RetentionClass retention_class) {
    for (uint64_t index = first; index < end; ++index) {
      CommitBatch batch;
      batch.set_retention_class(retention_class);
      AddGop(stream, index, &batch);
      ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
    }
  }

  // The rows of [first, end) go; their references stay.
  absl::Status Expire(StreamId stream, uint64_t first, uint64_t end) {
    CommitBatch batch;
    for (const Family family : {Family::kGop, Family::kFtab}) {
      batch.DeleteRange(family, GopKey(stream, 0, first),
                        GopKey(stream, 0, end));
    }
    batch.DeleteRange(
        Family::kTime,
        TimeKey(stream, static_cast<int64_t>(first) * 1'000'000'000, 0),
        TimeKey(stream, static_cast<int64_t>(end) * 1'000'000'000, 0));
    return store_->Commit(std::move(batch)).status();
  }

  // However little it is.
  static ReclaimOptions All(uint64_t wanted_bytes = 0) {
    return {.wanted_bytes = wanted_bytes, .least_freed_bytes = 1};
  }

  VerifyReport Mend() {
    auto report = store_->Scrub({.repair = true});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : VerifyReport();
  }

  void ExpectGops(StreamId stream, uint64_t first, uint64_t end) {
    for (uint64_t index = first; index < end; ++index) {
      EXPECT_TRUE(store_->Get(Family::kGop, GopKey(stream, 0, index)).ok());
      ExpectChunk(Payload(stream, index));
    }
  }

  // Classes in the names of the segment files.
  std::multiset<std::string> Classes() const {
    std::multiset<std::string> classes;
    for (const std::string& path : Segments()) {
      classes.insert(
          std::filesystem::path(path).filename().string().substr(9, 2));
    }
    return classes;
  }
};

TEST_F(ReclaimTest, ARangeTakesWhatStoodAndLeavesWhatItsBatchPuts) {
  Open();
  PutGops(1, 0, 10, 0);
  CommitBatch batch;
  batch.PutRow(Family::kFtab, GopKey(1, 0, 4), "new");
  batch.DeleteRange(Family::kFtab, GopKey(1, 0, 2), GopKey(1, 0, 8));
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  for (uint64_t index = 0; index < 10; ++index) {
    const auto row = store_->Get(Family::kFtab, GopKey(1, 0, index));
    EXPECT_EQ(row.ok(), index < 2 || index >= 8 || index == 4) << index;
  }
  EXPECT_EQ(*store_->Get(Family::kFtab, GopKey(1, 0, 4)), "new");
  ExpectRebuildEqual();
}

TEST_F(ReclaimTest, RangesOfOtherFamiliesAndBackwardOnesAreRefused) {
  Open();
  for (const Family family : {Family::kMeta, Family::kPrior, Family::kLoc}) {
    CommitBatch batch;
    batch.DeleteRange(family, "a", "b");
    EXPECT_TRUE(
        absl::IsInvalidArgument(store_->Commit(std::move(batch)).status()));
  }
  CommitBatch backward;
  backward.DeleteRange(Family::kGop, "b", "b");
  EXPECT_TRUE(
      absl::IsInvalidArgument(store_->Commit(std::move(backward)).status()));
  CommitBatch far;
  far.set_retention_class(64);
  far.PutRow(Family::kGop, "a", "b");
  EXPECT_THAT(store_->Commit(std::move(far)).status().ToString(),
              HasSubstr("retention class of 64 exceeds the limit of 63"));
  EXPECT_EQ(store_->last_sequence(), 0u);
}

TEST_F(ReclaimTest, ClassesLieApartAndGoWithoutCopies) {
  Open();
  for (uint64_t index = 0; index < 40; ++index) {
    PutGops(1, index, index + 1, 1);
    PutGops(2, index, index + 1, 2);
  }
  EXPECT_GT(Classes().count("01"), 3u);
  EXPECT_GT(Classes().count("02"), 3u);
  ASSERT_TRUE(Expire(1, 0, 40).ok());
  EXPECT_EQ(Verify().leaked_references, 40);
  ExpectClean();  // a leak is space, not damage
  EXPECT_EQ(Mend().leaks_mended, 40);
  EXPECT_EQ(Mend().leaked_references, 0);
  const auto report = store_->Reclaim(All());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(Classes().count("01"), 0u);
  EXPECT_GT(report->bytes_freed, 75'000u);
  EXPECT_LT(report->bytes_copied, 4'000u);
  ExpectGops(2, 0, 40);
  ExpectClean();
  ExpectRebuildEqual();
  ExpectGops(2, 0, 40);
}

TEST_F(ReclaimTest, SegmentsMostlyAliveStayUnlessSpaceIsWanted) {
  Open();
  PutGops(1, 0, 42, 0);
  const size_t before = Segments().size();
  for (uint64_t index = 0; index < 42; index += 4) {
    ASSERT_TRUE(Expire(1, index, index + 1).ok());
  }
  Mend();
  const auto idle = store_->Reclaim({.least_freed_bytes = 4'000});
  ASSERT_TRUE(idle.ok()) << idle.status();
  EXPECT_EQ(idle->segments_removed, 0);
  EXPECT_GE(Segments().size(), before);
  const auto report = store_->Reclaim(All(10'000));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GE(report->bytes_freed, 7'000u);
  EXPECT_GT(report->segments_removed, 0);
  EXPECT_LT(report->segments_removed, static_cast<int64_t>(before));
  ExpectClean();
  ExpectRebuildEqual();
}

TEST_F(ReclaimTest, APlanTellsWhatReclaimingWillFree) {
  Open();
  PutGops(1, 0, 40, 1);
  PutGops(2, 0, 40, 2);
  const auto expired = [](std::string_view key) {
    const auto parts = ParseGopKey(key);
    return parts.ok() && parts->stream == 1 && parts->first_index < 30;
  };
  std::set<ChunkId> chunks;
  for (uint64_t i = 0; i < 30; ++i) chunks.insert(ChunkId::Of(Payload(1, i)));
  auto spaces = store_->MeasureSegments(
      {.chunk = [&](const ChunkId& id) { return chunks.contains(id); },
       .row =
           [&](Family family, std::string_view key) {
             return family != Family::kTime && expired(key);
           }});
  ASSERT_TRUE(spaces.ok()) << spaces.status();
  uint64_t planned = 0;
  for (const SegmentSpace& space : ChooseSegments(*std::move(spaces), All())) {
    planned += space.dead_bytes();
  }
  ASSERT_TRUE(Expire(1, 0, 30).ok());
  Mend();
  const auto report = store_->Reclaim(All());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_NEAR(static_cast<double>(planned),
              static_cast<double>(report->bytes_freed),
              0.08 * static_cast<double>(planned));
}

TEST_F(ReclaimTest, AChunkThatAnotherStreamHoldsMovesToItsClass) {
  Open();
  CommitBatch classes;
  classes.PutRow(Family::kMeta, StreamClassKey(2), EncodeStreamClass(2));
  ASSERT_TRUE(store_->Commit(std::move(classes)).ok());
  PutGops(1, 0, 20, 1);
  CommitBatch shared;
  shared.set_retention_class(2);
  GopRow row;
  row.chunk = shared.PutChunk(Payload(1, 3), GopKey(2, 0, 0));
  shared.PutRow(Family::kGop, GopKey(2, 0, 0), EncodeGopRow(row));
  ASSERT_EQ(store_->Commit(std::move(shared))->chunks_known, 1);
  ASSERT_TRUE(Expire(1, 0, 20).ok());
  EXPECT_EQ(Mend().leaks_mended, 20);
  ASSERT_TRUE(store_->Reclaim(All()).ok());
  EXPECT_EQ(Classes().count("01"), 0u);
  ExpectChunk(Payload(1, 3));
  EXPECT_EQ(store_->Usage()->chunks, 1);
  ExpectClean();
  ExpectRebuildEqual();
}

TEST_F(ReclaimTest, ALeakIsMendedOnlyWhileItIsOne) {
  Open();
  PutGops(1, 0, 5, 0);
  // The row names another chunk now: the old reference is a leak.
  CommitBatch batch;
  GopRow row;
  row.chunk = batch.PutChunk(RandomBytes(100, 77), GopKey(1, 0, 2));
  batch.PutRow(Family::kGop, GopKey(1, 0, 2), EncodeGopRow(row));
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  const VerifyReport report = Mend();
  EXPECT_EQ(report.leaked_references, 1);
  EXPECT_EQ(report.leaks_mended, 1);
  ASSERT_TRUE(store_->Prune().ok());
  ExpectNoChunk(Payload(1, 2));
  ExpectChunk(RandomBytes(100, 77));
  ExpectClean();
}

TEST_F(ReclaimTest, AScrubAtARateCanBeStopped) {
  Open();
  PutGops(1, 0, 20, 0);
  int calls = 0;
  const auto report = store_->Scrub(
      {.bytes_per_second = 1, .progress = [&](uint64_t done, uint64_t total) {
         EXPECT_LE(done, total);
         return ++calls < 3;
       }});
  EXPECT_TRUE(absl::IsCancelled(report.status())) << report.status();
}

// Several classes, so several segments are open when the process ends.
TEST_F(ReclaimTest, EveryOpenSegmentIsTakenUpAgain) {
  Open();
  for (uint64_t round = 0; round < 4; ++round) {
    for (const StreamId stream : {1, 2, 3}) {
      PutGops(stream, round, round + 1, static_cast<RetentionClass>(stream));
    }
    Open();
  }
  for (const StreamId stream : {1, 2, 3}) ExpectGops(stream, 0, 4);
  EXPECT_EQ(Segments().size(), 3u);
  ExpectClean();
  ExpectRebuildEqual();
}

// Random commits, ranges, reclaims, prunes and openings against a plain map.
class ReclaimModelTest : public ReclaimTest,
                         public ::testing::WithParamInterface<uint32_t> {
 protected:
  using Rows = std::map<std::string, uint64_t>;  // gop key -> payload's seed

  void PutSome() {
    CommitBatch batch;
    batch.set_retention_class(static_cast<RetentionClass>(Below(3)));
    for (uint32_t n = 1 + Below(4); n > 0; --n) {
      const std::string key = AnyKey();
      const uint32_t seed = Below(40);  // some are equal
      GopRow row;
      row.chunk = batch.PutChunk(RandomBytes(300, seed), key);
      batch.PutRow(Family::kGop, key, EncodeGopRow(row));
      rows_[key] = seed;
    }
    ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  }

  void DeleteSome() {
    std::string begin = AnyKey();
    std::string end = AnyKey();
    if (begin > end) std::swap(begin, end);
    if (begin == end) return;
    CommitBatch batch;
    batch.DeleteRange(Family::kGop, begin, end);
    ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
    rows_.erase(rows_.lower_bound(begin), rows_.lower_bound(end));
  }

  void Step() {
    switch (Below(12)) {
      case 0:
        Mend();
        break;
      case 1:
        ASSERT_TRUE(store_
                        ->Reclaim({.least_dead_share = 0.25 * Below(4),
                                   .wanted_bytes = Below(4000),
                                   .least_freed_bytes = Below(4000)})
                        .ok());
        break;
      case 2:
        ASSERT_TRUE(store_->Prune().ok());
        break;
      case 3:
        Open();
        break;
      case 4:
        NextHour();
        break;
      case 5:
      case 6:
        DeleteSome();
        break;
      default:
        PutSome();
    }
  }

  void ExpectRows() {
    Rows found;
    ASSERT_TRUE(store_
                    ->Scan(Family::kGop, "", "",
                           [&](std::string_view key, std::string_view) {
                             found[std::string(key)] = rows_[std::string(key)];
                             return true;
                           })
                    .ok());
    EXPECT_EQ(found, rows_);
    for (const auto& [key, seed] : rows_) {
      ExpectChunk(RandomBytes(300, static_cast<uint32_t>(seed)));
    }
    ExpectClean();
  }

  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(chance_() % n); }
  std::string AnyKey() { return GopKey(1 + Below(3), 0, Below(20)); }

  std::mt19937 chance_{GetParam()};
  Rows rows_;
};

TEST_P(ReclaimModelTest, StaysWhatWasAcknowledged) {
  options_.segment_bytes = 3000;
  Open();
  for (int step = 0; step < 60 && !HasFatalFailure(); ++step) {
    SCOPED_TRACE(step);
    Step();
    if (step % 20 == 19) ExpectRows();
    if (step % 30 != 29) continue;
    Mend();
    ExpectRebuildEqual();
  }
  ExpectRows();
  // Nothing is left of a store whose rows all went.
  CommitBatch batch;
  batch.DeleteRange(Family::kGop, GopKey(0, 0, 0), GopKey(9, 0, 0));
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  Mend();
  ASSERT_TRUE(store_->Reclaim(All()).ok());
  EXPECT_EQ(store_->Usage()->chunks, 0);
  ExpectRebuildEqual();
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReclaimModelTest, ::testing::Range(1u, 31u));

}  // namespace
}  // namespace fovea::testing
