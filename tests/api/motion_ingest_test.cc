// SPDX-License-Identifier: GPL-2.0-or-later
//
// What moves is noted at ingest, whether footage is encoded or copied, and
// found again without a look at it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/motion_book.h"
#include "api/scene.h"
#include "api/store.h"
#include "index/frame_index.h"
#include "index/motion_spans.h"
#include "index/observation_reader.h"
#include "tests/api/open_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using testing::OpenStore;
using testing::TempDir;

class MotionIngestTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scene_ = std::make_unique<TempDir>();
    ASSERT_TRUE(WriteScene(Options(), scene_->path(), nullptr).ok());
  }
  static void TearDownTestSuite() { scene_.reset(); }

  void SetUp() override { store_ = OpenStore(dir_.File("store")); }

  // A scene whose objects come and go.
  static const SceneOptions& Options() {
    static const SceneOptions options = [] {
      SceneOptions o;
      o.seed = 21;
      o.width = 320;
      o.height = 180;
      o.fps = 10;
      o.seconds = 60;
      o.objects = 2;
      o.still_camera = true;
      o.roam = 6;
      return o;
    }();
    return options;
  }

  static std::string SceneFile() { return scene_->File("camera.mp4"); }

  StreamId Ingest(const std::string& path, bool copy, bool motion = true,
                  const std::string& name = "cam") {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.motion = motion;
    options.source.copy = copy;
    const auto report = store_->Ingest(path, options, nullptr, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    const auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? summary->id : 0;
  }

  std::vector<Observation> Observed(StreamId stream) {
    const auto page = ListObservations(
        store_->chunks(), {stream, std::string(kMotionLabel)}, 1000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  std::vector<FrameEntry> Entries(StreamId stream) {
    const FrameIndex index(store_->chunks());
    std::vector<FrameEntry> entries;
    const auto gops = index.Gops(stream, INT64_MIN, INT64_MAX);
    EXPECT_TRUE(gops.ok()) << gops.status();
    for (const GopRef& gop : *gops) {
      const auto table = index.Table(gop);
      EXPECT_TRUE(table.ok()) << table.status();
      for (const uint32_t i : PresentationOrder(*table)) {
        entries.push_back(table->frames[i]);
      }
    }
    return entries;
  }

  Timeline Spans(StreamId stream) {
    const auto spans = MovingSpans(store_->chunks(), stream, TimeSpan::All());
    EXPECT_TRUE(spans.ok()) << spans.status();
    return spans.ok() ? *spans : Timeline();
  }

  // Frames with an object all lie in spans, most others in none.
  void ExpectGated(StreamId stream) {
    const auto scene = Scene::Create(Options());
    ASSERT_TRUE(scene.ok()) << scene.status();
    const Timeline spans = Spans(stream);
    int objects = 0, found = 0, empty = 0, excluded = 0;
    for (int64_t i = 0; i < (*scene)->frames(); ++i) {
      const SceneTruth truth = (*scene)->Truth(i);
      const bool moves = spans.Contains(truth.time_ns);
      const bool shows =
          std::any_of(truth.boxes[0].begin(), truth.boxes[0].end(),
                      [](const SceneBox& box) { return box.visible >= 0.25; });
      objects += shows;
      found += shows && moves;
      empty += truth.boxes[0].empty();
      excluded += truth.boxes[0].empty() && !moves;
    }
    ASSERT_GE(objects, 50);
    ASSERT_GE(empty, 200);
    EXPECT_GE(found, objects * 98 / 100) << "of " << objects;
    EXPECT_GE(excluded, empty * 85 / 100) << "of " << empty;
  }

  // Each observation is sound and lies on frames there are.
  void ExpectSound(StreamId stream) {
    const auto observed = Observed(stream);
    const auto entries = Entries(stream);
    EXPECT_THAT(observed, Not(IsEmpty()));
    for (const Observation& o : observed) {
      EXPECT_EQ(o.model, MotionModel());
      ASSERT_LT(o.last_index, entries.size());
      EXPECT_EQ(o.start_ns, entries[o.first_index].time_ns);
      EXPECT_EQ(o.end_ns, entries[o.last_index].time_ns);
      EXPECT_GT(o.max_score, 0);
      ASSERT_FALSE(o.boxes.empty());
      EXPECT_EQ(o.boxes.front().index, o.first_index);
      EXPECT_EQ(o.boxes.back().index, o.last_index);
      for (const ObservedBox& box : o.boxes) {
        EXPECT_EQ(box.time_ns, entries[box.index].time_ns);
      }
    }
    const auto verified = store_->Verify({.deep = true});
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_THAT(verified->problems, IsEmpty());
  }

  static inline std::unique_ptr<TempDir> scene_;
  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(MotionIngestTest, EncodedFootageIsGated) {
  const StreamId stream = Ingest(SceneFile(), /*copy=*/false);
  ExpectSound(stream);
  ExpectGated(stream);
}

TEST_F(MotionIngestTest, CopiedFootageIsGated) {
  const StreamId stream = Ingest(SceneFile(), /*copy=*/true);
  ExpectSound(stream);
  ExpectGated(stream);
}

TEST_F(MotionIngestTest, FrameTablesTellWhatMoves) {
  const StreamId stream = Ingest(SceneFile(), /*copy=*/false);
  int still = 0;
  for (const FrameEntry& entry : Entries(stream)) {
    EXPECT_TRUE(entry.has_motion);
    EXPECT_FALSE(entry.camera_moves);
    EXPECT_EQ(entry.moving == 0, entry.moving_cells == 0);
    still += entry.moving == 0;
  }
  EXPECT_GT(still, 200);
}

TEST_F(MotionIngestTest, WithoutMotionThereIsNone) {
  for (const bool copy : {false, true}) {
    const StreamId stream = Ingest(SceneFile(), copy, /*motion=*/false,
                                   copy ? "copied" : "encoded");
    EXPECT_THAT(Observed(stream), IsEmpty());
    for (const FrameEntry& entry : Entries(stream)) {
      EXPECT_FALSE(entry.has_motion);
      EXPECT_EQ(entry.moving, 0);
    }
  }
}

TEST_F(MotionIngestTest, TheSameFootageMovesTheSame) {
  const auto first = Observed(Ingest(SceneFile(), false, true, "first"));
  auto second = Observed(Ingest(SceneFile(), false, true, "second"));
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    second[i].stream = first[i].stream;
    EXPECT_TRUE(first[i] == second[i]) << i;
  }
}

TEST_F(MotionIngestTest, AppendedFootageHasTracksOfItsOwn) {
  const StreamId stream = Ingest(SceneFile(), /*copy=*/false);
  const size_t once = Observed(stream).size();
  IngestOptions options;
  options.name = "cam";
  options.append = true;
  ASSERT_TRUE(store_->Ingest(SceneFile(), options, nullptr, nullptr).ok());
  const auto twice = Observed(stream);
  EXPECT_EQ(twice.size(), 2 * once);
  std::vector<uint64_t> tracks;
  for (const Observation& o : twice) tracks.push_back(o.track);
  std::sort(tracks.begin(), tracks.end());
  EXPECT_EQ(std::unique(tracks.begin(), tracks.end()) - tracks.begin(),
            static_cast<ptrdiff_t>(twice.size()));
}

TEST_F(MotionIngestTest, RemovedTimeTakesItsMotion) {
  const StreamId stream = Ingest(SceneFile(), /*copy=*/false);
  const auto before = Observed(stream);
  ASSERT_THAT(before, Not(IsEmpty()));
  const TimeRange range = {before[0].start_ns, before[0].end_ns + 1};
  ASSERT_TRUE(store_->Remove("cam", range).ok());
  for (const Observation& o : Observed(stream)) {
    EXPECT_TRUE(o.end_ns < range.from_ns || o.start_ns >= range.to_ns);
  }
}

TEST_F(MotionIngestTest, AMovingCameraMovesAllTheTime) {
  FOVEA_NEED_TEST_DATA(clip, "video/dashcam_solidWhiteRight.mp4");
  for (const bool copy : {false, true}) {
    const StreamId stream =
        Ingest(clip, copy, true, copy ? "copied" : "encoded");
    EXPECT_THAT(Observed(stream), IsEmpty());
    const auto spans = Spans(stream);
    int frames = 0, moving = 0;
    for (const FrameEntry& entry : Entries(stream)) {
      ++frames;
      moving += spans.Contains(entry.time_ns);
    }
    EXPECT_GE(moving, frames * 95 / 100);
  }
}

TEST_F(MotionIngestTest, ABusyPlaceMovesAllTheTime) {
  FOVEA_NEED_TEST_DATA(clip, "video/uadetrac_intersection_b.mp4");
  for (const bool copy : {false, true}) {
    const StreamId stream =
        Ingest(clip, copy, true, copy ? "copied" : "encoded");
    ExpectSound(stream);
    const auto spans = Spans(stream);
    int frames = 0, moving = 0;
    for (const FrameEntry& entry : Entries(stream)) {
      ++frames;
      moving += spans.Contains(entry.time_ns);
    }
    EXPECT_GE(moving, frames * 95 / 100);
  }
}

}  // namespace
}  // namespace fovea
