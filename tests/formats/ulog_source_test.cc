// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/ulog_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/formats/series_log.h"
#include "tests/formats/ulog_builder.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::Raw;
using ::fovea::testing::SeriesLog;
using ::fovea::testing::SeriesTrackLog;
using ::fovea::testing::TempDir;
using ::fovea::testing::UlogBuilder;
using ::fovea::testing::WriteFileBytes;
using ::fovea::testing::WriteFileText;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kSecond = 1'000'000;  // us
constexpr char kCombined[] =
    "sensor_combined:uint64_t timestamp;float[3] gyro_rad;uint32_t "
    "gyro_integral_dt;float[3] accelerometer_m_s2;uint8_t clipping;uint8_t[3] "
    "_padding0;";

SeriesLog Read(const std::string& bytes, const SourceOptions& options = {}) {
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  return SeriesLog::Drain(OpenUlogMemory("log.ulg", copy, options));
}
SeriesLog Read(const UlogBuilder& log, const SourceOptions& options = {}) {
  return Read(log.text(), options);
}

// A row of kCombined whose values tell its number.
std::string Combined(uint64_t time_us, float n) {
  return Raw(time_us, n, n + 1, n + 2, uint32_t{4000}, n + 3, n + 4, n + 5,
             uint8_t{7});
}

UlogBuilder CombinedLog(int rows) {
  UlogBuilder log;
  log.Flags(0).Format(kCombined).Subscribe(3, "sensor_combined");
  for (int i = 0; i < rows; ++i) {
    log.Data(3, Combined(kSecond + 5000U * static_cast<uint64_t>(i),
                         static_cast<float>(10 * i)));
  }
  return log;
}

// One topic `t` of format `fields` behind its time, with one row.
UlogBuilder OneRow(const std::string& fields, const std::string& data) {
  UlogBuilder log;
  log.Format("t:uint64_t timestamp;" + fields);
  log.Subscribe(0, "t").Data(0, Raw(kSecond) + data);
  return log;
}

// ---- what tracks there are, and their values

