// SPDX-License-Identifier: GPL-2.0-or-later
//
// Catalogue keys sort as what they name; values come back as they were, and
// damaged ones are errors.

#include "store/rows.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

class Dice {
 public:
  // All magnitudes alike, with the extremes among them.
  uint64_t U64() {
    const uint64_t bits = store_();
    return bits >> (store_() % 65 == 64 ? 63 : store_() % 64);
  }
  int64_t I64() {
    switch (store_() % 16) {
      case 0:
        return kMin;
      case 1:
        return kMax;
      default:
        return static_cast<int64_t>(store_() % 2 ? U64() : ~U64());
    }
  }
  uint32_t Below(uint32_t end) { return static_cast<uint32_t>(U64() % end); }
  std::string Text(uint32_t end) {
    std::string text(Below(end), '\0');
    for (char& c : text) c = static_cast<char>(store_());
    return text;
  }
  ChunkId Id() {
    ChunkId id;
    for (uint8_t& b : id.bytes) b = static_cast<uint8_t>(store_());
    return id;
  }

 private:
  std::mt19937_64 store_{2024};
};

StreamRow AnyStreamRow(Dice& dice) {
  StreamRow row;
  row.id = dice.U64();
  row.kind = static_cast<uint8_t>(dice.U64());
  row.name = dice.Text(40);
  row.description = dice.Text(300);
  return row;
}

StreamCounts AnyStreamCounts(Dice& dice) {
  StreamCounts counts;
  counts.samples_in = dice.I64();
  counts.stored = dice.I64();
  counts.dropped = dice.I64();
  for (uint32_t n = dice.Below(4); n > 0; --n) {
    counts.rejected.push_back({dice.Text(30), dice.I64()});
  }
  for (uint32_t n = dice.Below(4); n > 0; --n) {
    counts.gaps.push_back({dice.I64(), dice.I64(), dice.Text(30)});
  }
  counts.times_backward = dice.I64();
  counts.times_repeated = dice.I64();
  counts.stored_bytes = dice.I64();
  counts.chunks = dice.I64();
  return counts;
}

GopRow AnyGopRow(Dice& dice) {
  GopRow row;
  row.start_ns = dice.I64();
  row.duration_ns = dice.I64();
  row.frames = dice.Below(kRowLimits.max_table_frames + 1);
  row.chunk = dice.Id();
  row.size = dice.U64();
  row.codec = static_cast<uint8_t>(1 + dice.Below(3));
  row.open = dice.Below(2) == 1;
  row.leading = static_cast<uint16_t>(dice.U64());
  row.parent_view = static_cast<ViewId>(dice.U64());
  row.verdict = static_cast<uint8_t>(dice.U64());
  row.parameter_sets = std::string(20 * dice.Below(4), 'p');
  return row;
}

BlockRow AnyBlockRow(Dice& dice) {
  BlockRow row;
  row.start_ns = dice.I64();
  row.end_ns = dice.I64();
  row.first_index = dice.U64();
  row.samples = static_cast<uint32_t>(dice.U64());
  row.chunk = dice.Id();
  row.is_chunk = dice.Below(2) == 1;
  if (row.is_chunk) {
    row.chunk_bytes = dice.U64();
  } else {
    row.bytes = dice.Text(200);
  }
  return row;
}

// One kind of value and how it goes to bytes and back.
struct StreamRowKind {
  static StreamRow Any(Dice& dice) { return AnyStreamRow(dice); }
  static std::string Encode(const StreamRow& v) { return EncodeStreamRow(v); }
  static auto Decode(std::string_view b) { return DecodeStreamRow(b); }
};
struct StreamCountsKind {
  static StreamCounts Any(Dice& dice) { return AnyStreamCounts(dice); }
  static std::string Encode(const StreamCounts& v) {
    return EncodeStreamCounts(v);
  }
  static auto Decode(std::string_view b) { return DecodeStreamCounts(b); }
};
struct GopRowKind {
  static GopRow Any(Dice& dice) { return AnyGopRow(dice); }
  static std::string Encode(const GopRow& v) { return EncodeGopRow(v); }
  static auto Decode(std::string_view b) { return DecodeGopRow(b); }
};
struct BlockRowKind {
  static BlockRow Any(Dice& dice) { return AnyBlockRow(dice); }
  static std::string Encode(const BlockRow& v) { return EncodeBlockRow(v); }
  static auto Decode(std::string_view b) { return DecodeBlockRow(b); }
};
struct StreamIdKind {
  static StreamId Any(Dice& dice) { return dice.U64(); }
  static std::string Encode(StreamId v) { return EncodeStreamId(v); }
  static auto Decode(std::string_view b) { return DecodeStreamId(b); }
};

