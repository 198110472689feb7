// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/split_floats.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "codec/internal/range_coder.h"
#include "codec/series_block.h"

namespace fovea {
namespace {

using Bytes = std::vector<uint8_t>;
using Column = std::vector<double>;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

std::vector<uint64_t> Bits(const Column& column) {
  std::vector<uint64_t> bits;
  for (const double value : column) {
    bits.push_back(std::bit_cast<uint64_t>(value));
  }
  return bits;
}

Bytes HeadOf(const SplitFloats& split, const Column& column) {
  Bytes bytes;
  PutSplitHead(split, column, &bytes);
  return bytes;
}

absl::StatusOr<Column> Join(std::span<const uint8_t> head_bytes,
                            std::span<const int64_t> k) {
  ByteReader in(head_bytes);
  const auto head = ReadSplitHead(&in, k.size());
  if (!head.ok()) return head.status();
  if (in.remaining() > 0) return absl::DataLossError("bytes left");
  return JoinSplit(*head, k);
}

// Splits and joins; every bit has to come back.
SplitFloats CheckRoundTrip(const Column& column) {
  auto split = SplitColumn(column);
  EXPECT_TRUE(split.has_value());
  if (!split) return {};
  EXPECT_EQ(split->k.size(), column.size());
  for (const int64_t k : split->k) {
    EXPECT_EQ(k, static_cast<int32_t>(k));
  }
  const auto joined = Join(HeadOf(*split, column), split->k);
  EXPECT_TRUE(joined.ok()) << joined.status();
  if (joined.ok()) {
    EXPECT_EQ(Bits(*joined), Bits(column));
  }
  return *std::move(split);
}

Column Noise(size_t size, double mean, double deviation, bool floats,
             uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(mean, deviation);
  Column column(size);
  for (double& value : column) {
    value = normal(random);
    if (floats) value = static_cast<double>(static_cast<float>(value));
  }
  return column;
}

TEST(SplitFloatsTest, KeepsNoiseOfAnyScaleAndMean) {
  uint64_t seed = 0;
  for (const bool floats : {true, false}) {
    for (const int scale : {-900, -500, -100, -20, 0, 20, 100, 500, 900}) {
      if (floats && std::abs(scale) > 100) continue;
      for (const double mean : {0.0, 1.0, -30.0, 5000.0}) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed << ", " << scale);
        const double unit = std::ldexp(1.0, scale);
        const SplitFloats split =
            CheckRoundTrip(Noise(500, mean * unit, unit, floats, ++seed));
        EXPECT_LE(split.precision, floats ? 23 : 52);
        EXPECT_TRUE(split.exceptions.empty());
      }
    }
  }
}

TEST(SplitFloatsTest, KeepsSpecialValuesAmongNoise) {
  constexpr double kMin = std::numeric_limits<double>::min();
  const Column special = {
      0.0,
      -0.0,
      std::bit_cast<double>(uint64_t{0x7ff8dead0000beef}),
      std::bit_cast<double>(uint64_t{0xfff0000000000001}),  // signalling
      std::numeric_limits<double>::infinity(),
      -std::numeric_limits<double>::infinity(),
      std::numeric_limits<double>::denorm_min(),
      -std::numeric_limits<double>::denorm_min(),
      std::bit_cast<double>(std::bit_cast<uint64_t>(kMin) - 1),
      kMin,
      -kMin,
      static_cast<double>(std::numeric_limits<float>::denorm_min()),
      std::numeric_limits<double>::max()};
  for (const double scale : {1e-300, 1e-9, 1.0, 1e300}) {
    Column column = Noise(600, 0, scale, false, 1);
    for (size_t i = 0; i < special.size(); ++i) {
      column[i == 0 ? 0 : i * 40 + i % 2] = special[i];
      column[i * 40 + 2] = special[i];
    }
    SCOPED_TRACE(scale);
    CheckRoundTrip(column);
  }
}

// All from 2^31 steps on are exceptions, and nothing below.
TEST(SplitFloatsTest, KeepsCountsUpToTheirLimit) {
  Column column = Noise(400, 0, 1, true, 2);
  const int step = CheckRoundTrip(column).step;
  const double limit = std::ldexp(1.0, step + 31);
  column[100] = limit;
  column[200] = -limit;
  column[300] = std::nextafter(limit, 0);
  column[301] = -std::nextafter(limit, 0);
  const SplitFloats split = CheckRoundTrip(column);
  EXPECT_EQ(split.step, step);
  EXPECT_EQ(split.exceptions, (std::vector<size_t>{100, 200}));
  EXPECT_EQ(split.k[300], INT32_MAX);
  EXPECT_EQ(split.k[301], INT32_MIN);
}

TEST(SplitFloatsTest, SamplesOfOneValueOrOfNoSizeAreNotSplit) {
  EXPECT_FALSE(SplitColumn({}));
  EXPECT_FALSE(SplitColumn(Column{1.5}));
  EXPECT_FALSE(SplitColumn(Column(100, 9.81)));
  EXPECT_FALSE(SplitColumn(Column(100, std::nan(""))));
  Column column = Noise(64, 0, 1, true, 3);
  for (size_t i = 0; i < 4; ++i) column[i * 9] = std::nan("");
  EXPECT_TRUE(SplitColumn(column));
  column[63] = std::nan("");
  EXPECT_FALSE(SplitColumn(column));
}

TEST(SplitFloatsTest, RepeatedSamplesAreToldInLessThanABit) {
  Column column = Noise(4000, 1, 0.01, true, 4);
  for (size_t i = 0; i < column.size(); ++i) {
    if (i % 8 != 0) column[i] = column[i - 1];
  }
  const SplitFloats split = CheckRoundTrip(column);
  EXPECT_TRUE(split.repeats);
  EXPECT_LT(split.rest.size() * 8, column.size() / 8 * 23 + column.size());
}

