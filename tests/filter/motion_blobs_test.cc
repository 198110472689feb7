// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blobs and tracks from grids made by hand: what moves is found where it is,
// what only flickers is not, and a moving camera is told as that.

#include "filter/motion_blobs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "filter/motion_tracks.h"

namespace fovea {
namespace {

constexpr int kColumns = 40;
constexpr int kRows = 22;
constexpr int kWidth = 640;
constexpr int kHeight = 350;  // the last row is cut
constexpr int64_t kFrameNs = 33'333'333;

struct Macroblocks {
  int left, top, right, bottom;  // right and bottom exclusive
};

class MotionBlobsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto blobs = MotionBlobs::Create(kWidth, kHeight);
    ASSERT_TRUE(blobs.ok()) << blobs.status();
    blobs_ = *std::move(blobs);
    const auto count = static_cast<size_t>(kColumns * kRows);
    grid_.columns = kColumns;
    grid_.rows = kRows;
    grid_.mean.assign(count, 120);
    grid_.texture.assign(count, 20);
    grid_.difference.assign(count, 0);
    grid_.residual.assign(count, 0);
    grid_.motion_x.assign(count, 0);
    grid_.motion_y.assign(count, 0);
  }

  // The next frame's differences: noise around `noise`, in quarter levels.
  void NextFrame(int noise = 4) {
    time_ns_ += kFrameNs;
    grid_.has_previous = started_;
    started_ = true;
    for (uint8_t& d : grid_.difference) {
      d = static_cast<uint8_t>(noise + static_cast<int>(random_() % 3) - 1);
    }
    std::fill(grid_.motion_x.begin(), grid_.motion_x.end(), int8_t{0});
  }

  void Set(std::vector<uint8_t> Grid::*field, const Macroblocks& where,
           int value) {
    for (int row = where.top; row < where.bottom; ++row) {
      for (int column = where.left; column < where.right; ++column) {
        (grid_.*field)[static_cast<size_t>(row * kColumns + column)] =
            static_cast<uint8_t>(value);
      }
    }
  }

  // Moves there, by so many quarter levels.
  void Move(const Macroblocks& where, int by = 60) {
    Set(&Grid::difference, where, by);
  }

  const MotionPicture& Measure() { return blobs_->Measure(grid_, time_ns_); }

  TrackedPicture Track() {
    const MotionPicture picture = Measure();
    return tracks_.Link(*blobs_, picture, time_ns_);
  }

  void Stand(int frames) {
    for (int i = 0; i < frames; ++i) {
      NextFrame();
      Track();
    }
  }

  // Tracks of a thing of 3 x 4 macroblocks that goes right by one in every
  // `frames_each` frames; those confirmed by the end.
  std::set<uint64_t> Walk(int from, int to, int row, int frames_each) {
    std::set<uint64_t> confirmed;
    for (int column = from; column < to; ++column) {
      for (int i = 0; i < frames_each; ++i) {
        NextFrame();
        Move({column, row, column + 3, row + 4});
        for (const TrackedMotion& track : Track().tracks) {
          if (track.confirmed) confirmed.insert(track.track);
        }
      }
    }
    return confirmed;
  }

  std::mt19937 random_{11};
  Grid grid_;
  bool started_ = false;
  int64_t time_ns_ = 0;
  std::unique_ptr<MotionBlobs> blobs_;
  MotionTracks tracks_;
};

