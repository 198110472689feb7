// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/series_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace fovea {
namespace {

std::vector<uint64_t> Bits(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (const double value : values) {
    bits.push_back(std::bit_cast<uint64_t>(value));
  }
  return bits;
}

SeriesBatch Timed(std::vector<double> values, size_t channels) {
  SeriesBatch batch;
  for (size_t i = 0; i < values.size() / channels; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i) * 5'000'000);
  }
  batch.values = std::move(values);
  return batch;
}

// Encodes, decodes, compares every bit; gives the block's size.
size_t CheckRoundTrip(const SeriesBatch& batch, size_t channels) {
  const auto block = EncodeSeriesBlock(batch, channels);
  EXPECT_TRUE(block.ok()) << block.status();
  if (!block.ok()) return 0;
  EXPECT_EQ(*block, *EncodeSeriesBlock(batch, channels));
  const auto decoded = DecodeSeriesBlock(*block);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (!decoded.ok()) return 0;
  EXPECT_EQ(decoded->channels, channels);
  EXPECT_EQ(decoded->batch.time_ns, batch.time_ns);
  EXPECT_EQ(Bits(decoded->batch.values), Bits(batch.values));
  return block->size();
}

TEST(SeriesBlockTest, AGridIsNotThatOfAChannelCodedOtherwise) {
  std::mt19937_64 random(5);
  std::vector<double> values;
  for (int i = 0; i < 200; ++i) {
    values.push_back(static_cast<double>(random() % 1000));
    values.push_back(1e12 + static_cast<double>(random() % 1000));
  }
  const SeriesBatch batch = Timed(std::move(values), 2);
  SeriesCoding coding;
  coding.bounds = {10, 0};
  const auto block = EncodeSeriesBlock(batch, 2, coding);
  ASSERT_TRUE(block.ok()) << block.status();
  const auto decoded = DecodeSeriesBlock(*block);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  for (size_t i = 0; i < batch.values.size(); i += 2) {
    ASSERT_LE(std::fabs(decoded->batch.values[i] - batch.values[i]), 10) << i;
    ASSERT_EQ(decoded->batch.values[i + 1], batch.values[i + 1]) << i;
  }
}

TEST(SeriesBlockTest, KeepsRandomWalksOfEveryChannelCount) {
  std::mt19937_64 random(1);
  for (size_t channels = 1; channels <= kMaxSeriesChannels; ++channels) {
    std::vector<double> values(channels * 50);
    double at = 0;
    for (double& value : values) {
      at += static_cast<double>(random() % 100) - 49.5;
      value = at / 128;
    }
    CheckRoundTrip(Timed(std::move(values), channels), channels);
  }
}

TEST(SeriesBlockTest, KeepsArbitraryBits) {
  std::mt19937_64 random(2);
  for (const size_t size : {1U, 2U, 3U, 63U, 64U, 65U, 1000U}) {
    std::vector<double> values(size);
    for (double& value : values) value = std::bit_cast<double>(random());
    const size_t bytes = CheckRoundTrip(Timed(values, 1), 1);
    EXPECT_LE(bytes, size * 8 + 24);
  }
}

TEST(SeriesBlockTest, KeepsSpecialValuesAmongOrdinaryOnes) {
  const std::vector<double> special = {
      -0.0,
      0.0,
      std::bit_cast<double>(uint64_t{0x7ff8dead0000beef}),
      std::bit_cast<double>(uint64_t{0x7ff0000000000001}),  // signalling
      std::bit_cast<double>(uint64_t{0xfff8000000000000}),
      std::numeric_limits<double>::infinity(),
      -std::numeric_limits<double>::infinity(),
      std::numeric_limits<double>::denorm_min(),
      std::numeric_limits<double>::max()};
  for (const size_t every : {1U, 3U, 40U}) {
    std::vector<double> values;
    for (size_t i = 0; i < 400; ++i) {
      values.push_back(i % every == 0 ? special[i / every % special.size()]
                                      : static_cast<double>(i % 17) / 417);
    }
    CheckRoundTrip(Timed(values, 1), 1);
    CheckRoundTrip(Timed(values, 4), 4);
  }
}

TEST(SeriesBlockTest, KeepsFloatsWithSpecialValues) {
  std::vector<double> values;
  for (int i = 0; i < 500; ++i) {
    values.push_back(static_cast<double>(std::sin(static_cast<float>(i))));
  }
  values[3] = -0.0;
  values[4] = std::numeric_limits<double>::infinity();
  values[5] = std::nan("");
  EXPECT_LT(CheckRoundTrip(Timed(values, 1), 1), 500 * 4 + 40u);
}

