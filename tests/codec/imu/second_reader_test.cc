// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series blocks against a reader that was written from codec/FORMAT.md alone
// (second_reader/): whatever it gives has to be what ours gives, bit by bit.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "codec/formats/source.h"
#include "codec/imu/imu_block.h"
#include "codec/imu/profile_trainer.h"
#include "codec/series_block.h"
#include "codec/series_profile.h"
#include "tests/codec/calibrated_device.h"
#include "tests/codec/imu/motion.h"
#include "tests/codec/imu/second_reader/series_block.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using second_reader::SeriesProfileBytes;
using second_reader::SeriesReader;

std::vector<uint64_t> Bits(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (const double value : values) {
    bits.push_back(std::bit_cast<uint64_t>(value));
  }
  return bits;
}

// A block of `batch`, read by both. `profile`: its bytes, empty for none;
// `widths`, where given, gets those of its lattices, `splits` is raised by how
// many channels were split.
void ExpectSame(const SeriesBatch& batch, size_t channels, SeriesCoding coding,
                const std::vector<uint8_t>& profile = {},
                std::set<size_t>* widths = nullptr, size_t* splits = nullptr) {
  SeriesProfileBytes second_profile;
  SeriesProfile first_profile;
  if (!profile.empty()) {
    second_profile = SeriesProfileBytes::Read(profile);
    first_profile = *SeriesProfile::Parse(profile);
    coding.profile = &first_profile;
  }
  const auto block = EncodeSeriesBlock(batch, channels, coding);
  ASSERT_TRUE(block.ok()) << block.status();
  const auto ours = DecodeSeriesBlock(*block, coding.profile);
  ASSERT_TRUE(ours.ok()) << ours.status();
  second_reader::Series theirs;
  ASSERT_NO_THROW(
      theirs = SeriesReader(*block, profile.empty() ? nullptr : &second_profile)
                   .Read());
  EXPECT_EQ(theirs.channels, channels);
  if (widths != nullptr) {
    widths->insert(theirs.lattices.begin(), theirs.lattices.end());
  }
  if (splits != nullptr) *splits += theirs.splits;
  EXPECT_EQ(theirs.times, ours->batch.time_ns);
  EXPECT_EQ(Bits(theirs.values), Bits(ours->batch.values));
  EXPECT_EQ(theirs.bounds, ours->bounds);
  const SeriesBlockNames names = NamesOfSeriesBlock(*block);
  EXPECT_EQ(theirs.metadata, names.metadata);
  EXPECT_EQ(theirs.profile, names.profile);
  EXPECT_EQ(theirs.text.written, ours->text.channels);
  std::map<size_t, std::string> texts;
  for (const auto& [place, which] : ours->text.exceptions.fields) {
    texts[place] = ours->text.exceptions.texts[which];
  }
  EXPECT_EQ(theirs.text.texts, texts);
}

constexpr ImuLevel kReadLevels[] = {ImuLevel::kFast, ImuLevel::kNormal,
                                    ImuLevel::kMax};

// Row `i` of a clock.
using Clock = int64_t (*)(int64_t i, uint64_t random);

constexpr Clock kClocks[] = {
    [](int64_t i, uint64_t) { return i * 5'000'000; },
    [](int64_t i, uint64_t) { return 1'700'000'000'123'456'789 + i * 10 / 3; },
    [](int64_t i, uint64_t r) {
      return i * 5'000'000 + static_cast<int64_t>(r % 1'000'000);
    },
    [](int64_t i, uint64_t r) {
      const auto ticks = static_cast<double>(400'000'000 + i * 5262 +
                                             static_cast<int64_t>(r % 3));
      return static_cast<int64_t>(std::floor(std::ldexp(ticks, -21) * 1e8)) *
             10;
    },
    [](int64_t i, uint64_t) {
      return i % 7 == 0 ? i * 10'000'000 + 35'000'000 : i * 10'000'000;
    },
    [](int64_t i, uint64_t) { return (i + i / 300 * 17) * 10'000'000 / 3; },
    [](int64_t i, uint64_t) { return 42 - i * 3'000'000; },
    [](int64_t, uint64_t) { return int64_t{42}; },
    [](int64_t, uint64_t r) { return static_cast<int64_t>(r); },
    // A crystal that is warming up.
    [](int64_t i, uint64_t) { return i * 5'000'000 + i * i / 9; },
};

