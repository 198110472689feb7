// SPDX-License-Identifier: GPL-2.0-or-later

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "codec/imu/core/crc32c.h"
#include "codec/imu/profile_trainer.h"
#include "tests/codec/imu/coder.h"
#include "tests/codec/imu/motion.h"

namespace fovea::imu {
namespace {

using testing::Coder;
using testing::Motion;
using testing::RingingDevice;
using Bytes = std::vector<uint8_t>;

Bytes Train(const std::vector<std::vector<int32_t>>& recordings,
            size_t channels = 6) {
  const auto profile = TrainImuProfile(recordings, channels);
  EXPECT_TRUE(profile.ok()) << profile.status();
  return profile.ok() ? *profile : Bytes();
}

void Seal(Bytes* profile) {
  const uint32_t crc = Crc32c(profile->data(), profile->size() - 4);
  for (size_t i = 0; i < 4; ++i) {
    (*profile)[profile->size() - 4 + i] = static_cast<uint8_t>(crc >> (8 * i));
  }
}

TEST(ImuProfileTest, MakesBlocksOfItsDeviceSmaller) {
  const Bytes profile = Train({RingingDevice(6000, 1)});
  Coder plain(6);
  Coder learned(6);
  ASSERT_TRUE(learned.UseProfile(profile));
  const std::vector<int32_t> other = RingingDevice(200, 2);
  const Bytes block = learned.Encode(other);
  EXPECT_LT(block.size() * 100, plain.Encode(other).size() * 92);
  const auto decoded = learned.Decode(block);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, other);
}

TEST(ImuProfileTest, TheSameRecordingsMakeTheSameBytes) {
  EXPECT_EQ(Train({RingingDevice(5000, 3)}), Train({RingingDevice(5000, 3)}));
}

TEST(ImuProfileTest, FewRowsMakeOneRegime) {
  EXPECT_LT(Train({RingingDevice(1000, 4)}).size(), 600u);
  EXPECT_LT(Train({RingingDevice(5000, 4)}).size(), 2048u);
}

TEST(ImuProfileTest, EveryNumberOfChannelsIsKept) {
  for (int channels = 1; channels <= kMaxProfileChannels; ++channels) {
    SCOPED_TRACE(channels);
    const Bytes profile =
        Train({Motion(channels, 500, 8, 5)}, static_cast<size_t>(channels));
    EXPECT_LE(profile.size(), kMaxProfileBytes);
    Coder coder(channels);
    ASSERT_TRUE(coder.UseProfile(profile));
    const std::vector<int32_t> values = Motion(channels, 300, 8, 6);
    const auto decoded = coder.Decode(coder.Encode(values));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, values);
  }
}

TEST(ImuProfileTest, WideNumbersLoseOnlyTheirFineBits) {
  std::vector<int32_t> wide = RingingDevice(5000, 7);
  for (int32_t& value : wide) value *= 40000;
  Coder coder(6);
  ASSERT_TRUE(coder.UseProfile(Train({wide})));
  const auto decoded = coder.Decode(coder.Encode(wide));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, wide);
}

TEST(ImuProfileTest, ABlockDecodesByItsOwnProfileAlone) {
  Coder first(6);
  Coder second(6);
  Coder none(6);
  ASSERT_TRUE(first.UseProfile(Train({RingingDevice(6000, 8)})));
  ASSERT_TRUE(second.UseProfile(Train({RingingDevice(6000, 9)})));
  const Bytes block = first.Encode(RingingDevice(200, 10));
  EXPECT_FALSE(second.Decode(block).has_value());
  EXPECT_FALSE(none.Decode(block).has_value());
}

TEST(ImuProfileTest, ABlockWithoutProfileDecodesBesideOne) {
  Coder plain(6);
  Coder learned(6);
  ASSERT_TRUE(learned.UseProfile(Train({RingingDevice(6000, 11)})));
  const std::vector<int32_t> values = RingingDevice(200, 12);
  EXPECT_EQ(learned.Decode(plain.Encode(values)), values);
}

TEST(ImuProfileTest, DamagedCutAndForeignOnesAreRefused) {
  const Bytes profile = Train({RingingDevice(1000, 13)});
  Coder coder(6);
  for (size_t at = 0; at < profile.size(); ++at) {
    Bytes damaged = profile;
    damaged[at] ^= 0x40;
    EXPECT_FALSE(coder.UseProfile(damaged)) << at;
    EXPECT_FALSE(coder.UseProfile(
        Bytes(profile.begin(), profile.begin() + static_cast<long>(at))));
  }
  Coder three(3);
  EXPECT_FALSE(three.UseProfile(profile));
  Coder thirteen(13);
  EXPECT_FALSE(thirteen.UseProfile(profile));
}

TEST(ImuProfileTest, TapsThatMayOverflowAreRefused) {
  Bytes profile = Train({RingingDevice(1000, 14)});
  Coder coder(6);
  // The first channel's taps lie behind the head, nine bytes and a shift.
  for (size_t at = 8 + 9 + 1; at < 8 + 9 + 1 + 32; at += 2) {
    profile[at] = 0xff;
    profile[at + 1] = 0x7f;
  }
  Seal(&profile);
  EXPECT_FALSE(coder.UseProfile(profile));
}

TEST(ImuProfileTest, WhatCannotBeLearnedFromIsNamed) {
  EXPECT_FALSE(TrainImuProfile({}, 6).ok());
  const std::vector<std::vector<int32_t>> brief = {RingingDevice(64, 15)};
  EXPECT_FALSE(TrainImuProfile(brief, 6).ok());
  const std::vector<std::vector<int32_t>> ragged = {
      std::vector<int32_t>(601, 1)};
  EXPECT_FALSE(TrainImuProfile(ragged, 6).ok());
  EXPECT_FALSE(TrainImuProfile(ragged, 0).ok());
  EXPECT_FALSE(TrainImuProfile(ragged, 13).ok());
}

}  // namespace
}  // namespace fovea::imu
