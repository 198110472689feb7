// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks are found by time, with and without knowing that it rises.

#include "api/block_reader.h"

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr StreamId kStream = 3;

class BlockReaderTest : public ::testing::Test {
 protected:
  void Add(uint64_t seq, int64_t start_ns, int64_t end_ns,
           StreamId stream = kStream) {
    BlockRow row;
    row.start_ns = start_ns;
    row.end_ns = end_ns;
    row.first_index = seq;
    row.samples = 1;
    row.bytes = "x";
    CommitBatch batch;
    batch.PutRow(Family::kBlock, BlockKey(stream, seq), EncodeBlockRow(row));
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  std::vector<uint64_t> Touching(int64_t from, int64_t to, TimeOrder order) {
    std::vector<uint64_t> found;
    const absl::Status status = ForEachBlock(
        &store_, kStream, from, to, order, [&](const BlockRow& row) {
          found.push_back(row.first_index);
          return absl::StatusOr<bool>(true);
        });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }

  // One by one.
  std::vector<uint64_t> Walked(int64_t from, int64_t to, TimeOrder order) {
    std::vector<uint64_t> found;
    BlockCursor cursor(&store_, kStream, from, to, order);
    while (true) {
      const auto row = cursor.Next();
      EXPECT_TRUE(row.ok()) << row.status();
      if (!row.ok() || !row->has_value()) return found;
      found.push_back((*row)->first_index);
    }
  }

  testing::MemoryStore store_;
};

TEST_F(BlockReaderTest, AStreamWithoutBlocksHasNone) {
  Add(0, 0, 9, kStream + 1);
  EXPECT_THAT(Touching(0, 99, TimeOrder::kRising), IsEmpty());
}

TEST_F(BlockReaderTest, BordersAreThoseOfSamples) {
  Add(4, 10, 19);
  Add(9, 20, 29);
  const auto order = TimeOrder::kRising;
  EXPECT_THAT(Touching(0, 10, order), IsEmpty());
  EXPECT_THAT(Touching(0, 11, order), ElementsAre(4));
  EXPECT_THAT(Touching(19, 20, order), ElementsAre(4));
  EXPECT_THAT(Touching(20, 21, order), ElementsAre(9));
  EXPECT_THAT(Touching(29, 99, order), ElementsAre(9));
  EXPECT_THAT(Touching(30, 99, order), IsEmpty());
}

TEST_F(BlockReaderTest, KnownOrderChangesNoAnswer) {
  std::mt19937_64 engine(5);
  uint64_t seq = engine() % 7;
  int64_t now = -100;
  for (int i = 0; i < 80; ++i) {
    const int64_t end = now + static_cast<int64_t>(engine() % 9);
    Add(seq, now, end);
    seq += 1 + (engine() % 5 == 0 ? engine() % 40 : 0);
    now = end + static_cast<int64_t>(engine() % 4);
  }
  for (int64_t from = -110; from < now + 10; ++from) {
    const int64_t to = from + static_cast<int64_t>(engine() % 40);
    const auto touching = Touching(from, to, TimeOrder::kUnknown);
    ASSERT_EQ(Touching(from, to, TimeOrder::kRising), touching)
        << from << " to " << to;
    ASSERT_EQ(Walked(from, to, TimeOrder::kRising), touching);
    ASSERT_EQ(Walked(from, to, TimeOrder::kUnknown), touching);
  }
}

TEST_F(BlockReaderTest, PagesOfACursorJoin) {
  Add(0, 0, 9, kStream - 1);
  Add(0, 0, 9, kStream + 1);
  std::vector<uint64_t> all;
  for (uint64_t seq = 0; seq < 100; ++seq) {
    EXPECT_EQ(Walked(INT64_MIN, INT64_MAX, TimeOrder::kRising), all);
    EXPECT_EQ(Walked(INT64_MIN, INT64_MAX, TimeOrder::kUnknown), all);
    const auto start = static_cast<int64_t>(seq) * 10;
    Add(seq, start, start + 9);
    all.push_back(seq);
  }
}

TEST_F(BlockReaderTest, VisitorMayStopOrFail) {
  for (uint64_t seq = 0; seq < 5; ++seq) Add(seq, 10, 20);
  int seen = 0;
  const auto stop = [&](const BlockRow&) {
    return absl::StatusOr<bool>(++seen < 2);
  };
  EXPECT_TRUE(
      ForEachBlock(&store_, kStream, 0, 99, TimeOrder::kUnknown, stop).ok());
  EXPECT_EQ(seen, 2);
  const auto fail = [&](const BlockRow&) {
    return absl::StatusOr<bool>(absl::DataLossError("bad"));
  };
  EXPECT_TRUE(absl::IsDataLoss(
      ForEachBlock(&store_, kStream, 0, 99, TimeOrder::kUnknown, fail)));
}

}  // namespace
}  // namespace fovea
