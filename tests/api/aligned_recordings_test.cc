// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensors at the frames of real recordings, against a search through all
// their samples, and of a generated scene, against its motion.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/scene.h"
#include "api/scene_stage.h"
#include "api/store.h"
#include "tests/api/open_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

// An instant: tables of times that are none start at 0, each.
constexpr int64_t kStart = 1'700'000'000'000'000'000;

// A row that outlives its visit.
struct Row {
  uint64_t index = 0;
  int64_t time_ns = 0;
  std::vector<std::optional<int64_t>> residual_ns;
  std::vector<std::vector<double>> values;
};

class AlignedRecordingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  void Ingest(const std::string& source, const std::string& name,
              const std::string& imu = "") {
    IngestOptions options;
    options.name = name;
    options.imu_path = imu;
    options.source.copy = true;
    const auto report = store_->Ingest(source, options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  // Samples at these times after kStart, in this order, whatever it is; the
  // value is the sample's number. The stream is called NAME.series.
  void IngestTimes(const std::vector<int64_t>& times, const std::string& name) {
    std::string csv = "time_ns,level\n";
    for (size_t i = 0; i < times.size(); ++i) {
      csv += std::to_string(kStart + times[i]) + "," + std::to_string(i) + "\n";
    }
    const std::string path = dir_.File(name + ".csv");
    testing::WriteFileText(path, csv);
    Ingest(path, name);
  }

  std::vector<Row> Aligned(const std::string& reference,
                           const std::vector<std::string>& streams,
                           const AlignOptions& options) {
    std::vector<Row> rows;
    const auto report = store_->ReadAligned(
        reference, streams, options, [&](const AlignedRow& aligned) {
          Row row{aligned.index, aligned.time_ns, {}, {}};
          for (const auto& sample : aligned.samples) {
            row.residual_ns.emplace_back();
            row.values.emplace_back();
            if (!sample) continue;
            row.residual_ns.back() = sample->residual_ns;
            row.values.back().assign(sample->values.begin(),
                                     sample->values.end());
          }
          rows.push_back(std::move(row));
          return true;
        });
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) report_ = *report;
    return rows;
  }

  absl::Status Fault(const std::string& reference, const std::string& stream,
                     const AlignOptions& options = {}) {
    return store_
        ->ReadAligned(reference, {stream}, options,
                      [](const AlignedRow&) { return true; })
        .status();
  }

  StreamSummary Summary(const std::string& name) {
    const auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : StreamSummary();
  }

  SeriesBatch Samples(const std::string& name) {
    SeriesBatch all;
    const absl::Status status =
        store_->ReadSeries(name, {}, [&](const SeriesBatch& batch) {
          all.time_ns.insert(all.time_ns.end(), batch.time_ns.begin(),
                             batch.time_ns.end());
          all.values.insert(all.values.end(), batch.values.begin(),
                            batch.values.end());
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  // Every row's sample is the nearest of all, whole.
  void ExpectNearest(const std::vector<Row>& rows, const std::string& stream,
                     size_t column) {
    const SeriesBatch all = Samples(stream);
    const size_t channels = all.values.size() / all.time_ns.size();
    for (const Row& row : rows) {
      ASSERT_TRUE(row.residual_ns[column].has_value()) << row.index;
      const auto nearest = std::min_element(
          all.time_ns.begin(), all.time_ns.end(), [&](int64_t a, int64_t b) {
            return std::abs(a - row.time_ns) < std::abs(b - row.time_ns);
          });
      ASSERT_EQ(*row.residual_ns[column], *nearest - row.time_ns);
      const auto value =
          all.values.begin() + (nearest - all.time_ns.begin()) *
                                   static_cast<std::ptrdiff_t>(channels);
      ASSERT_TRUE(std::equal(row.values[column].begin(),
                             row.values[column].end(), value));
    }
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
  AlignReport report_;
};

TEST_F(AlignedRecordingsTest, GoProSensorsAtItsFrames) {
  FOVEA_NEED_TEST_DATA(clip, "camera_imu/gopro_max-heromode.mp4");
  Ingest(clip, "walk");
  const std::vector<std::string> streams = {"walk.imu", "walk.cori",
                                            "walk.gravity"};
  const auto rows = Aligned("walk", streams, {});
  ASSERT_EQ(rows.size(), 315U);
  EXPECT_EQ(report_.rows, 315);

  std::vector<int64_t> shown;
  ASSERT_TRUE(store_
                  ->ReadUnits("walk", TimeRange(),
                              [&](const AccessUnit& unit) {
                                shown.push_back(unit.time_ns);
                                return true;
                              })
                  .ok());
  std::sort(shown.begin(), shown.end());
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].index, i);
    EXPECT_EQ(rows[i].time_ns, shown[i]);
  }

  for (size_t s = 0; s < streams.size(); ++s) {
    ExpectNearest(rows, streams[s], s);
    EXPECT_EQ(report_.streams[s].stream, streams[s]);
    EXPECT_EQ(report_.streams[s].rows, 315);
  }
  EXPECT_LE(static_cast<double>(report_.streams[0].most_ns),
            0.5e9 / Summary("walk.imu").description.series.rate_hz);
  EXPECT_GT(report_.streams[0].median_ns, 0);
  EXPECT_LE(report_.streams[0].median_ns, report_.streams[0].p95_ns);
  EXPECT_LE(report_.streams[0].p95_ns, report_.streams[0].most_ns);
  // One orientation is recorded per frame.
  EXPECT_EQ(report_.streams[1].most_ns, 0);
  EXPECT_EQ(report_.streams[2].most_ns, 0);
}

TEST_F(AlignedRecordingsTest, GoProOrientationTurnsBetweenItsSamples) {
  FOVEA_NEED_TEST_DATA(clip, "camera_imu/gopro_max-heromode.mp4");
  Ingest(clip, "walk");
  AlignOptions options;
  options.method = AlignMethod::kLinear;
  const auto rows = Aligned("walk.imu", {"walk.cori"}, options);
  ASSERT_EQ(rows.size(), 2082U);
  int64_t between = 0;
  for (const Row& row : rows) {
    if (!row.residual_ns[0] || *row.residual_ns[0] == 0) continue;
    double squares = 0;
    for (const double v : row.values[0]) squares += v * v;
    EXPECT_NEAR(squares, 1, 1e-12) << row.index;
    ++between;
  }
  EXPECT_GT(between, 2000);
  EXPECT_LT(report_.streams[0].rows, report_.rows);  // some lie before it
}

TEST_F(AlignedRecordingsTest, EurocPicturesAndImuShareAClock) {
  FOVEA_NEED_TEST_DATA(folder, "camera_imu/euroc_v1_01_excerpt");
  Ingest(folder, "drone");
  for (const auto method :
       {AlignMethod::kNearest, AlignMethod::kPrevious, AlignMethod::kLinear}) {
    AlignOptions options;
    options.method = method;
    const auto rows = Aligned("drone.cam0", {"drone.imu"}, options);
    ASSERT_EQ(rows.size(), 60U);
    ExpectNearest(rows, "drone.imu", 0);  // they were triggered together
    EXPECT_EQ(report_.streams[0].rows, 60);
    EXPECT_LE(report_.streams[0].most_ns, 1000);
  }
}

TEST_F(AlignedRecordingsTest, ARangeChangesNoRowInIt) {
  FOVEA_NEED_TEST_DATA(clip, "camera_imu/gopro_max-heromode.mp4");
  Ingest(clip, "walk");
  AlignOptions options;
  options.method = AlignMethod::kLinear;
  const auto all = Aligned("walk", {"walk.imu", "walk.gps"}, options);
  for (const int64_t from : {int64_t{-5}, int64_t{0}, int64_t{33366667},
                             int64_t{4'000'000'000}, int64_t{99'000'000'000}}) {
    options.range = {from, from + 1'500'000'000};
    const auto part = Aligned("walk", {"walk.imu", "walk.gps"}, options);
    size_t next = 0;
    for (const Row& row : all) {
      if (row.time_ns < from || row.time_ns >= options.range.to_ns) continue;
      ASSERT_LT(next, part.size());
      EXPECT_EQ(part[next].index, row.index);
      EXPECT_EQ(part[next].residual_ns, row.residual_ns);
      EXPECT_EQ(part[next].values, row.values);
      ++next;
    }
    EXPECT_EQ(next, part.size());
  }
}

// Frames see the sensor at most half a period away, so a line between two
// samples comes nearer to the motion than either.
TEST_F(AlignedRecordingsTest, LinearGyroFollowsTheScenesMotion) {
  SceneOptions scene;
  scene.width = 160;
  scene.height = 90;
  scene.seconds = 6;
  scene.imu_rate_hz = 25;
  ASSERT_TRUE(WriteScene(scene, dir_.path(), nullptr).ok());
  const auto stage = scene::Stage::Create(scene);
  ASSERT_TRUE(stage.ok()) << stage.status();
  Ingest(dir_.File("camera.mp4"), "front", dir_.File("imu.csv"));

  // RMS of the gyroscope's error, bias removed, in rad/s.
  const auto error = [&](AlignMethod method) {
    AlignOptions options;
    options.method = method;
    const auto rows = Aligned("front", {"front.imu"}, options);
    double squares = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      std::vector<double> errors;
      for (const Row& row : rows) {
        if (!row.residual_ns[0]) continue;
        const double time_s = static_cast<double>(row.time_ns) * 1e-9;
        const auto rate = (*stage)->motion().At(time_s).angular_rate_rad_s;
        const std::array<double, 3> truth = {rate.x, rate.y, rate.z};
        errors.push_back(row.values[0][axis] - truth[axis]);
      }
      EXPECT_GT(errors.size(), 170U);
      double mean = 0;
      for (const double e : errors) mean += e;
      mean /= static_cast<double>(errors.size());
      for (const double e : errors) {
        squares += (e - mean) * (e - mean) / static_cast<double>(errors.size());
      }
    }
    return std::sqrt(squares / 3);
  };
  const double nearest = error(AlignMethod::kNearest);
  const double linear = error(AlignMethod::kLinear);
  const double previous = error(AlignMethod::kPrevious);
  RecordProperty("linear_rad_s", std::to_string(linear));
  RecordProperty("nearest_rad_s", std::to_string(nearest));
  RecordProperty("previous_rad_s", std::to_string(previous));
  EXPECT_LT(linear, 0.003);
  EXPECT_LT(linear, nearest / 2);
  EXPECT_LT(nearest, previous);
}

TEST_F(AlignedRecordingsTest, TimesThatRunBackwardALittleArePutInOrder) {
  IngestTimes({0, 30, 20, 10, 40}, "jitter");
  IngestTimes({5, 15, 25, 35}, "clock");
  AlignOptions options;
  options.method = AlignMethod::kPrevious;
  options.max_gap_ns = 9;
  auto rows = Aligned("clock.series", {"jitter.series"}, options);
  ASSERT_EQ(rows.size(), 4U);
  const std::vector<double> number = {0, 3, 2, 1};  // by time
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(rows[i].residual_ns[0], -5);
    EXPECT_EQ(rows[i].values[0].front(), number[i]);
  }
  // As a reference too: rows come by time and keep their index.
  rows = Aligned("jitter.series", {"clock.series"}, options);
  ASSERT_EQ(rows.size(), 5U);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(rows[i].index, static_cast<uint64_t>(number[i]));
    EXPECT_EQ(rows[i].residual_ns[0], -5);
  }
}

