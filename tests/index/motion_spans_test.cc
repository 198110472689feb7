// SPDX-License-Identifier: GPL-2.0-or-later
//
// When something moves, from rows alone: observations, tables, sizes.

#include "index/motion_spans.h"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/observations.h"
#include "store/frame_table.h"
#include "store/rows.h"
#include "tests/index/any_observation.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kFrameNs;

constexpr StreamId kStream = 7;
constexpr uint32_t kGop = 25;

class MotionSpansTest : public ::testing::Test {
 protected:
  // The next second: `frame(i)` fills what is special of frame i.
  template <typename Fill>
  void AddGop(Fill fill) {
    FrameTable table;
    for (uint32_t i = 0; i < kGop; ++i) {
      FrameEntry frame;
      frame.pts = frame.dts = static_cast<int64_t>(next_ + i);
      frame.time_ns = frame.pts * kFrameNs;
      frame.duration_ns = kFrameNs;
      frame.size = i == 0 ? 40'000 : 500;
      frame.type = i == 0 ? 1 : 2;
      frame.has_motion = true;
      fill(next_ + i, &frame);
      table.frames.push_back(frame);
    }
    GopRow row;
    row.start_ns = table.frames[0].time_ns;
    row.duration_ns = kGop * kFrameNs;
    row.frames = kGop;
    CommitBatch batch;
    const std::string key = GopKey(kStream, 0, next_);
    row.chunk = batch.PutChunk(std::vector<uint8_t>(8), key);
    batch.PutRow(Family::kGop, key, EncodeGopRow(row));
    batch.PutRow(Family::kFtab, key, EncodeFrameTable(table));
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
    next_ += kGop;
  }

  void AddKnown(int gops) {
    for (int i = 0; i < gops; ++i) AddGop([](uint64_t, FrameEntry*) {});
  }

  // Without motion, sizes as `size(frame)` says.
  template <typename Size>
  void AddSizes(int gops, Size size) {
    for (int i = 0; i < gops; ++i) {
      AddGop([&](uint64_t index, FrameEntry* frame) {
        frame->has_motion = false;
        if (frame->type == 2) frame->size = static_cast<uint32_t>(size(index));
      });
    }
  }

