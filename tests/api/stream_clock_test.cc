// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams of devices with clocks of their own, in a store.

#include "api/stream_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/align.h"
#include "api/store.h"
#include "store/coding_rows.h"
#include "store/commit_batch.h"
#include "tests/api/open_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An instant, of the store's clock; the device starts at another.
constexpr int64_t kStart = 1'700'000'000'000'000'000;
constexpr int64_t kDeviceStart = kStart - 777'000'000'000;

class StreamClockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Open();
    // 20 Hz of a device that is 1000 ppm slow, beside 20 Hz of the store's.
    Ingest("watch", kDeviceStart, 50'000'000);
    Ingest("camera", kStart, 50'050'000);
    clock_ = *ClockMap::Create(
        {{kDeviceStart, kStart, 1000},
         {kDeviceStart + 10'000'000'000, kStart + 10'010'000'000, 3000}});
  }

  void Open() {
    store_ = nullptr;
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  void Ingest(const std::string& name, int64_t start, int64_t step) {
    std::string csv = "time_ns,level\n";
    for (int64_t i = 0; i < 201; ++i) {
      csv += std::to_string(start + i * step) + "," + std::to_string(i) + "\n";
    }
    const std::string path = dir_.File(name + ".csv");
    testing::WriteFileText(path, csv);
    IngestOptions options;
    options.name = name;
    const auto report = store_->Ingest(path, options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  absl::StatusOr<AlignReport> Align(const AlignOptions& options) {
    rows_.clear();
    return store_->ReadAligned(
        "camera.series", {"watch.series"}, options, [&](const AlignedRow& row) {
          if (row.samples[0]) {
            EXPECT_EQ(row.samples[0]->residual_ns, 0) << row.index;
            rows_.push_back(row.samples[0]->values[0] -
                            static_cast<double>(row.index));
          }
          return true;
        });
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
  std::optional<ClockMap> clock_;
  std::vector<double> rows_;
};

TEST_F(StreamClockTest, IsTheStoresUntilItIsTold) {
  const auto clock = StreamClock(store_.get(), "watch.series");
  ASSERT_TRUE(clock.ok()) << clock.status();
  EXPECT_FALSE(clock->has_value());
  EXPECT_EQ(StreamClock(store_.get(), "nobody").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(SetStreamClock(store_.get(), "nobody", clock_).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(StreamClockTest, StaysWithTheStreamAndGoesWithIt) {
  ASSERT_TRUE(SetStreamClock(store_.get(), "watch.series", clock_).ok());
  Open();
  auto clock = StreamClock(store_.get(), "watch.series");
  ASSERT_TRUE(clock.ok()) << clock.status();
  EXPECT_EQ(*clock, clock_);
  const auto watch = store_->Describe("watch.series");
  ASSERT_TRUE(watch.ok());
  ASSERT_TRUE(store_->Remove("watch.series", {}).ok());
  clock = FindClock(store_->chunks(), watch->id);
  ASSERT_TRUE(clock.ok()) << clock.status();
  EXPECT_FALSE(clock->has_value());
}

TEST_F(StreamClockTest, SamplesStayAtTheTimesOfTheirDevice) {
  ASSERT_TRUE(SetStreamClock(store_.get(), "watch.series", clock_).ok());
  std::vector<int64_t> times;
  const absl::Status read =
      store_->ReadSeries("watch.series", {}, [&](const SeriesBatch& batch) {
        times.insert(times.end(), batch.time_ns.begin(), batch.time_ns.end());
        return true;
      });
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_EQ(times.front(), kDeviceStart);
  EXPECT_EQ(times.back(), kDeviceStart + 10'000'000'000);
}

TEST_F(StreamClockTest, StreamsMeetOnTheStoresClock) {
  EXPECT_EQ(Align({}).status().code(), absl::StatusCode::kOutOfRange);
  ASSERT_TRUE(SetStreamClock(store_.get(), "watch.series", clock_).ok());
  const auto report = Align({});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(rows_, std::vector<double>(201, 0));
  EXPECT_EQ(report->streams[0].clock_uncertainty_ns, 3000);
  // A part, by the camera's time.
  AlignOptions part;
  part.range = {kStart + 1'000'000'000, kStart + 2'000'000'000};
  ASSERT_TRUE(Align(part).ok());
  EXPECT_EQ(rows_, std::vector<double>(20, 0));
  // As the times stand, they have nothing in common.
  AlignOptions apart;
  apart.device_clocks = true;
  EXPECT_EQ(Align(apart).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(StreamClockTest, AReferenceHasItsClockToo) {
  ASSERT_TRUE(SetStreamClock(store_.get(), "watch.series", clock_).ok());
  std::vector<int64_t> times;
  const auto report = store_->ReadAligned(
      "watch.series", {"camera.series"}, {}, [&](const AlignedRow& row) {
        times.push_back(row.time_ns);
        EXPECT_TRUE(row.samples[0] && row.samples[0]->residual_ns == 0);
        return true;
      });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(times.size(), 201U);
  EXPECT_EQ(times.front(), kDeviceStart);  // its own
}

TEST_F(StreamClockTest, RangesOfTheStoresClockHoldJustTheirSamples) {
  const TimeRange range = {kStart + 50'050'000, kStart + 150'150'000};
  const TimeRange device = OnDeviceClock(*clock_, range);
  SeriesBatch mapped;
  const absl::Status read =
      store_->ReadSeries("watch.series", device, [&](const SeriesBatch& batch) {
        mapped = OnStoreClock(*clock_, range, batch, 1);
        return true;
      });
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_THAT(mapped.time_ns,
              ElementsAre(kStart + 50'050'000, kStart + 100'100'000));
  EXPECT_THAT(mapped.values, ElementsAre(1, 2));
  const TimeRange all = OnDeviceClock(*clock_, {});
  EXPECT_EQ(all.from_ns, TimeRange().from_ns);
  EXPECT_EQ(all.to_ns, TimeRange().to_ns);
}

TEST_F(StreamClockTest, DamageIsToldWithTheStream) {
  const auto watch = store_->Describe("watch.series");
  ASSERT_TRUE(watch.ok());
  CommitBatch batch;
  batch.PutRow(Family::kMeta, ClockMapKey(watch->id), "\1what is this");
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  const absl::Status status =
      StreamClock(store_.get(), "watch.series").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'watch.series'"));
}

TEST(ClockTableTest, ReadsTwoOrThreeColumns) {
  const auto points =
      ParseClockTable("device,store\r\n1,20\n\n3,40,5\r\n-7, 60\n");
  ASSERT_TRUE(points.ok()) << points.status();
  EXPECT_THAT(*points, ElementsAre(ClockPoint{1, 20, 0}, ClockPoint{3, 40, 5},
                                   ClockPoint{-7, 60, 0}));
}

TEST(ClockTableTest, NamesTheLineThatIsNone) {
  for (const std::string_view bad :
       {"1,2\n3\n", "1,2\n3,x\n", "1,2\n1,2,3,4", "1,2\n1.5,2\n",
        "1,2\n99999999999999999999,1"}) {
    const absl::Status status = ParseClockTable(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("line 2")) << bad;
  }
  EXPECT_FALSE(ParseClockTable("").ok());
  EXPECT_FALSE(ParseClockTable("device,store\n").ok());
}

}  // namespace
}  // namespace fovea