TEST_F(AlignedRecordingsTest, ARecordingThatStartsAnewIsRefused) {
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 5000; ++i) times.push_back(i * 1000);
  for (int64_t i = 0; i < 5000; ++i) times.push_back(i * 1000);
  IngestTimes(times, "twice");
  IngestTimes({0, 1'000'000, 4'999'000}, "clock");
  const absl::Status status = Fault("clock.series", "twice.series");
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("'twice.series' index 5000"));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Fault("twice.series", "clock.series")));
}

TEST_F(AlignedRecordingsTest, StreamsApartInTimeAreToldTheirExtents) {
  IngestTimes({0, 1'000'000'000}, "early");
  IngestTimes({60'000'000'000, 61'000'000'000}, "late");
  AlignOptions options;
  options.max_gap_ns = 1'000'000'000;
  for (const bool swapped : {false, true}) {
    const absl::Status status =
        swapped ? Fault("late.series", "early.series", options)
                : Fault("early.series", "late.series", options);
    EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("'early.series' goes from 2023-11-14T22:13:20Z to "
                          "2023-11-14T22:13:21Z"));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("'late.series' goes from 2023-11-14T22:14:20Z to "
                          "2023-11-14T22:14:21Z"));
  }
  options.max_gap_ns = 59'000'000'000;  // they just touch
  EXPECT_TRUE(Fault("early.series", "late.series", options).ok());
}