TEST(SecondReaderTest, TimesOfAnyClock) {
  std::mt19937_64 random(3);
  for (size_t n = 0; n < std::size(kClocks); ++n) {
    for (const size_t rows : {1, 2, 3, 50, 1000, 4097}) {
      SeriesBatch batch;
      for (size_t i = 0; i < rows; ++i) {
        batch.time_ns.push_back(kClocks[n](static_cast<int64_t>(i), random()));
        batch.values.push_back(0.5);
      }
      SCOPED_TRACE(::testing::Message() << "clock " << n << ", " << rows);
      ExpectSame(batch, 1, {});
    }
  }
}

// A sample from a sensor's count.
using Sample = double (*)(double count, uint64_t random);

constexpr Sample kSamples[] = {
    [](double count, uint64_t) { return count / 417; },
    [](double count, uint64_t) { return count * 0.0012345 + 0.01; },
    [](double count, uint64_t) {
      return static_cast<double>(static_cast<float>(count) * 0.061f);
    },
    [](double count, uint64_t) {
      return std::nearbyint(count * 0.061e6) / 1e6;
    },
    [](double count, uint64_t) { return count / 100 / 57.29578 * 9.81; },
    [](double, uint64_t r) { return std::bit_cast<double>(r); },
    [](double, uint64_t r) {
      return static_cast<double>(static_cast<float>(r) * 1e-19f);
    },
    [](double count, uint64_t r) {
      return r % 50 == 7 ? std::numeric_limits<double>::quiet_NaN()
                         : count / 417;
    },
    [](double, uint64_t) { return -0.0; },
    [](double count, uint64_t) { return std::sin(count); },
};

TEST(SecondReaderTest, TextsOfSomeChannels) {
  SeriesBatch batch;
  for (int i = 0; i < 400; ++i) {
    batch.time_ns.push_back(i * int64_t{5'000'000});
    batch.values.insert(batch.values.end(), {i / 100.0, i / 8.0, i / 417.0});
  }
  SeriesCoding coding;
  coding.metadata = 9;
  batch.text.rules.assign(3, PrintRule{});
  ExpectSame(batch, 3, coding);
  batch.text.fields = {{0, "0.0"}, {3, "1e-2"}, {25, "+1"}, {300, "0001"}};
  batch.values[25] = 1;
  ExpectSame(batch, 3, coding);
  batch.text.rules[1].reset();
  ExpectSame(batch, 3, coding);
  coding.bounds = {0.5, 0, 0};
  ExpectSame(batch, 3, coding);
}

TEST(SecondReaderTest, SamplesOfAnyGridAndNone) {
  const auto counts = imu::testing::Motion(3, 1500, 8, 4);
  std::mt19937_64 random(5);
  for (size_t n = 0; n < std::size(kSamples); ++n) {
    for (const size_t rows : {1, 2, 5, 200, 1500}) {
      SeriesBatch batch;
      for (size_t i = 0; i < rows * 3; ++i) {
        if (i % 3 == 0) {
          batch.time_ns.push_back(static_cast<int64_t>(i) * 5'000'000);
        }
        batch.values.push_back(kSamples[n](counts[i], random()));
      }
      SCOPED_TRACE(::testing::Message() << "sample " << n << ", " << rows);
      for (const ImuLevel level : kReadLevels) {
        ExpectSame(batch, 3, {.level = level, .metadata = 77, .bounds = {}});
        ExpectSame(batch, 3, {.level = level, .bounds = {0.05, 0, 0.2}});
      }
    }
  }
}

constexpr int kMaxMode = 3;

// A block of `values`, read by the other reader. Its mode goes into `modes`.
void ExpectSameBlock(size_t channels, const std::vector<int32_t>& values,
                     ImuLevel level, std::set<int>* modes,
                     const std::vector<uint8_t>& profile = {}) {
  auto coder = ImuBlockCoder::Create(channels, profile);
  ASSERT_TRUE(coder.ok()) << coder.status();
  const auto block = coder->Encode(values, level);
  ASSERT_TRUE(block.ok()) << block.status();
  size_t found = 0;
  std::vector<int32_t> read;
  ASSERT_NO_THROW(read = second_reader::ReadImuBlock(*block, profile, &found));
  EXPECT_EQ(read, values);
  EXPECT_EQ(found, channels);
  modes->insert(block->front() & 15);
}

