// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frame tables come back as they were, cost little on still footage, and
// damaged ones are errors.

#include "store/frame_table.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/row_codec.h"
#include "store/row_limits.h"
#include "tests/support/damage.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// round-half-even(pts x 1e9 x num / den), by long division.
int64_t Nanoseconds(int64_t pts, int64_t num, int64_t den) {
  const int64_t top = pts * num;
  int64_t ns = top / den * 1'000'000'000;
  const int64_t rest = top % den * 1'000'000'000;
  ns += rest / den;
  const int64_t twice = 2 * (rest % den);
  if (twice > den || (twice == den && ns % 2 != 0)) ++ns;
  return ns;
}

class FrameTableTest : public ::testing::Test {
 protected:
  uint64_t Random() { return store_(); }

  // Pictures of constant rate `num`/`den` seconds a tick, in display order.
  FrameTable Paced(int count, int64_t ticks, int64_t num, int64_t den) {
    FrameTable table;
    uint32_t offset = 0;
    for (int i = 0; i < count; ++i) {
      FrameEntry frame;
      frame.pts = frame.dts = i * ticks;
      frame.time_ns = Nanoseconds(frame.pts, num, den);
      frame.duration_ns =
          Nanoseconds((i + 1) * ticks, num, den) - frame.time_ns;
      frame.offset = offset;
      frame.size = 100;
      frame.type = i == 0 ? 1 : 2;
      offset += frame.size;
      table.frames.push_back(frame);
    }
    if (count > 1) {
      table.frames.back().duration_ns = table.frames[0].duration_ns;
    }
    return table;
  }

  // A fixed camera: sizes and means jitter, 30 of 320 bits are unsettled.
  FrameTable Still(int count) {
    FrameTable table = Paced(count, 1001, 1, 30000);
    FrameEntry now;
    now.fingerprint64 = Random();
    for (uint64_t& word : now.fingerprint256) word = Random();
    uint32_t offset = 0;
    for (FrameEntry& frame : table.frames) {
      for (int i = 0; i < 11; ++i) {
        const uint64_t bit = Random() % 30;
        now.fingerprint256[bit % 4] ^= uint64_t{1} << (bit * 37 % 64);
      }
      frame.fingerprint64 = now.fingerprint64;
      frame.fingerprint256 = now.fingerprint256;
      frame.size = static_cast<uint32_t>(300 + Random() % 250);
      frame.offset = offset;
      offset += frame.size;
      frame.qp = static_cast<uint8_t>(24 + Random() % 3);
      frame.mean_luma = static_cast<uint8_t>(101 + (Random() % 8 == 0));
      frame.mean_texture = 17;
      frame.mean_difference = static_cast<uint8_t>(3 + Random() % 2);
      frame.mean_residual = static_cast<uint8_t>(2 + Random() % 2);
      frame.has_grid = true;
      frame.has_motion = true;
    }
    table.fingerprint_version = 1;
    return table;
  }

  FrameEntry AnyFrame() {
    FrameEntry frame;
    for (int64_t* v :
         {&frame.pts, &frame.dts, &frame.time_ns, &frame.duration_ns}) {
      const uint64_t pick = Random() % 4;
      *v = pick == 0   ? kMin
           : pick == 1 ? kMax
                       : static_cast<int64_t>(Random() >> Random() % 64);
    }
    frame.offset = static_cast<uint32_t>(Random());
    frame.size = static_cast<uint32_t>(Random() >> Random() % 64);
    for (uint8_t* v :
         {&frame.type, &frame.qp, &frame.mean_luma, &frame.mean_texture,
          &frame.mean_difference, &frame.mean_residual, &frame.moving}) {
      *v = static_cast<uint8_t>(Random());
    }
    frame.leading = Random() % 2 == 0;
    frame.has_grid = Random() % 2 == 0;
    frame.has_motion = Random() % 2 == 0;
    frame.camera_moves = Random() % 2 == 0;
    frame.moving_cells = static_cast<uint16_t>(Random() >> Random() % 64);
    frame.fingerprint64 = Random();
    for (uint64_t& word : frame.fingerprint256) word = Random();
    return frame;
  }

  FrameTable Any() {
    FrameTable table;
    table.fingerprint_version = static_cast<uint8_t>(Random());
    for (uint64_t n = Random() % 40; n > 0; --n) {
      table.frames.push_back(AnyFrame());
    }
    table.trim.resize(Random() % 50);
    for (char& c : table.trim) c = static_cast<char>(Random());
    return table;
  }

