// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples at the times of frames, as the command line prints them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/test_data.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SeriesAtFrames : public Cli {
 protected:
  // That many milliseconds after an instant, in ns: tables of times that are
  // no instants start at 0, each.
  static std::string At(int ms) {
    return std::to_string(1'700'000'000'000 + ms) + "000000";
  }

  // Samples of one channel, "level", at these milliseconds.
  std::string IngestAt(const std::string& name,
                       const std::vector<int>& times_ms) const {
    std::string csv = "time_ns,level\n";
    for (const int ms : times_ms) {
      csv += At(ms) + "," + std::to_string(ms) + "\n";
    }
    Write(name + ".csv", csv);
    const ProcessResult result = OnStore({"ingest", name + ".csv"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    for (const std::string& stream : StreamNames()) {
      if (stream.rfind(name, 0) == 0) return stream;
    }
    return "";
  }

  static std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(SeriesAtFrames, RowsSayHowFarTheirSampleIs) {
  const std::string slow = IngestAt("slow", {0, 100, 200});
  const std::string fast = IngestAt("fast", {2, 51, 96, 104});
  const ProcessResult result = OnStore(
      {"series", fast, "--at-frames", slow, "--max-gap", "5ms", "--csv"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(Lines(result.out), ElementsAre("index,time_ns,residual_ns,level",
                                             "0," + At(0) + ",2000000,2",
                                             "1," + At(100) + ",-4000000,96",
                                             "2," + At(200) + ",,"));
  EXPECT_EQ(result.err,
            "2 of 3 samples have a sample within 5 ms; residual median 2 ms, "
            "95 % 4 ms, most 4 ms\n");
}

TEST_F(SeriesAtFrames, EachMethodTakesItsOwn) {
  const std::string slow = IngestAt("slow", {0, 100});
  const std::string fast = IngestAt("fast", {0, 40, 90, 130});
  const auto row = [&](const std::string& method) {
    const ProcessResult result =
        OnStore({"series", fast, "--at-frames", slow, "--method", method,
                 "--max-gap", "50ms", "--from", "2023-11-14T22:13:20.05Z"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Lines(result.out).back();
  };
  EXPECT_EQ(row("nearest"), "1," + At(100) + ",-10000000,90");
  EXPECT_EQ(row("previous"), "1," + At(100) + ",-10000000,90");
  EXPECT_EQ(row("linear"), "1," + At(100) + ",-10000000,100");
}

TEST_F(SeriesAtFrames, SeveralStreamsBearTheirNames) {
  const std::string clock = IngestAt("clock", {0, 100});
  const std::string one = IngestAt("one", {0, 100});
  const std::string two = IngestAt("two", {100, 200});
  const ProcessResult result =
      OnStore({"series", one, two, "--at-frames", clock, "--max-gap", "1ms"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(
      Lines(result.out),
      ElementsAre("index,time_ns," + one + ":residual_ns," + one + ":level," +
                      two + ":residual_ns," + two + ":level",
                  "0," + At(0) + ",0,0,,", "1," + At(100) + ",0,100,0,100"));
  EXPECT_THAT(Lines(result.err),
              ElementsAre(StartsWith(one + ": 2 of 2 samples have"),
                          StartsWith(two + ": 1 of 2 samples has")));

  const Json json =
      JsonOf({"series", one, two, "--at-frames", clock, "--max-gap", "1ms"});
  EXPECT_EQ(json["schema"], "fovea.series/1");
  EXPECT_EQ(json["at_frames"], clock);
  EXPECT_EQ(json["method"], "nearest");
  EXPECT_EQ(json["streams"][1]["stream"], two);
  EXPECT_EQ(json["streams"][1]["series"]["channels"][0]["name"], "level");
  EXPECT_EQ(
      json["rows"],
      Json::array({Json::array({0, At(0), Json::array({"0", 0}), nullptr}),
                   Json::array({1, At(100), Json::array({"0", 100}),
                                Json::array({"0", 100})})}));
  EXPECT_EQ(json["summary"]["rows"], 2);
  EXPECT_EQ(json["summary"]["streams"][1]["rows"], 1);
  EXPECT_EQ(json["summary"]["streams"][1]["max_gap_ns"], "1000000");
  EXPECT_EQ(json["summary"]["streams"][1]["residual_most_ns"], "0");
}

TEST_F(SeriesAtFrames, ACamerasFramesHaveTheirInertialSamples) {
  ASSERT_EQ(Fovea({"sample", "scene", "--seconds", "1", "--size", "160x96"})
                .exit_code,
            0);
  ASSERT_EQ(OnStore({"ingest", "scene/camera.mp4", "--name", "front", "--imu",
                     "scene/imu.csv"})
                .exit_code,
            0);
  const ProcessResult result =
      OnStore({"series", "front.imu", "--at-frames", "front", "--method",
               "linear", "-o", "gyro.csv"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, StartsWith("30 of 30 frames have a sample; "));
  const auto bytes = testing::ReadFileBytes(dir_.File("gyro.csv"));
  const auto lines = Lines(std::string(bytes.begin(), bytes.end()));
  ASSERT_EQ(lines.size(), 31U);
  EXPECT_THAT(lines[0], StartsWith("index,time_ns,residual_ns,gyro_x [rad/s]"));
  EXPECT_THAT(lines[30], StartsWith("29,966666"));
}

TEST_F(SeriesAtFrames, ARangeWithoutFramesIsAHeadAndAWord) {
  const std::string clock = IngestAt("clock", {0, 100});
  const ProcessResult result = OnStore(
      {"series", clock, "--at-frames", clock, "--from", "2024-01-01T00:00Z"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(Lines(result.out),
              ElementsAre("index,time_ns,residual_ns,level"));
  EXPECT_EQ(result.err,
            "no sample of '" + clock +
                "' is in that range; it goes from 2023-11-14T22:13:20Z to "
                "2023-11-14T22:13:20.1Z\n");
  EXPECT_THAT(JsonOf({"series", clock, "--at-frames", clock, "--from",
                      "2024-01-01T00:00Z"})["rows"],
              IsEmpty());
}

TEST_F(SeriesAtFrames, ADevicesClockIsMapped) {
  const std::string camera = IngestAt("camera", {0, 100, 200});
  const std::string watch = IngestAt("watch", {900'001, 900'101, 900'201});
  ExpectOneLine(OnStore({"series", watch, "--at-frames", camera}), 1,
                "'fovea clock'");
  Write("points.csv", "device_ns,store_ns,uncertainty_ns\n" + At(900'001) +
                          "," + At(2) + ",5000\n" + At(900'101) + "," +
                          At(102) + ",5000\n");
  ASSERT_EQ(OnStore({"clock", watch, "--points", "points.csv"}).exit_code, 0);
  const ProcessResult told = OnStore({"clock", watch});
  EXPECT_THAT(told.out, HasSubstr("-14m59.999s, +0.0 ppm, within 5 us"));
  EXPECT_EQ(OnStore({"clock", watch, "--csv"}).out,
            "device_ns,store_ns,uncertainty_ns\n" + At(900'001) + "," + At(2) +
                ",5000\n" + At(900'101) + "," + At(102) + ",5000\n");
  EXPECT_THAT(OnStore({"inspect", watch}).out, HasSubstr("-14m59.999s"));
  const ProcessResult rows =
      OnStore({"series", watch, "--at-frames", camera, "--method", "nearest"});
  EXPECT_THAT(rows.out, HasSubstr("0," + At(0) + ",2000000,900001\n"));
  EXPECT_THAT(rows.err, HasSubstr("clocks mapped within "));
  const ProcessResult mapped = OnStore({"series", watch, "--store-clock"});
  EXPECT_THAT(mapped.out, HasSubstr("\n" + At(2) + ",900001\n"));
  EXPECT_THAT(OnStore({"series", watch}).out,
              HasSubstr("\n" + At(900'001) + ",900001\n"));
  ASSERT_EQ(OnStore({"clock", watch, "--forget"}).exit_code, 0);
  EXPECT_EQ(JsonOf({"clock", watch})["clock"], nullptr);
}

TEST_F(SeriesAtFrames, AClockIsFoundFromReadings) {
  const std::string watch = IngestAt("watch", {0, 100});
  std::string readings;
  for (int i = 0; i < 1000; ++i) {
    // Messages are 0 to 12 ms late.
    readings += At(i * 100) + "," + At(5000 + i * 100 + i * 7 % 13) + "\n";
  }
  Write("readings.csv", readings);
  ASSERT_EQ(OnStore({"clock", watch, "--readings", "readings.csv"}).exit_code,
            0);
  const Json clock = JsonOf({"clock", watch})["clock"];
  EXPECT_NEAR(clock["skew_ppm"].get<double>(), 0, 0.1);
  EXPECT_EQ(clock["points"][0]["store_ns"], At(5000));
  Write("bad.csv", readings + "1;2\n");
  ExpectOneLine(OnStore({"clock", watch, "--readings", "bad.csv"}), 1,
                "bad.csv: line 1001");
  ExpectOneLine(OnStore({"clock", watch, "--readings", "absent.csv"}), 1,
                "absent.csv");
  ExpectOneLine(OnStore({"clock", watch, "--forget", "--points", "bad.csv"}), 2,
                "exclude each other");
  ExpectOneLine(OnStore({"clock", watch, "--either-way"}), 2, "--readings");
}

TEST_F(SeriesAtFrames, WhatDoesNotFitLeavesNothingBehind) {
  const std::string early = IngestAt("early", {0, 100});
  const std::string late = IngestAt("late", {90000, 90100});
  const ProcessResult apart =
      OnStore({"series", late, "--at-frames", early, "-o", "out.csv"});
  ExpectOneLine(apart, 1, "'" + late + "' goes from 2023-11-14T22:14:50Z to ");
  EXPECT_THAT(apart.err,
              HasSubstr("'" + early + "' goes from 2023-11-14T22:13:20Z to "));
  EXPECT_EQ(apart.out, "");
  EXPECT_FALSE(std::filesystem::exists(dir_.File("out.csv")));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("out.csv.part")));
  ExpectOneLine(OnStore({"series", early, "--at-frames", "x" + early}), 1,
                early);
  ExpectOneLine(OnStore({"series", early, late}), 2, "--at-frames");
  ExpectOneLine(OnStore({"series", early, "--method", "linear"}), 2,
                "--method");
  ExpectOneLine(OnStore({"series", early, "--max-gap", "1s"}), 2, "--max-gap");
  ExpectOneLine(
      OnStore({"series", early, "--at-frames", early, "--method", "cubic"}), 2,
      "cubic");
}

}  // namespace
}  // namespace fovea
