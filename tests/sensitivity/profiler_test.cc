// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/profiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "codec/quality_map.h"
#include "tests/sensitivity/linear_network.h"

namespace fovea {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using testing::LinearNetwork;

constexpr int kWidth = 80, kHeight = 48;  // 5 x 3 macroblocks
constexpr int kClasses = 16;

// Classes are weighted sums of the pixels left of `end`.
std::vector<std::vector<float>> WeightsLeftOf(int end) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 0.01F);
  std::vector<std::vector<float>> rows(kClasses);
  for (auto& weights : rows) {
    for (size_t i = 0; i < size_t{3} * kWidth * kHeight; ++i) {
      const bool seen = static_cast<int>(i % kWidth) < end;
      weights.push_back(seen ? normal(random) : 0);
    }
  }
  return rows;
}

Frame Picture(unsigned seed) {
  auto buffer = FrameBuffer::Allocate(kWidth, kHeight);
  std::mt19937 random(seed);
  for (int plane = 0; plane < 3; ++plane) {
    const int width = plane == 0 ? kWidth : kWidth / 2;
    const int height = plane == 0 ? kHeight : kHeight / 2;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        buffer->plane(plane)[y * buffer->stride(plane) + x] =
            static_cast<uint8_t>(96 + random() % 64);
      }
    }
  }
  return std::move(*buffer).Release();
}

class ProfilerTest : public ::testing::Test {
 protected:
  ProfilerTest() : original_(Picture(1)), degraded_(Picture(2)) {
    camera_.width = kWidth;
    camera_.height = kHeight;
    options_.spread = false;
    LookAt(kWidth);
  }

  // The model sees what is left of `end` alone.
  void LookAt(int end) {
    ModelCard card;
    card.name = "linear";
    card.decoder = DecoderKind::kClassifier;
    card.width = kWidth;
    card.height = kHeight;
    auto network = std::make_unique<LinearNetwork>(WeightsLeftOf(end));
    network_ = network.get();
    model_ = std::make_unique<Model>(
        ModelDescription{{"linear", {1}}, card, {}}, std::move(network));
  }

  SensitivityFrame Measure() {
    auto profiler = Profiler::Create(model_.get(), camera_, options_);
    EXPECT_TRUE(profiler.ok()) << profiler.status();
    auto frame = (*profiler)->Measure(original_, degraded_);
    EXPECT_TRUE(frame.ok()) << frame.status();
    return *std::move(frame);
  }

  absl::Status Refusal() {
    auto profiler = Profiler::Create(model_.get(), camera_, options_);
    if (!profiler.ok()) return profiler.status();
    return (*profiler)->Measure(original_, degraded_).status();
  }

  CameraInfo camera_;
  ProfileOptions options_;
  Frame original_, degraded_;
  LinearNetwork* network_ = nullptr;
  std::unique_ptr<Model> model_;
};

TEST_F(ProfilerTest, SensitiveIsWhatTheModelSees) {
  LookAt(48);
  const SensitivityFrame frame = Measure();
  for (const auto& plane : frame.plane) {
    ASSERT_EQ(plane.size(), 15U);
    for (size_t i = 0; i < plane.size(); ++i) {
      if (i % 5 < 3) {
        EXPECT_GT(plane[i], 0) << i;
      } else {
        EXPECT_EQ(plane[i], 0) << i;
      }
    }
  }
}

TEST_F(ProfilerTest, SpreadReachesTheNeighbours) {
  LookAt(48);
  options_.spread = true;
  const SensitivityFrame frame = Measure();
  EXPECT_GT(frame.plane[0][3], 0);
  EXPECT_LT(frame.plane[0][3], frame.plane[0][1]);
  EXPECT_EQ(frame.plane[0][4], 0);
}

TEST_F(ProfilerTest, EachProbeIsOneBackwardPass) {
  options_.random_probes = 3;
  Measure();
  EXPECT_EQ(network_->backward_passes, 4);
}

TEST_F(ProfilerTest, EqualSeedsGiveEqualValues) {
  const auto once = Measure().plane;
  EXPECT_EQ(Measure().plane, once);
  options_.seed = 99;
  EXPECT_NE(Measure().plane, once);
}

TEST_F(ProfilerTest, GraceHasOneValuePerPlaneAndFrequencies) {
  options_.method = ProfileMethod::kGrace;
  const SensitivityFrame frame = Measure();
  EXPECT_THAT(frame.plane[0], Each(frame.plane[0][0]));
  EXPECT_GT(frame.plane[0][0], 0);
  ASSERT_TRUE(frame.frequency.has_value());
  EXPECT_THAT((*frame.frequency)[0], Each(::testing::Gt(0)));
}

TEST_F(ProfilerTest, AccMpegIsScaledToEachFrame) {
  LookAt(48);
  options_.method = ProfileMethod::kAccMpeg;
  const SensitivityFrame frame = Measure();
  const auto [least, most] =
      std::minmax_element(frame.plane[0].begin(), frame.plane[0].end());
  EXPECT_EQ(*least, 0);
  EXPECT_EQ(*most, 1);
  EXPECT_TRUE(frame.plane[1].empty());
}

TEST_F(ProfilerTest, AccMpegIsZeroWhereNothingWasLost) {
  options_.method = ProfileMethod::kAccMpeg;
  degraded_ = original_;
  EXPECT_THAT(Measure().plane[0], Each(0));
}

TEST_F(ProfilerTest, StacLooksAtTheOriginalAlone) {
  options_.method = ProfileMethod::kStac;
  const auto once = Measure().plane;
  degraded_ = Picture(77);
  EXPECT_EQ(Measure().plane, once);
}

TEST_F(ProfilerTest, GradientsThatAreNotFiniteAreAnError) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity()}) {
    network_->spoilt_gradient = value;
    const absl::Status status = Refusal();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("linear"));
  }
}

TEST_F(ProfilerTest, OtherSizesAndOptionsAreRefused) {
  options_.random_probes = 65;
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kInvalidArgument);
  options_.random_probes = -1;
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kInvalidArgument);
  options_.random_probes = 0;
  camera_.width = kWidth + 1;
  EXPECT_THAT(std::string(Refusal().message()), HasSubstr("81x48"));
}

TEST_F(ProfilerTest, FullChromaIsNotForAccMpeg) {
  options_.full_chroma = true;
  EXPECT_EQ(Measure().plane[1].size(), 15U);
  options_.method = ProfileMethod::kAccMpeg;
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Spread3x3Test, KeepsConstantsAndAveragesNeighbours) {
  EXPECT_THAT(Spread3x3({2, 2, 2, 2, 2, 2}, 3, 2), Each(2));
  EXPECT_EQ(Spread3x3({9, 0, 0}, 3, 1), (std::vector<double>{4.5, 3, 0}));
  EXPECT_EQ(Spread3x3({7}, 1, 1), (std::vector<double>{7}));
}

}  // namespace
}  // namespace fovea
