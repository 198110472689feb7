// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/mcap_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "tests/formats/mcap_builder.h"
#include "tests/formats/series_log.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::ImuWords;
using ::fovea::testing::ImuWriter;
using ::fovea::testing::Lz4Frame;
using ::fovea::testing::McapFileOf;
using ::fovea::testing::McapRecordsBuilder;
using ::fovea::testing::Raw;
using ::fovea::testing::SeriesLog;
using ::fovea::testing::SeriesTrackLog;
using ::fovea::testing::TempDir;
using ::fovea::testing::WriteFileBytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kImu[] = "sensor_msgs/msg/Imu";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

SeriesLog Read(const std::string& bytes, const SourceOptions& options = {}) {
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  return SeriesLog::Drain(OpenMcapMemory("a.mcap", copy, options));
}
SeriesLog Read(const McapRecordsBuilder& records,
               const SourceOptions& options = {}) {
  return Read(McapFileOf(records), options);
}

void ExpectLoss(const SeriesLog& log, const std::string& what) {
  EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << log.status();
  EXPECT_THAT(std::string(log.status().message()), HasSubstr(what));
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("a.mcap: "));
}

std::string Cdr(const ImuWords& words) { return ImuWriter(false).Cdr(words); }

// Channel 1 on /imu with messages at the given seconds.
McapRecordsBuilder ImuRecords(const std::vector<uint32_t>& seconds) {
  McapRecordsBuilder records;
  records.Schema(1, kImu).Channel(1, 1, "/imu");
  for (const uint32_t second : seconds) {
    ImuWords words;
    words.seconds = second;
    words.gyro = {1, 2, static_cast<double>(second)};
    records.Message(1, 5, Cdr(words));
  }
  return records;
}

std::vector<int64_t> TimesOf(const SeriesLog& log) {
  return log.On("imu").all.time_ns;
}

// ---- what others write

TEST(McapSourceTest, EitherByteOrderAndRosOfOldAreRead) {
  ImuWords words;
  words.seconds = 1'700'000'000;
  words.nanoseconds = 123'456'789;
  words.gyro = {0.1, -0.2, 1e-300};
  words.accel = {9.80665, kInfinity, -0.0};
  const std::string cases[] = {ImuWriter(false).Cdr(words),
                               ImuWriter(true).Cdr(words),
                               ImuWriter(false).Ros1(words)};
  for (int i = 0; i < 3; ++i) {
    McapRecordsBuilder records;
    records.Schema(1, i == 1 ? kImu : "sensor_msgs/Imu")
        .Channel(1, 1, "/robot/imu", i == 2 ? "ros1" : "cdr")
        .Message(1, 5, cases[i]);
    const SeriesLog log = Read(records);
    ASSERT_TRUE(log.status().ok()) << log.status();
    const SeriesTrackLog& imu = log.On("robot_imu");
    EXPECT_EQ(imu.Names().size(), 6u);  // no orientation
    EXPECT_THAT(imu.all.time_ns, ElementsAre(1'700'000'000'123'456'789));
    EXPECT_THAT(imu.all.values,
                ElementsAre(0.1, -0.2, 1e-300, 9.80665, kInfinity, -0.0));
  }
}

TEST(McapSourceTest, OrientationIsThereWhereAMessageHasOne) {
  ImuWords with, without;
  with.orientation = {0.5, -0.5, 0.5, 0.25};
  with.orientation_covariance = 0.01;
  with.accel_covariance = without.accel_covariance = -1;
  McapRecordsBuilder records;
  records.Schema(1, kImu).Channel(1, 1, "/imu");
  records.Message(1, 5, Cdr(without)).Message(1, 5, Cdr(with));
  const SeriesLog log = Read(records);
  EXPECT_THAT(log.On("imu").Names(),
              ElementsAre("gyro_x", "gyro_y", "gyro_z", "orientation_x",
                          "orientation_y", "orientation_z", "orientation_w"));
  const std::vector<double>& values = log.On("imu").all.values;
  ASSERT_EQ(values.size(), 14u);
  EXPECT_TRUE(std::isnan(values[3]) && std::isnan(values[6]));
  EXPECT_EQ(values[10], 0.5);
  EXPECT_EQ(values[13], 0.25);
}

