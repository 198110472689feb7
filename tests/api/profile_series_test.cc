// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/profile_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/model_folder.h"
#include "api/whole_file.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/small_model.h"
#include "tests/support/test_data.h"
#include "tests/support/window_model.h"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::WindowModel;

class ProfileSeriesTest : public ::testing::Test {
 protected:
  ProfileSeriesTest() {
    testing::WriteWindowModel(dir_.File("har"), "har");
    Open("har");
  }

  void Open(const std::string& name) {
    auto model = OpenModel(dir_.File(name), "", NetworkOptions());
    ASSERT_TRUE(model.ok()) << model.status();
    models_.push_back(*std::move(model));
    borrowed_.push_back(models_.back().get());
  }

  // `rows` of six channels at 100 Hz, in another order than the model's.
  std::string WriteCsv(int rows, const std::string& last = "ax") {
    const std::string path = dir_.File("walk.csv");
    std::ofstream csv(path);
    csv << "t_ms,gx,gy,gz,az,ay," << last << "\n";
    for (int i = 0; i < rows; ++i) {
      csv << 10 * i << "," << 0.01 * (i % 17) << ",0.5," << 0.02 * (i % 5)
          << "," << 9.8 + 0.1 * (i % 3) << ",1," << 0.1 * (i % 11) << "\n";
    }
    return path;
  }

  absl::StatusOr<ProfileSeriesReport> Profile(const std::string& input) {
    options_.input = input;
    std::vector<std::string> outputs;
    for (size_t i = 0; i < borrowed_.size(); ++i) outputs.push_back(Output(i));
    return ProfileSeries(options_, borrowed_, outputs, nullptr, &stop_);
  }

  std::string Output(size_t i) const {
    return dir_.File("out" + std::to_string(i) + ".bands");
  }

  std::string Fault(const std::string& input) {
    const absl::Status status = Profile(input).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_FALSE(std::filesystem::exists(Output(0)));
    return std::string(status.message());
  }

  // What the file holds is what the model was built to depend on, whatever
  // the recording.
  void CheckFile(size_t i = 0) {
    const auto bytes = ReadWholeFile(Output(i), 1 << 20);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto found = ParseSeriesSensitivity(
        Output(i), std::string(bytes->begin(), bytes->end()), CodecLimits());
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_THAT(found->channels, SizeIs(WindowModel::kChannels));
    ASSERT_EQ(found->bands(), 16U);
    EXPECT_EQ(found->edges_hz.back(), WindowModel::kRateHz / 2);
    EXPECT_EQ(found->models[0], models_[i]->id());
    for (size_t c = 0; c < WindowModel::kChannels; ++c) {
      for (size_t b = 0; b < 16; ++b) {
        const double wanted =
            b == WindowModel::BandOf(c) ? WindowModel::EnergyOf(c) : 0;
        EXPECT_NEAR(found->energy[c * 16 + b], wanted, 1e-4 * wanted + 1e-9)
            << found->channels[c].name << " " << b;
      }
    }
    found_ = *found;
  }

  void OpenStore() {
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    options_.store = store_.get();
  }

  void Ingest(const std::string& source, const IngestOptions& options) {
    const auto report = store_->Ingest(source, options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->source_error.ok()) << report->source_error;
  }

  testing::TempDir dir_;
  ProfileSeriesOptions options_;
  Models models_;
  std::vector<Model*> borrowed_;
  std::atomic<bool> stop_ = false;
  std::unique_ptr<Store> store_;
  SeriesSensitivity found_;
};

TEST_F(ProfileSeriesTest, MeasuresWhatTheModelWasBuiltToDependOn) {
  const auto report = Profile(WriteCsv(1000));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->rows, 1000);
  EXPECT_EQ(report->track, "imu (csv)");
  ASSERT_THAT(report->models, SizeIs(1));
  // 499.5 samples at half the rate, a window every 32.
  EXPECT_EQ(report->models[0].counts.windows, 14);
  EXPECT_EQ(report->models[0].counts.stretches, 1);
  EXPECT_EQ(report->models[0].bytes, std::filesystem::file_size(Output(0)));
  CheckFile();
  EXPECT_EQ(found_.channels[0], (Channel{"accel_x", "m/s2"}));
  EXPECT_EQ(found_.channels[5], (Channel{"gyro_z", "rad/s"}));
  EXPECT_EQ(found_.windows, 14);
}

TEST_F(ProfileSeriesTest, UnitsAreThoseGiven) {
  options_.source.accel_unit = "g";
  options_.source.gyro_unit = "deg/s";
  options_.source.csv_columns = "t_ms,gx,gy,gz,ax,ay,az";
  ASSERT_TRUE(Profile(WriteCsv(300, "nonsense")).ok());
  CheckFile();
  EXPECT_EQ(found_.channels[0], (Channel{"accel_x", "g"}));
  EXPECT_EQ(found_.channels[5], (Channel{"gyro_z", "deg/s"}));
}

TEST_F(ProfileSeriesTest, SeveralModelsShareAPass) {
  testing::WriteWindowModel(dir_.File("two"), "two");
  Open("two");
  const auto report = Profile(WriteCsv(300));
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->models, SizeIs(2));
  CheckFile(0);
  CheckFile(1);
}

TEST_F(ProfileSeriesTest, HopsMakeMoreWindows) {
  options_.hop = 1;
  const auto report = Profile(WriteCsv(300));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->models[0].counts.windows, 150 - 64 + 1);
}