TEST(SplitFloatsTest, AnyBitsComeBackOrAreNotSplit) {
  std::mt19937_64 random(5);
  size_t splits = 0;
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed 5, round " << round);
    // Doubles whose exponents are any of a few, or of all.
    const int spread = round % 12;
    Column column(1 + random() % 200);
    for (double& value : column) {
      const uint64_t bits = random();
      const uint64_t exponent = 900 + (bits >> 52) % (uint64_t{1} << spread);
      value = std::bit_cast<double>((bits & 0x800f'ffff'ffff'ffff) |
                                    (exponent & 0x7ff) << 52);
    }
    if (!SplitColumn(column)) continue;
    CheckRoundTrip(column);
    ++splits;
  }
  EXPECT_GT(splits, 150u);
}

// A quarter of a bit for the coder; the rest is what noise holds at the
// samples' own precision.
TEST(SplitFloatsTest, BlocksTakeLittleMoreThanTheNoiseHolds) {
  for (const double mean : {0.0, 0.02, 9.81}) {
    constexpr double kDeviation = 0.01;
    const Column column = Noise(8000, mean, kDeviation, true, 6);
    double floor = 0;
    SeriesBatch batch;
    for (const double value : column) {
      const int ulp = std::ilogb(value) - 23;
      floor += std::log2(kDeviation * std::sqrt(2 * M_PI * M_E)) - ulp;
      batch.time_ns.push_back(static_cast<int64_t>(batch.values.size()));
      batch.values.push_back(value);
    }
    const auto block = EncodeSeriesBlock(batch, 1);
    ASSERT_TRUE(block.ok()) << block.status();
    const auto decoded = DecodeSeriesBlock(*block);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(Bits(decoded->batch.values), Bits(column));
    EXPECT_LT(static_cast<double>(block->size()) * 8,
              floor + 0.25 * static_cast<double>(column.size()))
        << mean;
  }
}

class DamagedSplitTest : public ::testing::Test {
 protected:
  DamagedSplitTest() : column_(Noise(90, 0.001, 0.01, true, 7)) {
    column_[20] = std::nan("");
    for (size_t i = 40; i < 50; ++i) column_[i] = column_[40];
    split_ = *SplitColumn(column_);
  }

  Column column_;
  SplitFloats split_;
};

TEST_F(DamagedSplitTest, CutAnywhere) {
  const Bytes head = HeadOf(split_, column_);
  for (size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(Join(std::span(head).first(size), split_.k).status().code(),
              kDataLoss)
        << size;
  }
}

TEST_F(DamagedSplitTest, MoreOrFewerBitsThanNeeded) {
  for (int extra = -3; extra <= 3; ++extra) {
    SplitFloats split = split_;
    split.rest.resize(
        static_cast<size_t>(static_cast<int>(split.rest.size()) + extra));
    EXPECT_EQ(Join(HeadOf(split, column_), split.k).ok(), extra == 0) << extra;
  }
}

TEST_F(DamagedSplitTest, AnyBitFlippedGivesSamplesOrDataLoss) {
  const Bytes head = HeadOf(split_, column_);
  for (size_t bit = 0; bit < head.size() * 8; ++bit) {
    Bytes damaged = head;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const auto joined = Join(damaged, split_.k);
    if (joined.ok()) {
      EXPECT_EQ(joined->size(), column_.size());
    } else {
      EXPECT_EQ(joined.status().code(), kDataLoss);
    }
  }
}

TEST_F(DamagedSplitTest, CountsThatAreNotItsOwn) {
  for (const int64_t k :
       {int64_t{0}, int64_t{-1}, int64_t{INT32_MIN}, int64_t{INT32_MAX}}) {
    for (size_t i = 0; i < split_.k.size(); ++i) {
      std::vector<int64_t> counts = split_.k;
      counts[i] = k;
      const auto joined = Join(HeadOf(split_, column_), counts);
      if (!joined.ok()) {
        EXPECT_EQ(joined.status().code(), kDataLoss);
      }
    }
  }
}

TEST_F(DamagedSplitTest, HeadsThatNobodyWrites) {
  const auto refused = [this](auto change) {
    SplitFloats split = split_;
    change(&split);
    return Join(HeadOf(split, column_), split.k).status().code() == kDataLoss;
  };
  EXPECT_TRUE(refused([](SplitFloats* split) { split->precision = 53; }));
  EXPECT_TRUE(refused([](SplitFloats* split) { split->precision = 128; }));
  EXPECT_TRUE(refused([](SplitFloats* split) { split->step = -1022; }));
  EXPECT_TRUE(refused([](SplitFloats* split) { split->step = 994; }));
  EXPECT_TRUE(refused([](SplitFloats* split) { split->step = INT32_MIN; }));
}

// Further below a step than any normal double.
TEST_F(DamagedSplitTest, HalvingsWithoutEnd) {
  Bytes coded;
  internal::RangeEncoder coder(&coded);
  internal::Probability zero;
  internal::Probability halving;
  coder.Put(&zero, false);
  for (int i = 0; i < 5000; ++i) coder.Put(&halving, true);
  coder.Finish();
  SplitFloats split;
  split.rest = {static_cast<uint8_t>(coded.size())};
  ASSERT_LT(coded.size(), 128u);
  split.rest.insert(split.rest.end(), coded.begin(), coded.end());
  split.k = {0};
  EXPECT_EQ(Join(HeadOf(split, {0.0}), split.k).status().code(), kDataLoss);
}

}  // namespace
}  // namespace fovea
