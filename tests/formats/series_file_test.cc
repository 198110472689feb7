// SPDX-License-Identifier: GPL-2.0-or-later

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "codec/formats/internal/series_file_records.h"
#include "codec/formats/series_file_source.h"
#include "codec/formats/series_file_writer.h"
#include "codec/series_profile.h"
#include "tests/formats/series_log.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::SeriesLog;
using ::fovea::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;
constexpr double kStep = 1.0 / 1024;

SeriesFileInput ImuInput() {
  SeriesFileInput input;
  input.track.kind = StreamKind::kImu;
  input.track.suffix = "imu";
  input.track.codec = "csv";
  input.track.series.channels = {{"gyro_x", "rad/s"}, {"accel_x", "m/s2"}};
  input.track.series.rate_hz = 100;
  input.track.series.device = "board 7";
  return input;
}

SeriesFileInput GpsInput() {
  SeriesFileInput input;
  input.track.kind = StreamKind::kSeries;
  input.track.suffix = "gps";
  input.track.series.channels = {{"latitude", "deg"}};
  return input;
}

// Samples `from` up to `to` of a recording of 100 Hz: a wave and noise, on a
// grid of kStep.
SeriesBatch Wave(int from, int to, size_t channels) {
  SeriesBatch batch;
  for (int i = from; i < to; ++i) {
    std::minstd_rand random(static_cast<unsigned>(i) + 1);
    random.discard(9);
    std::normal_distribution<double> noise(0, 6);
    batch.time_ns.push_back(kSecond + i * (kSecond / 100));
    for (size_t c = 0; c < channels; ++c) {
      const double phase = 0.07 * i + static_cast<double>(c);
      const double counts = 900 * std::sin(phase) + noise(random);
      batch.values.push_back(std::round(counts) * kStep);
    }
  }
  return batch;
}

// What is done with a file, in order.
class File {
 public:
  explicit File(std::vector<SeriesFileInput> inputs, int64_t block_ns = kSecond)
      : path_(folder_.path() + "/x.fser") {
    auto writer = SeriesFileWriter::Create(path_, inputs, block_ns);
    EXPECT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
  }

  template <typename What>
  File& Add(size_t track, const What& what) {
    EXPECT_TRUE(writer_->Add(track, what).ok());
    return *this;
  }
  std::vector<uint8_t> Finish() {
    EXPECT_TRUE(writer_->Finish().ok());
    return ReadFileBytes(path_);
  }
  SeriesFileWriter& writer() { return *writer_; }

 private:
  TempDir folder_;
  const std::string path_;
  std::unique_ptr<SeriesFileWriter> writer_;
};

SeriesLog Read(const std::vector<uint8_t>& bytes,
               const SourceOptions& options = {}) {
  return SeriesLog::Drain(OpenSeriesFileMemory("x.fser", bytes, options));
}

std::vector<uint8_t> TenSeconds() {
  return File({ImuInput()}).Add(0, Wave(0, 1000, 2)).Finish();
}

// ---- what is written is read

TEST(SeriesFileTest, TracksAndSamplesComeBack) {
  const SeriesBatch imu = Wave(0, 1000, 2), gps = Wave(0, 30, 1);
  File file({ImuInput(), GpsInput()});
  const auto bytes = file.Add(0, imu).Add(1, gps).Finish();
  const SeriesLog log = Read(bytes);
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_EQ(log.info.container, "fovea series");
  EXPECT_EQ(log.info.duration_ns, imu.time_ns.back() - imu.time_ns.front());
  ASSERT_EQ(log.tracks.size(), 2u);
  const auto& track = log.On("imu");
  EXPECT_EQ(track.track.kind, StreamKind::kImu);
  EXPECT_EQ(track.track.codec, "csv");
  EXPECT_EQ(track.track.series.rate_hz, 100);
  EXPECT_EQ(track.track.series.channels, ImuInput().track.series.channels);
  EXPECT_EQ(track.track.series.device, "board 7");
  EXPECT_EQ(track.track.expected_samples, 1000);
  EXPECT_EQ(track.all.time_ns, imu.time_ns);
  EXPECT_EQ(track.all.values, imu.values);
  EXPECT_EQ(log.On("gps").track.kind, StreamKind::kSeries);
  EXPECT_EQ(log.On("gps").all.values, gps.values);
}

