// SPDX-License-Identifier: GPL-2.0-or-later
//
// Profiles of devices: learned from recordings and streams, given to ingests
// or known to the store, and found wherever their blocks are read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "api/coding_tables.h"
#include "api/device_profiles.h"
#include "api/learn_imu_profile.h"
#include "api/restore.h"
#include "api/series_account.h"
#include "api/store.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/codec/imu/motion.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeviceProfileTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = testing::OpenStore(Path("store"));
    ASSERT_NE(store_, nullptr);
  }
  std::string Path(const std::string& name) const { return dir_.File(name); }

  // Ten seconds of a six-axis sensor, in counts of 1/417.
  std::string WriteRecording(const std::string& name, uint32_t seed) {
    const std::string path = Path(name + ".csv");
    std::ofstream file(path);
    file << "t,gyro_x,gyro_y,gyro_z,accel_x,accel_y,accel_z\n";
    const auto counts = imu::testing::RingingDevice(2000, seed);
    for (size_t row = 0; row < counts.size() / 6; ++row) {
      file << absl::StrFormat("%.3f", static_cast<double>(row) * 0.005);
      for (size_t c = 0; c < 6; ++c) {
        file << absl::StrFormat(",%.17g", counts[row * 6 + c] / 417.0);
      }
      file << "\n";
    }
    return path;
  }

  static IngestOptions Named(const std::string& name,
                             const std::string& device) {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.source.gyro_unit = "rad/s";
    options.source.accel_unit = "m/s2";
    options.source.time_unit = "s";
    options.imu.device = device;
    return options;
  }
  absl::Status Ingest(const std::string& path, const IngestOptions& options) {
    return store_->Ingest(path, options, &notes_, nullptr).status();
  }

  absl::StatusOr<LearntImuProfile> Learn(const std::string& source,
                                         const std::string& device) {
    LearnImuProfileOptions options;
    options.sources = {source};
    options.device = device;
    options.source = Named("", "").source;
    return LearnImuProfile(store_.get(), options, nullptr, nullptr);
  }

  // The one imu stream whose name begins so.
  std::string StreamOf(const std::string& name) {
    const auto streams = store_->Streams();
    EXPECT_TRUE(streams.ok()) << streams.status();
    for (const StreamSummary& stream : *streams) {
      if (stream.name.rfind(name, 0) == 0 &&
          stream.description.kind == StreamKind::kImu) {
        return stream.name;
      }
    }
    ADD_FAILURE() << "no imu stream " << name;
    return "";
  }
  std::vector<double> Values(const std::string& stream) {
    std::vector<double> values;
    const absl::Status read = store_->ReadSeries(
        StreamOf(stream), TimeRange(), [&](const SeriesBatch& batch) {
          values.insert(values.end(), batch.values.begin(), batch.values.end());
          return true;
        });
    EXPECT_TRUE(read.ok()) << read;
    return values;
  }
  SeriesAccount Account(const std::string& stream) {
    const auto account =
        AccountForSeries(store_.get(), StreamOf(stream), TimeRange(), nullptr);
    EXPECT_TRUE(account.ok()) << account.status();
    return account.value_or(SeriesAccount());
  }
  std::vector<std::string> Problems() {
    VerifyOptions options;
    options.deep = true;
    const auto report = store_->Verify(options);
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> problems;
    for (const StoreProblem& problem : report->problems) {
      problems.push_back(problem.object + ": " + problem.what);
    }
    return problems;
  }

  testing::TempDir dir_;
  testing::NoteKeeper notes_;
  std::unique_ptr<Store> store_;
};