TEST_F(MotionBlobsTest, SidesOutOfRangeAreRefused) {
  for (const auto& [width, height] :
       {std::pair(0, 10), {10, 0}, {16385, 10}, {10, 16385}}) {
    EXPECT_EQ(MotionBlobs::Create(width, height).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(MotionBlobsTest, EveryOptionIsInTheText) {
  using Blobs = MotionBlobOptions;
  using Tracks = MotionTrackOptions;
  std::set<std::string> texts = {DescribeOptions(Blobs()),
                                 DescribeOptions(Tracks())};
  for (double Blobs::*const option :
       {&Blobs::noise_factor, &Blobs::spread_factor, &Blobs::least_difference,
        &Blobs::flicker_factor, &Blobs::noise_s, &Blobs::moving_noise_s,
        &Blobs::least_sum, &Blobs::camera_share, &Blobs::camera_whole_share,
        &Blobs::camera_s, &Blobs::background_s, &Blobs::changed_mean}) {
    Blobs other;
    other.*option += 1;
    EXPECT_TRUE(texts.insert(DescribeOptions(other)).second);
  }
  Blobs lingers;
  ++lingers.linger;
  EXPECT_TRUE(texts.insert(DescribeOptions(lingers)).second);
  for (double Tracks::*const option :
       {&Tracks::least_overlap, &Tracks::least_piece, &Tracks::confirm_s,
        &Tracks::confirm_travel, &Tracks::coast_s, &Tracks::standing_share,
        &Tracks::standing_s}) {
    Tracks other;
    other.*option += 1;
    EXPECT_TRUE(texts.insert(DescribeOptions(other)).second);
  }
  Tracks later;
  ++later.confirm_frames;
  EXPECT_TRUE(texts.insert(DescribeOptions(later)).second);
}

TEST_F(MotionBlobsTest, NoiseIsNoMotionWhateverItsLevel) {
  for (const int noise : {1, 3, 8, 16}) {
    SetUp();
    started_ = false;
    for (int i = 0; i < 200; ++i) {
      NextFrame(noise);
      EXPECT_EQ(Measure().moving, 0) << "noise " << noise << " frame " << i;
    }
  }
}

TEST_F(MotionBlobsTest, NoiseThatGrowsIsUsualAfterAWhile) {
  Stand(60);
  for (int i = 0; i < 300; ++i) {
    NextFrame(20);
    Measure();
  }
  NextFrame(20);
  EXPECT_EQ(Measure().moving, 0);
  EXPECT_FALSE(Measure().camera_moves);
}

TEST_F(MotionBlobsTest, WhatMovesIsOneBlobWhereItIs) {
  Stand(30);
  NextFrame();
  Move({10, 5, 13, 9});
  const MotionPicture& picture = Measure();
  ASSERT_EQ(picture.blobs.size(), 1u);
  EXPECT_EQ(picture.blobs[0].box, (MotionBox{160, 80, 208, 144}));
  EXPECT_EQ(picture.blobs[0].macroblocks, 12);
  EXPECT_GT(picture.blobs[0].strength, 0.5F);
  EXPECT_EQ(picture.moving, (255 * 12 + 879) / 880);
  EXPECT_EQ(picture.moving_cells, 1U << 1 | 1U << 5);
  EXPECT_FALSE(picture.camera_moves);
}

TEST_F(MotionBlobsTest, BoxesEndWithThePicture) {
  Stand(30);
  NextFrame();
  Move({38, 20, 40, 22});
  const MotionPicture& picture = Measure();
  ASSERT_EQ(picture.blobs.size(), 1u);
  EXPECT_EQ(picture.blobs[0].box, (MotionBox{608, 320, kWidth, kHeight}));
  EXPECT_EQ(picture.moving_cells, 1U << 15);
}

TEST_F(MotionBlobsTest, ThingsApartAreTwoBlobsAndCornersTouch) {
  Stand(30);
  NextFrame();
  Move({2, 2, 4, 4});
  Move({4, 4, 6, 6});
  Move({20, 2, 22, 4}, 40);
  const MotionPicture& picture = Measure();
  ASSERT_EQ(picture.blobs.size(), 2u);
  EXPECT_EQ(picture.blobs[0].box, (MotionBox{32, 32, 96, 96}));
  EXPECT_GT(picture.blobs[0].strength, picture.blobs[1].strength);
}

TEST_F(MotionBlobsTest, AFaintSpeckIsNone) {
  Stand(30);
  NextFrame();
  Move({10, 10, 11, 11}, 14);
  EXPECT_TRUE(Measure().blobs.empty());
  EXPECT_EQ(Measure().moving, 0);
}

TEST_F(MotionBlobsTest, WhereItAlwaysStirsLessCounts) {
  const Macroblocks leaves = {5, 5, 8, 8};
  for (int i = 0; i < 3000; ++i) {
    NextFrame();
    Move(leaves, 24 + static_cast<int>(random_() % 8));
    Measure();
  }
  NextFrame();
  Move(leaves, 27);
  EXPECT_EQ(Measure().moving, 0);
  NextFrame();
  Move(leaves, 200);
  EXPECT_GT(Measure().moving, 0);
}

TEST_F(MotionBlobsTest, ChangeOfLightIsNoMotion) {
  Stand(30);
  for (int i = 0; i < 40; ++i) {
    NextFrame();
    const int step = i % 2 == 0 ? 2 : -2;
    for (uint8_t& mean : grid_.mean) mean = static_cast<uint8_t>(mean + step);
    for (uint8_t& d : grid_.difference) d = static_cast<uint8_t>(d + 8);
    EXPECT_EQ(Measure().moving, 0) << i;
    EXPECT_FALSE(Measure().camera_moves);
  }
}

// A bright thing comes in, and exposure goes down for as long as it is there.
TEST_F(MotionBlobsTest, ExposureThatFollowsAThingIsNoMotion) {
  Stand(60);
  for (size_t b = 0; b < grid_.mean.size(); ++b) {
    grid_.mean[b] = static_cast<uint8_t>(80 + b % 60);
  }
  const std::vector<uint8_t> usual = grid_.mean;
  const auto expose = [&](double gain) {
    NextFrame();
    for (size_t b = 0; b < usual.size(); ++b) {
      const int now = static_cast<int>(usual[b] * gain + 0.5);
      const int step = std::abs(now - grid_.mean[b]);
      grid_.mean[b] = static_cast<uint8_t>(now);
      grid_.difference[b] =
          static_cast<uint8_t>(std::min(255, grid_.difference[b] + 4 * step));
    }
  };
  int told = 0;
  for (int i = 0; i < 200; ++i) {
    const double down = std::min(i, 20) * 0.02;
    const double up = std::max(i - 120, 0) * 0.01;
    expose(std::min(1.0, 1 - down + up));
    const bool there = i < 120;
    if (there) Move({i / 4, 8, i / 4 + 3, 12});
    const TrackedPicture tracked = Track();
    EXPECT_FALSE(Measure().camera_moves) << i;
    if (there) told += !tracked.tracks.empty();
    if (i >= 140) {
      EXPECT_TRUE(tracked.tracks.empty()) << i;
    }
  }
  EXPECT_GE(told, 110);
}

TEST_F(MotionBlobsTest, KeyframesThatRefreshEverythingMakeNoTracks) {
  Stand(30);
  for (int i = 0; i < 300; ++i) {
    NextFrame();
    if (i % 25 == 0) {
      for (uint8_t& d : grid_.difference) {
        d = static_cast<uint8_t>(10 + random_() % 8);
      }
    }
    for (const TrackedMotion& track : Track().tracks) {
      EXPECT_FALSE(track.confirmed) << i;
    }
  }
}

TEST_F(MotionBlobsTest, MovingCameraIsToldAndMakesNoTracks) {
  Stand(30);
  Walk(5, 12, 8, 2);
  int told = 0;
  for (int i = 0; i < 60; ++i) {
    NextFrame();
    Move({0, 0, kColumns, kRows}, 50);
    std::fill(grid_.motion_x.begin(), grid_.motion_x.end(), int8_t{3});
    const TrackedPicture tracked = Track();
    const MotionPicture picture = Measure();
    if (!picture.camera_moves) continue;
    ++told;
    EXPECT_TRUE(tracked.tracks.empty());
    EXPECT_EQ(picture.moving, 255);
    EXPECT_EQ(picture.moving_cells, UINT16_MAX);
  }
  EXPECT_GE(told, 55);
  Stand(30);
  EXPECT_FALSE(Measure().camera_moves);
}

TEST_F(MotionBlobsTest, CameraThatMovedFromTheStartIsTold) {
  int told = 0;
  for (int i = 0; i < 40; ++i) {
    NextFrame();
    Move({0, 0, kColumns, kRows}, 30);
    std::fill(grid_.motion_x.begin(), grid_.motion_x.end(), int8_t{-2});
    told += Measure().camera_moves;
  }
  EXPECT_GE(told, 34);
}

TEST_F(MotionBlobsTest, WhatWalksThroughIsOneTrack) {
  Stand(30);
  EXPECT_EQ(Walk(0, 35, 8, 3).size(), 1u);
}

TEST_F(MotionBlobsTest, TwoThatDoNotMeetAreTwoTracks) {
  Stand(30);
  std::set<uint64_t> confirmed;
  for (int i = 0; i < 60; ++i) {
    NextFrame();
    Move({i / 2, 2, i / 2 + 3, 6});
    Move({36 - i / 2, 14, 39 - i / 2, 18});
    for (const TrackedMotion& track : Track().tracks) {
      if (track.confirmed) confirmed.insert(track.track);
    }
  }
  EXPECT_EQ(confirmed.size(), 2u);
}

TEST_F(MotionBlobsTest, ATrackSurvivesAFewFramesWithoutABlob) {
  Stand(30);
  const std::set<uint64_t> before = Walk(2, 12, 8, 2);
  ASSERT_EQ(before.size(), 1u);
  for (int i = 0; i < 6; ++i) {
    NextFrame();
    EXPECT_TRUE(Track().ended.empty());
  }
  EXPECT_EQ(Walk(14, 24, 8, 2), before);
}

TEST_F(MotionBlobsTest, WhatFlickersInPlaceIsNoTrack) {
  Stand(30);
  for (int i = 0; i < 200; ++i) {
    NextFrame();
    if (i % 3 != 0) Move({20, 10, 22, 12}, 80);
    for (const TrackedMotion& track : Track().tracks) {
      EXPECT_FALSE(track.confirmed) << i;
    }
  }
}

TEST_F(MotionBlobsTest, WhatStopsIsThereForAFewSeconds) {
  Stand(60);
  const std::set<uint64_t> walked = Walk(2, 12, 8, 3);
  ASSERT_EQ(walked.size(), 1u);
  Set(&Grid::mean, {11, 8, 14, 12}, 190);
  int there = 0;
  bool ended = false;
  for (int i = 0; i < 30 * 60 && !ended; ++i) {
    NextFrame();
    const TrackedPicture tracked = Track();
    there += !tracked.tracks.empty();
    ended = !tracked.ended.empty();
    for (const TrackedMotion& track : tracked.tracks) {
      EXPECT_EQ(track.track, *walked.begin());
      EXPECT_EQ(track.strength, 0);
    }
  }
  EXPECT_GE(there, 30 * 2);
  EXPECT_TRUE(ended);
  EXPECT_GT(blobs_->Changed({176, 128, 224, 192}), 0.9);
  Stand(30 * 20);
  EXPECT_EQ(blobs_->Changed({176, 128, 224, 192}), 0) << "background by now";
}

TEST_F(MotionBlobsTest, WhatWasSeenLastAtTheBorderHasLeft) {
  Stand(60);
  ASSERT_EQ(Walk(20, 38, 8, 3).size(), 1u);
  Set(&Grid::mean, {37, 8, 40, 12}, 190);
  int frames = 0;
  for (bool ended = false; !ended; ++frames) {
    ASSERT_LT(frames, 30);
    NextFrame();
    ended = !Track().ended.empty();
  }
}

TEST_F(MotionBlobsTest, WhatLeavesEndsSoon) {
  Stand(60);
  ASSERT_EQ(Walk(2, 12, 8, 3).size(), 1u);
  int frames = 0;
  for (bool ended = false; !ended; ++frames) {
    ASSERT_LT(frames, 30);
    NextFrame();
    ended = !Track().ended.empty();
  }
}

TEST_F(MotionBlobsTest, AGapForgetsEverything) {
  Stand(30);
  Walk(2, 12, 8, 2);
  blobs_->Reset();
  EXPECT_EQ(tracks_.EndAll().size(), 1u);
  EXPECT_EQ(blobs_->Changed({0, 0, kWidth, kHeight}), 0);
  NextFrame();
  Move({0, 0, kColumns, kRows}, 200);
  EXPECT_EQ(Measure().moving, 0);
}

// What moved before a gap joins nothing behind it.
TEST_F(MotionBlobsTest, AGapIsNoBridgeBetweenThingsApart) {
  for (const bool gap : {false, true}) {
    SetUp();
    started_ = false;
    Stand(30);
    NextFrame();
    Move({10, 10, 20, 12}, 100);
    EXPECT_EQ(Measure().blobs.size(), 1u);
    if (gap) {
      blobs_->Reset();
      NextFrame();
      Measure();
    }
    NextFrame();
    Move({10, 10, 12, 12}, 100);
    Move({18, 10, 20, 12}, 100);
    EXPECT_EQ(Measure().blobs.size(), gap ? 2u : 1u);
  }
}

TEST_F(MotionBlobsTest, AfterAGapNothingHasChanged) {
  Stand(30);
  NextFrame();
  Set(&Grid::mean, {0, 0, kColumns / 4, kRows}, 190);
  Measure();
  EXPECT_GT(blobs_->ChangedEverywhere(), 0.1);
  blobs_->Reset();
  EXPECT_EQ(blobs_->ChangedEverywhere(), 0);
  NextFrame();
  Measure();
  EXPECT_EQ(blobs_->ChangedEverywhere(), 0);
}

TEST_F(MotionBlobsTest, AnyGridsGiveBlobsInsideThePicture) {
  for (int i = 0; i < 500; ++i) {
    time_ns_ += static_cast<int64_t>(random_() % 3) * kFrameNs - kFrameNs;
    grid_.has_previous = random_() % 50 != 0;
    const auto busy = random_() % 100;
    for (size_t b = 0; b < grid_.mean.size(); ++b) {
      const bool any = random_() % 100 < busy;
      grid_.difference[b] = static_cast<uint8_t>(any ? random_() : 3);
      grid_.mean[b] = static_cast<uint8_t>(random_());
      grid_.texture[b] = static_cast<uint8_t>(random_());
      grid_.motion_x[b] = static_cast<int8_t>(random_());
    }
    const MotionPicture picture = Measure();
    EXPECT_LE(picture.blobs.size(), 256u);
    EXPECT_EQ(picture.moving > 0, picture.moving_cells != 0);
    for (const MotionBlob& blob : picture.blobs) {
      EXPECT_LE(0, blob.box.left);
      EXPECT_LT(blob.box.left, blob.box.right);
      EXPECT_LE(blob.box.right, kWidth);
      EXPECT_LE(0, blob.box.top);
      EXPECT_LT(blob.box.top, blob.box.bottom);
      EXPECT_LE(blob.box.bottom, kHeight);
      EXPECT_GT(blob.strength, 0);
      EXPECT_LT(blob.strength, 1);
    }
    EXPECT_LE(tracks_.Link(*blobs_, picture, time_ns_).tracks.size(), 256u);
  }
}

}  // namespace
}  // namespace fovea