TEST(SeriesFileTest, EveryBitOfAnyDoubleComesBack) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  SeriesBatch odd;
  odd.values = {0.0,       -0.0,
                kInfinity, std::bit_cast<double>(0x7ff8'dead'beef'0001ULL),
                5e-324,    -std::numeric_limits<double>::max(),
                1.0 / 3,   -kInfinity};
  odd.time_ns = {5, 5, -3, std::numeric_limits<int64_t>::max()};
  const auto bytes = File({ImuInput()}).Add(0, odd).Finish();
  const SeriesLog log = Read(bytes);
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_EQ(log.On("imu").all.time_ns, odd.time_ns);
  for (size_t i = 0; i < odd.values.size(); ++i) {
    EXPECT_EQ(log.On("imu").Bits()[i], std::bit_cast<uint64_t>(odd.values[i]));
  }
}

TEST(SeriesFileTest, GapsAndRejectionsStandWhereTheyWere) {
  const auto bytes = File({ImuInput()})
                         .Add(0, Wave(0, 50, 2))
                         .Add(0, Gap{kSecond, 3 * kSecond, "cable out"})
                         .Add(0, Rejected{7, "line 9: no number"})
                         .Add(0, Wave(300, 350, 2))
                         .Finish();
  const SeriesLog log = Read(bytes);
  ASSERT_TRUE(log.status().ok()) << log.status();
  const auto& track = log.On("imu");
  ASSERT_EQ(track.gaps.size(), 1u);
  EXPECT_EQ(track.gaps[0].end_ns, 3 * kSecond);
  EXPECT_EQ(track.gaps[0].reason, "cable out");
  EXPECT_EQ(track.rejected, 7);
  EXPECT_EQ(track.reason, "line 9: no number");
  EXPECT_EQ(track.all.time_ns.size(), 100u);
}

TEST(SeriesFileTest, BlocksSpanWhatTheyWereToldTo) {
  File seconds({ImuInput()}), tens({ImuInput()}, 10 * kSecond);
  const auto small = seconds.Add(0, Wave(0, 1000, 2)).Finish();
  const auto large = tens.Add(0, Wave(0, 1000, 2)).Finish();
  EXPECT_EQ(seconds.writer().blocks(0), 10u);
  EXPECT_EQ(tens.writer().blocks(0), 1u);
  EXPECT_LT(large.size(), small.size());
  EXPECT_EQ(seconds.writer().bytes(), small.size());
}

TEST(SeriesFileTest, AProfileIsKeptInTheFile) {
  const SeriesBatch wave = Wave(0, 3000, 2);
  const auto profile =
      LearnSeriesProfile(std::vector<std::vector<double>>{wave.values}, 2);
  ASSERT_TRUE(profile.ok()) << profile.status();
  SeriesFileInput input = ImuInput();
  input.profile = *profile;
  File file({input}), plain({ImuInput()});
  const SeriesLog log = Read(file.Add(0, wave).Finish());
  plain.Add(0, wave).Finish();
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_EQ(log.On("imu").all.values, wave.values);
  EXPECT_LT(file.writer().block_bytes(0), plain.writer().block_bytes(0));
}

TEST(SeriesFileTest, BoundsHoldAndAreTold) {
  SeriesFileInput input = ImuInput();
  input.coding.bounds = {10 * kStep, 0};
  input.coding_text = "imu level=normal gyro_x<=0.01 rad/s";
  const SeriesBatch wave = Wave(0, 1000, 2);
  const SeriesLog log = Read(File({input}).Add(0, wave).Finish());
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_THAT(log.Notes(), HasSubstr("gyro_x<=0.01 rad/s"));
  for (size_t i = 0; i < wave.values.size(); i += 2) {
    const double found = log.On("imu").all.values[i];
    EXPECT_LE(std::fabs(found - wave.values[i]), 10 * kStep);
    EXPECT_EQ(log.On("imu").all.values[i + 1], wave.values[i + 1]);
  }
}

// ---- a part of it

TEST(SeriesFileTest, OfATimeOnlyItsSamplesAreRead) {
  const SeriesBatch wave = Wave(0, 1000, 2);
  SourceOptions options;
  options.from_ns = wave.time_ns[250];
  options.to_ns = wave.time_ns[310];
  const SeriesLog log = Read(TenSeconds(), options);
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_EQ(log.On("imu").all.time_ns, std::vector(wave.time_ns.begin() + 250,
                                                   wave.time_ns.begin() + 310));
}

TEST(SeriesFileTest, BlocksOfOtherTimesAreNotLookedAt) {
  auto bytes = TenSeconds();
  bytes[bytes.size() * 3 / 4] ^= 1;  // in a block of a later second
  SourceOptions first;
  first.max_duration_ns = kSecond;
  const SeriesLog log = Read(bytes, first);
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_EQ(log.On("imu").all.time_ns.size(), 100u);
  EXPECT_EQ(Read(bytes).end.code(), absl::StatusCode::kDataLoss);
}