TEST(SeriesBlockTest, ConstantsCostAlmostNothing) {
  for (const double value : {0.0, -0.0, 9.81, 1e300}) {
    EXPECT_LT(CheckRoundTrip(Timed(std::vector<double>(2000, value), 2), 2),
              64u);
  }
  const std::vector<double> nan(2000, std::nan("5"));
  EXPECT_LT(CheckRoundTrip(Timed(nan, 1), 1), 48u);
}

TEST(SeriesBlockTest, CountsBehindAScaleCostLessThanInt16) {
  std::vector<double> saw;
  for (int i = 0; i < 3000; ++i) saw.push_back((i * 37 % 2001) / 417.0);
  EXPECT_LT(CheckRoundTrip(Timed(saw, 3), 3), saw.size() * 2);
}

TEST(SeriesBlockTest, KeepsTimesInArrivalOrder) {
  std::mt19937_64 random(3);
  SeriesBatch batch = Timed(std::vector<double>(300, 1.0), 1);
  std::reverse(batch.time_ns.begin(), batch.time_ns.end());
  CheckRoundTrip(batch, 1);
  std::fill(batch.time_ns.begin(), batch.time_ns.end(), 42);
  CheckRoundTrip(batch, 1);
  for (int64_t& time : batch.time_ns) time = static_cast<int64_t>(random());
  CheckRoundTrip(batch, 1);
}

TEST(SeriesBlockTest, RefusesShapesOutsideTheContract) {
  const auto code = [](const SeriesBatch& batch, size_t channels) {
    return EncodeSeriesBlock(batch, channels).status().code();
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code({}, 1), kInvalid);
  EXPECT_EQ(code({{1}, {1.0}}, 0), kInvalid);
  EXPECT_EQ(code({{1}, {1.0}}, 2), kInvalid);
  EXPECT_EQ(code(Timed(std::vector<double>(65), 65), 65), kInvalid);
  SeriesBatch many;
  many.time_ns.resize(kMaxBlockSamples + 1);
  many.values.resize(kMaxBlockSamples + 1);
  EXPECT_EQ(code(many, 1), kInvalid);
}

// One block with a grid, a repeated grid, floats, and raw bits.
std::vector<uint8_t> MixedBlock() {
  std::mt19937_64 random(4);
  std::vector<double> values;
  for (int i = 0; i < 40; ++i) {
    const auto count = static_cast<double>(random() % 500);
    values.push_back(count / 417);
    values.push_back(static_cast<double>(random() % 500) / 417);
    values.push_back(static_cast<double>(static_cast<float>(std::sqrt(i))));
    values.push_back(std::bit_cast<double>(random()));
  }
  values[0] = -0.0;
  SeriesBatch batch = Timed(std::move(values), 4);
  batch.time_ns[7] += 13;
  CheckRoundTrip(batch, 4);
  return *EncodeSeriesBlock(batch, 4);
}

