// SPDX-License-Identifier: GPL-2.0-or-later
//
// Questions to a store that recorded a generated scene: a camera, an IMU
// beside it, and observations put by hand.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/query_text.h"
#include "api/scene.h"
#include "api/store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/observations.h"
#include "tests/api/open_store.h"
#include "tests/support/mcap_reader.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

class StoreQueryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SceneOptions scene;
    scene.width = 320;
    scene.height = 180;
    scene.seconds = 6;
    ASSERT_TRUE(WriteScene(scene, folder_.File("scene"), nullptr).ok());
    store_ = testing::OpenStore(folder_.File("store"));
    ASSERT_NE(store_, nullptr);
    IngestOptions options;
    options.name = "front";
    options.imu_path = folder_.File("scene/imu.csv");
    options.jobs = 1;
    options.motion = false;  // what is observed here is put by hand
    const auto report = store_->Ingest(folder_.File("scene/camera.mp4"),
                                       options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  // A box that stands still from one second to another.
  void See(const std::string& label, double from_s, double to_s, int left,
           double score = 0.8, const std::string& stream = "front") {
    Observation seen;
    seen.stream = store_->Describe(stream)->id;
    seen.label = label;
    seen.track = ++tracks_;
    seen.start_ns = static_cast<int64_t>(from_s * kSecond);
    seen.end_ns = static_cast<int64_t>(to_s * kSecond) - 1;
    seen.last_index = 1;
    seen.max_score = seen.mean_score = ToObservedScore(score);
    ObservedBox box =
        ToObservedBox(0, seen.start_ns, left, 40, left + 20, 100, score);
    seen.boxes.push_back(box);
    CommitBatch batch;
    ASSERT_TRUE(Observations(store_->chunks()).Put(seen, &batch).ok());
    ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  }

  absl::StatusOr<QueryAnswer> Ask(const std::string& text,
                                  const QueryOptions& options = {}) {
    const auto query = ParseQueryText(text);
    EXPECT_TRUE(query.ok()) << query.status();
    return query.ok() ? store_->QueryPage(*query, options) : query.status();
  }

  // "front 1.5-3.0" per clip.
  std::vector<std::string> Clips(const std::string& text) {
    const auto answer = Ask(text);
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::vector<std::string> clips;
    if (!answer.ok()) return clips;
    for (const QueryClip& clip : answer->clips) {
      clips.push_back(absl::StrCat(
          clip.stream, " ", static_cast<double>(clip.from_ns) / kSecond, "-",
          static_cast<double>(clip.to_ns) / kSecond));
    }
    return clips;
  }

  std::string ErrorOf(const std::string& text) {
    return Ask(text).status().ToString();
  }

  testing::TempDir folder_;
  std::unique_ptr<Store> store_;
  uint64_t tracks_ = 0;
};

TEST_F(StoreQueryTest, ClipsAreStretchesOfTheStreamWithTheirFrames) {
  See("person", 1, 2.5, 40);
  See("person", 2, 3, 200, 0.4);
  const auto answer = Ask("person");
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->clips.size(), 1u);
  const QueryClip& clip = answer->clips[0];
  EXPECT_EQ(clip.stream, "front");
  EXPECT_EQ(clip.from_ns, kSecond);
  EXPECT_EQ(clip.to_ns, 3 * kSecond);
  EXPECT_NEAR(clip.score, 0.8, 0.01);
  ASSERT_TRUE(clip.frames.has_value());
  EXPECT_EQ(clip.frames->first, 30u);
  EXPECT_EQ(clip.frames->last, 89u);
  EXPECT_THAT(answer->next, IsEmpty());
}

TEST_F(StoreQueryTest, PartsMeanWhatTheySay) {
  See("person", 1, 2.5, 40);
  See("car", 2, 4, 200, 0.4);
  EXPECT_THAT(Clips("person and car"), ElementsAre("front 2-2.5"));
  EXPECT_THAT(Clips("person or car"), ElementsAre("front 1-4"));
  EXPECT_THAT(Clips("person left of car"), ElementsAre("front 2-2.5"));
  EXPECT_THAT(Clips("car left of person"), IsEmpty());
  EXPECT_THAT(Clips("car score >= 0.5"), IsEmpty());
  EXPECT_THAT(Clips("person in box(0, 0, 50%, 100%)"),
              ElementsAre("front 1-2.5"));
  EXPECT_THAT(Clips("car in box(0, 0, 50%, 100%)"), IsEmpty());
  EXPECT_THAT(Clips("person from 1.5s to 2s"), ElementsAre("front 1.5-2"));
  EXPECT_THAT(Clips("person for 2s"), IsEmpty());
  EXPECT_THAT(Clips("not person from 0s to 2s"), ElementsAre("front 0-1"));
  EXPECT_THAT(Clips(">= 2 person|car"), ElementsAre("front 2-2.5"));
}

