// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/block.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "codec/imu/core/crc32c.h"
#include "tests/codec/imu/coder.h"
#include "tests/codec/imu/motion.h"

namespace fovea::imu {
namespace {

using testing::Coder;
using testing::Motion;
using Values = std::vector<int32_t>;

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();

void CheckRoundTrip(int channels, const Values& values) {
  for (const Mode mode : {Mode::kRaw, Mode::kFast, Mode::kNormal}) {
    SCOPED_TRACE(static_cast<int>(mode));
    Coder coder(channels);
    const std::vector<uint8_t> block = coder.Encode(values, mode);
    ASSERT_FALSE(block.empty());
    const auto decoded = coder.Decode(block);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, values);
  }
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

TEST(ImuBlockTest, RepeatedRowsCostNextToNothing) {
  const Values fresh = Motion(6, 500, 30, 7);
  Values stuttering;
  for (size_t t = 0; t < 500; ++t) {
    for (size_t copy = 0; copy <= t % 3; ++copy) {
      stuttering.insert(stuttering.end(),
                        fresh.begin() + static_cast<long>(6 * t),
                        fresh.begin() + static_cast<long>(6 * t + 6));
    }
  }
  CheckRoundTrip(6, stuttering);
  Coder coder(6);
  EXPECT_LT(coder.Encode(stuttering).size(),
            coder.Encode(fresh).size() + 1000 / 8 + 10);
}

TEST(ImuBlockTest, NothingGrowsByMoreThanSixteenBytes) {
  std::mt19937 random(4);
  for (int width = 1; width <= 32; ++width) {
    Values values(600);
    for (int32_t& value : values) {
      value = static_cast<int32_t>(random()) >> (32 - width);
    }
    const size_t bytes = width <= 8 ? 1 : width <= 16 ? 2 : width <= 24 ? 3 : 4;
    for (const Mode mode : {Mode::kFast, Mode::kNormal}) {
      EXPECT_LE(Coder(6).Encode(values, mode).size(),
                values.size() * bytes + 16);
    }
    CheckRoundTrip(6, values);
  }
}

TEST(ImuBlockTest, EveryDamagedByteIsNoticed) {
  Coder coder(6);
  for (const Mode mode : {Mode::kRaw, Mode::kFast, Mode::kNormal}) {
    const std::vector<uint8_t> block = coder.Encode(Motion(6, 100, 5, 5), mode);
    for (size_t at = 0; at < block.size(); ++at) {
      for (const int mask : {0x01, 0x80, 0xff}) {
        std::vector<uint8_t> damaged = block;
        damaged[at] = static_cast<uint8_t>(damaged[at] ^ mask);
        EXPECT_FALSE(coder.Decode(damaged).has_value()) << at;
      }
    }
  }
}

// Puts in a checksum that fits, so that what lies behind it is looked at.
void Seal(std::vector<uint8_t>* block, size_t at) {
  uint32_t crc = Crc32c(block->data(), at);
  crc = Crc32c(block->data() + at + 4, block->size() - at - 4, crc);
  for (size_t i = 0; i < 4; ++i) {
    (*block)[at + i] = static_cast<uint8_t>(crc >> (8 * i));
  }
}

TEST(ImuBlockTest, ClaimsBeyondTheLimitsAreRefused) {
  Coder coder(6);
  const std::vector<uint8_t> block = coder.Encode(Motion(6, 100, 5, 8));
  ASSERT_EQ(block[2], 100);
  for (const int channels : {0, 65, 255}) {
    std::vector<uint8_t> claim = block;
    claim[1] = static_cast<uint8_t>(channels);
    Seal(&claim, 3);
    EXPECT_FALSE(coder.Decode(claim).has_value());
  }
  std::vector<uint8_t> none = block;
  none[2] = 0;
  Seal(&none, 3);
  EXPECT_FALSE(coder.Decode(none).has_value());
  // 2^32 rows, 65537 rows.
  for (const std::vector<uint8_t>& rows :
       {std::vector<uint8_t>{0x80, 0x80, 0x80, 0x80, 0x10},
        std::vector<uint8_t>{0x81, 0x80, 0x04}}) {
    std::vector<uint8_t> claim = block;
    claim.erase(claim.begin() + 2);
    claim.insert(claim.begin() + 2, rows.begin(), rows.end());
    Seal(&claim, 2 + rows.size());
    EXPECT_FALSE(coder.Decode(claim).has_value());
  }
}

// Damage under a checksum that fits is an attack: it may decode to
// anything, but within its memory.
TEST(ImuBlockTest, SealedDamageStaysWithinMemory) {
  std::mt19937 random(9);
  for (const Mode mode : {Mode::kRaw, Mode::kFast, Mode::kNormal}) {
    Coder coder(6);
    const std::vector<uint8_t> block = coder.Encode(Motion(6, 100, 5, 5), mode);
    for (int i = 0; i < 3000; ++i) {
      std::vector<uint8_t> damaged = block;
      for (int n = 0; n < 3; ++n) {
        damaged[7 + random() % (block.size() - 7)] =
            static_cast<uint8_t>(random());
      }
      damaged.resize(7 + random() % (damaged.size() - 7));
      Seal(&damaged, 3);
      const auto decoded = coder.Decode(damaged);
      EXPECT_TRUE(!decoded.has_value() || decoded->size() == 600);
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
