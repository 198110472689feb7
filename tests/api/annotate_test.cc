// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boxes from files become observations, track by track.

#include "api/annotate.h"

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/query.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kFrameNs = 40'000'000;

AnnotatedBox Seen(const std::string& label, std::optional<uint64_t> track,
                  float left = 10, float score = 1) {
  AnnotatedBox box;
  box.box = {left, 10, left + 20, 30};
  box.label = label;
  box.track = track;
  box.score = score;
  return box;
}

// Observations of frames 0, 1, 2, ... of which each has these boxes.
absl::StatusOr<std::vector<Observation>> Tracks(
    const std::vector<std::vector<AnnotatedBox>>& frames) {
  Annotations annotations;
  std::vector<FrameTime> times;
  for (const auto& boxes : frames) {
    const uint64_t index = annotations.frames.size();
    annotations.frames.push_back({index, "", boxes});
    const auto time_ns = static_cast<int64_t>(index) * kFrameNs;
    times.push_back({index, time_ns, time_ns + kFrameNs});
  }
  return ObservationsOf(annotations, times, 7, AnnotatorKey("test"));
}

TEST(AnnotateTest, ATrackIsOneObservationUntilItsLastFrameEnds) {
  const auto tracks =
      Tracks({{Seen("cup", 3, 10, 0.5F)}, {Seen("cup", 3, 12, 1)}});
  ASSERT_TRUE(tracks.ok()) << tracks.status();
  ASSERT_EQ(tracks->size(), 1u);
  const Observation& cup = (*tracks)[0];
  EXPECT_EQ(cup.stream, 7u);
  EXPECT_EQ(cup.label, "cup");
  EXPECT_EQ(cup.model, AnnotatorKey("test"));
  EXPECT_EQ(cup.boxes.size(), 2u);
  EXPECT_EQ(cup.start_ns, 0);
  EXPECT_EQ(cup.end_ns, 2 * kFrameNs - 1);
  EXPECT_EQ(cup.last_index, 1u);
  EXPECT_EQ(cup.max_score, 65535);
  EXPECT_EQ(cup.boxes[1].left, 12 * 8);
}

TEST(AnnotateTest, AFrameWithoutItEndsAnObservationOfATrack) {
  const auto tracks = Tracks({{Seen("cup", 3)}, {}, {Seen("cup", 3)}});
  ASSERT_TRUE(tracks.ok()) << tracks.status();
  ASSERT_EQ(tracks->size(), 2u);
  EXPECT_EQ((*tracks)[0].track, (*tracks)[1].track);
  EXPECT_EQ((*tracks)[0].end_ns, kFrameNs - 1);
  EXPECT_EQ((*tracks)[1].start_ns, 2 * kFrameNs);
}

TEST(AnnotateTest, BoxesWithoutATrackStandAlone) {
  const auto tracks = Tracks(
      {{Seen("cup", {}), Seen("cup", {})}, {Seen("cup", {}), Seen("cup", 0)}});
  ASSERT_TRUE(tracks.ok()) << tracks.status();
  ASSERT_EQ(tracks->size(), 4u);
  std::set<uint64_t> numbers;
  for (const Observation& o : *tracks) numbers.insert(o.track);
  EXPECT_EQ(numbers.size(), 4u);
}

TEST(AnnotateTest, AnnotatorsAndGreatTrackNumbersDoNotMeet) {
  const auto great = uint64_t{1} << 62;
  const auto tracks =
      Tracks({{Seen("cup", great), Seen("cup", great + 1), Seen("cup", 1)}});
  ASSERT_TRUE(tracks.ok()) << tracks.status();
  std::set<uint64_t> numbers;
  for (const Observation& o : *tracks) numbers.insert(o.track);
  EXPECT_EQ(numbers.size(), 3u);
  EXPECT_NE(AnnotatorKey("a"), AnnotatorKey("b"));
}

