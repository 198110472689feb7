// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/imu_block.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "codec/formats/source.h"
#include "codec/imu/profile_trainer.h"
#include "codec/integer_grid.h"
#include "tests/codec/imu/motion.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using imu::testing::Motion;
using imu::testing::RingingDevice;
using Values = std::vector<int32_t>;

constexpr ImuLevel kLevels[] = {ImuLevel::kFast, ImuLevel::kNormal,
                                ImuLevel::kMax};

ImuBlockCoder MakeCoder(size_t channels,
                        std::span<const uint8_t> profile = {}) {
  auto coder = ImuBlockCoder::Create(channels, profile);
  EXPECT_TRUE(coder.ok()) << coder.status();
  return *std::move(coder);
}

size_t CheckRoundTrip(ImuBlockCoder* coder, const Values& values,
                      ImuLevel level) {
  const auto block = coder->Encode(values, level);
  EXPECT_TRUE(block.ok()) << block.status();
  if (!block.ok()) return 0;
  const auto decoded = coder->Decode(*block);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded.ok() && *decoded == values);
  return block->size();
}

TEST(ImuBlockCoderTest, EveryLevelKeepsEveryShape) {
  for (const ImuLevel level : kLevels) {
    for (const size_t channels : {1, 3, 6, 9, 13, 64}) {
      ImuBlockCoder coder = MakeCoder(channels);
      for (const size_t rows : {1, 2, 17, 150}) {
        CheckRoundTrip(&coder, Motion(static_cast<int>(channels), rows, 9, 1),
                       level);
      }
    }
  }
}

TEST(ImuBlockCoderTest, RandomBlocksOfEveryCharacterComeBack) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 300; ++i) {
    const size_t channels = 1 + random() % 12;
    const size_t rows = 1 + random() % 400;
    const uint32_t width = 1 + random() % 32;
    const uint32_t hold = 1 + random() % 8;  // rows that repeat
    Values values;
    for (size_t t = 0; t < rows; ++t) {
      for (size_t c = 0; c < channels; ++c) {
        const bool keep = t > 0 && random() % hold != 0;
        const auto fresh = static_cast<int32_t>(random()) >> (32 - width);
        values.push_back(keep ? values[values.size() - channels] : fresh);
      }
    }
    ImuBlockCoder coder = MakeCoder(channels);
    for (const ImuLevel level : kLevels) {
      CheckRoundTrip(&coder, values, level);
    }
  }
}

TEST(ImuBlockCoderTest, MaxIsNeverLargerThanNormal) {
  ImuBlockCoder coder = MakeCoder(6);
  for (const double loudness : {0.1, 1.0, 30.0, 1e6}) {
    const Values values = Motion(6, 1000, loudness, 2);
    EXPECT_LE(CheckRoundTrip(&coder, values, ImuLevel::kMax),
              CheckRoundTrip(&coder, values, ImuLevel::kNormal));
  }
}

TEST(ImuBlockCoderTest, MaxLearnsWhatNoProfileTold) {
  ImuBlockCoder coder = MakeCoder(6);
  const Values values = RingingDevice(4000, 3);
  EXPECT_LT(CheckRoundTrip(&coder, values, ImuLevel::kMax) * 100,
            CheckRoundTrip(&coder, values, ImuLevel::kNormal) * 95);
}

TEST(ImuBlockCoderTest, SilenceAndJumpsDoNotUpsetMax) {
  Values values = RingingDevice(3000, 4);
  for (size_t i = 6 * 500; i < 6 * 2500; ++i) values[i] = 7;
  values[6 * 2000] = INT32_MAX;
  values[6 * 2001] = INT32_MIN;
  ImuBlockCoder coder = MakeCoder(6);
  CheckRoundTrip(&coder, values, ImuLevel::kMax);
}

TEST(ImuBlockCoderTest, WhatRepeatsAtADistanceFallsToLz4) {
  std::mt19937 random(5);
  Values pattern(600);
  for (int32_t& value : pattern) value = static_cast<int16_t>(random());
  Values values;
  for (int i = 0; i < 20; ++i) {
    values.insert(values.end(), pattern.begin(), pattern.end());
  }
  ImuBlockCoder coder = MakeCoder(6);
  for (const ImuLevel level : kLevels) {
    EXPECT_LT(CheckRoundTrip(&coder, values, level), values.size() / 5);
  }
}

TEST(ImuBlockCoderTest, NothingGrowsByMoreThanSixteenBytes) {
  std::mt19937 random(6);
  ImuBlockCoder coder = MakeCoder(3);
  Values values(900);
  for (int32_t& value : values) value = static_cast<int16_t>(random());
  for (const ImuLevel level : kLevels) {
    EXPECT_LE(CheckRoundTrip(&coder, values, level), values.size() * 2 + 16);
  }
}