  void See(const Observation& o) {
    CommitBatch batch;
    ASSERT_TRUE(Observations(&store_).Put(o, &batch).ok());
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  // One that moves on frames `first` to `last`, half strong.
  Observation Motion(uint64_t track, uint64_t first, uint64_t last) {
    Observation o = testing::MovingThing(kStream, std::string(kMotionLabel),
                                         track, first, last);
    o.end_ns = static_cast<int64_t>(last) * kFrameNs;
    return o;
  }

  std::vector<TimeSpan> Spans(int64_t from_ns = 0,
                              int64_t to_ns = 3600'000'000'000) {
    const auto spans =
        MovingSpans(&store_, kStream, {from_ns, to_ns}, options_);
    EXPECT_TRUE(spans.ok()) << spans.status();
    if (!spans.ok()) return {};
    return {spans->runs().begin(), spans->runs().end()};
  }

  static TimeSpan Frames(int64_t first, int64_t end) {
    return {first * kFrameNs, end * kFrameNs};
  }

  testing::MemoryStore store_;
  uint64_t next_ = 0;
  MovingSpanOptions options_ = {.margin_ns = 0};
};

TEST_F(MotionSpansTest, AStreamWithoutFramesHasNone) {
  EXPECT_THAT(Spans(), IsEmpty());
}

TEST_F(MotionSpansTest, WhereMotionIsKnownAndNoneWasSeenThereIsNone) {
  AddKnown(4);
  EXPECT_THAT(Spans(), IsEmpty());
}

TEST_F(MotionSpansTest, SpansAreThoseOfObservationsJoined) {
  AddKnown(8);
  See(Motion(1, 10, 30));
  See(Motion(2, 20, 40));
  See(Motion(3, 100, 120));
  EXPECT_THAT(Spans(),
              ElementsAre(TimeSpan{10 * kFrameNs, 40 * kFrameNs + 1},
                          TimeSpan{100 * kFrameNs, 120 * kFrameNs + 1}));
}

TEST_F(MotionSpansTest, OtherLabelsAreNotMotion) {
  AddKnown(4);
  See(testing::MovingThing(kStream, "car", 1, 10, 30));
  See(testing::MovingThing(kStream, "motions", 1, 10, 30));
  EXPECT_THAT(Spans(), IsEmpty());
}

TEST_F(MotionSpansTest, MarginsWidenAndTheRangeCuts) {
  AddKnown(8);
  See(Motion(1, 50, 60));
  options_.margin_ns = 5 * kFrameNs;
  EXPECT_THAT(Spans(), ElementsAre(TimeSpan{45 * kFrameNs, 65 * kFrameNs + 1}));
  EXPECT_THAT(Spans(0, 48 * kFrameNs), ElementsAre(Frames(45, 48)));
  EXPECT_THAT(Spans(62 * kFrameNs, 100 * kFrameNs),
              ElementsAre(TimeSpan{62 * kFrameNs, 65 * kFrameNs + 1}));
  EXPECT_THAT(Spans(0, 45 * kFrameNs), IsEmpty());
}

TEST_F(MotionSpansTest, FaintOnesAreLeftOut) {
  AddKnown(4);
  See(Motion(1, 10, 30));
  options_.least_strength = 0.49;
  EXPECT_THAT(Spans(), ::testing::SizeIs(1));
  options_.least_strength = 0.51;
  EXPECT_THAT(Spans(), IsEmpty());
}

TEST_F(MotionSpansTest, AnAreaSeesWhatPassesIt) {
  AddKnown(8);
  See(Motion(1, 0, 150));  // its left edge is at the frame's number
  options_.area = MotionArea{60, 0, 80, 100, 320, 240};
  EXPECT_THAT(Spans(), ElementsAre(Frames(45, 80)));
  options_.area->top = 52;
  EXPECT_THAT(Spans(), IsEmpty());
}

TEST_F(MotionSpansTest, WhileTheCameraMovesAnythingMay) {
  AddKnown(1);
  AddGop([](uint64_t index, FrameEntry* frame) {
    frame->camera_moves = index >= 30 && index < 40;
  });
  AddKnown(1);
  EXPECT_THAT(Spans(), ElementsAre(Frames(30, 40)));
}

TEST_F(MotionSpansTest, WhereMotionIsNotKnownAnythingMayMove) {
  AddKnown(2);
  AddSizes(2, [](uint64_t) { return 500U; });
  AddKnown(2);
  EXPECT_THAT(Spans(), ElementsAre(Frames(50, 100)));
}

TEST_F(MotionSpansTest, SizesTellWhereMotionIsNotKnown) {
  options_.guess = true;
  AddSizes(40, [](uint64_t index) {
    return index >= 500 && index < 600 ? 5000U : 500U + index % 30;
  });
  EXPECT_THAT(Spans(), ElementsAre(Frames(500, 600)));
}

TEST_F(MotionSpansTest, SizesOutsideTheRangeTellWhatIsUsual) {
  options_.guess = true;
  AddSizes(40, [](uint64_t index) { return index < 500 ? 500U : 5000U; });
  EXPECT_THAT(Spans(600 * kFrameNs, 700 * kFrameNs),
              ElementsAre(Frames(600, 700)));
  EXPECT_THAT(Spans(100 * kFrameNs, 200 * kFrameNs), IsEmpty());
}

TEST_F(MotionSpansTest, SizesThatTellNothingApartMeanEverything) {
  options_.guess = true;
  std::mt19937_64 random(3);
  AddSizes(20, [&](uint64_t) {
    return static_cast<uint32_t>(1000 + random() % 300);
  });
  EXPECT_THAT(Spans(), ElementsAre(Frames(0, 500)));
}

TEST_F(MotionSpansTest, KnownAndUnknownPartsOfAStreamAreToldEachItsWay) {
  options_.guess = true;
  AddKnown(4);
  AddSizes(40, [](uint64_t index) { return index >= 900 ? 5000U : 500U; });
  See(Motion(1, 20, 29));
  EXPECT_THAT(Spans(), ElementsAre(TimeSpan{20 * kFrameNs, 29 * kFrameNs + 1},
                                   Frames(900, 1100)));
}

TEST_F(MotionSpansTest, BPicturesAreComparedWithTheirKind) {
  options_.guess = true;
  for (int gop = 0; gop < 40; ++gop) {
    AddGop([](uint64_t index, FrameEntry* frame) {
      frame->has_motion = false;
      if (frame->type != 2) return;
      const bool b = index % 2 == 0;
      frame->type = b ? 3 : 2;
      frame->size = b ? 100 : 2000;
      if (index >= 700 && index < 775) frame->size *= 4;
    });
  }
  EXPECT_THAT(Spans(), ElementsAre(Frames(700, 775)));
}

TEST_F(MotionSpansTest, WhatToldIsCountedByFrameOfTheRange) {
  AddKnown(2);
  AddGop([](uint64_t index, FrameEntry* frame) {
    frame->camera_moves = index < 60;
  });
  AddSizes(1, [](uint64_t) { return 500; });
  const auto count = [&](int64_t first, int64_t end) {
    MotionSources sources;
    EXPECT_TRUE(MovingSpans(&store_, kStream,
                            {first * kFrameNs, end * kFrameNs}, options_,
                            &sources)
                    .ok());
    return sources;
  };
  options_.margin_ns = 10 * kFrameNs;
  EXPECT_EQ(count(0, 100),
            (MotionSources{
                .noted = 65, .camera_moves = 10, .sizes = 0, .unknown = 25}));
  EXPECT_EQ(
      count(49, 51),
      (MotionSources{.noted = 1, .camera_moves = 1, .sizes = 0, .unknown = 0}));
  options_.guess = true;
  EXPECT_EQ(
      count(70, 80),
      (MotionSources{.noted = 5, .camera_moves = 0, .sizes = 5, .unknown = 0}));
}

TEST_F(MotionSpansTest, ADamagedRowIsNamed) {
  AddKnown(2);
  CommitBatch batch;
  batch.PutRow(Family::kFtab, GopKey(kStream, 0, 25), "\2\1");
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  const auto spans = MovingSpans(&store_, kStream, {0, INT64_MAX});
  EXPECT_EQ(spans.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(spans.status().message()), HasSubstr("gop 25"));
}

TEST_F(MotionSpansTest, ADamagedObservationIsNoTimeWithoutMotion) {
  AddKnown(2);
  See(Motion(1, 10, 30));
  std::string key;
  ASSERT_TRUE(store_
                  .Scan(Family::kSem, "", "",
                        [&](std::string_view found, std::string_view) {
                          key = found;
                          return false;
                        })
                  .ok());
  CommitBatch batch;
  batch.PutRow(Family::kSem, key, std::string("\1\1\1", 3));
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  const auto spans = MovingSpans(&store_, kStream, {0, INT64_MAX});
  EXPECT_EQ(spans.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(MotionSpansTest, AllOfTimeCanBeAskedFor) {
  AddKnown(4);
  See(Motion(1, 10, 30));
  options_.margin_ns = 1;
  EXPECT_THAT(Spans(INT64_MIN, INT64_MAX),
              ElementsAre(TimeSpan{10 * kFrameNs - 1, 30 * kFrameNs + 2}));
}

}  // namespace
}  // namespace fovea