TEST(SecondReaderTest, InertialBlocksOfTheirOwn) {
  std::set<int> modes;
  for (const size_t rows : {1, 2, 3, 50, 1000}) {
    SCOPED_TRACE(rows);
    for (const ImuLevel level : kReadLevels) {
      ExpectSameBlock(6, imu::testing::RingingDevice(rows, 4), level, &modes);
    }
  }
  EXPECT_TRUE(modes.contains(kMaxMode));
}

TEST(SecondReaderTest, InertialBlocksOfMoreChannelsThanLearnTogether) {
  std::set<int> modes;
  for (const int channels : {1, 2, 12, 13, 30}) {
    SCOPED_TRACE(channels);
    for (const ImuLevel level : kReadLevels) {
      ExpectSameBlock(static_cast<size_t>(channels),
                      imu::testing::Motion(channels, 1000, 2, 2), level,
                      &modes);
    }
  }
  EXPECT_TRUE(modes.contains(kMaxMode));
}

TEST(SecondReaderTest, InertialBlocksOfProfiles) {
  std::set<int> modes;
  const auto profile = TrainImuProfile(
      std::vector<std::vector<int32_t>>{imu::testing::RingingDevice(20'000, 5)},
      6);
  ASSERT_TRUE(profile.ok()) << profile.status();
  for (const size_t rows : {1, 2, 50, 3000}) {
    SCOPED_TRACE(rows);
    for (const ImuLevel level : kReadLevels) {
      ExpectSameBlock(6, imu::testing::RingingDevice(rows, 9), level, &modes,
                      *profile);
    }
  }
  EXPECT_TRUE(modes.contains(kMaxMode));
}

TEST(SecondReaderTest, InertialBlocksOfRowsThatRepeat) {
  std::set<int> modes;
  std::mt19937_64 random(7);
  for (const bool second_repeats : {false, true}) {
    const std::vector<int32_t> device = imu::testing::RingingDevice(2000, 4);
    std::vector<int32_t> values;
    for (size_t at = 0; at < device.size(); at += 6) {
      const size_t times = at == 0 ? 1 + second_repeats : 1 + random() % 3;
      for (size_t i = 0; i < times; ++i) {
        values.insert(values.end(), &device[at], &device[at] + 6);
      }
    }
    for (const ImuLevel level : kReadLevels)
      ExpectSameBlock(6, values, level, &modes);
  }
  EXPECT_TRUE(modes.contains(kMaxMode));
}

// Rows of an accelerometer and a gyroscope that are calibrated in the device.
SeriesBatch Calibrated(testing::CalibratedDevice device, size_t rows) {
  SeriesBatch batch;
  const testing::Column gyro = device.Gyro(rows, 4);
  const testing::Columns accelerometer = device.Accelerometer(rows, 20);
  for (size_t i = 0; i < rows; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i) * 2'500'000);
    for (const testing::Column& axis : accelerometer) {
      batch.values.push_back(axis[i]);
    }
    batch.values.push_back(gyro[i]);
  }
  return batch;
}

TEST(SecondReaderTest, CalibratedSamples) {
  std::set<size_t> widths;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    testing::CalibratedDevice device(seed);
    device.prints = seed % 2 == 0;
    device.drift = seed % 4 < 2 ? 0.0F : 0.000314F;
    for (const size_t rows : {50, 400, 3000}) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", " << rows);
      SeriesBatch batch = Calibrated(device, rows);
      ExpectSame(batch, 4, {}, {}, &widths);
      batch.values[rows] = -0.0;
      batch.values[rows + 2] = std::numeric_limits<double>::quiet_NaN();
      ExpectSame(batch, 4, {}, {}, &widths);
    }
  }
  EXPECT_EQ(widths, (std::set<size_t>{1, 3}));
}

TEST(SecondReaderTest, SplitFloats) {
  std::mt19937_64 random(6);
  std::normal_distribution<float> noise(0, 0.01F);
  size_t splits = 0;
  for (const size_t rows : {50, 200, 3000}) {
    SeriesBatch batch;
    for (size_t i = 0; i < rows; ++i) {
      batch.time_ns.push_back(static_cast<int64_t>(i) * 4'000'000);
      batch.values.push_back(static_cast<double>(noise(random)));
      batch.values.push_back(9.81 + static_cast<double>(noise(random)));
      // Every other row is said twice.
      batch.values.push_back(i % 2 == 0 ? static_cast<double>(noise(random))
                                        : batch.values[i * 3 - 1]);
    }
    for (size_t i = 6; i < batch.values.size(); i += 50) batch.values[i] = 0;
    batch.values[18] = -0.0;
    batch.values[21] = std::numeric_limits<double>::quiet_NaN();
    batch.values[24] = std::numeric_limits<double>::denorm_min();
    SCOPED_TRACE(rows);
    for (const ImuLevel level : kReadLevels) {
      ExpectSame(batch, 3, {.level = level, .bounds = {}}, {}, nullptr,
                 &splits);
    }
  }
  EXPECT_EQ(splits, 3u * 3 * std::size(kReadLevels));
}