TEST(ImuBlockCoderTest, DamageToAnyByteIsNoticedAtEveryLevel) {
  ImuBlockCoder coder = MakeCoder(6);
  for (const ImuLevel level : kLevels) {
    const auto block = coder.Encode(RingingDevice(150, 7), level);
    ASSERT_TRUE(block.ok());
    for (size_t at = 0; at < block->size(); ++at) {
      for (const int mask : {0x01, 0x80, 0xff}) {
        std::vector<uint8_t> damaged = *block;
        damaged[at] = static_cast<uint8_t>(damaged[at] ^ mask);
        EXPECT_FALSE(coder.Decode(damaged).ok()) << at;
      }
      EXPECT_FALSE(coder.Decode(std::span(*block).first(at)).ok()) << at;
    }
  }
}

TEST(ImuBlockCoderTest, OtherShapesAreRefused) {
  EXPECT_FALSE(ImuBlockCoder::Create(0).ok());
  EXPECT_FALSE(ImuBlockCoder::Create(65).ok());
  EXPECT_FALSE(ImuBlockCoder::Create(65535).ok());
  ImuBlockCoder coder = MakeCoder(3);
  EXPECT_FALSE(coder.Encode(Values(), ImuLevel::kFast).ok());
  EXPECT_FALSE(coder.Encode(Values(4), ImuLevel::kFast).ok());
  EXPECT_FALSE(coder.Encode(Values(3 * 65537), ImuLevel::kFast).ok());
  CheckRoundTrip(&coder, Values(3 * 65536, 5), ImuLevel::kNormal);
  const auto block = MakeCoder(2).Encode(Values(8), ImuLevel::kNormal);
  EXPECT_FALSE(coder.Decode(*block).ok());
}

// The first imu track of a recording on its grid, which it must have.
Values LoadCounts(const std::string& path, size_t* channels) {
  auto source = OpenSource(path, {});
  EXPECT_TRUE(source.ok()) << source.status();
  if (!source.ok()) return {};
  const auto& tracks = (*source)->info().tracks;
  int track = 0;
  while (tracks[static_cast<size_t>(track)].kind != StreamKind::kImu) ++track;
  *channels = tracks[static_cast<size_t>(track)].series.channels.size();
  std::vector<double> values;
  while (true) {
    const auto item = (*source)->Next();
    if (!item.ok() || !item->has_value()) break;
    const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
    if (batch == nullptr || (*item)->track != track) continue;
    values.insert(values.end(), batch->values.begin(), batch->values.end());
  }
  Values counts(values.size());
  for (size_t c = 0; c < *channels; ++c) {
    std::vector<double> column;
    for (size_t i = c; i < values.size(); i += *channels) {
      column.push_back(values[i]);
    }
    const auto fits = FitScales(column);
    EXPECT_FALSE(fits.empty());
    for (size_t i = 0; !fits.empty() && i < column.size(); ++i) {
      counts[i * *channels + c] = static_cast<int32_t>(fits[0].k[i]);
    }
  }
  return counts;
}

TEST(ImuBlockCoderTest, RealSecondsComeBackAndShrinkByAProfile) {
  FOVEA_NEED_TEST_DATA(path, "camera_imu/gopro_max-heromode.mp4");
  size_t channels = 0;
  const Values all = LoadCounts(path, &channels);
  ASSERT_EQ(channels, 6u);
  const size_t half = all.size() / 12 * 6;
  const std::vector<Values> first = {
      Values(all.begin(), all.begin() + static_cast<long>(half))};
  const auto profile = TrainImuProfile(first, channels);
  ASSERT_TRUE(profile.ok()) << profile.status();
  ImuBlockCoder plain = MakeCoder(channels);
  ImuBlockCoder learned = MakeCoder(channels, *profile);
  size_t plain_bytes = 0;
  size_t learned_bytes = 0;
  for (size_t at = half; at + 1200 <= all.size(); at += 1200) {
    const Values second(all.begin() + static_cast<long>(at),
                        all.begin() + static_cast<long>(at + 1200));
    CheckRoundTrip(&plain, second, ImuLevel::kFast);
    plain_bytes += CheckRoundTrip(&plain, second, ImuLevel::kNormal);
    learned_bytes += CheckRoundTrip(&learned, second, ImuLevel::kNormal);
    CheckRoundTrip(&learned, second, ImuLevel::kMax);
  }
  EXPECT_LT(learned_bytes * 100, plain_bytes * 93);
}

}  // namespace
}  // namespace fovea
