// SPDX-License-Identifier: GPL-2.0-or-later
//
// What McapWriter wrote, read back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "codec/formats/mcap_source.h"
#include "codec/formats/mcap_writer.h"
#include "tests/formats/series_log.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::SeriesLog;
using ::fovea::testing::SeriesTrackLog;
using ::fovea::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

SeriesLog Read(const std::vector<uint8_t>& bytes) {
  return SeriesLog::Drain(OpenMcapMemory("a.mcap", bytes, {}));
}

SeriesInfo SixChannels(const std::string& gyro, const std::string& accel) {
  SeriesInfo info;
  for (const char* axis : {"x", "y", "z"}) {
    info.channels.push_back({std::string("gyro_") + axis, gyro});
  }
  for (const char* axis : {"x", "y", "z"}) {
    info.channels.push_back({std::string("accel_") + axis, accel});
  }
  return info;
}

class McapRoundTripTest : public ::testing::Test {
 protected:
  McapWriter& Open() {
    auto writer = McapWriter::Create(path_, options_);
    EXPECT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
    return *writer_;
  }
  SeriesLog Close() {
    EXPECT_TRUE(writer_->Close().ok());
    return SeriesLog::Drain(OpenSource(path_, {}));
  }
  static SeriesBatch Random(size_t rows, size_t channels, uint32_t seed) {
    std::mt19937_64 random(seed);
    SeriesBatch batch;
    for (size_t i = 0; i < rows; ++i) {
      batch.time_ns.push_back(1'700'000'000'000'000'000 +
                              static_cast<int64_t>(i) * 5'000'123);
    }
    for (size_t i = 0; i < rows * channels; ++i) {
      const double value = std::bit_cast<double>(random());
      batch.values.push_back(std::isfinite(value) ? value : -0.0);
    }
    return batch;
  }

  TempDir dir_;
  const std::string path_ = dir_.File("a.mcap");
  McapOptions options_;
  std::unique_ptr<McapWriter> writer_;
};

TEST_F(McapRoundTripTest, ImuSamplesComeBackToTheLastBit) {
  for (const bool compress : {false, true}) {
    for (const size_t chunk_bytes :
         {size_t{1}, size_t{5000}, size_t{1} << 20}) {
      options_ = {compress, chunk_bytes};
      SeriesBatch batch = Random(500, 6, 11);
      batch.values[7] = std::numeric_limits<double>::quiet_NaN();
      batch.values[8] = -kInfinity;
      McapWriter& writer = Open();
      const auto channel =
          writer.AddImuChannel("/d.imu", SixChannels("rad/s", "m/s2"), "d");
      ASSERT_TRUE(channel.ok());
      ASSERT_TRUE(writer.WriteSamples(*channel, batch).ok());
      const SeriesLog log = Close();
      ASSERT_TRUE(log.status().ok()) << log.status();
      EXPECT_EQ(log.info.container, "mcap");
      const SeriesTrackLog& imu = log.On("d.imu");
      EXPECT_EQ(imu.track.kind, StreamKind::kImu);
      EXPECT_EQ(imu.track.series.channels,
                SixChannels("rad/s", "m/s2").channels);
      EXPECT_EQ(imu.track.expected_samples, 500);
      EXPECT_NEAR(imu.track.series.rate_hz, 199.995, 0.001);
      EXPECT_EQ(imu.all.time_ns, batch.time_ns);
      EXPECT_EQ(imu.Bits(), (SeriesTrackLog{{}, batch, {}, {}, 0, ""}.Bits()));
    }
  }
}