TEST(SecondReaderTest, WhatAProfileCoded) {
  SeriesMetadata of = {{}, "ring", "", ""};
  std::vector<std::vector<double>> recordings(1);
  for (const int32_t count : imu::testing::RingingDevice(20'000, 5)) {
    recordings[0].push_back(count / 417.0);
  }
  for (int c = 0; c < 6; ++c) of.channels.push_back({"c", "m/s2"});
  const auto profile = LearnSeriesProfile(recordings, of);
  ASSERT_TRUE(profile.ok()) << profile.status();
  for (const size_t rows : {1, 2, 50, 200, 3000}) {
    SeriesBatch batch;
    for (const int32_t count : imu::testing::RingingDevice(rows, 9)) {
      batch.values.push_back(count / 417.0);
    }
    for (size_t i = 0; i < rows; ++i) {
      batch.time_ns.push_back(static_cast<int64_t>(i) * 5'000'000);
    }
    SCOPED_TRACE(rows);
    for (const ImuLevel level : kReadLevels) {
      ExpectSame(batch, 6, {.level = level, .metadata = 7, .bounds = {}},
                 *profile);
    }
    if (rows < 50) continue;
    batch.values[30] = std::numeric_limits<double>::infinity();
    ExpectSame(batch, 6, {}, *profile);
  }
}

// The first imu track of a recording, at most so many rows.
SeriesBatch Recording(const std::string& path, size_t rows, size_t* channels) {
  SourceOptions options;
  auto source = OpenSource(path, options);
  EXPECT_TRUE(source.ok()) << source.status();
  SeriesBatch all;
  *channels = 0;
  if (!source.ok()) return all;
  const std::vector<Track>& tracks = (*source)->info().tracks;
  size_t imu = 0;
  while (imu < tracks.size() && tracks[imu].kind != StreamKind::kImu) ++imu;
  if (imu == tracks.size()) return all;
  *channels = tracks[imu].series.channels.size();
  while (all.time_ns.size() < rows) {
    auto item = (*source)->Next();
    if (!item.ok() || !item->has_value()) break;
    if ((*item)->track != static_cast<int>(imu)) continue;
    const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
    if (batch == nullptr) continue;
    all.time_ns.insert(all.time_ns.end(), batch->time_ns.begin(),
                       batch->time_ns.end());
    all.values.insert(all.values.end(), batch->values.begin(),
                      batch->values.end());
  }
  return all;
}

TEST(SecondReaderTest, RealRecordings) {
  for (const char* name :
       {"imu/har_sp_sw/s02/s02_01_sp.csv", "imu/har_sp_sw/s02/s02_01_sw.csv",
        "imu/gait_long_walk.csv", "camera_imu/euroc_v1_01_excerpt/mav0",
        "imu/px4_cubeorange_small.ulg"}) {
    FOVEA_NEED_TEST_DATA(path, name);
    SCOPED_TRACE(name);
    size_t channels = 0;
    const SeriesBatch all = Recording(path, 3000, &channels);
    ASSERT_GT(channels, 0u);
    const size_t rows = all.time_ns.size();
    ASSERT_GT(rows, 100u);
    const auto learned = LearnSeriesProfile(
        std::vector<std::vector<double>>{all.values}, channels);
    for (size_t begin = 0; begin < rows; begin += 500) {
      SeriesBatch block;
      for (size_t i = begin; i < std::min(rows, begin + 500); ++i) {
        block.time_ns.push_back(all.time_ns[i]);
        for (size_t c = 0; c < channels; ++c) {
          block.values.push_back(all.values[i * channels + c]);
        }
      }
      for (const ImuLevel level : kReadLevels) {
        ExpectSame(block, channels, {.level = level, .bounds = {}});
        if (!learned.ok()) continue;
        ExpectSame(block, channels, {.level = level, .bounds = {}}, *learned);
      }
    }
  }
}

}  // namespace
}  // namespace fovea
