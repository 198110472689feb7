// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/gpmf.h"

#include <gtest/gtest.h>

extern "C" {
#include <libavformat/avformat.h>
}

#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "codec/series_block.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes Item(const std::string& key, char type, size_t size, size_t repeat,
           const Bytes& data) {
  Bytes out(key.begin(), key.end());
  out.push_back(static_cast<uint8_t>(type));
  out.push_back(static_cast<uint8_t>(size));
  out.push_back(static_cast<uint8_t>(repeat >> 8));
  out.push_back(static_cast<uint8_t>(repeat));
  out.insert(out.end(), data.begin(), data.end());
  out.resize((out.size() + 3) / 4 * 4);
  return out;
}

Bytes Join(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes Nest(const std::string& key, const std::vector<Bytes>& parts) {
  const Bytes inner = Join(parts);
  return Item(key, '\0', 1, inner.size(), inner);
}

Bytes Shorts(const std::vector<int>& values) {
  Bytes out;
  for (const int value : values) {
    out.push_back(static_cast<uint8_t>(value >> 8));
    out.push_back(static_cast<uint8_t>(value));
  }
  return out;
}

struct Packet {
  Bytes bytes;
  int64_t start_ns = 0;
  int64_t duration_ns = 1'000'000'000;
};

struct Recording {
  std::vector<Track> tracks;
  std::vector<SeriesBatch> series;  // per track
  std::vector<std::string> notes;
  std::vector<std::string> skipped;

  const Track* Find(const std::string& suffix, SeriesBatch* batch) const {
    for (size_t i = 0; i < tracks.size(); ++i) {
      if (tracks[i].suffix != suffix) continue;
      *batch = series[i];
      return &tracks[i];
    }
    return nullptr;
  }
};

GpmfPayload View(const Packet& packet) {
  return {packet.bytes, packet.start_ns, packet.duration_ns};
}

Recording ReadAll(const std::vector<Packet>& packets) {
  Recording recording;
  GpmfReader reader{FormatLimits()};
  for (const Packet& packet : packets) {
    const absl::Status status = reader.Scan(View(packet));
    EXPECT_TRUE(status.ok()) << status;
  }
  recording.tracks = reader.Tracks();
  recording.series.resize(recording.tracks.size());
  for (const Packet& packet : packets) {
    std::vector<std::pair<int, SeriesBatch>> batches;
    const absl::Status status = reader.Read(View(packet), &batches);
    EXPECT_TRUE(status.ok()) << status;
    for (auto& [track, batch] : batches) {
      SeriesBatch& all = recording.series[static_cast<size_t>(track)];
      all.time_ns.insert(all.time_ns.end(), batch.time_ns.begin(),
                         batch.time_ns.end());
      all.values.insert(all.values.end(), batch.values.begin(),
                        batch.values.end());
    }
  }
  recording.notes = reader.Notes();
  recording.skipped = reader.Skipped();
  return recording;
}

Packet Motion(int accel, int gyro, int64_t start_ns) {
  const auto rows = [](int count) {
    return Shorts(std::vector<int>(static_cast<size_t>(count) * 3, -417));
  };
  return {Nest("DEVC",
               {Item("DVID", 'L', 4, 1, {0, 0, 0, 1}),
                Nest("STRM", {Item("SIUN", 'c', 4, 1, {'m', '/', 's', 0xB2}),
                              Item("SCAL", 's', 2, 1, Shorts({417})),
                              Item("ORIN", 'c', 1, 3, {'Y', 'x', 'Z'}),
                              Item("ACCL", 's', 6, static_cast<size_t>(accel),
                                   rows(accel))}),
                Nest("STRM", {Item("SCAL", 's', 2, 3, Shorts({1, 2, 3})),
                              Item("GYRO", 's', 6, static_cast<size_t>(gyro),
                                   rows(gyro))})}),
          start_ns};
}

TEST(GpmfTest, AccelerometerAndGyroscopeMakeOneImuTrack) {
  const Recording recording =
      ReadAll({Motion(4, 4, 0), Motion(4, 4, 1'000'000'000)});
  ASSERT_EQ(recording.tracks.size(), 1u);
  const Track& track = recording.tracks[0];
  EXPECT_EQ(track.kind, StreamKind::kImu);
  EXPECT_EQ(track.suffix, "imu");
  EXPECT_EQ(track.expected_samples, 8);
  EXPECT_DOUBLE_EQ(track.series.rate_hz, 4);
  ASSERT_EQ(track.series.channels.size(), 6u);
  EXPECT_EQ(track.series.channels[0].name, "gyro_x");
  EXPECT_EQ(track.series.channels[3], (Channel{"accel_x", "m/s2"}));
  EXPECT_EQ(recording.series[0].time_ns[5], 1'250'000'000);
  EXPECT_EQ(recording.series[0].values[1], -417.0 / 2);
  EXPECT_EQ(recording.series[0].values[3], -1.0);
  ASSERT_EQ(recording.notes.size(), 1u);
  EXPECT_NE(recording.notes[0].find("YxZ"), std::string::npos);
}

TEST(GpmfTest, DifferentCountsMakeTwoTracks) {
  const Recording recording =
      ReadAll({Motion(4, 4, 0), Motion(4, 5, 1'000'000'000)});
  ASSERT_EQ(recording.tracks.size(), 2u);
  EXPECT_EQ(recording.tracks[0].suffix, "accel");
  EXPECT_EQ(recording.tracks[1].suffix, "gyro");
  EXPECT_EQ(recording.series[1].time_ns.size(), 9u);
}

TEST(GpmfTest, ComplexRowsAndRowsThatAreItems) {
  const Bytes hues = Shorts({0x0102, 0x0304});
  const Packet packet = {Nest(
      "DEVC",
      {Nest("STRM", {Item("TYPE", 'c', 1, 3, {'s', 'B', 'B'}),
                     Item("MIXD", '?', 4, 2, {0xff, 0xff, 7, 8, 0, 1, 2, 3})}),
       Nest("STRM",
            {Item("HUES", 'B', 2, 2, hues), Item("HUES", 'B', 2, 2, hues)}),
       Nest("STRM", {Item("TYPE", 'c', 1, 2, {'F', 'f'}),
                     Item("SCEN", '?', 8, 1, Bytes(8, 1))})})};
  const Recording recording = ReadAll({packet});
  ASSERT_EQ(recording.tracks.size(), 2u);
  EXPECT_EQ(recording.series[0].values,
            (std::vector<double>{-1, 7, 8, 1, 2, 3}));
  EXPECT_EQ(recording.series[1].values,
            (std::vector<double>{1, 2, 3, 4, 1, 2, 3, 4}));
  EXPECT_EQ(recording.series[1].time_ns.size(), 2u);
  ASSERT_EQ(recording.skipped.size(), 1u);
  EXPECT_EQ(recording.skipped[0],
            "SCEN: 1 rows, has fields that are not numbers");
}

TEST(GpmfTest, DamageNamesTheOffset) {
  const Packet good = Motion(4, 4, 0);
  GpmfReader reader{FormatLimits()};
  for (size_t size = 9; size < good.bytes.size() - 8; ++size) {
    Packet cut = good;
    cut.bytes.resize(size);
    const absl::Status status = reader.Scan(View(cut));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_NE(status.message().find("offset 0"), std::string::npos);
  }
}

TEST(GpmfTest, ADamagedPayloadLeavesNoTrace) {
  Packet damaged = Motion(4, 0, 0);
  damaged.bytes.insert(damaged.bytes.end(), {'B', 'A', 'D', '!', 'L', 4, 9, 9});
  GpmfReader reader{FormatLimits()};
  EXPECT_EQ(reader.Scan(View(damaged)).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(reader.Tracks().empty());
  const Packet good = Motion(4, 4, 0);
  EXPECT_TRUE(reader.Scan(View(good)).ok());
  ASSERT_EQ(reader.Tracks().size(), 1u);
  std::vector<std::pair<int, SeriesBatch>> batches;
  EXPECT_EQ(reader.Read(View(damaged), &batches).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_TRUE(batches.empty());
  EXPECT_EQ(reader.Read(View(Motion(4, 3, 0)), &batches).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_TRUE(reader.Read(View(good), &batches).ok());
  EXPECT_EQ(batches.size(), 1u);
}

TEST(GpmfTest, AGyroscopeWithoutSamplesLeavesTheAccelerometerAlone) {
  const Recording recording = ReadAll({Motion(4, 0, 0)});
  ASSERT_EQ(recording.tracks.size(), 1u);
  EXPECT_EQ(recording.tracks[0].suffix, "accel");
  EXPECT_EQ(recording.series[0].values.size(), 12u);
}

TEST(GpmfTest, NestingAndSizesAreLimited) {
  Bytes deep = Item("ACCL", 's', 6, 1, Shorts({1, 2, 3}));
  for (int i = 0; i < 40; ++i) deep = Nest("STRM", {deep});
  GpmfReader reader{FormatLimits()};
  EXPECT_EQ(reader.Scan({deep, 0, 1}).code(), absl::StatusCode::kDataLoss);
  const Bytes large((16 << 20) + 1);
  EXPECT_EQ(reader.Scan({large, 0, 1}).code(),
            absl::StatusCode::kResourceExhausted);
}

// The telemetry packets of a camera's file.
std::vector<Packet> Packets(const std::string& path) {
  std::vector<Packet> packets;
  AVFormatContext* file = nullptr;
  EXPECT_EQ(avformat_open_input(&file, path.c_str(), nullptr, nullptr), 0);
  int index = -1;
  for (unsigned i = 0; i < file->nb_streams; ++i) {
    if (file->streams[i]->codecpar->codec_tag == MKTAG('g', 'p', 'm', 'd')) {
      index = static_cast<int>(i);
    }
  }
  EXPECT_GE(index, 0);
  const AVRational base = file->streams[index]->time_base;
  const AVRational ns = {1, 1'000'000'000};
  AVPacket* packet = av_packet_alloc();
  while (av_read_frame(file, packet) == 0) {
    if (packet->stream_index == index) {
      packets.push_back({Bytes(packet->data, packet->data + packet->size),
                         av_rescale_q(packet->pts, base, ns),
                         av_rescale_q(packet->duration, base, ns)});
    }
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  avformat_close_input(&file);
  return packets;
}

void CheckSeries(const std::string& name, const Track& track,
                 const SeriesBatch& series) {
  const size_t channels = track.series.channels.size();
  ASSERT_EQ(series.values.size(), series.time_ns.size() * channels);
  for (size_t i = 1; i < series.time_ns.size(); ++i) {
    ASSERT_GT(series.time_ns[i], series.time_ns[i - 1]);
  }
  const auto block = EncodeSeriesBlock(series, channels);
  ASSERT_TRUE(block.ok());
  const auto decoded = DecodeSeriesBlock(*block);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->batch.time_ns, series.time_ns);
  EXPECT_EQ(decoded->batch.values, series.values);
  std::printf("%s %s: %zu x %zu, %.2f Hz, block %.2f bits/value\n",
              name.c_str(), track.suffix.c_str(), series.time_ns.size(),
              channels, track.series.rate_hz,
              8.0 * static_cast<double>(block->size()) /
                  static_cast<double>(series.values.size()));
}

void CheckCounts(const std::string& path,
                 const std::map<std::string, size_t>& counts) {
  const Recording recording = ReadAll(Packets(path));
  for (const auto& [suffix, count] : counts) {
    SeriesBatch series;
    const Track* track = recording.Find(suffix, &series);
    ASSERT_NE(track, nullptr) << suffix;
    EXPECT_EQ(series.time_ns.size(), count) << suffix;
    EXPECT_EQ(track->expected_samples, static_cast<int64_t>(count));
    CheckSeries(path.substr(path.rfind('/') + 1), *track, series);
  }
  EXPECT_FALSE(recording.skipped.empty());
}

TEST(GpmfTest, ReadsTheHero7Recording) {
  FOVEA_NEED_TEST_DATA(path, "camera_imu/gopro_hero7.mp4");
  CheckCounts(path, {{"imu", 2175}, {"gps", 199}});
}

TEST(GpmfTest, ReadsTheMaxRecording) {
  FOVEA_NEED_TEST_DATA(path, "camera_imu/gopro_max-heromode.mp4");
  CheckCounts(path, {{"imu", 2082},
                     {"mag", 260},
                     {"gps", 191},
                     {"cori", 316},
                     {"iori", 316},
                     {"gravity", 316}});
}

TEST(GpmfTest, GravityIsAboutOneGOnRealData) {
  FOVEA_NEED_TEST_DATA(path, "camera_imu/gopro_max-heromode.mp4");
  const Recording recording = ReadAll(Packets(path));
  SeriesBatch imu;
  ASSERT_NE(recording.Find("imu", &imu), nullptr);
  double sum = 0;
  for (size_t i = 0; i < imu.time_ns.size(); ++i) {
    const double* a = &imu.values[i * 6 + 3];
    sum += std::sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
  }
  EXPECT_NEAR(sum / static_cast<double>(imu.time_ns.size()), 9.8, 1.0);
}

}  // namespace
}  // namespace fovea
