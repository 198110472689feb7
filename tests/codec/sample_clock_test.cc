// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/sample_clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace fovea {
namespace {

using Times = std::vector<int64_t>;

// Encodes, decodes, compares; gives the bytes it took.
size_t CheckRoundTrip(const Times& times) {
  std::vector<uint8_t> bytes;
  EncodeSampleTimes(times, &bytes);
  const size_t size = bytes.size();
  bytes.push_back(0xa5);  // what follows is left alone
  ByteReader in(bytes);
  const auto decoded = DecodeSampleTimes(&in, times.size());
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (decoded.ok()) {
    EXPECT_EQ(*decoded, times);
  }
  EXPECT_EQ(in.remaining(), 1u);
  return size;
}

// Row `i` of 200 a second.
template <typename Clock>
Times Rows(size_t count, Clock clock) {
  Times times;
  for (size_t i = 0; i < count; ++i)
    times.push_back(clock(static_cast<int64_t>(i)));
  return times;
}

TEST(SampleClockTest, EvenStepsCostNothingPerRow) {
  for (const int64_t step : {int64_t{0}, int64_t{5'000'000}, int64_t{-7}}) {
    EXPECT_LE(CheckRoundTrip(Rows(1000,
                                  [step](int64_t i) {
                                    return 1'403'715'273'262'142'976 + i * step;
                                  })),
              16u);
  }
  CheckRoundTrip({std::numeric_limits<int64_t>::min()});
  CheckRoundTrip({1'000'000'000, 1'000'000'000});
}

TEST(SampleClockTest, ARoundedLineCostsAlmostNothing) {
  // A period of a third, and a clock that shows multiples of 256.
  EXPECT_LE(
      CheckRoundTrip(Rows(1000, [](int64_t i) { return i * 10'000'000 / 3; })),
      40u);
  EXPECT_LE(CheckRoundTrip(Rows(
                1000, [](int64_t i) { return i * 5'000'000 / 256 * 256; })),
            40u);
}

TEST(SampleClockTest, LostRowsShiftTheLine) {
  EXPECT_LE(
      CheckRoundTrip(Rows(
          1000, [](int64_t i) { return (i + i / 300 * 17) * 10'000'000 / 3; })),
      70u);
}

TEST(SampleClockTest, SeesTicksThroughDecimals) {
  std::mt19937_64 random(1);
  const Times times = Rows(400, [&random](int64_t i) {
    const int64_t ticks =
        400'000'000 + i * 5262 + static_cast<int64_t>(random() % 3);
    return std::llrint(
               std::floor(std::ldexp(static_cast<double>(ticks), -21) * 1e8)) *
           10;
  });
  EXPECT_LE(CheckRoundTrip(times), 140u);
}

TEST(SampleClockTest, KeepsLateRowsBackwardAndRepeatedOnes) {
  std::mt19937_64 random(2);
  Times times;
  int64_t now = 1'657'534'570'154;
  for (int i = 0; i < 500; ++i) {
    now += random() % 50 == 0  ? 60
           : random() % 4 == 0 ? 0
                               : 9 + static_cast<int64_t>(random() % 3);
    times.push_back(now * 1'000'000);
  }
  times[100] = times[90];
  times[200] = times[199];
  EXPECT_LE(CheckRoundTrip(times), 500u);
}

TEST(SampleClockTest, LongBlocksFollowClocksThatChange) {
  // Ticks through ten digits: past ten seconds the last one is gone.
  const auto seconds = [](int64_t i) {
    const double time = std::ldexp(static_cast<double>(5262 * i), -21);
    const double digit = time < 10 ? 1e9 : 1e8;
    return std::llrint(std::nearbyint(time * digit) / digit * 1e9);
  };
  EXPECT_LE(CheckRoundTrip(Rows(28'000, seconds)), 28'000U / 2);
  // A crystal that is warming up; pieces of one row at the end.
  CheckRoundTrip(Rows(4097, [](int64_t i) { return i * i * 37; }));
  CheckRoundTrip(
      Rows(2 * 4096 + 1, [](int64_t i) { return i * 5'000'000 + i * i / 9; }));
}

TEST(SampleClockTest, ShortBlocksOfUnsteadyTimesBeginWithTheirSize) {
  std::mt19937_64 random(8);
  std::normal_distribution<double> jitter(0, 3);
  size_t bytes = 0;
  for (int block = 0; block < 20; ++block) {
    bytes += CheckRoundTrip(Rows(103, [&](int64_t i) {
      return (1'657'534'570'154 + i * 97 / 10 + std::llrint(jitter(random))) *
             1'000'000;
    }));
  }
  EXPECT_LE(bytes, 20U * 103 * 65 / 100);
}

TEST(SampleClockTest, PiecesThatAreNoneAreDamage) {
  // First time, pieces, rows of each: 0, 1, all; pieces in pieces.
  for (const std::vector<uint8_t>& wrong :
       {std::vector<uint8_t>{0, 0, 64, 0},
        {0, 0, 64, 1},
        {0, 0, 64, 100},
        {0, 0, 64, 50, 0, 0, 64, 25, 0, 0, 0, 2}}) {
    ByteReader in(wrong);
    EXPECT_EQ(DecodeSampleTimes(&in, 100).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(SampleClockTest, KeepsAnyNumbers) {
  std::mt19937_64 random(3);
  for (const size_t count : {2U, 3U, 4U, 17U, 1000U}) {
    for (int shift = 0; shift < 64; shift += 7) {
      Times times;
      for (size_t i = 0; i < count; ++i) {
        times.push_back(static_cast<int64_t>(random() >> shift));
      }
      EXPECT_LE(CheckRoundTrip(times), count * 9 + 40);
    }
  }
  CheckRoundTrip({std::numeric_limits<int64_t>::max(),
                  std::numeric_limits<int64_t>::min(), 0, 1, -1});
}

TEST(SampleClockTest, DamageIsAnErrorOrOtherTimes) {
  std::mt19937_64 random(4);
  const Times times = Rows(60, [&random](int64_t i) {
    return i * 5'000'000 + static_cast<int64_t>(random() % 9);
  });
  std::vector<uint8_t> bytes;
  EncodeSampleTimes(times, &bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(std::span<const uint8_t>(bytes).first(size));
    EXPECT_FALSE(DecodeSampleTimes(&in, times.size()).ok()) << size;
  }
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::vector<uint8_t> damaged = bytes;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ByteReader in(damaged);
    const auto decoded = DecodeSampleTimes(&in, times.size());
    if (decoded.ok()) {
      EXPECT_EQ(decoded->size(), times.size());
    }
  }
}

TEST(SampleClockTest, AFewBytesDoNotMakeAMillionRows) {
  const std::vector<uint8_t> bytes = {0, 0, 1, 1, 0, 2, 0, 0};
  ByteReader in(bytes);
  EXPECT_EQ(DecodeSampleTimes(&in, 1'000'000).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace fovea