TEST(SeriesBlockTest, EveryTruncationIsDataLoss) {
  const std::vector<uint8_t> block = MixedBlock();
  for (size_t size = 0; size < block.size(); ++size) {
    EXPECT_EQ(DecodeSeriesBlock(std::span(block).first(size)).status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
  std::vector<uint8_t> longer = block;
  longer.push_back(0);
  EXPECT_FALSE(DecodeSeriesBlock(longer).ok());
}

TEST(SeriesBlockTest, EveryChangeOfAByteIsDataLoss) {
  const std::vector<uint8_t> block = MixedBlock();
  for (size_t i = 0; i < block.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> damaged = block;
      damaged[i] ^= static_cast<uint8_t>(mask);
      EXPECT_EQ(DecodeSeriesBlock(damaged).status().code(),
                absl::StatusCode::kDataLoss)
          << i << " " << mask;
    }
  }
}

// A grid, the same again with a -0, floats and bits of doubles.
const std::vector<uint8_t> kVersion1Block = {
    0x01, 0x04, 0x0c, 0xe8, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80,
    0xad, 0xe2, 0x04, 0x01, 0x00, 0x00, 0xfe, 0x5e, 0x11, 0xc2, 0x06, 0x00,
    0x00, 0x0c, 0x42, 0x66, 0x88, 0x4c, 0xd1, 0x00, 0x19, 0x01, 0x03, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x01, 0x00, 0x83, 0xd8, 0x1f,
    0xbe, 0xdf, 0x00, 0x11, 0x80, 0x80, 0x80, 0x08, 0x00, 0x02, 0x00, 0x80,
    0x80, 0x80, 0x08, 0x98, 0x95, 0xf6, 0x19, 0x18, 0xac, 0x1d, 0x0c, 0xc5,
    0x75, 0x08, 0x29, 0x5d, 0x05, 0xcc, 0x23, 0x04, 0x64, 0x9f, 0x03, 0x7a,
    0x57, 0x02, 0xd7, 0xa3, 0x02, 0x61, 0x2b, 0x02, 0x07, 0xbb, 0x01, 0x02,
    0xb4, 0xe6, 0xcc, 0x99, 0xb3, 0xe6, 0xcc, 0xb9, 0x7f, 0xd4, 0xc6, 0x97,
    0xdd, 0xc9, 0x98, 0x88, 0x20, 0xb6, 0x9a, 0x43, 0x0f, 0xe5, 0xc8, 0xb7,
    0x5c, 0x66, 0x5c, 0x8b, 0x38, 0xe2, 0x73, 0xd2, 0x63, 0x9b, 0x19, 0xba,
    0xd7, 0x4e, 0xc0, 0x00, 0x42, 0xdc, 0x18, 0xd0, 0xcb, 0x00, 0x00, 0xbd,
    0xf8, 0x5e, 0xd4, 0x1c, 0x33, 0xe2, 0xd7, 0x57, 0x86, 0x31, 0xf0, 0x63,
    0xe7, 0xd7, 0xa6, 0x89, 0xc9, 0xc0, 0x00, 0x0b, 0xa4, 0x6c, 0x1e, 0x75,
    0x00, 0x00, 0x26, 0xfc, 0xa9, 0x44, 0x64, 0x00, 0x00, 0x85, 0x0d, 0x5d,
    0xed, 0xd0};

TEST(SeriesBlockTest, ReadsVersion1) {
  SeriesBatch batch;
  for (int i = 0; i < 12; ++i) {
    batch.time_ns.push_back(1000 + i * 5'000'000 + (i == 7));
    batch.values.push_back(i * 7 % 5 / 417.0);
    batch.values.push_back(i == 3 ? -0.0 : i * 3 % 7 / 417.0);
    batch.values.push_back(
        static_cast<double>(std::sqrt(static_cast<float>(i))));
    batch.values.push_back(0.1 + i * 0.3 + std::sqrt(i) * 1e-3);
  }
  const auto decoded = DecodeSeriesBlock(kVersion1Block);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->channels, 4u);
  EXPECT_EQ(decoded->batch.time_ns, batch.time_ns);
  EXPECT_EQ(Bits(decoded->batch.values), Bits(batch.values));
}

TEST(SeriesBlockTest, EveryFlippedBitOfVersion1DecodesOrIsDataLoss) {
  for (size_t bit = 0; bit < kVersion1Block.size() * 8; ++bit) {
    std::vector<uint8_t> damaged = kVersion1Block;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const auto decoded = DecodeSeriesBlock(damaged);
    if (decoded.ok()) {
      EXPECT_EQ(decoded->batch.values.size(),
                decoded->batch.time_ns.size() * decoded->channels);
    } else {
      EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
    }
  }
}

TEST(SeriesBlockTest, EveryLevelKeepsEveryBit) {
  std::mt19937_64 random(5);
  std::vector<double> values;
  double at = 0;
  for (int i = 0; i < 6 * 700; ++i) {
    at += static_cast<double>(random() % 101) - 50;
    values.push_back(i % 6 < 3
                         ? at / 417
                         : static_cast<double>(static_cast<float>(at * 0.1)));
  }
  const SeriesBatch batch = Timed(values, 6);
  for (const ImuLevel level :
       {ImuLevel::kFast, ImuLevel::kNormal, ImuLevel::kMax}) {
    const auto block =
        EncodeSeriesBlock(batch, 6, {.level = level, .bounds = {}});
    ASSERT_TRUE(block.ok()) << block.status();
    const auto decoded = DecodeSeriesBlock(*block);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(Bits(decoded->batch.values), Bits(values));
  }
}

TEST(SeriesBlockTest, KeepsMoreRowsThanAnInertialBlockHolds) {
  std::vector<double> values;
  for (size_t i = 0; i < kMaxImuRows + 3; ++i) {
    values.push_back(static_cast<double>(i * i % 1001) / 417);
  }
  CheckRoundTrip(Timed(values, 1), 1);
}

TEST(SeriesBlockTest, AnotherVersionIsNamed) {
  std::vector<uint8_t> block = MixedBlock();
  block[0] = 9;
  const auto status = DecodeSeriesBlock(block).status();
  EXPECT_NE(status.message().find("begin with 9"), std::string::npos) << status;
}

}  // namespace
}  // namespace fovea