TEST(McapSourceTest, LogTimeStandsInForAStampThatIsNotSet) {
  ImuWords unset, wrong;
  unset.seconds = 0;
  wrong.nanoseconds = 1'000'000'000;
  McapRecordsBuilder records = ImuRecords({2});
  records.Message(1, 3'000'000'000, Cdr(unset));
  records.Message(1, 4'000'000'000, Cdr(wrong));
  const SeriesLog log = Read(records);
  EXPECT_THAT(TimesOf(log),
              ElementsAre(2'000'000'000, 3'000'000'000, 4'000'000'000));
  EXPECT_THAT(log.Notes(), HasSubstr("/imu: 2 of 3 messages have no stamp"));
}

// 20 s of 10 Hz; stamps are of a device that started at 2 s.
McapRecordsBuilder DeviceRecords(int64_t log_less_stamp_ns, int64_t ppm) {
  McapRecordsBuilder records;
  records.Schema(1, kImu).Channel(1, 1, "/imu");
  for (int64_t i = 0; i < 200; ++i) {
    const int64_t stamp = 2'000'000'000 + i * 100'000'000;
    const int64_t late = i % 7 * 300'000;
    ImuWords words;
    words.seconds = static_cast<uint32_t>(stamp / 1'000'000'000);
    words.nanoseconds = static_cast<uint32_t>(stamp % 1'000'000'000);
    const int64_t log = stamp + log_less_stamp_ns + i * ppm * 100 + late;
    records.Message(1, static_cast<uint64_t>(log), Cdr(words));
  }
  return records;
}

TEST(McapSourceTest, StampsOfAnotherClockAreMapped) {
  const SeriesLog log = Read(DeviceRecords(3'600'000'000'000, 50));
  const Track& track = log.On("imu").track;
  ASSERT_TRUE(track.clock.has_value());
  EXPECT_NEAR(track.clock->Skew(), 50e-6, 1e-6);
  const MappedTime mapped = track.clock->ToStore(12'000'000'000);
  EXPECT_NEAR(static_cast<double>(mapped.time_ns), 3'612'000'500'000.0, 2e4);
  EXPECT_THAT(log.Notes(),
              HasSubstr("/imu: its stamps are of another clock, +3600.000000 "
                        "s and +50.0 ppm"));
  // The samples are where their stamps say.
  EXPECT_EQ(log.On("imu").all.time_ns[0], 2'000'000'000);
}

TEST(McapSourceTest, StampsThatOnlyComeLateAreTheRecorders) {
  EXPECT_FALSE(Read(DeviceRecords(0, 0)).On("imu").track.clock.has_value());
  const SeriesLog late = Read(DeviceRecords(30'000'000, 0));
  EXPECT_FALSE(late.On("imu").track.clock.has_value());
  // What comes before it was measured cannot be late.
  const SeriesLog early = Read(DeviceRecords(-30'000'000, 0));
  EXPECT_TRUE(early.On("imu").track.clock.has_value());
}

TEST(McapSourceTest, StampsThatStandStillAreToldOf) {
  McapRecordsBuilder records;
  records.Schema(1, kImu).Channel(1, 1, "/imu");
  for (uint64_t i = 0; i < 20; ++i) {
    records.Message(1, 3'000'000'000 + i * 100'000'000, Cdr({}));
  }
  const SeriesLog log = Read(records);
  EXPECT_FALSE(log.On("imu").track.clock.has_value());
  EXPECT_THAT(log.Notes(), HasSubstr("/imu: its stamps stand still"));
}

TEST(McapSourceTest, OtherChannelsAreRejectedByName) {
  McapRecordsBuilder records = ImuRecords({1});
  records.Schema(2, "foxglove.CompressedVideo", "protobuf")
      .Channel(2, 2, "/camera", "protobuf")
      .Message(2, 5, "picture")
      .Channel(3, 0, "/untyped", "json")
      .Message(3, 5, "{}")
      .Channel(4, 1, "/imu", "cdr")
      .Message(4, 5, Cdr({}))
      .Channel(5, 1, "/silent")
      .Record(9, "attachment")
      .Record(0x55, "from the future");
  const SeriesLog log = Read(records);
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_THAT(log.On("camera").track.rejected,
              HasSubstr("'foxglove.CompressedVideo' in 'protobuf'"));
  EXPECT_NE(log.On("untyped").track.rejected, "");
  EXPECT_EQ(log.On("imu_2").all.time_ns.size(), 1u);  // of the same topic
  EXPECT_FALSE(log.Has("silent"));
  EXPECT_THAT(log.Notes(), HasSubstr("1 channels without a message"));
  EXPECT_THAT(log.Notes(), HasSubstr("1 attachments"));
}

TEST(McapSourceTest, MessagesThatAreNoneAreCounted) {
  McapRecordsBuilder records = ImuRecords({1});
  records.Message(1, 5, Cdr({}).substr(0, 100))
      .Message(1, 5, std::string("\0\3\0\0", 4))
      .Message(1, 5, "")
      .Message(1, 5, Cdr({}));
  const SeriesLog log = Read(records);
  EXPECT_TRUE(log.status().ok());
  EXPECT_EQ(TimesOf(log).size(), 2u);
  EXPECT_EQ(log.On("imu").rejected, 3);
  EXPECT_THAT(log.On("imu").reason, HasSubstr("first of 3"));
}

TEST(McapSourceTest, SeriesMessagesThatAreNoneAreCounted) {
  McapRecordsBuilder records;
  records
      .Schema(1, "fovea.Series/s", "jsonschema",
              R"({"properties":{"a":{"type":"number"},"b":{"type":"number"}}})")
      .Channel(1, 1, "/s", "json");
  const std::string good[] = {R"({"a":1,"b":-0})",
                              R"( { "b" : 2e3 , "a":null } )", "{}"};
  const std::string bad[] = {"",
                             "[]",
                             R"({"a":1)",
                             R"({"a":x})",
                             R"({"c":1})",
                             R"({"a" 1})",
                             R"({"a":1}})",
                             R"({"a":1,})",
                             R"({"a":1e999})",
                             R"({"a)"};
  for (const std::string& text : good) records.Message(1, 5, text);
  for (const std::string& text : bad) records.Message(1, 5, text);
  const SeriesLog log = Read(records);
  EXPECT_EQ(log.On("s").all.time_ns.size(), std::size(good));
  EXPECT_EQ(log.On("s").rejected, static_cast<int64_t>(std::size(bad)));
  EXPECT_EQ(log.On("s").all.values[3], 2000);
}

TEST(McapSourceTest, SchemasThatAreNoSeriesAreRejected) {
  for (const std::string& schema :
       {std::string(), std::string("[]"), std::string(R"({"properties":{}})"),
        std::string(R"({"properties":{"a":{"type":"string"}}})"),
        std::string(70'000, '[')}) {
    McapRecordsBuilder records = ImuRecords({1});
    records.Schema(7, "fovea.Series/s", "jsonschema", schema)
        .Channel(7, 7, "/s", "json")
        .Message(7, 5, "{}");
    EXPECT_THAT(Read(records).On("s").track.rejected, HasSubstr("JSON Schema"));
  }
}

// ---- chunks, damage, limits

TEST(McapSourceTest, ChunksArePlainOrPacked) {
  const std::string plain = ImuRecords({1, 2, 3}).text();
  McapRecordsBuilder records;
  records.Chunk("lz4", Lz4Frame(plain), plain.size());
  records.Chunk("", plain, plain.size());  // told again, alike
  const SeriesLog log = Read(records);
  ASSERT_TRUE(log.status().ok()) << log.status();
  EXPECT_EQ(TimesOf(log).size(), 6u);
}

TEST(McapSourceTest, ABadChunkIsPassedOver) {
  const std::string plain = ImuRecords({1, 2}).text();
  const std::string packed = Lz4Frame(plain);
  struct Case {
    std::string compression, packed;
    uint64_t size;
    uint32_t checksum;
    std::string why;
  };
  const Case cases[] = {
      {"", plain, plain.size(), 12345, "its checksum differs"},
      {"lz4", packed, plain.size(), 12345, "its checksum differs"},
      {"lz4", packed.substr(0, 40), plain.size(), 0, "LZ4"},
      {"lz4", packed, plain.size() - 1, 0, "more than"},
      {"lz4", packed, plain.size() + 1, 0, "bytes of"},
      {"lz4", "not LZ4 at all", 100, 0, "LZ4"},
      {"zstd", packed, plain.size(), 0, "zstd"},
      {"zstd", "", 5, 0, "zstd: 0 bytes of 5"},
      {"br", packed, plain.size(), 0, "compression 'br'"},
      {"", plain, plain.size() + 1, 0, "bytes of"},
      {"lz4", packed, uint64_t{1} << 32, 0, "at most 268435456"},
      {"lz4", packed, ~uint64_t{0}, 0, "at most 268435456"}};
  for (const Case& c : cases) {
    McapRecordsBuilder records = ImuRecords({7});
    records.Chunk(c.compression, c.packed, c.size, c.checksum)
        .Bytes(ImuRecords({8}).text());
    const SeriesLog log = Read(records);
    EXPECT_THAT(TimesOf(log), ElementsAre(7'000'000'000, 8'000'000'000));
    ExpectLoss(log, "chunk: ");
    ExpectLoss(log, c.why);
  }
}

TEST(McapSourceTest, ARecordCutWithinAChunkEndsTheChunk) {
  const std::string plain = ImuRecords({1, 2}).text();
  McapRecordsBuilder records;
  records.Chunk("", plain.substr(0, plain.size() - 1), plain.size() - 1);
  records.Bytes(ImuRecords({8}).text());
  const SeriesLog log = Read(records);
  EXPECT_THAT(TimesOf(log), ElementsAre(1'000'000'000, 8'000'000'000));
  ExpectLoss(log, "chunk: a record is cut");
}

TEST(McapSourceTest, ClaimsBeyondTheFileEndIt) {
  McapRecordsBuilder records = ImuRecords({1, 2});
  records.Bytes(Raw(uint8_t{5}, ~uint64_t{0}) + "x");
  const SeriesLog log = Read(records);
  EXPECT_EQ(TimesOf(log).size(), 2u);
  ExpectLoss(log, "a record of 18446744073709551615 bytes is cut");
}

TEST(McapSourceTest, WhatContradictsIsDamage) {
  McapRecordsBuilder again = ImuRecords({1});
  again.Channel(1, 1, "/other").Message(1, 5, Cdr({}));
  EXPECT_EQ(TimesOf(Read(again)).size(), 2u);
  ExpectLoss(Read(again), "channel 1 is /imu's already");
  McapRecordsBuilder early;
  early.Message(1, 5, Cdr({})).Bytes(ImuRecords({2}).text());
  EXPECT_THAT(TimesOf(Read(early)), ElementsAre(2'000'000'000));
  ExpectLoss(Read(early), "a message of channel 1, which no record");
}

TEST(McapSourceTest, FilesWithoutSensorsAreRefusedWithTheNextStep) {
  McapRecordsBuilder video;
  video.Schema(2, "foxglove.CompressedVideo", "protobuf")
      .Channel(2, 2, "/camera", "protobuf")
      .Message(2, 5, "picture");
  for (const std::string& bytes : {McapFileOf(video), McapFileOf({}),
                                   std::string("\x89MCA"), std::string()}) {
    const SeriesLog log = Read(bytes);
    EXPECT_EQ(log.open.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(log.open.message()), HasSubstr("a.mcap: "));
    EXPECT_THAT(std::string(log.open.message()), HasSubstr("--opaque"));
  }
}

TEST(McapSourceTest, LimitsHold) {
  SourceOptions options;
  options.limits.max_tracks = 2;
  McapRecordsBuilder three = ImuRecords({1});
  three.Channel(2, 1, "/b").Channel(3, 1, "/c");
  EXPECT_EQ(Read(three, options).open.code(),
            absl::StatusCode::kResourceExhausted);
  McapRecordsBuilder others = ImuRecords({1});
  for (uint16_t id = 10; id < 15; ++id) {
    others.Channel(id, 0, "/t" + std::to_string(id), "x").Message(id, 5, "");
  }
  const SeriesLog log = Read(others, options);
  ASSERT_EQ(log.tracks.size(), 3u);
  EXPECT_THAT(log.On("others").track.rejected, HasSubstr("4 more channels"));
  options.limits.max_mcap_message_bytes = 100;
  EXPECT_THAT(std::string(Read(ImuRecords({1}), options).open.message()),
              HasSubstr("imu: none of its 1 messages"));
  options.limits = {};
  options.limits.max_mcap_record_bytes = 400;
  McapRecordsBuilder large = ImuRecords({1});
  large.Record(5, std::string(401, ' '));
  ExpectLoss(Read(large, options), "a record of 401 bytes, at most 400");
}

TEST(McapSourceTest, DurationIsCountedFromTheFirstRow) {
  SourceOptions options;
  options.max_duration_ns = 2'000'000'000;
  EXPECT_THAT(TimesOf(Read(ImuRecords({5, 6, 7, 8}), options)),
              ElementsAre(5'000'000'000, 6'000'000'000));
}

TEST(McapSourceTest, IsKnownByItsFirstBytes) {
  const TempDir dir;
  const std::string text = McapFileOf(ImuRecords({1}));
  WriteFileBytes(dir.File("log.bin"), {text.begin(), text.end()});
  EXPECT_EQ(
      SeriesLog::Drain(OpenSource(dir.File("log.bin"), {})).info.container,
      "mcap");
}

}  // namespace
}  // namespace fovea