TEST_F(AlignedRecordingsTest, WhatCannotBeAlignedIsNamed) {
  IngestTimes({0, 1, 2}, "clock");
  EXPECT_TRUE(absl::IsNotFound(Fault("clock.series", "clok")));
  EXPECT_TRUE(absl::IsNotFound(Fault("clok", "clock.series")));
  AlignOptions options;
  options.max_gap_ns = -1;
  EXPECT_TRUE(
      absl::IsInvalidArgument(Fault("clock.series", "clock.series", options)));
}

TEST_F(AlignedRecordingsTest, TheVisitorMayStop) {
  IngestTimes({0, 10, 20, 30}, "clock");
  int visited = 0;
  const auto report =
      store_->ReadAligned("clock.series", {"clock.series"}, {},
                          [&](const AlignedRow&) { return ++visited < 2; });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(visited, 2);
  EXPECT_EQ(report->rows, 2);
  EXPECT_EQ(report->streams[0].rows, 2);
}

TEST_F(AlignedRecordingsTest, PicturesAndPacketsAreNoSamples) {
  FOVEA_NEED_TEST_DATA(clip, "camera_imu/gopro_max-heromode.mp4");
  Ingest(clip, "walk");
  EXPECT_THAT(
      (std::vector<absl::StatusCode>{Fault("walk", "walk").code(),
                                     Fault("walk", "walk.audio").code(),
                                     Fault("walk.audio", "walk.imu").code()}),
      Each(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace fovea
