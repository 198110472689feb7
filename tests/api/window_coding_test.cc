// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples coded for a model keep its answers, in a store and out of it.

#include "api/window_coding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "api/coded_windows.h"
#include "api/imu_model.h"
#include "api/model_folder.h"
#include "api/series_file.h"
#include "tests/api/open_store.h"
#include "tests/support/test_data.h"
#include "tests/support/window_model.h"

namespace fovea {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class WindowCodingTest : public ::testing::Test {
 protected:
  WindowCodingTest() {
    testing::WriteWindowModel(dir_.File("har"), "har");
    auto opened = OpenImuModel({dir_.File("har")}, "");
    EXPECT_TRUE(opened.ok()) << opened.status();
    model_ = std::move(opened->model);
    options_.model = model_.get();
  }

  // Six axes at 100 Hz, twice the model's rate, that move at each tone the
  // model looks at.
  static SeriesBatch Moving(size_t rows, uint64_t seed) {
    std::mt19937_64 dice(seed);
    std::normal_distribution<double> noise(0, 0.05);
    SeriesBatch batch;
    for (size_t t = 0; t < rows; ++t) {
      batch.time_ns.push_back(static_cast<int64_t>(t) * 10'000'000);
      for (int c = 0; c < 6; ++c) {
        const double hz = 25.0 / 16 * (2 * c + 1.5);
        batch.values.push_back(
            std::sin(2 * 3.14159 * hz * static_cast<double>(t) / 100) +
            noise(dice));
      }
    }
    return batch;
  }

  static SeriesInfo Series() {
    return {{{"accel_x", "m/s2"},
             {"accel_y", "m/s2"},
             {"accel_z", "m/s2"},
             {"gyro_x", "rad/s"},
             {"gyro_y", "rad/s"},
             {"gyro_z", "rad/s"}},
            100};
  }

  std::string WriteCsv(const std::string& name, const SeriesBatch& batch) {
    const std::string path = dir_.File(name);
    std::ofstream csv(path);
    csv << "t_ms,ax,ay,az,gx,gy,gz\n";
    for (size_t t = 0; t < batch.time_ns.size(); ++t) {
      csv << batch.time_ns[t] / 1'000'000;
      for (size_t c = 0; c < 6; ++c) csv << ',' << batch.values[6 * t + c];
      csv << '\n';
    }
    return path;
  }

  // The blocks of a recording, as a pipe makes them.
  absl::StatusOr<DecodedSeries> Coded(const SeriesBatch& batch) {
    auto coding = WindowCoding::Create(options_, Series());
    if (!coding.ok()) return coding.status();
    const auto block = (*coding)->Encode(batch, {});
    if (!block.ok()) return block.status();
    bytes_ = block->size();
    return DecodeSeriesBlock(*block, nullptr, (*coding)->plan());
  }

