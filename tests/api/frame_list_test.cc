// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frames are listed by index, with what is known of each, and nothing is
// decoded for it.

#include "api/frame_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "codec/canonical_gop.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kFrames = 62;
constexpr uint64_t kGopFrames = 5;
constexpr int64_t kFrameNs = 40'000'000;

class FrameListTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  void Ingest(bool motion = true) {
    IngestOptions options;
    options.name = "cam";
    options.jobs = 1;
    options.gop_seconds = 0.2;
    options.motion = motion;
    const auto report =
        store_->Ingest(dir_.File("cam.y4m"), options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  std::vector<ListedFrame> List(TimeRange range = {}, size_t most = SIZE_MAX) {
    std::vector<ListedFrame> frames;
    const absl::Status status =
        ListFrames(store_.get(), "cam", range, [&](const ListedFrame& frame) {
          frames.push_back(frame);
          return frames.size() < most;
        });
    EXPECT_TRUE(status.ok()) << status;
    return frames;
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(FrameListTest, EveryFrameIsThereOnceByIndex) {
  Ingest();
  const auto frames = List();
  ASSERT_THAT(frames, SizeIs(kFrames));
  for (uint64_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].index, i);
    EXPECT_EQ(frames[i].gop, i / kGopFrames * kGopFrames);
    EXPECT_EQ(frames[i].entry.time_ns, static_cast<int64_t>(i) * kFrameNs);
    EXPECT_EQ(frames[i].entry.type == static_cast<uint8_t>(PictureType::kI),
              i % kGopFrames == 0);
    EXPECT_GT(frames[i].entry.size, 0U);
    EXPECT_TRUE(frames[i].entry.has_grid);
    EXPECT_TRUE(frames[i].entry.has_motion);
  }
}

TEST_F(FrameListTest, MotionNotLookedForIsNotZeroButAbsent) {
  Ingest(/*motion=*/false);
  for (const ListedFrame& frame : List()) {
    EXPECT_FALSE(frame.entry.has_motion);
  }
}

TEST_F(FrameListTest, ARangeHoldsTheFramesShownInIt) {
  Ingest();
  const auto frames = List({7 * kFrameNs + 1, 12 * kFrameNs});
  ASSERT_THAT(frames, SizeIs(5));
  EXPECT_EQ(frames.front().index, 7U);
  EXPECT_EQ(frames.back().index, 11U);
  EXPECT_THAT(List({kFrames * kFrameNs, INT64_MAX}), IsEmpty());
  EXPECT_THAT(List({}, 3), SizeIs(3));
}

TEST_F(FrameListTest, NoChunkIsRead) {
  Ingest();
  const auto before = List();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           dir_.File("store") + "/segments")) {
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), 0);
  }
  EXPECT_EQ(List().size(), before.size());
}

TEST_F(FrameListTest, WhatIsNoCameraAndWhatIsNotThereAreNamed) {
  Ingest();
  const auto visit = [](const ListedFrame&) { return true; };
  const absl::Status missing = ListFrames(store_.get(), "cma", {}, visit);
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr("'cam'"));
  testing::WriteFileText(dir_.File("tank.csv"), "time_ns,level\n0,1\n10,2\n");
  IngestOptions options;
  options.name = "tank";
  const auto report =
      store_->Ingest(dir_.File("tank.csv"), options, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  const absl::Status series =
      ListFrames(store_.get(), report->streams[0].name, {}, visit);
  EXPECT_TRUE(absl::IsInvalidArgument(series)) << series;
}

}  // namespace
}  // namespace fovea