template <typename Kind>
class RowValueTest : public ::testing::Test {
 protected:
  Dice dice_;
};

using Kinds = ::testing::Types<StreamRowKind, StreamCountsKind, GopRowKind,
                               BlockRowKind, StreamIdKind>;
TYPED_TEST_SUITE(RowValueTest, Kinds);

TYPED_TEST(RowValueTest, ComesBackAsItWas) {
  for (int i = 0; i < 3000; ++i) {
    const auto value = TypeParam::Any(this->dice_);
    const auto back = TypeParam::Decode(TypeParam::Encode(value));
    ASSERT_TRUE(back.ok()) << back.status();
    ASSERT_TRUE(*back == value) << "round " << i;
  }
}

TYPED_TEST(RowValueTest, OneByteTooFewOrTooManyIsDataLoss) {
  for (int i = 0; i < 50; ++i) {
    const std::string bytes = TypeParam::Encode(TypeParam::Any(this->dice_));
    testing::ForEachTruncation(bytes, [](const std::string& cut) {
      EXPECT_EQ(TypeParam::Decode(cut).status().code(),
                absl::StatusCode::kDataLoss)
          << cut.size() << " bytes";
    });
    EXPECT_EQ(TypeParam::Decode(bytes + '\0').status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TYPED_TEST(RowValueTest, ChangedByteGivesAnErrorOrAnotherValue) {
  const auto value = TypeParam::Any(this->dice_);
  testing::ForEachByteChange(TypeParam::Encode(value),
                             [&](const std::string& changed) {
                               const auto back = TypeParam::Decode(changed);
                               if (back.ok()) {
                                 EXPECT_FALSE(*back == value);
                               }
                             });
}

TYPED_TEST(RowValueTest, UnknownVersionIsNamed) {
  std::string bytes = TypeParam::Encode(TypeParam::Any(this->dice_));
  bytes[0] = 9;
  const absl::Status status = TypeParam::Decode(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("of version 9; this build reads version 1"));
}

TEST(RowKeyTest, GopKeysSortByStreamViewIndex) {
  Dice dice;
  for (int i = 0; i < 5000; ++i) {
    const auto any = [&] {
      return std::tuple(StreamId{dice.Below(4)},
                        static_cast<ViewId>(dice.Below(4)), dice.U64());
    };
    const auto a = any(), b = any();
    EXPECT_EQ(a < b, std::apply(GopKey, a) < std::apply(GopKey, b));
    const auto parts = ParseGopKey(std::apply(GopKey, a));
    ASSERT_TRUE(parts.ok());
    EXPECT_EQ(std::tuple(parts->stream, parts->view, parts->first_index), a);
  }
}

TEST(RowKeyTest, TimeKeysSortByStreamSignedTimeIndex) {
  Dice dice;
  for (int i = 0; i < 5000; ++i) {
    const auto any = [&] {
      return std::tuple(StreamId{dice.Below(3)}, dice.I64(), dice.U64());
    };
    const auto a = any(), b = any();
    EXPECT_EQ(a < b, std::apply(TimeKey, a) < std::apply(TimeKey, b));
    const auto parts = ParseTimeKey(std::apply(TimeKey, a));
    ASSERT_TRUE(parts.ok());
    EXPECT_EQ(std::tuple(parts->stream, parts->time_ns, parts->first_index), a);
  }
}

TEST(RowKeyTest, BlockKeysSortByStreamSequence) {
  Dice dice;
  for (int i = 0; i < 5000; ++i) {
    const auto any = [&] {
      return std::tuple(StreamId{dice.Below(3)}, dice.U64());
    };
    const auto a = any(), b = any();
    EXPECT_EQ(a < b, std::apply(BlockKey, a) < std::apply(BlockKey, b));
    const auto parts = ParseBlockKey(std::apply(BlockKey, a));
    ASSERT_TRUE(parts.ok());
    EXPECT_EQ(std::tuple(parts->stream, parts->block_seq), a);
  }
}

TEST(RowKeyTest, PrefixesHoldTheirKeysAndNoOthers) {
  EXPECT_EQ(GopKey(7, 2, 5).rfind(StreamPrefix(7), 0), 0U);
  EXPECT_EQ(GopKey(7, 2, 5).rfind(GopPrefix(7, 2), 0), 0U);
  EXPECT_NE(GopKey(7, 1, 5).rfind(GopPrefix(7, 2), 0), 0U);
  EXPECT_NE(GopKey(8, 2, 5).rfind(StreamPrefix(7), 0), 0U);
}

TEST(RowKeyTest, MetaKeysOfDifferentKindsNeverMeet) {
  const std::vector<uint8_t> eight_zeros(8);
  const std::string name(8, '\0');
  const std::vector<std::string> keys = {StreamKey(0), StreamNameKey(name),
                                         StreamCountsKey(0),
                                         ParameterSetKey(eight_zeros)};
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t k = 0; k < i; ++k) EXPECT_NE(keys[i], keys[k]);
  }
}

TEST(RowKeyTest, KeyOfAnotherLengthIsDataLoss) {
  for (const std::string& key : {GopKey(1, 2, 3), TimeKey(1, 2, 3)}) {
    EXPECT_FALSE(ParseGopKey(key + "x").ok());
    EXPECT_FALSE(ParseTimeKey(key.substr(1)).ok());
    EXPECT_FALSE(ParseBlockKey(key).ok());
  }
}

TEST(RowValueLimitTest, CountIsCheckedAgainstWhatIsLeft) {
  StreamCounts counts;
  std::string bytes = EncodeStreamCounts(counts);
  // The reasons' count comes before the gaps' in the last two bytes.
  bytes.resize(bytes.size() - 2);
  bytes += "\xff\xff\x03";
  const absl::Status status = DecodeStreamCounts(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("65535 reasons"));
}

TEST(RowValueLimitTest, LongReasonIsCutNotLost) {
  StreamCounts counts;
  counts.rejected.push_back({std::string(5000, 'x'), 3});
  const auto back = DecodeStreamCounts(EncodeStreamCounts(counts));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->rejected[0].why.size(), kRowLimits.max_name_bytes);
  EXPECT_EQ(back->rejected[0].samples, 3);
}

TEST(RowValueLimitTest, LargestNameFitsAndALargerOneIsDamage) {
  StreamRow row;
  row.name = std::string(kRowLimits.max_name_bytes, 'n');
  std::string bytes = EncodeStreamRow(row);
  EXPECT_TRUE(DecodeStreamRow(bytes).ok());
  bytes[10] = static_cast<char>(bytes[10] | 1);  // length 1025
  const absl::Status status = DecodeStreamRow(bytes + "n").status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("name length must be at most 1024, found 1025"));
}

TEST(ParameterSetTest, NalUnitComesBackAsItWas) {
  const std::vector<uint8_t> nal = {0x67, 0, 0, 3, 1};
  const auto back = DecodeParameterSet(EncodeParameterSet(nal));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, nal);
  EXPECT_FALSE(DecodeParameterSet("").ok());
}

TEST(TimeRowTest, ValueIsItsVersion) {
  EXPECT_TRUE(CheckTimeRow(EncodeTimeRow()).ok());
  EXPECT_FALSE(CheckTimeRow("").ok());
  EXPECT_FALSE(CheckTimeRow(EncodeTimeRow() + "x").ok());
  EXPECT_EQ(CheckTimeRow("\x02").code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace fovea
