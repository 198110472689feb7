// SPDX-License-Identifier: GPL-2.0-or-later
//
// Flight logs and robot logs by the command line.

#include <string>
#include <vector>

#include "tests/formats/mcap_builder.h"
#include "tests/formats/ulog_builder.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

using ::fovea::testing::ImuWords;
using ::fovea::testing::ImuWriter;
using ::fovea::testing::Lz4Frame;
using ::fovea::testing::McapFileOf;
using ::fovea::testing::McapRecordsBuilder;
using ::fovea::testing::Raw;
using ::fovea::testing::UlogBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;

class SensorFiles : public Cli {
 protected:
  static std::string Flight() {
    UlogBuilder log;
    log.Format("sensor_gyro:uint64_t timestamp;float x;float y;float z;")
        .Subscribe(0, "sensor_gyro");
    for (uint64_t i = 1; i <= 3; ++i) {
      log.Data(0, Raw(i * 1'000'000, static_cast<float>(i), 0.5F, -0.25F));
    }
    return log.Message('O', Raw(uint16_t{30})).text();
  }

  static std::string Drive() {
    McapRecordsBuilder records;
    records.Schema(1, "sensor_msgs/msg/Imu").Channel(1, 1, "/robot/imu");
    for (uint32_t i = 1; i <= 3; ++i) {
      ImuWords words;
      words.seconds = i;
      words.gyro = {static_cast<double>(i), 0.1, -0.0};
      records.Message(1, 5, ImuWriter(false).Cdr(words));
    }
    McapRecordsBuilder file;
    file.Chunk("lz4", Lz4Frame(records.text()), records.text().size());
    return McapFileOf(file);
  }

  std::string Exported(const std::string& stream) const {
    const ProcessResult result = OnStore({"export", stream, "-o", "out.csv"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto bytes = testing::ReadFileBytes(dir_.File("out.csv"));
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(SensorFiles, AFlightLogIsStoredTopicByTopic) {
  Write("flight.ulg", Flight());
  const ProcessResult result = OnStore({"ingest", "flight.ulg"});
  EXPECT_EQ(result.exit_code, 0) << result.err;  // a dropout is no loss here
  EXPECT_THAT(StreamNames(), ElementsAre("flight.gyro"));
  EXPECT_THAT(Exported("flight.gyro"), HasSubstr("2000000000,2,0.5,-0.25\n"));
  const Json info = JsonOf({"info", "flight.gyro"});
  EXPECT_EQ(info["stream"]["kind"], "imu");
  EXPECT_THAT(Fovea({"info", "flight.ulg"}).out, HasSubstr("gyro"));
}

TEST_F(SensorFiles, ARobotLogIsStoredTopicByTopic) {
  Write("drive.mcap", Drive());
  const ProcessResult result = OnStore({"ingest", "drive.mcap"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(StreamNames(), ElementsAre("drive.robot_imu"));
  EXPECT_THAT(Exported("drive.robot_imu"),
              HasSubstr("3000000000,3,0.1,-0,0,0,0\n"));
  EXPECT_THAT(Fovea({"info", "drive.mcap"}).out, HasSubstr("robot_imu"));
}

TEST_F(SensorFiles, OfACutLogWhatIsWholeIsStored) {
  const std::string flight = Flight();
  Write("flight.ulg", flight.substr(0, flight.size() - 10));
  const ProcessResult cut = OnStore({"ingest", "flight.ulg"});
  ExpectErrorLine(cut, 3, "flight.ulg: byte ");
  EXPECT_THAT(Exported("flight.gyro"), HasSubstr("\n2000000000,2,"));

  const std::string drive = Drive();
  Write("drive.mcap", drive.substr(0, drive.size() - 10));
  ExpectErrorLine(OnStore({"ingest", "drive.mcap"}), 3, "drive.mcap: byte ");
  EXPECT_THAT(StreamNames(), Contains("drive.robot_imu"));
}

TEST_F(SensorFiles, WhatIsNoLogIsRefusedInOneLine) {
  for (const char* name : {"flight.ulg", "drive.mcap"}) {
    for (const std::string& text : {std::string(), std::string("no log")}) {
      Write(name, text);
      ExpectOneLine(OnStore({"ingest", name}), 1, name);
      ExpectOneLine(Fovea({"info", name}), 1, name);
    }
  }
}

TEST_F(SensorFiles, ARealFlightIsStoredWhole) {
  FOVEA_NEED_TEST_DATA(path, "imu/px4_cubeorange_small.ulg");
  const Json report = JsonOf({"ingest", path, "--name", "px4"});
  const Json& streams = report["sources"][0]["streams"];
  ASSERT_EQ(streams.size(), 81U);
  int64_t stored = 0;
  for (const Json& stream : streams) {
    stored += stream["counts"]["stored"].get<int64_t>();
  }
  EXPECT_EQ(stored, 16'582 + 3);
  EXPECT_EQ(OnStore({"verify", "--deep"}).exit_code, 0);
}

}  // namespace
}  // namespace fovea
