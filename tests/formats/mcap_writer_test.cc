// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is written, read back by a reader of our own made from the
// specification; messages by Google's library from the descriptors inside.

#include "codec/formats/mcap_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "tests/formats/mcap_fixture.h"
#include "tests/support/mcap_reader.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST_F(McapWriterTest, AFileWithoutMessagesIsSound) {
  Open();
  const ReadMcapFile empty = Close();
  EXPECT_TRUE(empty.messages.empty() && empty.channels.empty());
  EXPECT_EQ(empty.library, "fovea");
  Open();
  AddSeries("/a");
  EXPECT_THAT(Close().channels, SizeIs(1));
}

TEST_F(McapWriterTest, SeriesAreObjectsOfNumbers) {
  McapWriter& writer = Open();
  const SeriesInfo info{{{"lat", "deg"}, {"a \"b\"", ""}, {"lat", "m"}}};
  const McapChannel channel = AddSeries("/gps", info);
  const double nan = std::nan("");
  ASSERT_TRUE(writer
                  .WriteSamples(channel, {{5, 1'700'000'000'123'456'789},
                                          {0.1, -2, 1e300, nan, 7, INFINITY}})
                  .ok());
  const ReadMcapFile file = Close();
  const auto messages = file.On("/gps");
  EXPECT_THAT(DataOf(messages),
              ElementsAre(R"({"lat":0.1,"a \"b\"":-2,"lat_2":1e+300})",
                          R"({"a \"b\"":7})"));
  EXPECT_EQ(messages[0].log_time, 5U);
  EXPECT_EQ(messages[1].log_time, 1'700'000'000'123'456'789U);
  EXPECT_EQ(messages[1].publish_time, messages[1].log_time);
  EXPECT_EQ(messages[1].sequence, 1U);
  EXPECT_EQ(file.channels.at(1).encoding, "json");
  const ReadSchema wanted{"fovea.Series/gps", "jsonschema",
                          R"({"type":"object","properties":{)"
                          R"("lat":{"type":"number","description":"deg"},)"
                          R"("a \"b\"":{"type":"number","description":""},)"
                          R"("lat_2":{"type":"number","description":"m"}}})"};
  EXPECT_EQ(file.schemas.at(1), wanted);
}

TEST_F(McapWriterTest, EveryMessageComesBackFromManyChunks) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (const size_t chunk_bytes : {1U, 500U, 100'000U}) {
    options_.chunk_bytes = chunk_bytes;
    options_.compress = random() % 2 == 0;
    McapWriter& writer = Open();
    std::vector<McapChannel> channels;
    std::map<std::string, std::vector<uint64_t>> wanted;
    for (int i = 0; i < 200; ++i) {
      if (i % 50 == 0) {
        channels.push_back(AddSeries("/" + std::to_string(i / 50)));
      }
      const size_t at = random() % channels.size();
      const int64_t time = random() % 1000;  // repeats and runs backward
      ASSERT_TRUE(writer
                      .WriteSamples(channels[at],
                                    {{time}, {static_cast<double>(i) / 8}})
                      .ok());
      wanted["/" + std::to_string(at)].push_back(static_cast<uint64_t>(time));
    }
    const ReadMcapFile file = Close();
    EXPECT_EQ(file.compressions.size() > 1, chunk_bytes < 1000);
    for (const auto& [topic, times] : wanted) {
      const auto found = file.On(topic);
      ASSERT_EQ(found.size(), times.size());
      for (size_t i = 0; i < times.size(); ++i) {
        EXPECT_EQ(found[i].log_time, times[i]);
        EXPECT_EQ(found[i].sequence, i);
      }
    }
  }
}

TEST_F(McapWriterTest, ChunksArePackedWhereItGains) {
  const auto write = [&] {
    McapWriter& writer = Open();
    const McapChannel channel = AddSeries("/a");
    for (int64_t i = 0; i < 1000; ++i) {
      EXPECT_TRUE(writer.WriteSamples(channel, {{i}, {1}}).ok());
    }
    return Close().compressions;
  };
  EXPECT_THAT(write(), ElementsAre("zstd"));
  const auto packed = ReadFileBytes(dir_.File("a.mcap"));
  EXPECT_THAT(write(), ElementsAre("zstd"));
  EXPECT_EQ(packed, ReadFileBytes(dir_.File("a.mcap")));
  options_.compress = false;
  EXPECT_THAT(write(), ElementsAre(""));
  EXPECT_GT(ReadFileBytes(dir_.File("a.mcap")).size(), packed.size());
}