TEST_F(StoreQueryTest, SensorsBesideTheCameraCount) {
  See("person", 1, 2, 40);
  // Gravity alone is 9.8 m/s2.
  EXPECT_THAT(Clips("person and accel norm > 0.5 g"), ElementsAre("front 1-2"));
  EXPECT_THAT(Clips("person and accel norm > 5 g"), IsEmpty());
  EXPECT_THAT(Clips("person and on \"front.imu\" (accel norm > 3 m/s2)"),
              ElementsAre("front 1-2"));
  EXPECT_THAT(ErrorOf("accel_x > 3 km/h"),
              HasSubstr("channel 'accel_x' is in 'm/s2'"));
}

TEST_F(StoreQueryTest, AnswersAreCutAtWhatWasRecorded) {
  See("person", -3, 1, 40);
  See("person", 5, 99, 40);
  EXPECT_THAT(Clips("person"), ElementsAre("front 0-1", "front 5-6"));
}

TEST_F(StoreQueryTest, PagesFollowEachOther) {
  for (int i = 0; i < 5; ++i) See("person", i + 0.1, i + 0.5, 40);
  QueryOptions options;
  options.page_size = 2;
  std::vector<int64_t> starts;
  do {
    const auto page = Ask("person", options);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const QueryClip& clip : page->clips) {
      starts.push_back(clip.from_ns / kSecond);
    }
    options.cursor = page->next;
  } while (!options.cursor.empty());
  EXPECT_THAT(starts, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(StoreQueryTest, ResultsAreTheClipsOfAllPages) {
  for (int i = 0; i < 5; ++i) See("person", i, i + 0.5, 40);
  const auto query = ParseQueryText("person");
  auto results = store_->Query(*query);
  ASSERT_TRUE(results.ok()) << results.status();
  const auto page = store_->QueryPage(*query);
  ASSERT_TRUE(page.ok()) << page.status();
  size_t at = 0;
  for (const QueryResult& result : *results) {
    ASSERT_LT(at, page->clips.size());
    EXPECT_EQ(result.clip().from_ns, page->clips[at].from_ns);
    EXPECT_EQ(result.clip().to_ns, page->clips[at].to_ns);
    EXPECT_EQ(result.clip().frames->last, page->clips[at].frames->last);
    ++at;
  }
  EXPECT_EQ(at, 5u);
  EXPECT_TRUE(results->status().ok()) << results->status();
  EXPECT_EQ(results->index_work().observations, page->index.observations);
  EXPECT_EQ(results->store_work().gop_rows, page->store.gop_rows);
}

TEST_F(StoreQueryTest, AResultGivesWhatTheStoreHoldsOfIt) {
  See("person", 1, 1.5, 40);
  auto results = store_->Query(*ParseQueryText("person"));
  ASSERT_TRUE(results.ok()) << results.status();
  std::vector<QueryResult> kept;
  for (const QueryResult& result : *results) kept.push_back(result);
  ASSERT_EQ(kept.size(), 1u);
  const QueryResult& result = kept[0];

  std::vector<uint64_t> frames;
  const auto decoded = result.ReadFrames([&](const ReadFrame& read) {
    EXPECT_EQ(read.frame.width, 320);
    frames.push_back(read.index);
    return true;
  });
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(frames.size(), 15u);
  EXPECT_EQ(frames.front(), 30u);
  EXPECT_EQ(*decoded, 45);  // and those before them in their GOP

  std::vector<int64_t> packets;
  ASSERT_TRUE(result
                  .ReadPackets([&](const AccessUnit& unit) {
                    packets.push_back(unit.time_ns);
                    return true;
                  })
                  .ok());
  EXPECT_LE(packets.front(), result.clip().from_ns);
  EXPECT_GE(packets.back(), result.clip().to_ns - kSecond / 30 - 1);
  EXPECT_LT(packets.size(), 180u);

  EXPECT_THAT(result.sensors(), ElementsAre("front.imu"));
  size_t samples = 0;
  ASSERT_TRUE(result
                  .ReadSamples("front.imu",
                               [&](const SeriesBatch& batch) {
                                 samples += batch.time_ns.size();
                                 return true;
                               })
                  .ok());
  EXPECT_EQ(samples, 100u);  // of 200 a second

  size_t boxes = 0;
  ASSERT_TRUE(result
                  .ReadBoxes([&](const ClipBox& box) {
                    EXPECT_EQ(box.label, "person");
                    return ++boxes < 10;
                  })
                  .ok());
  EXPECT_EQ(boxes, 10u);
}

TEST_F(StoreQueryTest, AWalkSeesTheStoreAsItWasAsked) {
  See("person", 1, 2, 40);
  auto results = store_->Query(*ParseQueryText("person"));
  ASSERT_TRUE(results.ok()) << results.status();
  See("person", 3, 4, 40);
  size_t clips = 0;
  for (const QueryResult& result : *results) {
    EXPECT_EQ(result.clip().from_ns, kSecond);
    ++clips;
  }
  EXPECT_EQ(clips, 1u);
}

TEST_F(StoreQueryTest, AWalkThatIsStoppedSaysSo) {
  See("person", 1, 2, 40);
  const std::atomic<bool> stop = true;
  auto results = store_->Query(*ParseQueryText("person"), &stop);
  ASSERT_TRUE(results.ok()) << results.status();
  for (const QueryResult& result : *results) {
    ADD_FAILURE() << "a clip at " << result.clip().from_ns;
  }
  EXPECT_EQ(results->status().code(), absl::StatusCode::kCancelled);
}

TEST_F(StoreQueryTest, ACursorBelongsToItsQuery) {
  for (int i = 0; i < 3; ++i) See("person", i + 0.1, i + 0.5, 40);
  QueryOptions options;
  options.page_size = 1;
  options.cursor = Ask("person", options)->next;
  const auto other = Ask("person score >= 0.1", options);
  EXPECT_TRUE(absl::IsInvalidArgument(other.status())) << other.status();
  options.cursor = "nonsense";
  EXPECT_TRUE(absl::IsInvalidArgument(Ask("person", options).status()));
}

TEST_F(StoreQueryTest, MisspeltNamesSuggestTheNearest) {
  See("person", 1, 2, 40);
  EXPECT_THAT(ErrorOf("persn"), HasSubstr("did you mean 'person'?"));
  EXPECT_THAT(ErrorOf("person among frnt"), HasSubstr("did you mean 'front'?"));
  EXPECT_THAT(ErrorOf("acel norm > 2 g"), HasSubstr("did you mean 'accel"));
  const auto unseen = Ask("giraffe");
  ASSERT_TRUE(unseen.ok()) << unseen.status();
  EXPECT_THAT(unseen->notes,
              ElementsAre("nothing called 'giraffe' has been observed"));
}

TEST_F(StoreQueryTest, PixelsOutsideThePictureAreRefused) {
  See("person", 1, 2, 40);
  EXPECT_THAT(ErrorOf("person in box(0, 0, 321, 10)"), HasSubstr("front"));
  EXPECT_TRUE(Ask("person in box(0, 0, 320, 10)").ok());
}

TEST_F(StoreQueryTest, NothingIsFoundThatWasRemoved) {
  See("person", 1, 2, 40);
  ASSERT_TRUE(store_->Remove("front", {0, 6 * kSecond}).ok());
  EXPECT_THAT(Clips("anything"), IsEmpty());
}

TEST_F(StoreQueryTest, BoxesAreThoseAskedForFrameByFrame) {
  See("person", 1, 2, 40);
  See("car", 1, 2, 200);
  const auto query = ParseQueryText("person in box(0, 0, 50%, 100%)");
  ASSERT_TRUE(query.ok()) << query.status();
  const auto answer = store_->QueryPage(*query);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->clips.size(), 1u);
  std::vector<uint64_t> frames;
  const absl::Status read =
      store_->QueryBoxes(*query, answer->clips[0], [&](const ClipBox& box) {
        EXPECT_EQ(box.label, "person");
        EXPECT_EQ(box.box, (Box{40, 40, 60, 100}));
        EXPECT_NEAR(box.score, 0.8, 0.01);
        frames.push_back(box.index);
        return true;
      });
  ASSERT_TRUE(read.ok()) << read;
  ASSERT_EQ(frames.size(), 30u);
  EXPECT_EQ(frames.front(), 30u);
  EXPECT_EQ(frames.back(), 59u);
}