TEST_F(McapRoundTripTest, AGyroscopeAloneComesBackAlone) {
  McapWriter& writer = Open();
  SeriesInfo gyro = SixChannels("rad/s", "");
  gyro.channels.resize(3);
  const auto channel = writer.AddImuChannel("/g", gyro, "");
  ASSERT_TRUE(writer.WriteSamples(*channel, {{0, 7}, {1, 2, 3, 4, 5, 6}}).ok());
  const SeriesLog log = Close();
  EXPECT_THAT(log.On("g").Names(), ElementsAre("gyro_x", "gyro_y", "gyro_z"));
  EXPECT_THAT(log.On("g").all.time_ns, ElementsAre(0, 7));
  EXPECT_THAT(log.On("g").all.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(McapRoundTripTest, SeriesComeBackToTheLastBit) {
  const SeriesInfo info = {
      {{"lat", "deg"}, {"a \"q\" \\ \n \xC3\xA9", "\xC2\xB5T"}, {"v", ""}}};
  SeriesBatch batch = Random(300, 3, 12);
  McapWriter& writer = Open();
  const auto channel = writer.AddSeriesChannel("/gps/fix", info);
  ASSERT_TRUE(channel.ok());
  ASSERT_TRUE(writer.WriteSamples(*channel, batch).ok());
  const SeriesLog log = Close();
  ASSERT_TRUE(log.status().ok()) << log.status();
  const SeriesTrackLog& gps = log.On("gps_fix");
  EXPECT_EQ(gps.track.kind, StreamKind::kSeries);
  EXPECT_EQ(gps.track.series.channels, info.channels);
  EXPECT_EQ(gps.all.time_ns, batch.time_ns);
  EXPECT_EQ(gps.Bits(), (SeriesTrackLog{{}, batch, {}, {}, 0, ""}.Bits()));
}

TEST_F(McapRoundTripTest, WhatASeriesLeavesOutIsNaN) {
  McapWriter& writer = Open();
  const auto channel = writer.AddSeriesChannel("/s", {{{"a", ""}, {"b", ""}}});
  ASSERT_TRUE(
      writer.WriteSamples(*channel, {{1, 2}, {kInfinity, 1, -0.0, NAN}}).ok());
  const SeriesLog log = Close();
  const std::vector<double>& values = log.On("s").all.values;
  ASSERT_EQ(values.size(), 4u);
  EXPECT_TRUE(std::isnan(values[0]) && std::isnan(values[3]));
  EXPECT_EQ(values[1], 1);
  EXPECT_TRUE(values[2] == 0 && std::signbit(values[2]));
}

// Every byte of such a file is under a checksum.
TEST_F(McapRoundTripTest, NoByteMayChangeUnseen) {
  for (const bool compress : {false, true}) {
    options_.compress = compress;
    McapWriter& writer = Open();
    const auto channel = writer.AddImuChannel("/imu", SixChannels("", ""), "");
    ASSERT_TRUE(writer.WriteSamples(*channel, Random(2, 6, 13)).ok());
    ASSERT_TRUE(Close().status().ok());
    const std::vector<uint8_t> whole = ReadFileBytes(path_);
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const int mask : {0x01, 0x80, 0xFF}) {
        std::vector<uint8_t> bytes = whole;
        bytes[at] = static_cast<uint8_t>(bytes[at] ^ mask);
        const SeriesLog log = Read(bytes);
        EXPECT_FALSE(log.status().ok()) << at << " " << mask;
        EXPECT_THAT(std::string(log.status().message()), Not(HasSubstr("\n")));
      }
    }
  }
}

TEST_F(McapRoundTripTest, WhatIsCutIsReadChunkByChunk) {
  options_ = {false, 1};  // a chunk per message
  McapWriter& writer = Open();
  const auto channel = writer.AddSeriesChannel("/s", {{{"v", ""}}});
  const SeriesBatch batch = {{1, 2, 3}, {10, 20, 30}};
  ASSERT_TRUE(writer.WriteSamples(*channel, batch).ok());
  ASSERT_TRUE(Close().status().ok());
  const std::vector<uint8_t> whole = ReadFileBytes(path_);
  size_t last = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    const SeriesLog log = Read(std::vector<uint8_t>(
        whole.begin(), whole.begin() + static_cast<long>(size)));
    EXPECT_FALSE(log.status().ok()) << size;
    if (!log.open.ok()) {
      EXPECT_EQ(last, 0u) << size;
      continue;
    }
    const SeriesBatch& read = log.On("s").all;
    ASSERT_GE(read.time_ns.size(), last);
    last = read.time_ns.size();
    EXPECT_TRUE(std::equal(read.values.begin(), read.values.end(),
                           batch.values.begin()));
    EXPECT_THAT(log.Notes(), HasSubstr("damaged: "));
  }
  EXPECT_EQ(last, 3u);
}

}  // namespace
}  // namespace fovea
