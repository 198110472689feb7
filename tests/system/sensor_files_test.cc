// SPDX-License-Identifier: GPL-2.0-or-later
//
// Flight logs, robot logs and series files by the command line.

#include <algorithm>
#include <cstdio>
#include <random>
#include <sstream>
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

  std::string Text(const std::string& name) const {
    const auto bytes = testing::ReadFileBytes(dir_.File(name));
    return {bytes.begin(), bytes.end()};
  }

  std::string Exported(const std::string& stream) const {
    const ProcessResult result = OnStore({"export", stream, "-o", "out.csv"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Text("out.csv");
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

// ---- series files

TEST_F(SensorFiles, ARecordingIsEncodedAndDecodedToTheSameSamples) {
  Write("imu.csv", ImuCsv(1000));
  const ProcessResult encoded = Fovea({"encode", "imu.csv", "-o", "imu.fser"});
  EXPECT_EQ(encoded.exit_code, 0) << encoded.err;
  EXPECT_THAT(encoded.out, HasSubstr("1,000"));
  EXPECT_LT(testing::ReadFileBytes(dir_.File("imu.fser")).size(),
            testing::ReadFileBytes(dir_.File("imu.csv")).size() / 8);
  for (const char* name : {"imu.csv", "imu.fser"}) {
    const auto decoded = Fovea({"decode", name, "-o", "out.csv"});
    EXPECT_EQ(decoded.exit_code, 0) << decoded.err;
    const std::string text = Text("out.csv");
    EXPECT_THAT(text, StartsWith("timestamp [ns],gyro_x"));
    EXPECT_THAT(text, HasSubstr("\n9990000000,0.999,0.1,0.2,0.3,5,9.81\n"));
  }
  EXPECT_THAT(Fovea({"info", "imu.fser"}).out, HasSubstr("fovea series"));
}

TEST_F(SensorFiles, AStoreTakesASeriesFile) {
  Write("imu.csv", ImuCsv(1000));
  ASSERT_EQ(Fovea({"encode", "imu.csv", "-o", "imu.fser"}).exit_code, 0);
  const ProcessResult result = OnStore({"ingest", "imu.fser"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(Exported(OnlyStream()),
              HasSubstr("\n9990000000,0.999,0.1,0.2,0.3,5,9.81\n"));
}

TEST_F(SensorFiles, APartOfATimeIsDecoded) {
  Write("imu.csv", ImuCsv(1000));
  ASSERT_EQ(Fovea({"encode", "imu.csv", "-o", "imu.fser"}).exit_code, 0);
  const Json report = JsonOf(
      {"decode", "imu.fser", "-o", "out.csv", "--from", "2s", "--to", "3s"});
  EXPECT_EQ(report["tracks"][0]["samples"], 100);
  EXPECT_THAT(Text("out.csv"), HasSubstr("\n2000000000,"));
  EXPECT_THAT(Text("out.csv"), Not(HasSubstr("\n3000000000,")));
  ExpectOneLine(Fovea({"decode", "imu.fser", "-o", "no.csv", "--from", "20s"}),
                1, "no samples in that time");
}

TEST_F(SensorFiles, BoundsMakeFilesSmallerAndAreTold) {
  std::ostringstream csv;
  csv << "time_ns,gyro_x,gyro_y,gyro_z,accel_x,accel_y,accel_z\n";
  std::minstd_rand random(7);
  for (int i = 0; i < 1000; ++i) {
    csv << i * 10'000'000LL;
    for (const double step : {1e-3, 1e-3, 1e-3, 1e-2, 1e-2, 1e-2}) {
      csv << ',' << static_cast<double>(random() % 999) * step;
    }
    csv << '\n';
  }
  Write("imu.csv", csv.str());
  const Json exact = JsonOf({"encode", "imu.csv", "-o", "exact.fser"});
  const Json bounded = JsonOf({"encode", "imu.csv", "-o", "imu.fser",
                               "--imu-bound", "gyro=0.01,accel=0.5"});
  EXPECT_LT(bounded["tracks"][0]["bytes"], exact["tracks"][0]["bytes"]);
  EXPECT_THAT(Fovea({"info", "imu.fser"}).out, HasSubstr("gyro_x<=0.01"));
}

TEST_F(SensorFiles, OfSeveralTracksOneIsChosenOrAllGoToMcap) {
  FOVEA_NEED_TEST_DATA(path, "imu/px4_cubeorange_small.ulg");
  const Json report = JsonOf({"encode", path, "-o", "px4.fser"});
  EXPECT_GT(report["tracks"].size(), 70U);
  ExpectOneLine(Fovea({"decode", "px4.fser", "-o", "out.csv"}), 1, "out.csv");
  const auto one =
      Fovea({"decode", "px4.fser", "-o", "out.csv", "--track", "imu"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(Text("out.csv"), HasSubstr("gyro_x [rad/s]"));
  const Json all = JsonOf({"decode", "px4.fser", "-o", "out.mcap"});
  EXPECT_EQ(all["tracks"].size(), report["tracks"].size());
  const auto mcap =
      Fovea({"decode", "px4.fser", "-o", "out.mcap", "--track", "imu"});
  EXPECT_EQ(mcap.exit_code, 0) << mcap.err;
  EXPECT_THAT(Fovea({"info", "out.mcap"}).out, HasSubstr("imu"));
  ExpectOneLine(
      Fovea({"decode", "px4.fser", "-o", "out.csv", "--track", "none"}), 1,
      "none");
}

TEST_F(SensorFiles, ADamagedSeriesFileGivesWhatIsWhole) {
  Write("imu.csv", ImuCsv(1000));
  ASSERT_EQ(Fovea({"encode", "imu.csv", "-o", "imu.fser"}).exit_code, 0);
  auto bytes = testing::ReadFileBytes(dir_.File("imu.fser"));
  bytes[bytes.size() / 2] ^= 1;
  testing::WriteFileBytes(dir_.File("imu.fser"), bytes);
  const ProcessResult result = Fovea({"decode", "imu.fser", "-o", "out.csv"});
  ExpectErrorLine(result, 3, "imu.fser: block at byte ");
  EXPECT_THAT(result.out, HasSubstr("900"));
}

TEST_F(SensorFiles, OptionsOfCamerasAreNoneOfSensors) {
  Write("imu.csv", ImuCsv(10));
  const auto crf =
      Fovea({"encode", "imu.csv", "-o", "imu.fser", "--crf", "30"});
  ExpectOneLine(crf, 2, "--crf");
  const auto level =
      Fovea({"encode", "imu.csv", "-o", "imu.mp4", "--imu-level", "max"});
  ExpectOneLine(level, 2, "--imu-level");
  ExpectOneLine(Fovea({"decode", "imu.csv", "-o", "x.y4m", "--track", "a"}), 2,
                "--track");
  ExpectOneLine(Fovea({"encode", "imu.csv", "-o", "imu.fser", "--imu-bound",
                       "magnet=1uT"}),
                1, "magnet");
  Write("heart.csv", "time_ns,rate\n0,60\n1000000000,61\n");
  ExpectOneLine(Fovea({"encode", "heart.csv", "-o", "heart.fser", "--imu-bound",
                       "rate=1"}),
                1, "heart.csv");
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

// ---- text of tables

// A table of three writings, with some fields that are none of them.
std::string MixedTable() {
  std::string table = "time_ns,gyro_x [rad/s],heat [Cel],count\n";
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 2);
  const char* const others[] = {"1e5", "+1.0", "2.5000000", "-0", "007"};
  for (int i = 0; i < 1000; ++i) {
    char line[120];
    std::snprintf(line, sizeof(line), "%lld,%.17g,%.3f,%d\n", i * 10'000'000LL,
                  noise(random), noise(random), i);
    table += line;
    if (i % 50 != 7) continue;
    std::snprintf(line, sizeof(line), "%lld,%.17g,%s,%d\n",
                  i * 10'000'000LL + 1, noise(random), others[i / 50 % 5], i);
    table += line;
  }
  return table;
}

std::string BelowHead(const std::string& table) {
  return table.substr(std::min(table.find('\n'), table.size()));
}

TEST_F(SensorFiles, ATableComesBackLetterForLetter) {
  const std::string table = MixedTable();
  Write("t.csv", table);
  EXPECT_THAT(Fovea({"info", "t.csv"}).out,
              HasSubstr("%.17g; %.3f; shortest\n"));
  ASSERT_EQ(Fovea({"encode", "t.csv", "-o", "t.fser"}).exit_code, 0);
  EXPECT_THAT(Fovea({"info", "t.fser"}).out,
              HasSubstr("%.17g; %.3f; shortest\n"));
  ASSERT_EQ(Fovea({"decode", "t.fser", "-o", "out.csv"}).exit_code, 0);
  EXPECT_EQ(BelowHead(Text("out.csv")), BelowHead(table));
  ASSERT_EQ(OnStore({"ingest", "t.csv"}).exit_code, 0);
  EXPECT_EQ(BelowHead(Exported(OnlyStream())), BelowHead(table));
  EXPECT_THAT(OnStore({"inspect", OnlyStream()}).out,
              HasSubstr("%.17g; %.3f; shortest: 10 blocks\n"));
  EXPECT_EQ(JsonOf({"inspect", OnlyStream()})["by_text"].size(), 1U);
}

TEST_F(SensorFiles, TextGoesThroughASeriesFileIntoAStore) {
  const std::string table = MixedTable();
  Write("t.csv", table);
  ASSERT_EQ(Fovea({"encode", "t.csv", "-o", "t.fser"}).exit_code, 0);
  ASSERT_EQ(OnStore({"ingest", "t.fser"}).exit_code, 0);
  EXPECT_EQ(BelowHead(Exported(OnlyStream())), BelowHead(table));
  const ProcessResult part = OnStore({"export", OnlyStream(), "-o", "part.csv",
                                      "--from", "2.5s", "--to", "3.2s"});
  ASSERT_EQ(part.exit_code, 0) << part.err;
  const std::string rows = BelowHead(Text("part.csv"));
  EXPECT_GT(rows.size(), 2000U);
  EXPECT_THAT(BelowHead(table), HasSubstr(rows));
}

// Both are by the rules of their own part.
TEST_F(SensorFiles, TablesOfOtherWritingGoIntoOneStream) {
  std::string all;
  for (const char* format : {"%d000000000,%.3f\n", "%d000000000,%.6e\n"}) {
    std::string table;
    for (int i = 0; i < 30; ++i) {
      char line[80];
      const int second = 1'700'000'000 + static_cast<int>(all.size()) + i;
      std::snprintf(line, sizeof(line), format, second, 100.0 / (i + 1));
      table += line;
    }
    Write("t.csv", "time_ns,level\n" + table);
    const ProcessResult result =
        OnStore({"ingest", "t.csv", "--name", "level", "--append"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    all += table;
  }
  EXPECT_EQ(BelowHead(Exported(OnlyStream())), "\n" + all);
}

TEST_F(SensorFiles, ATableOfEurocComesBackLetterForLetter) {
  FOVEA_NEED_TEST_DATA(path,
                       "camera_imu/euroc_v1_01_excerpt/mav0/imu0/data.csv");
  const auto bytes = testing::ReadFileBytes(path);
  std::string table(bytes.begin(), bytes.end());
  std::erase(table, '\r');
  ASSERT_EQ(OnStore({"ingest", path}).exit_code, 0);
  EXPECT_TRUE(BelowHead(Exported(OnlyStream())) == BelowHead(table));
  ASSERT_EQ(Fovea({"encode", path, "-o", "t.fser"}).exit_code, 0);
  ASSERT_EQ(Fovea({"decode", "t.fser", "-o", "out.csv"}).exit_code, 0);
  EXPECT_TRUE(BelowHead(Text("out.csv")) == BelowHead(table));
}

}  // namespace
}  // namespace fovea
