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

TEST(SeriesBlockTest, EveryFlippedBitDecodesOrIsDataLoss) {
  const std::vector<uint8_t> block = MixedBlock();
  for (size_t bit = 0; bit < block.size() * 8; ++bit) {
    std::vector<uint8_t> damaged = block;
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

TEST(SeriesBlockTest, AnotherVersionIsNamed) {
  std::vector<uint8_t> block = MixedBlock();
  block[0] = 9;
  const auto status = DecodeSeriesBlock(block).status();
  EXPECT_NE(status.message().find("version 9"), std::string::npos) << status;
}

}  // namespace
}  // namespace fovea