  testing::TempDir dir_;
  std::unique_ptr<Model> model_;
  WindowCodingOptions options_;
  size_t bytes_ = 0;
};

TEST_F(WindowCodingTest, AnswersStayAndTheLooserTheSmaller) {
  const SeriesBatch batch = Moving(1024, 1);
  size_t last = SIZE_MAX;
  for (const double left : {0.9999, 0.5}) {
    options_.margin_left = left;
    const auto decoded = Coded(batch);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(decoded->verdict.judged);
    EXPECT_EQ(decoded->verdict.windows, 8U);
    EXPECT_EQ(decoded->verdict.agreeing, 8U);
    EXPECT_LT(bytes_, last);
    last = bytes_;
  }
}

TEST_F(WindowCodingTest, WithoutTheModelTheChangeIsExpected) {
  const SeriesBatch batch = Moving(1024, 1);
  SeriesSensitivity found;
  found.channels = Series().channels;
  found.rate_hz = 50;
  found.window = 64;
  found.windows = 1;
  found.edges_hz = {0, 25};
  found.energy.assign(6, 0.01);
  options_.model = nullptr;
  options_.sensitivity = found;
  size_t last = SIZE_MAX;
  for (const double change : {0.05, 0.5}) {
    options_.margin_change = change;
    const auto decoded = Coded(batch);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_FALSE(decoded->verdict.judged);
    EXPECT_LT(decoded->verdict.margin_change, 1.5 * change);
    EXPECT_GT(decoded->verdict.margin_change, 0.2 * change);
    EXPECT_LT(bytes_, last);
    last = bytes_;
  }
}

TEST_F(WindowCodingTest, RefusesWhatTheModelCannotTell) {
  const auto fault = [&](const SeriesInfo& series) {
    const absl::Status status = WindowCoding::Create(options_, series).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  SeriesInfo series = Series();
  series.channels.push_back({"mag_x", "uT"});
  EXPECT_THAT(fault(series), HasSubstr("mag_x"));
  options_.margin_left = 1.5;
  EXPECT_THAT(fault(Series()), HasSubstr("1.5"));
  options_ = {};
  EXPECT_THAT(fault(Series()), HasSubstr("needs a model"));
}

TEST_F(WindowCodingTest, AStoreKeepsThePlanAndTellsTheVerdict) {
  const auto store = testing::OpenStore(dir_.File("store"));
  ASSERT_NE(store, nullptr);
  const SeriesBatch batch = Moving(3000, 2);
  IngestOptions options;
  const std::string walk = WriteCsv("walk.csv", batch);
  ASSERT_TRUE(store->Ingest(walk, options, nullptr, nullptr).ok());
  options.name = "coarse";
  options.imu.windows = options_;
  const auto report = store->Ingest(walk, options, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  const std::string name = report->streams[0].name;
  const auto stream = store->Describe(name);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_THAT(stream->description.coding,
              HasSubstr("model=har margin-left=0.5"));
  const auto coded = CodedWindowsOf(store->chunks(), *stream);
  ASSERT_TRUE(coded.ok()) << coded.status();
  // Blocks of 8 windows of 128 rows, the last with 952 rows.
  EXPECT_EQ(coded->blocks, 3);
  EXPECT_EQ(coded->windows, 24);
  EXPECT_EQ(coded->judged, 24);
  EXPECT_EQ(coded->agreeing, 24);
  int64_t rows = 0;
  ASSERT_TRUE(store
                  ->ReadSeries(name, TimeRange(),
                               [&](const SeriesBatch& part) {
                                 rows += std::ssize(part.time_ns);
                                 return true;
                               })
                  .ok());
  EXPECT_EQ(rows, 3000);
  const auto exact = store->Describe("walk.imu");
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ(CodedWindowsOf(store->chunks(), *exact)->windows, 0);
  EXPECT_LT(3 * stream->counts.stored_bytes, exact->counts.stored_bytes);
}

TEST_F(WindowCodingTest, ASeriesFileKeepsThePlanToo) {
  EncodeSeriesOptions options;
  options.input = WriteCsv("walk.csv", Moving(3000, 2));
  options.output = dir_.File("exact.fser");
  const auto exact = EncodeSeriesFile(options, {}, nullptr);
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ(exact->tracks[0].coded.windows, 0);
  options.output = dir_.File("walk.fser");
  options.imu.windows = options_;
  const auto coarse = EncodeSeriesFile(options, {}, nullptr);
  ASSERT_TRUE(coarse.ok()) << coarse.status();
  EXPECT_EQ(coarse->tracks[0].blocks, 3u);
  EXPECT_EQ(coarse->tracks[0].coded.windows, 24);
  EXPECT_EQ(coarse->tracks[0].coded.agreeing, 24);
  EXPECT_LT(3 * coarse->tracks[0].bytes, exact->tracks[0].bytes);
  DecodeSeriesOptions back;
  back.input = options.output;
  back.output = dir_.File("back.csv");
  const auto decoded = DecodeSeriesFile(back, {}, nullptr);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->tracks[0].samples, 3000);
  EXPECT_THAT(decoded->notes, Contains(HasSubstr("model=har")));
}

TEST_F(WindowCodingTest, AFileThatIsTooShortIsExact) {
  EncodeSeriesOptions options;
  options.input = WriteCsv("walk.csv", Moving(60, 3));
  options.output = dir_.File("walk.fser");
  options.imu.windows = options_;
  const auto report = EncodeSeriesFile(options, {}, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->tracks[0].samples, 60);
  EXPECT_EQ(report->tracks[0].coded.windows, 0);
  options.input = "-";
  EXPECT_FALSE(EncodeSeriesFile(options, {}, nullptr).ok());
}

TEST_F(WindowCodingTest, WhatIsTooShortToMeasureOnIsExact) {
  const auto store = testing::OpenStore(dir_.File("store"));
  ASSERT_NE(store, nullptr);
  IngestOptions options;
  options.imu.windows = options_;
  const auto report = store->Ingest(WriteCsv("walk.csv", Moving(60, 3)),
                                    options, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  const auto stream = store->Describe(report->streams[0].name);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ(CodedWindowsOf(store->chunks(), *stream)->windows, 0);
}

TEST_F(WindowCodingTest, OneModelAndOneFile) {
  const std::string file = dir_.File("walk.bands");
  std::ofstream(file) << "fovea-series-sensitivity 1\nrate 50\nwindow 64\n"
                         "windows 1\nedges 0 25\nchannel a\nunit \n"
                         "energy 1\nend\n";
  const auto both = OpenImuModel({file, dir_.File("har")}, "");
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_NE(both->model, nullptr);
  EXPECT_TRUE(both->sensitivity.has_value());
  EXPECT_EQ(OpenImuModel({file, file}, "").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenImuModel({dir_.File("none")}, "").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace fovea
