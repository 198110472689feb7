// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/rice_coder.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "codec/timestamp_coder.h"

namespace fovea {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::vector<uint8_t> Encode(const std::vector<int64_t>& values) {
  std::vector<uint8_t> bytes;
  EncodeIntegers(values, kMaxPredictionOrder, &bytes);
  return bytes;
}

void CheckRoundTrip(const std::vector<int64_t>& values) {
  const std::vector<uint8_t> bytes = Encode(values);
  ByteReader in(bytes);
  const auto decoded = DecodeIntegers(&in, values.size());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, values);
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(RiceCoderTest, KeepsEveryLengthAroundPartitionBorders) {
  std::mt19937_64 random(1);
  for (size_t length = 0; length < 70; ++length) {
    std::vector<int64_t> values(length);
    for (int64_t& value : values) value = static_cast<int64_t>(random() % 100);
    CheckRoundTrip(values);
  }
}

TEST(RiceCoderTest, KeepsExtremesThatWrapEveryPrediction) {
  std::vector<int64_t> values;
  for (int i = 0; i < 50; ++i) {
    for (const int64_t value : {kLeast, kMost, int64_t{0}, int64_t{-1}}) {
      values.push_back(value);
    }
  }
  CheckRoundTrip(values);
}

TEST(RiceCoderTest, KeepsEveryWidth) {
  std::mt19937_64 random(2);
  for (int width = 1; width <= 64; ++width) {
    std::vector<int64_t> values(300);
    for (int64_t& value : values) {
      value = static_cast<int64_t>(random()) >> (64 - width);
    }
    CheckRoundTrip(values);
  }
}

TEST(RiceCoderTest, KeepsLoneSpikesInSilence) {
  std::vector<int64_t> values(1000, 3);
  values[0] = kMost;
  values[500] = kLeast;
  values[999] = 1 << 30;
  CheckRoundTrip(values);
}

TEST(RiceCoderTest, PolynomialsCostNextToNothing) {
  std::vector<int64_t> parabola(2000);
  for (int64_t i = 0; i < 2000; ++i) {
    parabola[static_cast<size_t>(i)] = 5 * i * i - 1000 * i + 77;
  }
  CheckRoundTrip(parabola);
  EXPECT_LT(Encode(parabola).size(), 30u);
}

TEST(RiceCoderTest, NoiseIsNeverMuchLongerThanItsWidth) {
  std::mt19937_64 random(3);
  std::vector<int64_t> values(4096);
  for (int64_t& value : values) value = static_cast<int64_t>(random());
  CheckRoundTrip(values);
  EXPECT_LT(Encode(values).size(), values.size() * 8 + 64);
}

TEST(RiceCoderTest, EveryTruncationIsDataLoss) {
  std::vector<int64_t> values;
  for (int64_t i = 0; i < 400; ++i) values.push_back(i * i % 997 - 300);
  const std::vector<uint8_t> bytes = Encode(values);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(std::span<const uint8_t>(bytes).first(size));
    const auto decoded = DecodeIntegers(&in, values.size());
    EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

void CheckTimes(const std::vector<int64_t>& times, size_t most_bytes) {
  std::vector<uint8_t> bytes;
  EncodeTimes(times, &bytes);
  EXPECT_LE(bytes.size(), most_bytes);
  ByteReader in(bytes);
  const auto decoded = DecodeTimes(&in, times.size());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, times);
}

TEST(TimestampCoderTest, EvenTimesCostTheSameAtAnyLength) {
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 5000; ++i) {
    times.push_back(1403715273262142976 + i * 5'000'000);
  }
  CheckTimes(times, 16);
}

TEST(TimestampCoderTest, JitterOnAGridIsDividedByIt) {
  std::mt19937_64 random(4);
  std::vector<int64_t> times = {1'700'000'000'000'000'000};
  for (int i = 0; i < 1000; ++i) {
    times.push_back(times.back() + 10'000'000 +
                    1'000'000 * static_cast<int64_t>(random() % 3));
  }
  CheckTimes(times, 400);
}

TEST(TimestampCoderTest, KeepsRepeatedBackwardAndWrappingTimes) {
  CheckTimes({5}, 8);
  CheckTimes({7, 7, 7, 7}, 16);
  CheckTimes({100, 50, 50, -3, 1000, 999}, 64);
  CheckTimes({kLeast, kMost, kLeast, 0, kMost, -1}, 128);
  CheckTimes({0, kLeast, 0, kLeast, kLeast}, 128);
}

}  // namespace
}  // namespace fovea