TEST(UlogSourceTest, SensorCombinedIsAnImuTrackWithASeriesBeside) {
  const SeriesLog log = Read(CombinedLog(401));
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_EQ(log.info.container, "ulog");
  EXPECT_EQ(log.info.duration_ns, 2'000'000'000);
  ASSERT_EQ(log.tracks.size(), 2u);
  const SeriesTrackLog& imu = log.On("imu");
  EXPECT_EQ(imu.track.kind, StreamKind::kImu);
  EXPECT_EQ(imu.track.expected_samples, 401);
  EXPECT_DOUBLE_EQ(imu.track.series.rate_hz, 200);
  EXPECT_THAT(
      imu.track.series.channels,
      ElementsAre(Channel{"gyro_x", "rad/s"}, Channel{"gyro_y", "rad/s"},
                  Channel{"gyro_z", "rad/s"}, Channel{"accel_x", "m/s2"},
                  Channel{"accel_y", "m/s2"}, Channel{"accel_z", "m/s2"}));
  ASSERT_EQ(imu.all.time_ns.size(), 401u);
  EXPECT_EQ(imu.all.time_ns[400], 3'000'000'000);
  EXPECT_EQ(imu.all.values[6 * 400 + 5], 4005);
  const SeriesTrackLog& rest = log.On("sensor_combined");
  EXPECT_EQ(rest.track.kind, StreamKind::kSeries);
  EXPECT_THAT(rest.Names(), ElementsAre("gyro_integral_dt", "clipping"));
  EXPECT_EQ(rest.all.time_ns, imu.all.time_ns);
  EXPECT_EQ(rest.all.values[1], 7);
}

TEST(UlogSourceTest, SingleSensorsAreImuTracksOfTheirOwn) {
  UlogBuilder log;
  log.Format("sensor_gyro:uint64_t timestamp;float x;float y;float z;")
      .Format("sensor_accel:uint64_t timestamp;float x;float y;float z;")
      .Subscribe(0, "sensor_accel")
      .Subscribe(1, "sensor_gyro", 0)
      .Subscribe(2, "sensor_gyro", 1);
  for (uint16_t id = 0; id < 3; ++id) {
    log.Data(id, Raw(kSecond, 1.0F, 2.0F, 3.0F));
  }
  const SeriesLog read = Read(log);
  ASSERT_EQ(read.tracks.size(), 3u);
  EXPECT_THAT(read.On("accel").track.series.channels[0],
              (Channel{"accel_x", "m/s2"}));
  EXPECT_THAT(read.On("gyro_1").track.series.channels[2],
              (Channel{"gyro_z", "rad/s"}));
  EXPECT_THAT(read.On("gyro").all.values, ElementsAre(1, 2, 3));
}

TEST(UlogSourceTest, FloatsKeepEveryBit) {
  const std::vector<std::pair<uint32_t, uint64_t>> cases = {
      {0x80000000U, 0x8000000000000000U},  // -0
      {0x00000001U, 0x36A0000000000000U},  // the smallest denormal
      {0x7F7FFFFFU, 0x47EFFFFFE0000000U},  // the largest
      {0xFF800000U, 0xFFF0000000000000U},  // -infinity
      {0x7FC00001U, 0x7FF8000020000000U},  // a quiet NaN
      {0x7F800001U, 0x7FF0000020000000U},  // a signalling one
      {0xFFA12345U, 0xFFF42468A0000000U}};
  for (const auto& [in, out] : cases) {
    const SeriesLog log = Read(OneRow("float v;", Raw(in)));
    EXPECT_THAT(log.On("t").Bits(), ElementsAre(out)) << std::hex << in;
  }
}

TEST(UlogSourceTest, EveryTypeIsRead) {
  const SeriesLog log = Read(OneRow(
      "int8_t a;uint8_t b;int16_t c;uint16_t d;int32_t e;uint32_t f;int64_t "
      "g;uint64_t h;double i;bool j;",
      Raw(int8_t{-128}, uint8_t{255}, int16_t{-32768}, uint16_t{65535},
          std::numeric_limits<int32_t>::min(), ~uint32_t{0},
          int64_t{-9007199254740992}, uint64_t{1} << 63, 0.1, uint8_t{1})));
  EXPECT_THAT(log.On("t").all.values,
              ElementsAre(-128, 255, -32768, 65535, -2147483648.0, 4294967295.0,
                          -9007199254740992.0, 9223372036854775808.0, 0.1, 1));
}

TEST(UlogSourceTest, FormatsNestWithArraysAndPadding) {
  UlogBuilder log;
  log.Format("in:uint16_t p;uint8_t[2] q;uint8_t _padding0;")
      .Format(
          "t:uint8_t first;uint64_t timestamp;in[2] s;float last;uint8_t[4] "
          "_padding0;")
      .Subscribe(0, "t");
  const std::string one = Raw(uint16_t{1}, uint8_t{2}, uint8_t{3}, uint8_t{99});
  const std::string two = Raw(uint16_t{4}, uint8_t{5}, uint8_t{6}, uint8_t{99});
  log.Data(0, Raw(uint8_t{9}, kSecond) + one + two + Raw(7.5F));
  const SeriesLog read = Read(log);
  EXPECT_THAT(read.On("t").Names(),
              ElementsAre("first", "s[0].p", "s[0].q[0]", "s[0].q[1]", "s[1].p",
                          "s[1].q[0]", "s[1].q[1]", "last"));
  EXPECT_THAT(read.On("t").all.values, ElementsAre(9, 1, 2, 3, 4, 5, 6, 7.5));
  EXPECT_THAT(read.On("t").all.time_ns, ElementsAre(1'000'000'000));
}

TEST(UlogSourceTest, NamesOfTracksAreTheirsAlone) {
  UlogBuilder log;
  log.Format("a:uint64_t timestamp;float v;")
      .Format("a_1:uint64_t timestamp;float v;");
  log.Subscribe(0, "a").Subscribe(1, "a", 1).Subscribe(2, "a_1");
  for (uint16_t id = 0; id < 3; ++id) {
    log.Data(id, Raw(kSecond, static_cast<float>(id)));
  }
  const SeriesLog read = Read(log);
  EXPECT_THAT(read.On("a").all.values, ElementsAre(0));
  EXPECT_THAT(read.On("a_1").all.values, ElementsAre(1));
  EXPECT_THAT(read.On("a_1_2").all.values, ElementsAre(2));
}

TEST(UlogSourceTest, MoreThan64FieldsMakeSeveralTracks) {
  std::string data;
  for (uint8_t i = 0; i < 130; ++i) data += Raw(i);
  const SeriesLog log = Read(OneRow("uint8_t[130] v;", data));
  ASSERT_EQ(log.tracks.size(), 3u);
  EXPECT_EQ(log.On("t").Names().size(), 64u);
  EXPECT_EQ(log.On("t_2").Names().front(), "v[64]");
  EXPECT_THAT(log.On("t_3").all.values, ElementsAre(128, 129));
}

TEST(UlogSourceTest, WhatNoDoubleHoldsIsRejectedByName) {
  const uint64_t odd = (uint64_t{1} << 53) + 1;
  const SeriesLog log = Read(OneRow("uint64_t a;uint64_t b;char[4] name;",
                                    Raw(odd, odd - 1) + "abcd"));
  EXPECT_THAT(log.On("t").Names(), ElementsAre("b"));
  EXPECT_THAT(log.On("t").all.values, ElementsAre(9007199254740992.0));
  EXPECT_THAT(log.On("t_2").track.rejected, HasSubstr("64-bit"));
  EXPECT_THAT(log.On("t_2").track.rejected, HasSubstr(": a"));
  EXPECT_THAT(log.On("t_3").track.rejected, HasSubstr("text: name"));
}

TEST(UlogSourceTest, TopicsThatCannotBeReadAreRejectedByName) {
  UlogBuilder log = CombinedLog(1);
  log.Format("timeless:float v;")
      .Format("empty:uint64_t timestamp;")
      .Format("ring:uint64_t timestamp;ring[2] r;")
      .Format("hollow:uint64_t timestamp;nothing[65535] r;")
      .Format("nothing:")
      .Format("huge:uint64_t timestamp;uint64_t[9000] r;");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"timeless", "no field 'uint64_t timestamp'"},
      {"empty", "no field but its time"},
      {"ring", "deep"},
      {"hollow", "no field"},
      {"huge", "more than 1024"},
      {"unknown", "no format 'unknown'"}};
  uint16_t id = 10;
  for (const auto& [name, why] : cases) {
    log.Subscribe(id, name).Data(id, Raw(kSecond));
    ++id;
  }
  const SeriesLog read = Read(log);
  ASSERT_TRUE(read.status().ok()) << read.status();
  for (const auto& [name, why] : cases) {
    EXPECT_THAT(read.On(name).track.rejected, HasSubstr(why)) << name;
  }
  EXPECT_EQ(read.On("imu").all.time_ns.size(), 1u);
}

// ---- what is no number

TEST(UlogSourceTest, LoggedLinesAreAnOpaqueTrack) {
  UlogBuilder log = CombinedLog(1);
  log.Message('L', Raw('4', 2 * kSecond) + "low battery")
      .Message('C', Raw('6', uint16_t{1}, 3 * kSecond) + "fine");
  const SeriesLog read = Read(log);
  EXPECT_EQ(read.On("log").track.kind, StreamKind::kOpaque);
  EXPECT_THAT(read.On("log").packets,
              ElementsAre(std::pair(int64_t{2'000'000'000}, "4low battery"),
                          std::pair(int64_t{3'000'000'000}, "6fine")));
}

TEST(UlogSourceTest, ADropoutIsAGapAfterTheLastRow) {
  UlogBuilder log = CombinedLog(2);
  log.Message('O', Raw(uint16_t{30}));
  log.Data(3, Combined(2 * kSecond, 0));
  const SeriesLog read = Read(log);
  ASSERT_EQ(read.On("imu").gaps.size(), 1u);
  EXPECT_EQ(read.On("imu").gaps[0].start_ns, 1'005'000'000);
  EXPECT_EQ(read.On("imu").gaps[0].end_ns, 1'035'000'000);
  EXPECT_THAT(read.Notes(), HasSubstr("1 times, 30 ms"));
}

TEST(UlogSourceTest, NotesTellWhatStaysBehindAndGpsTime) {
  UlogBuilder log = CombinedLog(1);
  log.Format("vehicle_gps_position:uint64_t timestamp;uint64_t time_utc_usec;")
      .Subscribe(8, "vehicle_gps_position")
      .Subscribe(9, "sensor_combined", 1)
      .Data(8, Raw(kSecond, uint64_t{0}))
      .Data(8, Raw(2 * kSecond, uint64_t{1'618'986'658'600'345}))
      .Message('I', Raw(uint8_t{16}) + "char[3] sys_namePX4")
      .Message('P', Raw(uint8_t{7}) + "float a" + Raw(1.0F))
      .Message('z', "unknown");
  const SeriesLog read = Read(log);
  const std::string notes = read.Notes();
  EXPECT_THAT(notes, HasSubstr("sys_name PX4\n"));
  EXPECT_THAT(notes, HasSubstr("GPS said 2021-04-21T06:30:58.600345Z at "
                               "2000000000 ns"));
  EXPECT_THAT(notes, HasSubstr("1 parameters and 1 information"));
  EXPECT_THAT(notes, HasSubstr("1 messages of types"));
  EXPECT_THAT(notes, HasSubstr("without data: sensor_combined_1"));
  EXPECT_EQ(read.On("imu").all.time_ns[0], 1'000'000'000);  // not shifted
}

TEST(UlogSourceTest, DurationIsCountedFromTheFirstInertialRow) {
  UlogBuilder log;
  log.Format("old:uint64_t timestamp;float v;").Subscribe(0, "old");
  log.Data(0, Raw(uint64_t{1}, 1.0F));  // published long before
  log.Bytes(CombinedLog(400).text().substr(16 + 43));
  SourceOptions options;
  options.max_duration_ns = 1'000'000'000;
  const SeriesLog read = Read(log, options);
  EXPECT_EQ(read.On("imu").all.time_ns.size(), 200u);
  EXPECT_EQ(read.On("old").all.time_ns.size(), 1u);
}

TEST(UlogSourceTest, RowsThatAreNoneAreCounted) {
  UlogBuilder log = CombinedLog(1);
  log.Data(3, Raw(2 * kSecond, 1.0F));
  log.Data(3, Combined(~uint64_t{0}, 0));
  log.Data(3, Combined(3 * kSecond, 0) + "more than the format has");
  const SeriesLog read = Read(log);
  EXPECT_TRUE(read.status().ok()) << read.status();
  EXPECT_EQ(read.On("imu").all.time_ns.size(), 2u);
  EXPECT_EQ(read.On("imu").rejected, 2);
  EXPECT_EQ(read.On("sensor_combined").rejected, 2);
  EXPECT_THAT(read.On("imu").reason, HasSubstr("expected 37"));
}

// ---- sections, damage, limits

TEST(UlogSourceTest, AppendedDataIsFoundBehindACutMessage) {
  const std::string rows = CombinedLog(3).text().substr(16 + 43);
  UlogBuilder log;
  const size_t cut = 16 + 43 + rows.size() - 5;
  log.Flags(1, {cut}).Bytes(rows.substr(0, rows.size() - 5));
  ASSERT_EQ(log.size(), cut);
  log.Data(3, Combined(2 * kSecond, 5));
  const SeriesLog read = Read(log);
  EXPECT_THAT(read.On("imu").all.time_ns,
              ElementsAre(1'000'000'000, 1'005'000'000, 2'000'000'000));
  EXPECT_EQ(read.end.code(), absl::StatusCode::kDataLoss);
}

TEST(UlogSourceTest, DamageIsPassedOverUpToTheNextSync) {
  UlogBuilder log = CombinedLog(2);
  const size_t place = log.size();
  log.Bytes(std::string(100, '\0'));
  log.Data(3, Combined(2 * kSecond, 0));  // out of step: lost
  log.Sync().Data(3, Combined(3 * kSecond, 0));
  const SeriesLog read = Read(log);
  EXPECT_THAT(read.On("imu").all.time_ns,
              ElementsAre(1'000'000'000, 1'005'000'000, 3'000'000'000));
  EXPECT_EQ(read.end.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.end.message()),
              HasSubstr("log.ulg: byte " + std::to_string(place)));
  EXPECT_THAT(std::string(read.end.message()), HasSubstr("142 bytes"));
}

TEST(UlogSourceTest, DataOfNoTopicIsDamage) {
  UlogBuilder log = CombinedLog(1);
  log.Data(77, Combined(kSecond, 0));
  log.Subscribe(77, "sensor_combined", 1).Data(77, Combined(kSecond, 0));
  const SeriesLog read = Read(log);
  EXPECT_EQ(read.On("imu_1").all.time_ns.size(), 1u);
  EXPECT_THAT(std::string(read.end.message()), HasSubstr("not subscribed"));
}

TEST(UlogSourceTest, WhatIsCutIsReadUpToThere) {
  const std::string whole = CombinedLog(4).text();
  const SeriesLog all = Read(whole);
  const size_t row = 3 + 2 + 37;
  for (size_t size = 0; size < whole.size(); ++size) {
    const SeriesLog read = Read(whole.substr(0, size));
    const size_t tail = whole.size() - size;
    const size_t rows = 4 - std::min<size_t>(4, (tail + row - 1) / row);
    if (rows == 0) {
      EXPECT_EQ(read.open.code(), absl::StatusCode::kInvalidArgument) << size;
      EXPECT_THAT(std::string(read.open.message()), HasSubstr("log.ulg: "));
      continue;
    }
    ASSERT_EQ(read.On("imu").all.time_ns.size(), rows) << size;
    EXPECT_EQ(read.On("imu").all.values,
              std::vector<double>(all.On("imu").all.values.begin(),
                                  all.On("imu").all.values.begin() +
                                      static_cast<std::ptrdiff_t>(rows * 6)));
    EXPECT_EQ(read.end.ok(), tail % row == 0) << size;
  }
}

TEST(UlogSourceTest, AnyByteMayChange) {
  UlogBuilder log = CombinedLog(2);
  log.Message('L', Raw('4', 2 * kSecond) + "x").Message('O', Raw(uint16_t{1}));
  log.Message('I', Raw(uint8_t{16}) + "char[3] sys_namePX4");
  log.Sync().Data(3, Combined(2 * kSecond, 0));
  for (size_t at = 0; at < log.size(); ++at) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      std::string bytes = log.text();
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
      const SeriesLog read = Read(bytes);
      EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr("\n")));
      EXPECT_LE(read.tracks.size(), 5u);
    }
  }
}

TEST(UlogSourceTest, NewerFilesAndOthersAreRefusedWithTheNextStep) {
  UlogBuilder newer;
  newer.Flags(2).Format(kCombined);
  for (const std::string& bytes : {newer.text(), std::string("ULog"),
                                   std::string(), CombinedLog(0).text()}) {
    const SeriesLog read = Read(bytes);
    EXPECT_EQ(read.open.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(read.open.message()), HasSubstr("--opaque"));
    EXPECT_THAT(std::string(read.open.message()), Not(HasSubstr("\n")));
  }
}

TEST(UlogSourceTest, LimitsHold) {
  SourceOptions options;
  const auto expect = [&](const UlogBuilder& log, const std::string& what) {
    const SeriesLog read = Read(log, options);
    EXPECT_EQ(read.open.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(read.open.message()), HasSubstr(what));
    options.limits = {};
  };
  options.limits.max_ulog_topics = 1;
  UlogBuilder two = CombinedLog(1);
  two.Subscribe(4, "sensor_combined", 1);
  expect(two, "more than 1 topics");
  options.limits.max_ulog_channels = 7;
  expect(CombinedLog(1), "more than 7 channels");
  options.limits.max_ulog_format_bytes = 100;
  expect(CombinedLog(1), "more than 100 bytes");
  options.limits.max_ulog_channels = 8;
  EXPECT_TRUE(Read(CombinedLog(1), options).status().ok());
}

TEST(UlogSourceTest, EndsWhenTold) {
  const std::vector<uint8_t> bytes = CombinedLog(1000).bytes();
  std::atomic<bool> stop = false;
  SourceOptions options;
  options.stop = &stop;
  auto source = OpenUlogMemory("log.ulg", bytes, options);
  ASSERT_TRUE(source.ok());
  ASSERT_TRUE((*source)->Next()->has_value());
  stop = true;
  EXPECT_FALSE((*source)->Next()->has_value());
  EXPECT_TRUE(
      absl::IsCancelled(OpenUlogMemory("log.ulg", bytes, options).status()));
}

// ---- files

TEST(UlogSourceTest, IsKnownByItsFirstBytes) {
  const TempDir dir;
  WriteFileBytes(dir.File("flight.bin"), CombinedLog(3).bytes());
  const SeriesLog read =
      SeriesLog::Drain(OpenSource(dir.File("flight.bin"), {}));
  EXPECT_EQ(read.info.container, "ulog");
  EXPECT_EQ(read.On("imu").all.time_ns.size(), 3u);
  WriteFileText(dir.File("text.ulg"), "1,2\n3,4\n");
  EXPECT_THAT(
      std::string(OpenSource(dir.File("text.ulg"), {}).status().message()),
      HasSubstr("no ULog file"));
}

// Figures of a decoder written apart from this one, over every topic.
TEST(UlogSourceTest, ARealFlightIsReadToTheLastBit) {
  FOVEA_NEED_TEST_DATA(path, "imu/px4_cubeorange_small.ulg");
  const SeriesLog log = SeriesLog::Drain(OpenSource(path, {}));
  ASSERT_TRUE(log.status().ok()) << log.status();
  const SeriesTrackLog& imu = log.On("imu");
  ASSERT_EQ(imu.all.time_ns.size(), 1298u);
  EXPECT_EQ(imu.all.time_ns[0], 20'326'716'000);
  EXPECT_EQ(imu.all.time_ns[649], 23'655'443'000);
  EXPECT_EQ(imu.Bits()[6 * 649], 0x3F805D69A0000000U);
  EXPECT_EQ(imu.Bits()[6 * 1297 + 5], 0xC023223760000000U);
  uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a over times and values
  size_t rows = 0;
  const auto add = [&](uint64_t word) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ (word >> shift & 0xFF)) * 0x100000001B3U;
    }
  };
  for (const SeriesTrackLog& track : log.tracks) {
    const std::vector<uint64_t> bits = track.Bits();
    const size_t width = track.track.series.channels.size();
    rows += track.all.time_ns.size();
    for (size_t i = 0; i < track.all.time_ns.size(); ++i) {
      add(static_cast<uint64_t>(track.all.time_ns[i]));
      for (size_t c = 0; c < width; ++c) add(bits[i * width + c]);
    }
  }
  EXPECT_EQ(rows, 16582u);
  EXPECT_EQ(hash, 0x3E46A0C168BC3FB0U);
  EXPECT_EQ(log.On("log").packets.size(), 3u);
}

}  // namespace
}  // namespace fovea