TEST(AnnotateTest, ALabelThatCannotBeNamesItsFrame) {
  EXPECT_THAT(Tracks({{}, {Seen("", 1)}}).status().ToString(),
              HasSubstr("frame 1: a box whose label has 0 bytes"));
  EXPECT_FALSE(Tracks({{Seen(std::string(65, 'x'), 1)}}).ok());
}

class AnnotateStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(folder_.File("in.y4m"), 128, 64, 50);
    store_ = testing::OpenStore(folder_.File("store"));
    ASSERT_NE(store_, nullptr);
    IngestOptions options;
    options.name = "front";
    options.jobs = 1;
    options.motion = false;
    const auto report =
        store_->Ingest(folder_.File("in.y4m"), options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  absl::StatusOr<AnnotateReport> Annotate(const std::string& csv,
                                          AnnotateOptions options = {}) {
    std::ofstream(folder_.File("boxes.csv"))
        << "frame,left,top,right,bottom,score,label\n"
        << csv;
    return store_->Annotate("front", folder_.File("boxes.csv"), options);
  }

  std::vector<std::string> Labels() {
    std::vector<std::string> told;
    const auto labels = store_->Labels("front");
    EXPECT_TRUE(labels.ok()) << labels.status();
    for (const LabelSummary& label : *labels) {
      told.push_back(absl::StrCat(label.label, " ", label.observations));
    }
    return told;
  }

  testing::TempDir folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(AnnotateStoreTest, WhatAFileSaysCanBeAskedFor) {
  const auto report =
      Annotate("0,1,2,30,40,0.9,cup\n7,1,2,30,40,0.8,cup\n7,9,9,50,60,1,dog\n");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->frames, 2);
  EXPECT_EQ(report->boxes, 3);
  EXPECT_EQ(report->observations, 3);
  EXPECT_THAT(Labels(), ElementsAre("cup 2", "dog 1"));
  Query query;
  CountCondition cup;
  cup.object.labels = {"dog"};
  query.condition.what = cup;
  const auto answer = store_->QueryPage(query);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->clips.size(), 1u);
  EXPECT_EQ(answer->clips[0].from_ns, 7 * kFrameNs);
  EXPECT_EQ(answer->clips[0].to_ns, 8 * kFrameNs);
  EXPECT_EQ(answer->clips[0].frames->first, 7u);
  EXPECT_EQ(answer->clips[0].frames->last, 7u);
}

TEST_F(AnnotateStoreTest, TheSameAnnotatorIsReplacedAnotherIsAdded) {
  ASSERT_TRUE(Annotate("0,1,2,30,40,0.9,cup\n").ok());
  EXPECT_TRUE(
      absl::IsAlreadyExists(Annotate("0,1,2,30,40,0.9,dog\n").status()));
  AnnotateOptions replace;
  replace.replace = true;
  const auto report = Annotate("0,1,2,30,40,0.9,dog\n", replace);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->replaced, 1);
  EXPECT_THAT(Labels(), ElementsAre("dog 1"));
  AnnotateOptions other;
  other.by = "other";
  ASSERT_TRUE(Annotate("0,1,2,30,40,0.9,dog\n", other).ok());
  EXPECT_THAT(Labels(), ElementsAre("dog 2"));
}

TEST_F(AnnotateStoreTest, AFaultyFileChangesNothing) {
  ASSERT_TRUE(Annotate("0,1,2,30,40,0.9,cup\n").ok());
  AnnotateOptions replace;
  replace.replace = true;
  const auto beyond =
      Annotate("0,1,2,30,40,1,dog\n50,1,2,30,40,1,dog\n", replace);
  EXPECT_THAT(beyond.status().ToString(),
              HasSubstr("boxes.csv: frame 50 is not in stream 'front', which "
                        "has 50 frames"));
  EXPECT_FALSE(Annotate("0,200,2,230,40,1,dog\n", replace).ok());
  EXPECT_FALSE(Annotate("nonsense\n", replace).ok());
  EXPECT_THAT(Labels(), ElementsAre("cup 1"));
}

}  // namespace
}  // namespace fovea
