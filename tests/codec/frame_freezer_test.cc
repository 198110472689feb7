// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/frame_freezer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace fovea {
namespace {

constexpr int kWidth = 75;  // the last macroblock of a row is cut
constexpr int kHeight = 50;
constexpr size_t kBlocks = 5 * 4;

class FrameFreezerTest : public ::testing::Test {
 protected:
  void Open() {
    auto freezer = FrameFreezer::Create(kWidth, kHeight, options_);
    ASSERT_TRUE(freezer.ok()) << freezer.status();
    freezer_ = *std::move(freezer);
  }

  // A grey wall under noise of `sigma`, a lamp of `lamp` grey levels at
  // pixel 40, 20, and all of it brighter by `light`.
  Frame Draw(double sigma, double light = 0, int lamp = 0) {
    auto buffer = FrameBuffer::Allocate(kWidth, kHeight);
    EXPECT_TRUE(buffer.ok());
    std::normal_distribution<double> noise(0, 1);
    for (int plane = 0; plane < 3; ++plane) {
      const int columns = plane ? (kWidth + 1) / 2 : kWidth;
      const int rows = plane ? (kHeight + 1) / 2 : kHeight;
      for (int i = 0; i < columns * rows; ++i) {
        buffer->plane(
            plane)[i / columns * buffer->stride(plane) + i % columns] =
            static_cast<uint8_t>(
                std::lround(120 + light + sigma * noise(random_)));
      }
    }
    for (int y = 20; y < 24; ++y) {
      for (int x = 40; x < 44; ++x) {
        buffer->plane(0)[y * buffer->stride(0) + x] +=
            static_cast<uint8_t>(lamp);
      }
    }
    return std::move(*buffer).Release();
  }

  Frame Freeze(const Frame& frame, const QualityMap* map = nullptr,
               const std::vector<Box>& protect = {}) {
    auto frozen = freezer_->Freeze(frame, map, protect);
    EXPECT_TRUE(frozen.ok()) << frozen.status();
    return *frozen;
  }

  static int Pixel(const Frame& frame, int x, int y) {
    return frame.y.data[y * frame.y.stride + x];
  }

  FreezeOptions options_;
  std::unique_ptr<FrameFreezer> freezer_;
  std::mt19937 random_{7};
};

TEST_F(FrameFreezerTest, NoiseIsHeldBack) {
  Open();
  const Frame first = Freeze(Draw(3));
  for (int i = 0; i < 10; ++i) Freeze(Draw(3));
  EXPECT_GE(freezer_->frozen(), kBlocks - 2);
  // A mean of 16 pixels of two noisy frames: 3 * sqrt(2) / 4.
  EXPECT_NEAR(freezer_->noise(), 1.06, 0.25);
}

TEST_F(FrameFreezerTest, AChangePassesWholeAndAlone) {
  Open();
  const Frame before = Freeze(Draw(0));
  const Frame changed = Draw(0, 0, 30);
  const Frame after = Freeze(changed);
  EXPECT_EQ(freezer_->frozen(), kBlocks - 1);
  EXPECT_EQ(Pixel(after, 41, 21), Pixel(changed, 41, 21));
  EXPECT_EQ(Pixel(after, 0, 0), Pixel(before, 0, 0));
}

TEST_F(FrameFreezerTest, SlowLightIsNoticed) {
  options_.refresh_frames = 1000;
  Open();
  double worst = 0;
  for (int i = 0; i < 100; ++i) {
    const double light = 0.2 * i;
    const Frame out = Freeze(Draw(0, light));
    worst = std::max(worst, std::abs(Pixel(out, 3, 3) - (120 + light)));
  }
  EXPECT_LE(worst, options_.least_change + 1);  // and rounding
}

TEST_F(FrameFreezerTest, BoxesAreNeverFrozen) {
  Open();
  Freeze(Draw(0));
  Freeze(Draw(0), nullptr, {{0, 0, 16, 16}, {60, 40, 75, 50}});
  EXPECT_EQ(freezer_->frozen(), kBlocks - 1 - 4);
}

TEST_F(FrameFreezerTest, EverythingIsSentAtTheRefresh) {
  options_.refresh_frames = 5;
  Open();
  std::vector<size_t> frozen;
  for (int i = 0; i < 11; ++i) {
    Freeze(Draw(0));
    frozen.push_back(freezer_->frozen());
  }
  for (size_t i = 0; i < frozen.size(); ++i) {
    EXPECT_EQ(frozen[i], i % 5 == 0 ? 0 : kBlocks) << "frame " << i;
  }
}

TEST_F(FrameFreezerTest, ACoarserBlockBearsMore) {
  options_.most_change = 20;
  QualityMap coarse{5, 4, std::vector<uint8_t>(kBlocks, 18)};
  Open();
  Freeze(Draw(2));
  for (int i = 0; i < 5; ++i) Freeze(Draw(2), &coarse);
  Freeze(Draw(2, 4), &coarse);
  EXPECT_EQ(freezer_->frozen(), kBlocks);
  Freeze(Draw(2, 8));
  EXPECT_EQ(freezer_->frozen(), 0U);
}

TEST_F(FrameFreezerTest, RefusesWhatItCannotUse) {
  Open();
  QualityMap small{1, 1, {0}};
  EXPECT_FALSE(freezer_->Freeze(Draw(0), &small, {}).ok());
  EXPECT_FALSE(freezer_->Freeze(Frame(), nullptr, {}).ok());
  Frame hollow = Draw(0);
  hollow.u.data = nullptr;
  EXPECT_FALSE(freezer_->Freeze(hollow, nullptr, {}).ok());
  EXPECT_FALSE(FrameFreezer::Create(0, 5, {}).ok());
  options_.refresh_frames = 0;
  EXPECT_FALSE(FrameFreezer::Create(5, 5, options_).ok());
  options_ = {};
  options_.most_change = std::nan("");
  EXPECT_FALSE(FrameFreezer::Create(5, 5, options_).ok());
}

}  // namespace
}  // namespace fovea