TEST_F(StoreQueryTest, McapHoldsVideoBoxesAndWhatWasRecordedBeside) {
  See("person", 1, 2, 40);
  const auto report =
      store_->Export("front", {}, false, folder_.File("front.mcap"));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->samples, 180);
  const testing::ReadMcapFile file =
      testing::ReadMcap(testing::ReadFileBytes(folder_.File("front.mcap")));
  EXPECT_EQ(file.On("/front").size(), 180u);
  const auto boxes = file.On("/front/boxes");
  ASSERT_EQ(boxes.size(), 31u) << "30 frames, and one that takes it away";
  EXPECT_EQ(boxes.front().log_time, static_cast<uint64_t>(kSecond));
  std::vector<uint64_t> written;
  for (const auto& message : file.On("/front.imu")) {
    written.push_back(message.log_time);
  }
  std::vector<uint64_t> stored;
  ASSERT_TRUE(store_
                  ->ReadSeries("front.imu", {0, 6 * kSecond},
                               [&](const SeriesBatch& batch) {
                                 for (const int64_t time : batch.time_ns) {
                                   stored.push_back(
                                       static_cast<uint64_t>(time));
                                 }
                                 return true;
                               })
                  .ok());
  EXPECT_EQ(written, stored);
}

TEST_F(StoreQueryTest, LabelsAreCountedByStream) {
  See("person", 1, 2, 40);
  See("person", 3, 4, 40);
  See("car", 3, 4, 40);
  const auto labels = store_->Labels("");
  ASSERT_TRUE(labels.ok()) << labels.status();
  std::vector<std::string> told;
  for (const LabelSummary& label : *labels) {
    told.push_back(
        absl::StrCat(label.label, " ", label.stream, " ", label.observations));
  }
  EXPECT_THAT(told, ElementsAre("car front 1", "person front 2"));
  EXPECT_TRUE(absl::IsNotFound(store_->Labels("frnt").status()));
}

}  // namespace
}  // namespace fovea
