// SPDX-License-Identifier: GPL-2.0-or-later
//
// An encoder that runs out of memory at each of its allocations in turn,
// its own and x264's.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "codec/video_encoder.h"
#include "tests/memory/failing_malloc.h"

namespace fovea {
namespace {

constexpr int kWidth = 97;  // odd: luma is padded too
constexpr int kHeight = 66;
constexpr int kFrames = 4;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;

// What the encoder reads, made before memory gets scarce.
struct Input {
  std::vector<Frame> frames;
  QualityMap map;

  Input() {
    map.columns = MacroblockCount(kWidth);
    map.rows = MacroblockCount(kHeight);
    map.qp_offset.assign(static_cast<size_t>(map.columns * map.rows), 4);
    for (int index = 0; index < kFrames; ++index) {
      auto buffer = FrameBuffer::Allocate(kWidth, kHeight);
      for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
          buffer->plane(0)[y * buffer->stride(0) + x] =
              static_cast<uint8_t>(x * 5 + y * 3 + index * 40);
        }
      }
      frames.push_back(std::move(*buffer).Release());
      frames.back().pts = index;
    }
  }
};

struct Outcome {
  absl::Status opened, encoded, again, flushed;
  std::vector<EncodedFrame> coded;

  Outcome() { coded.reserve(kFrames); }
  bool ok() const { return opened.ok() && encoded.ok() && flushed.ok(); }
};

// Goes on after a failure, as a caller may: one frame is offered again.
void EncodeAll(const VideoEncoderOptions& options, const Input& input,
               Outcome* outcome) {
  auto encoder = NewVideoEncoder(options);
  outcome->opened = encoder.status();
  if (!encoder.ok()) return;
  for (const Frame& frame : input.frames) {
    absl::Status status =
        (*encoder)->Encode(frame, &input.map, &outcome->coded);
    if (!status.ok() && outcome->encoded.ok()) {
      outcome->encoded = std::move(status);
      outcome->again = (*encoder)->Encode(frame, &input.map, &outcome->coded);
    }
  }
  outcome->flushed = (*encoder)->Flush(&outcome->coded);
}

bool SaysMemory(const absl::Status& status) {
  return status.code() == kExhausted ||
         status.code() == absl::StatusCode::kInternal;  // x264 failed
}

// Of the failures, how many ended how.
struct Tally {
  int failures = 0;
  int refused = 0;   // the encoder did not open
  int usable = 0;    // the frame was taken when offered again
  int closed = 0;    // no further frame was taken
  int unharmed = 0;  // x264 did without
  int x264_leaks = 0;
};

class VideoEncoderMemoryTest
    : public ::testing::TestWithParam<std::tuple<testing::Failing, bool>> {
 protected:
  VideoEncoderMemoryTest() {
    options_.camera.width = kWidth;
    options_.camera.height = kHeight;
    options_.camera.time_base = {1, 25};
    options_.camera.frame_rate = {25, 1};
    options_.zero_latency = std::get<1>(GetParam());
  }

  void SetUp() override {
    if (NewVideoEncoder(options_).status().code() ==
        absl::StatusCode::kUnimplemented) {
      GTEST_SKIP() << "this build has no libx264";
    }
  }

  static bool Once() {
    return std::get<0>(GetParam()) == testing::Failing::kOnce;
  }

  void Check(const Outcome& outcome, Tally* tally) {
    ++tally->failures;
    if (!outcome.opened.ok()) {
      ++tally->refused;
      EXPECT_EQ(outcome.opened.code(), kExhausted) << outcome.opened;
    } else if (!outcome.encoded.ok()) {
      EXPECT_TRUE(SaysMemory(outcome.encoded)) << outcome.encoded;
      ++(outcome.again.ok() ? tally->usable : tally->closed);
      if (Once() && !outcome.again.ok()) {
        EXPECT_EQ(outcome.again.code(), absl::StatusCode::kFailedPrecondition)
            << outcome.again;
      }
    } else if (!outcome.flushed.ok()) {
      EXPECT_TRUE(SaysMemory(outcome.flushed)) << outcome.flushed;
      ++tally->closed;
    } else {
      ++tally->unharmed;
      EXPECT_EQ(outcome.coded.size(), kFrames);
    }
  }

  VideoEncoderOptions options_;
  const Input input_;
};

TEST_P(VideoEncoderMemoryTest, EachAllocationMayFail) {
  Outcome whole;
  EncodeAll(options_, input_, &whole);  // also sets up what is made once
  ASSERT_TRUE(whole.ok());
  Tally tally;
  for (int64_t index = 0;; ++index) {
    SCOPED_TRACE(::testing::Message() << "allocation " << index);
    const int64_t before = testing::LiveAllocations();
    std::optional<Outcome> outcome(std::in_place);
    testing::FailAllocation(index, std::get<0>(GetParam()));
    EncodeAll(options_, input_, &*outcome);
    const testing::Failed failed = testing::StopFailing();
    if (failed == testing::Failed::kNone) break;
    Check(*outcome, &tally);
    outcome.reset();
    const int64_t left = testing::LiveAllocations() - before;
    if (failed == testing::Failed::kMalloc && left > 0) {
      ++tally.x264_leaks;  // known: it frees no half-made encoder or frame
    } else {
      EXPECT_EQ(left, 0);
    }
  }
  std::printf(
      "%d allocations failed: %d at open, %d with the encoder usable, %d with "
      "it closed, %d unharmed; x264 left memory behind in %d\n",
      tally.failures, tally.refused, tally.usable, tally.closed, tally.unharmed,
      tally.x264_leaks);
  EXPECT_GT(tally.refused, 0);
  EXPECT_GT(tally.closed, 0);
  if (Once()) {
    EXPECT_GT(tally.usable, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, VideoEncoderMemoryTest,
    ::testing::Combine(::testing::Values(testing::Failing::kOnce,
                                         testing::Failing::kFromThenOn),
                       ::testing::Bool()));

}  // namespace
}  // namespace fovea