  static void ExpectBack(const FrameTable& table) {
    const auto back = DecodeFrameTable(EncodeFrameTable(table));
    ASSERT_TRUE(back.ok()) << back.status();
    ASSERT_TRUE(*back == table);
  }

  std::mt19937_64 store_{7};
};

TEST_F(FrameTableTest, EmptyTableComesBack) { ExpectBack(FrameTable()); }

TEST_F(FrameTableTest, AnythingComesBack) {
  for (int i = 0; i < 2000; ++i) ExpectBack(Any());
}

TEST_F(FrameTableTest, ExtremesBesideEachOtherComeBack) {
  const std::vector<int64_t> extremes = {kMin, kMin + 1, -1, 0, 1, kMax};
  FrameTable table;
  for (const int64_t pts : extremes) {
    for (const int64_t time : extremes) {
      FrameEntry frame;
      frame.pts = pts;
      frame.dts = -(pts / 2);
      frame.time_ns = frame.duration_ns = time;
      frame.offset = frame.size = UINT32_MAX;
      table.frames.push_back(frame);
    }
  }
  ExpectBack(table);
}

TEST_F(FrameTableTest, EveryLengthAroundAByteComesBack) {
  for (int count = 0; count < 40; ++count) ExpectBack(Still(count));
}

TEST_F(FrameTableTest, ReorderedPicturesComeBack) {
  FrameTable table = Still(61);
  for (size_t i = 1; i + 1 < table.frames.size(); i += 2) {
    std::swap(table.frames[i].pts, table.frames[i + 1].pts);
    std::swap(table.frames[i].time_ns, table.frames[i + 1].time_ns);
    table.frames[i].leading = true;
  }
  ExpectBack(table);
}

TEST_F(FrameTableTest, SameBytesEachTime) {
  const FrameTable table = Still(60);
  EXPECT_EQ(EncodeFrameTable(table), EncodeFrameTable(table));
}

TEST_F(FrameTableTest, ClocksOfConstantRateCostNothingPerPicture) {
  const struct {
    int64_t ticks, num, den;
  } rates[] = {{1, 1, 25},       {512, 1, 15360},  {1001, 1, 30000},
               {3003, 1, 90000}, {384, 1, 11456},  {33, 1, 1000},
               {1, 1001, 60000}, {2000, 1, 25000}, {17, 1, 600}};
  for (const auto& rate : rates) {
    const FrameTable little = Paced(20, rate.ticks, rate.num, rate.den);
    const FrameTable much = Paced(2000, rate.ticks, rate.num, rate.den);
    ExpectBack(much);
    EXPECT_LE(EncodeFrameTable(much).size(),
              EncodeFrameTable(little).size() + 20)
        << rate.ticks << " ticks of " << rate.num << "/" << rate.den;
  }
}

TEST_F(FrameTableTest, StillFootageCostsFewBytesAPicture) {
  const size_t bytes = EncodeFrameTable(Still(60)).size();
  EXPECT_LT(bytes, 60U * 13);
}

TEST_F(FrameTableTest, MotionSummaryCostsNothingPerStillPicture) {
  for (const int count : {60, 600}) {
    FrameTable table = Paced(count, 1001, 1, 30000);
    const size_t without = EncodeFrameTable(table).size();
    for (FrameEntry& frame : table.frames) frame.has_motion = true;
    EXPECT_LE(EncodeFrameTable(table).size(), without + 4) << count;
  }
}

TEST_F(FrameTableTest, OneThatMovesThroughCostsFewBytesAPicture) {
  FrameTable table = Paced(60, 1001, 1, 30000);
  const size_t without = EncodeFrameTable(table).size();
  for (size_t i = 0; i < table.frames.size(); ++i) {
    FrameEntry& frame = table.frames[i];
    frame.has_motion = true;
    if (i < 20 || i >= 50) continue;
    frame.moving = static_cast<uint8_t>(3 + Random() % 3);
    frame.moving_cells = static_cast<uint16_t>(1U << (4 + (i - 20) / 8));
  }
  ExpectBack(table);
  EXPECT_LE(EncodeFrameTable(table).size(), without + 60);
}

