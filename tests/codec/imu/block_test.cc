// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/block.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "tests/codec/imu/coder.h"

namespace fovea::imu {
namespace {

using testing::Coder;
using Values = std::vector<int32_t>;

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();

void CheckRoundTrip(int channels, const Values& values) {
  Coder coder(channels);
  const std::vector<uint8_t> block = coder.Encode(values);
  ASSERT_FALSE(block.empty());
  const auto decoded = coder.Decode(block);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, values);
}

// A walk of noise over waves, as a moving device's: `loudness` is the
// noise's deviation.
Values Motion(int channels, size_t rows, double loudness, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, loudness);
  Values values;
  for (size_t t = 0; t < rows; ++t) {
    for (int c = 0; c < channels; ++c) {
      const double wave = 900 * std::sin(0.02 * static_cast<double>(t) + c);
      values.push_back(static_cast<int32_t>(std::lrint(wave + noise(random))));
    }
  }
  return values;
}

TEST(ImuBlockTest, KeepsEveryNumberOfRowsAndChannels) {
  for (const int channels : {1, 2, 3, 6, 7, 8, 9, 12, 13, 64}) {
    for (const size_t rows : {1, 2, 3, 4, 15, 16, 17, 18, 33, 200}) {
      SCOPED_TRACE(::testing::Message() << channels << " x " << rows);
      CheckRoundTrip(channels, Motion(channels, rows, 5, 1));
    }
  }
}

TEST(ImuBlockTest, KeepsRowsAroundTheBordersOfSegments) {
  for (const int channels : {1, 3, 64}) {
    const size_t segment = kSegmentTokens / static_cast<size_t>(channels);
    for (const size_t rows : {segment, segment + 1, segment + 2, 2 * segment,
                              2 * segment + 1, 2 * segment + 2}) {
      SCOPED_TRACE(::testing::Message() << channels << " x " << rows);
      CheckRoundTrip(channels, Motion(channels, rows, 20, 2));
    }
  }
}

TEST(ImuBlockTest, KeepsEveryLoudness) {
  for (int octave = -10; octave < 30; ++octave) {
    SCOPED_TRACE(octave);
    CheckRoundTrip(6, Motion(6, 400, std::ldexp(1.0, octave), 3));
  }
}

TEST(ImuBlockTest, KeepsExtremesThatWrapEveryPrediction) {
  Values values;
  for (int i = 0; i < 60; ++i) {
    for (const int32_t value : {kLeast, kMost, 0, -1, 1, kLeast}) {
      values.push_back(value);
    }
  }
  CheckRoundTrip(3, values);
  CheckRoundTrip(1, values);
}

TEST(ImuBlockTest, KeepsLoneSpikesInSilence) {
  Values values(6000, 3);
  values[600] = kMost;
  values[3000] = kLeast;
  values[5999] = 1 << 20;
  CheckRoundTrip(6, values);
}

TEST(ImuBlockTest, SilenceCostsNextToNothing) {
  Coder coder(6);
  EXPECT_LT(coder.Encode(Values(6 * 200, -7)).size(), 40u);
}

TEST(ImuBlockTest, NothingGrowsByMoreThanSixteenBytes) {
  std::mt19937 random(4);
  for (int width = 1; width <= 32; ++width) {
    Values values(600);
    for (int32_t& value : values) {
      value = static_cast<int32_t>(random()) >> (32 - width);
    }
    const size_t bytes = width <= 8 ? 1 : width <= 16 ? 2 : width <= 24 ? 3 : 4;
    EXPECT_LE(Coder(6).Encode(values).size(), values.size() * bytes + 16);
    CheckRoundTrip(6, values);
  }
}

TEST(ImuBlockTest, EveryDamagedByteIsNoticed) {
  Coder coder(6);
  const std::vector<uint8_t> block = coder.Encode(Motion(6, 100, 5, 5));
  for (size_t at = 0; at < block.size(); ++at) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> damaged = block;
      damaged[at] = static_cast<uint8_t>(damaged[at] ^ mask);
      EXPECT_FALSE(coder.Decode(damaged).has_value()) << at;
    }
  }
}

TEST(ImuBlockTest, EveryCutIsNoticed) {
  Coder coder(3);
  const std::vector<uint8_t> block = coder.Encode(Motion(3, 50, 5, 6));
  for (size_t size = 0; size < block.size(); ++size) {
    const std::vector<uint8_t> cut(block.begin(),
                                   block.begin() + static_cast<long>(size));
    EXPECT_FALSE(coder.Decode(cut).has_value()) << size;
  }
}

}  // namespace
}  // namespace fovea::imu