TEST_F(DeviceProfileTest, IsUsedForWhatTheDeviceRecordsLater) {
  const std::string first = WriteRecording("first", 1);
  const std::string second = WriteRecording("second", 2);
  ASSERT_TRUE(Ingest(second, Named("plain", "ring")).ok());
  EXPECT_THAT(Account("plain").by_profile, IsEmpty());

  const auto learnt = Learn(first, "ring");
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  EXPECT_EQ(learnt->rows, 2000);
  EXPECT_EQ(learnt->held_out_rows, 1000);
  EXPECT_LT(learnt->held_out_bytes_with, learnt->held_out_bytes_without);
  ASSERT_TRUE(KeepImuProfile(store_.get(), *learnt).ok());
  Reopen();
  ASSERT_TRUE(Ingest(second, Named("known", "ring")).ok());
  ASSERT_TRUE(Ingest(second, Named("other", "another")).ok());

  const SeriesAccount account = Account("known");
  EXPECT_THAT(account.by_profile,
              ElementsAre(std::pair(learnt->id, account.blocks)));
  EXPECT_LT(account.bytes, Account("plain").bytes);
  EXPECT_THAT(Account("other").by_profile, IsEmpty());
  EXPECT_EQ(Values("known"), Values("plain"));
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(DeviceProfileTest, IsLearnedFromStreamsToo) {
  ASSERT_TRUE(Ingest(WriteRecording("first", 1), Named("first", "ring")).ok());
  const auto learnt = Learn(StreamOf("first"), "");
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  EXPECT_EQ(learnt->metadata.device, "ring");
  EXPECT_THAT(learnt->metadata.channels, SizeIs(6));
  EXPECT_EQ(Learn("nothing", "").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DeviceProfileTest, GivenFilesAreRememberedForTheDevice) {
  const auto learnt = Learn(WriteRecording("first", 1), "ring");
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  testing::WriteFileBytes(Path("ring.fsp"), learnt->bytes);
  IngestOptions options = Named("given", "ring");
  options.imu.profiles = {*ReadDeviceProfile(Path("ring.fsp"))};
  const std::string second = WriteRecording("second", 2);
  ASSERT_TRUE(Ingest(second, options).ok());
  ASSERT_TRUE(Ingest(second, Named("later", "ring")).ok());
  EXPECT_THAT(Account("later").by_profile, SizeIs(1));
  options = Named("without", "ring");
  options.imu.known_profiles = false;
  ASSERT_TRUE(Ingest(second, options).ok());
  EXPECT_THAT(Account("without").by_profile, IsEmpty());
}

TEST_F(DeviceProfileTest, WrongOnesAreRefused) {
  const auto learnt = Learn(WriteRecording("first", 1), "ring");
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  IngestOptions options = Named("wrong", "another");
  options.imu.profiles = {*ParseDeviceProfile("ring.fsp", learnt->bytes)};
  const std::string second = WriteRecording("second", 2);
  const absl::Status device = Ingest(second, options);
  EXPECT_EQ(device.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(device.ToString(),
              HasSubstr("ring.fsp is of device 'ring', expected 'another'"));

  SeriesInfo gyroscope;
  gyroscope.channels = {{"gyro_x", "rad/s"}};
  gyroscope.device = "ring";
  const absl::Status channels =
      ChooseProfile(options.imu.profiles, gyroscope).status();
  EXPECT_EQ(channels.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(channels.ToString(), HasSubstr("6 channels"));

  std::vector<uint8_t> newer = learnt->bytes;
  newer[0] = 2;
  EXPECT_THAT(ParseDeviceProfile("ring.fsp", newer).status().ToString(),
              HasSubstr("ring.fsp: series profile"));
}

TEST_F(DeviceProfileTest, GoesWithBackupsAndWithTheLastStream) {
  const auto learnt = Learn(WriteRecording("first", 1), "ring");
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  IngestOptions options = Named("a", "");
  options.imu.profiles = {*ParseDeviceProfile("ring.fsp", learnt->bytes)};
  ASSERT_TRUE(Ingest(WriteRecording("second", 2), options).ok());
  const std::vector<double> values = Values("a");

  ASSERT_TRUE(
      store_->Backup(Path("backup"), BackupOptions(), nullptr, nullptr).ok());
  ASSERT_TRUE(
      RestoreStore(Path("backup"), Path("restored"), nullptr, nullptr).ok());
  store_ = testing::OpenStore(Path("restored"));
  EXPECT_EQ(Values("a"), values);
  EXPECT_THAT(Problems(), IsEmpty());

  const auto id = store_->Describe(StreamOf("a"))->id;
  const auto find = [&] {
    return FindTable(store_->chunks(), id, CodingTableKind::kSeriesProfile,
                     learnt->id);
  };
  EXPECT_EQ(*find(), learnt->bytes);
  ASSERT_TRUE(store_->Remove(StreamOf("a"), TimeRange()).ok());
  EXPECT_EQ(find().status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace fovea