TEST_F(ProfileSeriesTest, RowsThatCannotBeReadAreCounted) {
  const std::string path = WriteCsv(300);
  std::ofstream(path, std::ios::app) << "3000,a,b\n3010,,,,,,\n";
  const auto report = Profile(path);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->rows, 300);
  EXPECT_EQ(report->rejected, 2);
  EXPECT_THAT(report->notes.back(), HasSubstr("walk.csv line 302"));
}

TEST_F(ProfileSeriesTest, NamesTheChannelThatIsMissing) {
  EXPECT_THAT(Fault(WriteCsv(300, "temp")),
              AllOf(HasSubstr("walk.csv: series (csv): model har"),
                    HasSubstr("'accel.x'"), HasSubstr("did you mean 'accel_"),
                    HasSubstr("gyro_x, gyro_y, gyro_z, accel_z, accel_y")));
}

TEST_F(ProfileSeriesTest, NeedsAWindow) {
  EXPECT_THAT(Fault(WriteCsv(100)),
              AllOf(HasSubstr("no window"), HasSubstr("1.28 s"),
                    HasSubstr("100 samples in 1 stretches")));
  EXPECT_THAT(std::string(Profile(dir_.File("no.csv")).status().message()),
              HasSubstr("no.csv"));
}

TEST_F(ProfileSeriesTest, PicturesAloneAreRefused) {
  testing::WriteSmallVideo(dir_.File("in.y4m"), 96, 64, 2);
  EXPECT_THAT(Fault(dir_.File("in.y4m")),
              HasSubstr("in.y4m: no inertial or other series; there are video "
                        "(rawvideo)"));
}

TEST_F(ProfileSeriesTest, KindsOfModelsAreNotMixed) {
  EXPECT_TRUE(*TakeWindows(borrowed_));
  testing::WriteSmallModel(dir_.File("small"), "small");
  Open("small");
  const absl::Status mixed = TakeWindows(borrowed_).status();
  EXPECT_EQ(mixed.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(mixed.message()),
              AllOf(HasSubstr("model small takes pictures"),
                    HasSubstr("model har windows")));
  EXPECT_FALSE(*TakeWindows({borrowed_[1]}));
  EXPECT_THAT(Fault(WriteCsv(300)), HasSubstr("small: takes pictures"));
}

TEST_F(ProfileSeriesTest, AnInterruptLeavesNoFileOfNothing) {
  stop_ = true;
  EXPECT_EQ(Profile(WriteCsv(300)).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(Output(0)));
}

TEST_F(ProfileSeriesTest, AStreamOfTheStoreIsAsItsFile) {
  const std::string csv = WriteCsv(1000);
  ASSERT_TRUE(Profile(csv).ok());
  const auto of_file = ReadWholeFile(Output(0), 1 << 20);
  OpenStore();
  IngestOptions ingest;
  ingest.name = "walk";
  Ingest(csv, ingest);
  const auto report = Profile("walk.imu");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->track, "walk.imu");
  EXPECT_EQ(*ReadWholeFile(Output(0), 1 << 20), *of_file);
  EXPECT_EQ(Profile("wal.imu").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ProfileSeriesTest, BesideACameraStreamItsInertialOneIsRead) {
  OpenStore();
  testing::WriteSmallVideo(dir_.File("in.y4m"), 96, 64, 4);
  IngestOptions ingest;
  ingest.name = "alone";
  Ingest(dir_.File("in.y4m"), ingest);
  EXPECT_THAT(Fault("alone"), AllOf(HasSubstr("'alone': is camera"),
                                    HasSubstr("no 'alone.imu'")));
  ingest.name = "front";
  ingest.imu_path = WriteCsv(300);
  Ingest(dir_.File("in.y4m"), ingest);
  const auto report = Profile("front");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->track, "front.imu");
  CheckFile();
}

TEST_F(ProfileSeriesTest, PhonesAndWatches) {
  FOVEA_NEED_TEST_DATA(folder, "imu/har_sp_sw/s02");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".csv") continue;
    const auto report = Profile(entry.path().string());
    ASSERT_TRUE(report.ok()) << entry << report.status();
    EXPECT_EQ(report->rejected, 0);
    // About 10 s each.
    EXPECT_GE(report->models[0].counts.windows, 10) << entry;
    EXPECT_EQ(report->models[0].counts.stretches, 1) << entry;
    // Times are in whole milliseconds: up to a tenth repeat.
    EXPECT_LT(report->models[0].counts.passed_over, report->rows / 8);
    CheckFile();
    EXPECT_EQ(found_.channels[0].unit, "m/s2");
  }
}

TEST_F(ProfileSeriesTest, AFootWithRepeatedTimes) {
  FOVEA_NEED_TEST_DATA(path, "imu/gait_long_walk.csv");
  const auto report = Profile(path);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->rows, 28132);
  const WindowCounts& counts = report->models[0].counts;
  EXPECT_EQ(counts.passed_over, 252);
  EXPECT_EQ(counts.stretches, 1);
  EXPECT_EQ(counts.windows, 109);  // 3537 samples
  CheckFile();
  EXPECT_EQ(found_.channels[0], (Channel{"accel_x", "g"}));
  EXPECT_EQ(found_.channels[3], (Channel{"gyro_x", "deg/s"}));
}

TEST_F(ProfileSeriesTest, ACamerasFileHasAnInertialTrack) {
  FOVEA_NEED_TEST_DATA(path, "camera_imu/gopro_hero7.mp4");
  const auto report = Profile(path);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->track, "imu (gpmf)");
  EXPECT_EQ(report->rows, 2175);
  EXPECT_EQ(report->models[0].counts.windows, 16);  // 10.96 s
  CheckFile();
}

}  // namespace
}  // namespace fovea
