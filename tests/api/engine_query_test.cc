// SPDX-License-Identifier: GPL-2.0-or-later
//
// Questions to a store that recorded a generated scene: a camera, an IMU
// beside it, and observations put by hand.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/engine.h"
#include "api/query_text.h"
#include "api/scene.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/observations.h"
#include "tests/api/open_engine.h"
#include "tests/support/mcap_reader.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

class EngineQueryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SceneOptions scene;
    scene.width = 320;
    scene.height = 180;
    scene.seconds = 6;
    ASSERT_TRUE(WriteScene(scene, folder_.File("scene"), nullptr).ok());
    engine_ = testing::OpenEngine(folder_.File("store"));
    ASSERT_NE(engine_, nullptr);
    IngestOptions options;
    options.name = "front";
    options.imu_path = folder_.File("scene/imu.csv");
    options.jobs = 1;
    const auto report = engine_->Ingest(folder_.File("scene/camera.mp4"),
                                        options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  // A box that stands still from one second to another.
  void See(const std::string& label, double from_s, double to_s, int left,
           double score = 0.8, const std::string& stream = "front") {
    Observation seen;
    seen.stream = engine_->Describe(stream)->id;
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
    ASSERT_TRUE(Observations(engine_->store()).Put(seen, &batch).ok());
    ASSERT_TRUE(engine_->store()->Commit(std::move(batch)).ok());
  }

  absl::StatusOr<QueryAnswer> Ask(const std::string& text,
                                  const QueryOptions& options = {}) {
    const auto query = ParseQueryText(text);
    EXPECT_TRUE(query.ok()) << query.status();
    return query.ok() ? engine_->Query(*query, options) : query.status();
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
  std::unique_ptr<Engine> engine_;
  uint64_t tracks_ = 0;
};

TEST_F(EngineQueryTest, ClipsAreStretchesOfTheStreamWithTheirFrames) {
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

TEST_F(EngineQueryTest, PartsMeanWhatTheySay) {
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

TEST_F(EngineQueryTest, SensorsBesideTheCameraCount) {
  See("person", 1, 2, 40);
  // Gravity alone is 9.8 m/s2.
  EXPECT_THAT(Clips("person and accel norm > 0.5 g"), ElementsAre("front 1-2"));
  EXPECT_THAT(Clips("person and accel norm > 5 g"), IsEmpty());
  EXPECT_THAT(Clips("person and on \"front.imu\" (accel norm > 3 m/s2)"),
              ElementsAre("front 1-2"));
  EXPECT_THAT(ErrorOf("accel_x > 3 km/h"),
              HasSubstr("channel 'accel_x' is in 'm/s2'"));
}

TEST_F(EngineQueryTest, AnswersAreCutAtWhatWasRecorded) {
  See("person", -3, 1, 40);
  See("person", 5, 99, 40);
  EXPECT_THAT(Clips("person"), ElementsAre("front 0-1", "front 5-6"));
}

TEST_F(EngineQueryTest, PagesFollowEachOther) {
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

TEST_F(EngineQueryTest, ACursorBelongsToItsQuery) {
  for (int i = 0; i < 3; ++i) See("person", i + 0.1, i + 0.5, 40);
  QueryOptions options;
  options.page_size = 1;
  options.cursor = Ask("person", options)->next;
  const auto other = Ask("person score >= 0.1", options);
  EXPECT_TRUE(absl::IsInvalidArgument(other.status())) << other.status();
  options.cursor = "nonsense";
  EXPECT_TRUE(absl::IsInvalidArgument(Ask("person", options).status()));
}

TEST_F(EngineQueryTest, MisspeltNamesSuggestTheNearest) {
  See("person", 1, 2, 40);
  EXPECT_THAT(ErrorOf("persn"), HasSubstr("did you mean 'person'?"));
  EXPECT_THAT(ErrorOf("person among frnt"), HasSubstr("did you mean 'front'?"));
  EXPECT_THAT(ErrorOf("acel norm > 2 g"), HasSubstr("did you mean 'accel"));
  const auto unseen = Ask("giraffe");
  ASSERT_TRUE(unseen.ok()) << unseen.status();
  EXPECT_THAT(unseen->notes,
              ElementsAre("nothing called 'giraffe' has been observed"));
}

TEST_F(EngineQueryTest, PixelsOutsideThePictureAreRefused) {
  See("person", 1, 2, 40);
  EXPECT_THAT(ErrorOf("person in box(0, 0, 321, 10)"), HasSubstr("front"));
  EXPECT_TRUE(Ask("person in box(0, 0, 320, 10)").ok());
}

TEST_F(EngineQueryTest, NothingIsFoundThatWasRemoved) {
  See("person", 1, 2, 40);
  ASSERT_TRUE(engine_->Remove("front", {0, 6 * kSecond}).ok());
  EXPECT_THAT(Clips("anything"), IsEmpty());
}

TEST_F(EngineQueryTest, BoxesAreThoseAskedForFrameByFrame) {
  See("person", 1, 2, 40);
  See("car", 1, 2, 200);
  const auto query = ParseQueryText("person in box(0, 0, 50%, 100%)");
  ASSERT_TRUE(query.ok()) << query.status();
  const auto answer = engine_->Query(*query);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->clips.size(), 1u);
  std::vector<uint64_t> frames;
  const absl::Status read =
      engine_->QueryBoxes(*query, answer->clips[0], [&](const ClipBox& box) {
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

TEST_F(EngineQueryTest, McapHoldsVideoBoxesAndWhatWasRecordedBeside) {
  See("person", 1, 2, 40);
  const auto report =
      engine_->Export("front", {}, false, folder_.File("front.mcap"));
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
  ASSERT_TRUE(engine_
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

TEST_F(EngineQueryTest, LabelsAreCountedByStream) {
  See("person", 1, 2, 40);
  See("person", 3, 4, 40);
  See("car", 3, 4, 40);
  const auto labels = engine_->Labels("");
  ASSERT_TRUE(labels.ok()) << labels.status();
  std::vector<std::string> told;
  for (const LabelSummary& label : *labels) {
    told.push_back(
        absl::StrCat(label.label, " ", label.stream, " ", label.observations));
  }
  EXPECT_THAT(told, ElementsAre("car front 1", "person front 2"));
  EXPECT_TRUE(absl::IsNotFound(engine_->Labels("frnt").status()));
}

}  // namespace
}  // namespace fovea
