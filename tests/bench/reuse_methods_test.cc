// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every method of the list over made recordings.

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "bench/reuse/oracle.h"
#include "bench/reuse/protocol.h"
#include "gtest/gtest.h"

namespace fovea::bench::reuse {
namespace {

constexpr int kWidth = 160, kHeight = 96, kSide = 32;
constexpr size_t kFrames = 80;

// A bright square on a textured ground; none where `left` is below 0.
Frame Picture(int left, size_t index) {
  FrameBuffer buffer = FrameBuffer::Allocate(kWidth, kHeight).value();
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const bool inside = left >= 0 && x >= left && x < left + kSide &&
                          y >= kSide && y < 2 * kSide;
      buffer.plane(0)[y * buffer.stride(0) + x] =
          static_cast<uint8_t>(inside ? 230 : 60 + (x * 7 + y * 13) % 40);
    }
  }
  for (const int plane : {1, 2}) {
    std::memset(buffer.plane(plane), 128,
                static_cast<size_t>(buffer.stride(plane) * kHeight / 2));
  }
  Frame frame = std::move(buffer).Release();
  frame.time_ns = static_cast<int64_t>(index) * 40'000'000;
  return frame;
}

class MethodsTest : public ::testing::Test {
 protected:
  // One square per frame, and one box where there is one.
  template <typename LeftOf>
  void Record(const LeftOf& left_of) {
    footage_.camera.width = kWidth;
    footage_.camera.height = kHeight;
    footage_.camera.frame_rate = {25, 1};
    auto meter = GridMeter::Create(kWidth, kHeight).value();
    trace_.threshold = 0.5F;
    for (size_t i = 0; i < kFrames; ++i) {
      const int left = left_of(i);
      footage_.frames.push_back(Picture(left, i));
      footage_.grids.push_back(*meter->Measure(footage_.frames[i]).value());
      footage_.packets.push_back(
          {i % 25 == 0 ? 9000 : 400,
           i % 25 == 0 ? PictureType::kIntra : PictureType::kPredicted});
      Boxes boxes;
      if (left >= 0) {
        const auto x = static_cast<float>(left);
        boxes.push_back({1, 0.9F, x, kSide, x + kSide, 2 * kSide});
      }
      trace_.frames.push_back({0, 1, std::make_shared<Boxes>(boxes)});
    }
    features_ = std::make_unique<FeatureBank>(footage_);
    truth_ = std::make_unique<Truth>(trace_, Loss::kCounts);
  }

  Sweep SweepOf(const MethodEntry& entry) {
    return SweepMethod(entry, {&footage_, features_.get()}, truth_.get(),
                       false);
  }

  Footage footage_;
  Trace trace_;
  std::unique_ptr<FeatureBank> features_;
  std::unique_ptr<Truth> truth_;
};

TEST_F(MethodsTest, AllButRunningAllAvoidMostOfAStillRecording) {
  Record([](size_t) { return 40; });
  for (const MethodEntry& entry : AllMethods()) {
    const double avoided = Hindsight(SweepOf(entry), 1).avoided;
    // A skip head alone has nothing to tell apart where one answer is all.
    if (entry.name == "run all" || entry.name == "ours skip") {
      EXPECT_EQ(avoided, 0);
    } else {
      EXPECT_GE(avoided, 0.6) << entry.name;  // vCache never quite trusts
    }
  }
}

TEST_F(MethodsTest, HoldingNeverBeatsTheOracleAndNothingIsLeftToChance) {
  // In and out of the picture, faster and faster.
  Record([](size_t i) {
    return i * i / 90 % 3 == 0 ? -1 : 2 * static_cast<int>(i % 60);
  });
  const double most =
      HoldOracle(truth_.get(), SplitOf(kFrames, false).tune, kFrames, 1e6)
          .avoided_share();
  for (const MethodEntry& entry : AllMethods()) {
    SCOPED_TRACE(entry.name);
    EXPECT_FALSE(entry.source.empty());
    const Sweep sweep = SweepOf(entry), again = SweepOf(entry);
    for (size_t knob = 0; knob < sweep.judged.size(); ++knob) {
      EXPECT_EQ(sweep.judged[knob].size(), 48U);
      EXPECT_EQ(sweep.judged[knob].avoided, again.judged[knob].avoided);
      EXPECT_EQ(sweep.judged[knob].agreed, again.judged[knob].agreed);
    }
    if (entry.holds) {
      EXPECT_LE(Hindsight(sweep, 1).avoided, most);
    }
  }
}

TEST_F(MethodsTest, AGateOnPixelsRunsWhatChanged) {
  // The square comes at 50 and stays.
  Record([](size_t i) { return i < 50 ? -1 : 40; });
  for (const MethodEntry& entry : AllMethods()) {
    if (entry.name != "pixel, one threshold" && entry.name != "grid blocks" &&
        entry.name != "NoScope") {
      continue;
    }
    const Sweep sweep = SweepOf(entry);
    const auto knob = ChooseKnob(sweep.judged, 1);
    ASSERT_TRUE(knob.has_value()) << entry.name;
    for (size_t i = 0; i < 48; ++i) {
      EXPECT_EQ(sweep.judged[*knob].avoided[i], i + 32 != 50) << entry.name;
    }
  }
}

TEST_F(MethodsTest, MeasuringTimeChangesNoDistance) {
  Record([](size_t i) { return static_cast<int>(i); });
  for (size_t kind = 0; kind < kDistances; ++kind) {
    const auto distance = static_cast<Distance>(kind);
    const double remembered = features_->Get(distance, 3, 30);
    EXPECT_GT(remembered, 0) << kind;
    EXPECT_EQ(features_->Get(distance, 30, 3), remembered);
    EXPECT_EQ(features_->Get(distance, 3, 3), 0);
    features_->Remember(false);
    EXPECT_EQ(features_->Get(distance, 3, 30), remembered);
    features_->Remember(true);
    EXPECT_EQ(features_->Get(distance, 3, 30), remembered);
  }
}

}  // namespace
}  // namespace fovea::bench::reuse
