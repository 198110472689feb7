// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a store says to a query, against what was put into it.

#include "api/store_facts.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/observations.h"
#include "index/query_reader.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

class StoreFactsTest : public ::testing::Test {
 protected:
  void AddStream(StreamId id, const std::string& name,
                 StreamKind kind = StreamKind::kCamera) {
    StreamDescription description;
    description.kind = kind;
    description.camera.width = 64;
    description.camera.height = 48;
    if (kind != StreamKind::kCamera) {
      description.series.channels = {{"speed", "m/s"}};
    }
    CommitBatch batch;
    batch.PutRow(Family::kMeta, StreamKey(id),
                 EncodeStreamRow({id, static_cast<uint8_t>(kind), name,
                                  EncodeStreamDescription(description)}));
    batch.PutRow(Family::kMeta, StreamNameKey(name), EncodeStreamId(id));
    batch.PutRow(Family::kMeta, StreamCountsKey(id), EncodeStreamCounts({}));
    Commit(std::move(batch));
  }

  void AddGop(StreamId stream, uint64_t first, int64_t start_ns,
              int64_t duration_ns) {
    GopRow row;
    row.start_ns = start_ns;
    row.duration_ns = duration_ns;
    row.frames = 10;
    CommitBatch batch;
    batch.PutRow(Family::kGop, GopKey(stream, 0, first), EncodeGopRow(row));
    batch.PutRow(Family::kTime, TimeKey(stream, start_ns, first),
                 EncodeTimeRow());
    Commit(std::move(batch));
  }

  void Commit(CommitBatch batch) {
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  std::unique_ptr<StoreFacts> Load() {
    auto facts = StoreFacts::Load(&store_);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return *std::move(facts);
  }

  testing::MemoryStore store_;
};

TEST_F(StoreFactsTest, GopsThatMeetWithinAFrameAreOneStretch) {
  AddStream(1, "front");
  AddGop(1, 0, 0, kSecond);
  AddGop(1, 10, kSecond + 5, kSecond);  // rounded
  AddGop(1, 20, 3 * kSecond, kSecond);  // a gap
  const auto facts = Load();
  const auto held = facts->Held(1, TimeSpan::All());
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_THAT(held->runs(), ElementsAre(TimeSpan{0, 2 * kSecond + 5},
                                        TimeSpan{3 * kSecond, 4 * kSecond}));
  const auto extent = facts->Extent(1);
  ASSERT_TRUE(extent.ok()) << extent.status();
  EXPECT_LE(extent->begin_ns, 0);
  EXPECT_GE(extent->end_ns, 4 * kSecond);
}

TEST_F(StoreFactsTest, SensorsStandBesideTheCameraOfTheirName) {
  AddStream(1, "front");
  AddStream(2, "front.imu", StreamKind::kImu);
  AddStream(3, "front.gps", StreamKind::kSeries);
  AddStream(4, "frontal.imu", StreamKind::kImu);
  AddStream(5, "drone.cam0");
  AddStream(6, "drone.imu", StreamKind::kImu);
  const auto facts = Load();
  EXPECT_THAT(facts->Find(1)->sensors, ::testing::UnorderedElementsAre(2, 3));
  EXPECT_THAT(facts->Find(5)->sensors, ElementsAre(6));
  EXPECT_THAT(facts->Find(6)->sensors, ElementsAre(6));
  EXPECT_EQ(facts->Find(7), nullptr);
}

// Whoever is asked about first is looked up by itself, later ones through the
// index over all streams: neither may miss an instant.
TEST_F(StoreFactsTest, NothingThatHoldsIsMissedInAnyStream) {
  constexpr StreamId kStreams = 12;
  std::mt19937_64 dice(3);
  std::vector<Observation> all;
  for (StreamId id = 1; id <= kStreams; ++id) {
    AddStream(id, absl::StrCat("cam", id));
    std::vector<Observation> seen;
    for (uint64_t track = 0; track < 20; ++track) {
      Observation o;
      o.stream = id;
      o.label = dice() % 2 == 0 ? "person" : "car";
      o.track = track;
      o.start_ns = static_cast<int64_t>(dice() % (4 * kDay)) - kDay;
      o.end_ns = o.start_ns + static_cast<int64_t>(dice() % (600 * kSecond));
      o.last_index = 1;
      seen.push_back(std::move(o));
    }
    CommitBatch batch;
    if (id % 2 == 0) {
      ASSERT_TRUE(Observations(&store_).PutAll(seen, &batch).ok());
    } else {
      for (const Observation& o : seen) {
        ASSERT_TRUE(Observations(&store_).Put(o, &batch).ok());
      }
    }
    Commit(std::move(batch));
    all.insert(all.end(), seen.begin(), seen.end());
  }
  const auto facts = Load();
  const std::vector<std::string> labels = {"person"};
  for (StreamId id = 1; id <= kStreams; ++id) {
    const TimeSpan window = {-kDay / 2, 2 * kDay + 7};
    const auto may = facts->MayHold(id, labels, window);
    ASSERT_TRUE(may.ok()) << may.status();
    int64_t matching = 0;
    for (const Observation& o : all) {
      if (o.stream != id || o.label != "person") continue;
      const Timeline life = Timeline({LifeOf(o)}).Within(window);
      EXPECT_THAT((life - *may).runs(), IsEmpty()) << "stream " << id;
      ++matching;
    }
    // Not everything either: those that are there, to the minute.
    EXPECT_LE(may->total_ns(), matching * (720 * kSecond) + 1);
  }
}

}  // namespace
}  // namespace fovea