TEST_F(FrameTableTest, FullTableComesBackAndOneMoreIsRefused) {
  FrameTable table;
  table.frames.resize(kRowLimits.max_table_frames);
  EXPECT_TRUE(CheckFrameTable(table).ok());
  ExpectBack(table);
  table.frames.emplace_back();
  EXPECT_EQ(CheckFrameTable(table).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(FrameTableTest, LongTrimIsRefused) {
  FrameTable table;
  table.trim.resize(kRowLimits.max_trim_bytes + 1);
  EXPECT_EQ(CheckFrameTable(table).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(FrameTableTest, EveryTruncationIsDataLoss) {
  FrameTable table = Still(20);
  table.trim = "trim record";
  for (const FrameTable& t : {table, Any()}) {
    testing::ForEachTruncation(EncodeFrameTable(t), [](const std::string& cut) {
      EXPECT_EQ(DecodeFrameTable(cut).status().code(),
                absl::StatusCode::kDataLoss)
          << cut.size() << " bytes";
    });
  }
}

TEST_F(FrameTableTest, ChangedByteGivesAnErrorOrATableOfItsLength) {
  FrameTable plain;
  plain.frames = {AnyFrame(), AnyFrame()};
  for (const FrameTable& t : {Still(8), plain}) {
    testing::ForEachByteChange(
        EncodeFrameTable(t), [&](const std::string& changed) {
          const auto back = DecodeFrameTable(changed);
          if (back.ok()) {
            EXPECT_LE(back->frames.size(), kRowLimits.max_table_frames);
          } else {
            EXPECT_FALSE(back.status().message().empty());
          }
        });
  }
}

TEST_F(FrameTableTest, UnknownVersionIsNamed) {
  std::string bytes = EncodeFrameTable(Still(3));
  bytes[0] = 7;
  const absl::Status status = DecodeFrameTable(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("version 7"));
}

// A table as releases of store format 2 wrote it: one picture, all zero but
// for its flags, nothing packed.
std::string OfVersion1(uint8_t flags) {
  RowWriter body;
  body.SignedVarint(0);
  body.SignedVarint(1);
  for (int column = 0; column < 6; ++column) {
    body.U8(0);
    body.Varint(0);
  }
  body.Varint(0);
  body.Varint(1);
  body.U8(flags);
  for (int column = 0; column < 5; ++column) body.Varint(0);
  body.U8(0);
  const std::string bytes = body.Take();
  RowWriter out;
  out.U8(1);
  out.U8(0);
  out.Varint(1);
  out.Varint(0);
  out.Varint(bytes.size());
  out.U8(0);
  out.Bytes(std::string_view(bytes));
  return out.Take();
}

TEST_F(FrameTableTest, Version1IsReadAndHasNoMotion) {
  const auto table = DecodeFrameTable(OfVersion1(2));
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->frames.size(), 1u);
  FrameEntry expected;
  expected.has_grid = true;
  EXPECT_TRUE(table->frames[0] == expected);
  ExpectBack(*table);
}

TEST_F(FrameTableTest, Version1HasNoFlagsOfMotion) {
  for (const int flags : {4, 8, 16}) {
    EXPECT_EQ(DecodeFrameTable(OfVersion1(static_cast<uint8_t>(flags)))
                  .status()
                  .code(),
              absl::StatusCode::kDataLoss);
  }
}

// A header that promises more than it may is refused before memory is taken.
std::string Promise(uint64_t frames, uint64_t trim, uint64_t body) {
  RowWriter out;
  out.U8(1);
  out.U8(0);
  out.Varint(frames);
  out.Varint(trim);
  out.Varint(body);
  out.U8(1);
  return out.Take();
}

TEST_F(FrameTableTest, PromisesBeyondTheLimitsAreRefused) {
  const auto why = [](const std::string& bytes) {
    return std::string(DecodeFrameTable(bytes).status().message());
  };
  EXPECT_THAT(why(Promise(kRowLimits.max_table_frames + 1, 0, 9)),
              HasSubstr("frames must be at most"));
  EXPECT_THAT(why(Promise(1, kRowLimits.max_trim_bytes + 1, 9)),
              HasSubstr("trim length must be at most"));
  EXPECT_THAT(why(Promise(1, 0, 1 << 20)),
              HasSubstr("body length must be at most"));
}

}  // namespace
}  // namespace fovea
