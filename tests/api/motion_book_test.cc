// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tracks of motion to observations that grow from commit to commit.

#include "api/motion_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fovea {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kFrameNs = 40'000'000;
constexpr uint64_t kFirst = 1000;

class MotionBookTest : public ::testing::Test {
 protected:
  // The next frame shows these.
  void Frame(std::vector<TrackedMotion> tracks,
             std::vector<uint64_t> ended = {}) {
    book_.Add({std::move(tracks), std::move(ended)}, index_, time_ns_);
    ++index_;
    time_ns_ += kFrameNs;
  }

  TrackedMotion Seen(uint64_t track, float strength = 0.5F,
                     bool confirmed = true) const {
    const int left = static_cast<int>(index_) * 2;
    return {track, {left, 32, left + 48, 96}, strength, confirmed};
  }

  // What a store would hold: the last value of each key. All must be fit for
  // a row.
  void Commit() {
    for (const Observation& o : book_.TakeChanged()) {
      EXPECT_TRUE(CheckObservation(o).ok()) << CheckObservation(o);
      stored_[KeyOf(o)] = o;
    }
  }

  MotionBook book_{7, kFirst};
  uint64_t index_ = 0;
  int64_t time_ns_ = 0;
  std::map<std::string, Observation> stored_;
};

TEST_F(MotionBookTest, ModelIsOneKeyAndNotEmpty) {
  EXPECT_EQ(MotionModel(), MotionModel());
  EXPECT_NE(MotionModel(), ModelKey{});
}

TEST_F(MotionBookTest, UnconfirmedTracksAreNoObservations) {
  for (int i = 0; i < 5; ++i) Frame({Seen(0, 0.5F, false)});
  Commit();
  Frame({}, {0});
  Commit();
  EXPECT_THAT(stored_, IsEmpty());
}

TEST_F(MotionBookTest, ATrackBeginsWhereItWasSeenFirst) {
  Frame({});
  Frame({Seen(4, 0.2F, false)});
  Frame({Seen(4, 0.6F, false)});
  Commit();
  Frame({Seen(4, 0.4F)});
  Frame({}, {4});
  Commit();
  ASSERT_THAT(stored_, SizeIs(1));
  const Observation& o = stored_.begin()->second;
  EXPECT_EQ(o.stream, 7u);
  EXPECT_EQ(o.label, "motion");
  EXPECT_EQ(o.track, kFirst + 4);
  EXPECT_EQ(o.model, MotionModel());
  EXPECT_EQ(o.first_index, 1u);
  EXPECT_EQ(o.last_index, 3u);
  EXPECT_EQ(o.start_ns, kFrameNs);
  EXPECT_EQ(o.end_ns, 3 * kFrameNs);
  EXPECT_EQ(o.max_score, ToObservedScore(0.6F));
  EXPECT_NEAR(o.mean_score, ToObservedScore(0.4), 2);
  EXPECT_EQ(o.boxes.front().index, 1u);
  EXPECT_EQ(o.boxes.back().index, 3u);
}

TEST_F(MotionBookTest, OneRowGrowsFromCommitToCommit) {
  uint64_t end = 0;
  for (int gop = 0; gop < 4; ++gop) {
    for (int i = 0; i < 25; ++i) Frame({Seen(0)});
    Commit();
    ASSERT_THAT(stored_, SizeIs(1));
    const Observation& o = stored_.begin()->second;
    EXPECT_EQ(o.first_index, 0u);
    EXPECT_EQ(o.last_index, index_ - 1);
    EXPECT_EQ(o.boxes.back().index, index_ - 1);
    EXPECT_GT(o.last_index, end);
    end = o.last_index;
  }
  Commit();
  EXPECT_THAT(book_.TakeChanged(), IsEmpty()) << "nothing new";
}

TEST_F(MotionBookTest, WhatStandsKeepsItsStrength) {
  for (int i = 0; i < 25; ++i) Frame({Seen(0, 0.8F)});
  const TrackedMotion standing = {0, Seen(0).box, 0, true};
  for (int i = 0; i < 50; ++i) Frame({standing});
  Commit();
  const Observation& o = stored_.begin()->second;
  EXPECT_EQ(o.last_index, 74u);
  EXPECT_EQ(o.mean_score, ToObservedScore(0.8F));
  EXPECT_EQ(o.boxes.back().score, 204);
}

TEST_F(MotionBookTest, ALongTrackGoesOnInRowsThatMeet) {
  for (int gop = 0; gop < 60; ++gop) {
    for (int i = 0; i < 50; ++i) Frame({Seen(3)});
    Commit();
  }
  ASSERT_GT(stored_.size(), 2u);
  int64_t next_ns = 0;
  uint64_t next_index = 0;
  for (const auto& [key, o] : stored_) {
    EXPECT_EQ(o.track, kFirst + 3);
    EXPECT_EQ(o.start_ns, next_ns);
    EXPECT_EQ(o.first_index, next_index);
    EXPECT_EQ(o.boxes.front().index, o.first_index);
    EXPECT_LE(o.boxes.size(), 512u);
    next_ns = o.end_ns + 1;
    next_index = o.last_index + 1;
  }
  EXPECT_EQ(next_index, index_);
}

TEST_F(MotionBookTest, AGopOfAnyLengthFitsItsRows) {
  for (int i = 0; i < 20'000; ++i) Frame({Seen(0)});
  Commit();
  EXPECT_GT(stored_.size(), 1u);
  EXPECT_EQ(stored_.rbegin()->second.last_index, index_ - 1);
}

TEST_F(MotionBookTest, AClockSetBackBeginsAnotherRow) {
  for (int i = 0; i < 10; ++i) Frame({Seen(0)});
  time_ns_ -= 30 * kFrameNs;
  for (int i = 0; i < 10; ++i) Frame({Seen(0)});
  Commit();
  EXPECT_THAT(stored_, SizeIs(2));
}

TEST_F(MotionBookTest, AGapEndsAllTracks) {
  for (int i = 0; i < 10; ++i) Frame({Seen(0), Seen(1)});
  book_.EndAll();
  Commit();
  EXPECT_THAT(stored_, SizeIs(2));
  time_ns_ += 1000 * kFrameNs;
  for (int i = 0; i < 10; ++i) Frame({Seen(2)});
  Commit();
  EXPECT_THAT(stored_, SizeIs(3));
}

}  // namespace
}  // namespace fovea