TEST_F(McapWriterTest, NoByteOfAFileMayChange) {
  McapWriter& writer = Open();
  ASSERT_TRUE(writer.WriteSamples(AddSeries("/a"), {{7}, {1}}).ok());
  Close();
  const auto bytes = ReadFileBytes(dir_.File("a.mcap"));
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= 1;
    EXPECT_THROW(ReadMcap(damaged), std::runtime_error) << i;
  }
}

// ---- imu

SeriesInfo ImuInfo(const std::string& gyro_unit,
                   const std::string& accel_unit) {
  return {{{"accel_x", accel_unit},
           {"gyro_x", gyro_unit},
           {"gyro_y", gyro_unit},
           {"temperature", "Cel"},
           {"gyro_z", gyro_unit},
           {"accel_y", accel_unit},
           {"accel_z", accel_unit}}};
}

// The doubles of an Imu message after its header: orientation, covariance,
// angular velocity, covariance, acceleration, covariance.
std::vector<double> ImuDoubles(const std::string& message,
                               const std::string& frame_id) {
  const size_t header = 4 + 4 + 4 + frame_id.size() + 1;
  const size_t begin = 4 + (header + 7) / 8 * 8;
  EXPECT_EQ(message.substr(0, 4), std::string("\0\1\0\0", 4));
  EXPECT_EQ(message.substr(16, frame_id.size() + 1),
            frame_id + std::string(1, '\0'));
  EXPECT_EQ(message.size(), begin + 37 * 8);
  std::vector<double> values((message.size() - begin) / 8);
  std::memcpy(values.data(), message.data() + begin, values.size() * 8);
  return values;
}