// ---- damage

TEST(SeriesFileTest, ADamagedBlockCostsItsSamplesAlone) {
  auto bytes = TenSeconds();
  bytes[bytes.size() / 2] ^= 4;
  const SeriesLog log = Read(bytes);
  EXPECT_EQ(log.end.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(log.end.message()),
              HasSubstr("checksum does not fit"));
  EXPECT_EQ(log.On("imu").rejected, 100);
  EXPECT_EQ(log.On("imu").all.time_ns.size(), 900u);
}

TEST(SeriesFileTest, OfAFileThatWasCutTheWholeBlocksAreRead) {
  const auto bytes = TenSeconds();
  const SeriesBatch wave = Wave(0, 1000, 2);
  size_t most = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const SeriesLog log =
        Read({bytes.begin(), bytes.begin() + static_cast<int64_t>(size)});
    ASSERT_FALSE(log.status().ok()) << size;
    if (!log.open.ok()) continue;
    const SeriesBatch& all = log.On("imu").all;
    ASSERT_TRUE(
        std::equal(all.values.begin(), all.values.end(), wave.values.begin()))
        << size;
    ASSERT_GE(all.time_ns.size(), most) << size;
    most = all.time_ns.size();
  }
  EXPECT_EQ(most, 1000u);  // the index alone was missing
}

TEST(SeriesFileTest, EveryChangedByteIsNoticed) {
  const auto bytes = File({ImuInput()}).Add(0, Wave(0, 250, 2)).Finish();
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int mask : {1, 0x80, 0xff}) {
      auto changed = bytes;
      changed[at] ^= static_cast<uint8_t>(mask);
      const SeriesLog log = Read(changed);
      EXPECT_FALSE(log.status().ok()) << "byte " << at << " ^ " << mask;
    }
  }
}

TEST(SeriesFileTest, WhatIsNoSeriesFileIsRefused) {
  EXPECT_EQ(Read({}).open.code(), absl::StatusCode::kInvalidArgument);
  auto bytes = TenSeconds();
  bytes[7] = 9;
  const SeriesLog newer = Read(bytes);
  EXPECT_EQ(newer.open.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(newer.open.message()), HasSubstr("version 9"));
  EXPECT_EQ(Read({bytes.begin(), bytes.begin() + 7}).open.code(),
            absl::StatusCode::kInvalidArgument);
}

// ---- what cannot be written

class SeriesFileRefusalTest : public ::testing::Test {
 protected:
  absl::Status Refusal(const SeriesFileInput& input, int64_t block_ns = 1) {
    return SeriesFileWriter::Create(folder_.path() + "/x.fser",
                                    std::vector{input}, block_ns)
        .status();
  }
  TempDir folder_;
};

TEST_F(SeriesFileRefusalTest, TracksThatAreNoSeries) {
  SeriesFileInput input = ImuInput();
  input.track.kind = StreamKind::kOpaque;
  EXPECT_EQ(Refusal(input).code(), absl::StatusCode::kInvalidArgument);
  input = ImuInput();
  input.track.series.channels.clear();
  EXPECT_EQ(Refusal(input).code(), absl::StatusCode::kInvalidArgument);
  input.track.series.channels.resize(65);
  EXPECT_EQ(Refusal(input).code(), absl::StatusCode::kInvalidArgument);
  input = ImuInput();
  input.track.series.channels[0].name = "a\nb";
  EXPECT_EQ(Refusal(input).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Refusal(ImuInput(), 0).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SeriesFileRefusalTest, ProfilesOfOtherChannels) {
  const auto profile = LearnSeriesProfile(
      std::vector<std::vector<double>>{Wave(0, 3000, 1).values}, 1);
  ASSERT_TRUE(profile.ok()) << profile.status();
  SeriesFileInput input = ImuInput();
  input.profile = *profile;
  EXPECT_THAT(std::string(Refusal(input).message()),
              HasSubstr("a profile of 1 channels for a track of 2"));
  input.profile[5] ^= 1;
  EXPECT_EQ(Refusal(input).code(), absl::StatusCode::kDataLoss);
}

TEST_F(SeriesFileRefusalTest, NothingIsLeftOfAFileThatWasNotFinished) {
  const std::string path = folder_.path() + "/x.fser";
  {
    auto writer =
        SeriesFileWriter::Create(path, std::vector{ImuInput()}, kSecond);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Add(0, Wave(0, 500, 2)).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace fovea