TEST_F(McapWriterTest, ImuSamplesAreRosMessages) {
  for (const std::string frame_id : {"", "imu", "a_longer_name"}) {
    McapWriter& writer = Open();
    const auto channel =
        writer.AddImuChannel("/imu", ImuInfo("deg/s", "g"), frame_id);
    ASSERT_TRUE(channel.ok()) << channel.status();
    ASSERT_TRUE(writer
                    .WriteSamples(*channel, {{12'000'000'034},
                                             {1, 180, 90, 25, -45, 0, -2}})
                    .ok());
    const ReadMcapFile file = Close();
    EXPECT_EQ(file.schemas.at(1).name, "sensor_msgs/msg/Imu");
    EXPECT_EQ(file.schemas.at(1).encoding, "ros2msg");
    EXPECT_THAT(file.schemas.at(1).data,
                HasSubstr("\n" + std::string(80, '=') +
                          "\nMSG: geometry_msgs/Quaternion\nfloat64 x\n"));
    EXPECT_EQ(file.channels.at(1).encoding, "cdr");
    const std::string& message = file.messages.at(0).data;
    EXPECT_EQ(message.substr(4, 8), std::string("\x0c\0\0\0\x22\0\0\0", 8));
    const auto values = ImuDoubles(message, frame_id);
    constexpr double kPi = std::numbers::pi;
    std::vector<double> wanted(37, 0.0);
    wanted[3] = 1;   // no turn
    wanted[4] = -1;  // and not known
    wanted[13] = 180 * (kPi / 180);
    wanted[14] = 90 * (kPi / 180);
    wanted[15] = -45 * (kPi / 180);
    wanted[25] = 9.80665;
    wanted[27] = -2 * 9.80665;
    EXPECT_EQ(values, wanted);
  }
}

TEST_F(McapWriterTest, WhatAnImuLacksIsTold) {
  McapWriter& writer = Open();
  const SeriesInfo gyro{
      {{"gyro_x", "rad/s"}, {"gyro_y", "rad/s"}, {"gyro_z", ""}}};
  const auto channel = writer.AddImuChannel("/imu", gyro, "");
  ASSERT_TRUE(channel.ok()) << channel.status();
  ASSERT_TRUE(writer.WriteSamples(*channel, {{0}, {1, 2, 3}}).ok());
  const auto values = ImuDoubles(Close().messages.at(0).data, "");
  EXPECT_EQ(values[13], 1);
  EXPECT_EQ(values[15], 3);
  EXPECT_EQ(values[16], 0);
  EXPECT_EQ(values[28], -1);
}

TEST_F(McapWriterTest, RefusesWhatIsNoImu) {
  McapWriter& writer = Open();
  ExpectFault(writer.AddImuChannel("/i", ImuInfo("mV", "g"), "").status(),
              "channel gyro_x is in 'mV', expected rad/s or deg/s");
  ExpectFault(writer.AddImuChannel("/i", {{{"gyro_x", ""}}}, "").status(),
              "found neither");
  const auto imu = writer.AddImuChannel("/i", ImuInfo("", ""), "");
  ASSERT_TRUE(imu.ok());
  const std::vector<double> values(7);
  constexpr int64_t kEnd = (int64_t{1} << 31) * 1'000'000'000;
  EXPECT_TRUE(writer.WriteSamples(*imu, {{kEnd - 1}, values}).ok());
  ExpectFault(writer.WriteSamples(*imu, {{kEnd}, values}), "end in 2038");
  ExpectFault(writer.WriteSamples(*imu, {{1, 2}, values}),
              "7 values for 2 samples of 7");
}

// ---- boxes

TEST_F(McapWriterTest, BoxesAreOutlinesWithCaptions) {
  McapWriter& writer = Open();
  const auto channel = writer.AddBoxesChannel("/boxes");
  ASSERT_TRUE(channel.ok()) << channel.status();
  const std::vector<AnnotatedBox> boxes = {
      {{1, 2, 3.5F, 4}, "car", 0.876F, 9U, {{"colour", "red"}}}};
  ASSERT_TRUE(writer.WriteBoxes(*channel, 2'000'000'003, boxes).ok());
  ASSERT_TRUE(writer.WriteBoxes(*channel, 3, {}).ok());
  const ReadMcapFile file = Close();
  EXPECT_EQ(file.schemas.at(1).name, "foxglove.ImageAnnotations");
  ProtobufSchema schema(file.schemas.at(1));
  const std::string json = schema.Json(file.messages.at(0).data);
  const std::string stamp = R"("timestamp":"1970-01-01T00:00:02.000000003Z")";
  EXPECT_THAT(json, StartsWith(R"({"points":[{)" + stamp +
                               R"(,"type":"LINE_LOOP","points":[)"
                               R"({"x":1,"y":2},{"x":3.5,"y":2},)"
                               R"({"x":3.5,"y":4},{"x":1,"y":4}])"));
  EXPECT_THAT(json, HasSubstr(R"("metadata":[{"key":"label","value":"car"},)"
                              R"({"key":"score","value":"0.876"},)"
                              R"({"key":"track","value":"9"},)"
                              R"({"key":"attr.colour","value":"red"}])"));
  EXPECT_THAT(json, HasSubstr(R"("texts":[{)" + stamp +
                              R"(,"position":{"x":1,"y":2},)"
                              R"("text":"car 0.88 #9","font_size":14)"));
  EXPECT_EQ(schema.Json(file.messages.at(1).data), "{}");
}

// ---- all

TEST_F(McapWriterTest, RefusesWhatHasNoPlace) {
  McapWriter& writer = Open();
  const McapChannel series = AddSeries("/a");
  ExpectFault(writer.AddBoxesChannel("/a").status(), "topic '/a' is taken");
  ExpectFault(writer.AddBoxesChannel("").status(), "topic '' is empty");
  ExpectFault(writer.AddBoxesChannel("\xff").status(), "expected UTF-8");
  ExpectFault(writer.WriteBoxes(series, 0, {}), "is of another kind");
  ExpectFault(writer.WriteBoxes({9}, 0, {}), "channel 9 is of another kind");
  ExpectFault(writer.WriteBoxes({0}, 0, {}), "channel 0 is of another kind");
  ExpectFault(writer.WriteSamples(series, {{-5}, {1}}), "a message at -5 ns");
  ASSERT_TRUE(writer.Close().ok());
  constexpr auto kClosed = absl::StatusCode::kFailedPrecondition;
  ExpectFault(writer.Close(), "closed already", kClosed);
  ExpectFault(writer.WriteSamples(series, {{5}, {1}}), "closed", kClosed);
  ExpectFault(writer.AddBoxesChannel("/b").status(), "closed", kClosed);
}

TEST_F(McapWriterTest, LeavesNothingBehindWithoutClose) {
  Open();
  AddSeries("/a");
  writer_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
  EXPECT_EQ(McapWriter::Create(dir_.File("no/a.mcap"), {}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(McapWriterTest, LeavesNothingOnAFullDisk) {
  SmallDisk disk(dir_.path(), 1);
  FOVEA_NEED_SMALL_DISK(disk);
  options_.compress = false;
  options_.chunk_bytes = 1000;
  McapWriter& writer = Open();
  const McapChannel channel = AddSeries("/a");
  absl::Status status;
  for (int64_t i = 0; i < 100'000 && status.ok(); ++i) {
    status = writer.WriteSamples(channel, {{i}, {1}});
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(writer.Close().code(), absl::StatusCode::kResourceExhausted);
  writer_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

}  // namespace
}  // namespace fovea::testing
