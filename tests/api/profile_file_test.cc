// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/profile_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/gradient_source.h"
#include "api/model_folder.h"
#include "api/whole_file.h"
#include "codec/sensitivity_file.h"
#include "tests/api/small_video.h"
#include "tests/support/small_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kFrames = 12;

class ProfileFileTest : public ::testing::Test {
 protected:
  ProfileFileTest() {
    options_.input = dir_.File("in.y4m");
    testing::WriteSmallVideo(options_.input, 96, 64, kFrames);
    for (const char* name : {"one", "two"}) {
      testing::WriteSmallModel(dir_.File(name), name);
      auto model = OpenModel(dir_.File(name), "", NetworkOptions());
      EXPECT_TRUE(model.ok()) << model.status();
      models_.push_back(*std::move(model));
    }
  }

  absl::StatusOr<ProfileReport> Profile(size_t models = 1) {
    std::vector<Model*> borrowed;
    std::vector<std::string> outputs;
    for (size_t i = 0; i < models; ++i) {
      borrowed.push_back(models_[i].get());
      outputs.push_back(Output(i));
    }
    return ProfileFile(options_, borrowed, outputs, nullptr, nullptr);
  }

  std::string Output(size_t i) const {
    return dir_.File("out" + std::to_string(i) + ".fsen");
  }

  std::vector<SensitivityFrame> Read(size_t i = 0) {
    const auto bytes = ReadWholeFile(Output(i), 1 << 20);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    auto reader = SensitivityReader::Open("out", *bytes, CodecLimits());
    EXPECT_TRUE(reader.ok()) << reader.status();
    info_ = (*reader)->info();
    std::vector<SensitivityFrame> frames;
    while (true) {
      auto frame = (*reader)->Next();
      EXPECT_TRUE(frame.ok()) << frame.status();
      if (!frame.ok() || !frame->has_value()) return frames;
      frames.push_back(**frame);
    }
  }

  testing::TempDir dir_;
  ProfileFileOptions options_;
  Models models_;
  SensitivityInfo info_;
};

TEST_F(ProfileFileTest, HasAGradientPassEverySoManyFrames) {
  options_.every = 5;
  const auto report = Profile();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->frames, kFrames);
  EXPECT_EQ(report->probed, 3);
  const auto frames = Read();
  ASSERT_THAT(frames, SizeIs(3));
  EXPECT_EQ(frames[1].index, 5);
  EXPECT_EQ(frames[2].index, 10);
  EXPECT_EQ(info_.models[0], models_[0]->id());
  EXPECT_EQ(info_.planes, 3);
  EXPECT_GT(frames[0].plane[0][0], 0);
}

TEST_F(ProfileFileTest, BetweenPassesTheLargerNeighbourHolds) {
  options_.every = 6;
  ASSERT_TRUE(Profile().ok());
  const auto held = Read();
  ASSERT_THAT(held, SizeIs(2));
  for (size_t b = 0; b < held[0].plane[0].size(); ++b) {
    EXPECT_GE(held[0].plane[0][b], 0.95 * held[1].plane[0][b]);
  }
}

TEST_F(ProfileFileTest, APriorIsOneMap) {
  options_.every = 1;
  options_.prior = true;
  const auto report = Profile();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->probed, kFrames);
  const auto frames = Read();
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_EQ(frames[0].index, 0);
}

TEST_F(ProfileFileTest, SeveralModelsShareAPass) {
  const auto report = Profile(2);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->models, SizeIs(2));
  EXPECT_EQ(report->models[1].output, Output(1));
  // Twins but for their names, and probes are seeded alike.
  const auto of_one = Read(0);
  const auto of_two = Read(1);
  EXPECT_EQ(of_one[0].plane, of_two[0].plane);
  EXPECT_EQ(info_.models[0].name, "two");
}

TEST_F(ProfileFileTest, RepeatsToTheByte) {
  ASSERT_TRUE(Profile().ok());
  const auto once = ReadWholeFile(Output(0), 1 << 20);
  ASSERT_TRUE(Profile().ok());
  EXPECT_EQ(*ReadWholeFile(Output(0), 1 << 20), *once);
}

TEST_F(ProfileFileTest, BadInputLeavesNoFile) {
  options_.every = 0;
  EXPECT_EQ(Profile().status().code(), absl::StatusCode::kInvalidArgument);
  options_.every = 1;
  options_.input = dir_.File("missing.mp4");
  EXPECT_THAT(std::string(Profile().status().message()),
              HasSubstr("missing.mp4"));
  EXPECT_FALSE(std::filesystem::exists(Output(0)));
}

class GradientSourceTest : public ProfileFileTest {
 protected:
  GradientSourceTest() {
    camera_.width = 96;
    camera_.height = 64;
    gradients_.models = {models_[0].get(), models_[1].get()};
    gradients_.every = 4;
  }

  static Frame Grey(int level) {
    auto buffer = FrameBuffer::Allocate(96, 64);
    for (int plane = 0; plane < 3; ++plane) {
      const int rows = plane == 0 ? 64 : 32;
      std::fill_n(buffer->plane(plane), buffer->stride(plane) * rows,
                  static_cast<uint8_t>(level));
    }
    return std::move(*buffer).Release();
  }

  CameraInfo camera_;
  GradientOptions gradients_;
};

TEST_F(GradientSourceTest, LooksEverySoManyFramesAndHoldsInBetween) {
  std::vector<std::string> looks;
  auto source =
      OpenGradientSource(gradients_, camera_, [&](const GradientPass& pass) {
        looks.push_back(pass.model->id().name + std::to_string(pass.index));
        EXPECT_EQ(pass.answer->scores.size(), 4U);
        EXPECT_EQ(pass.sensitivity->plane[0].size(), 24U);
      });
  ASSERT_TRUE(source.ok()) << source.status();
  std::vector<std::vector<uint8_t>> maps;
  for (int i = 0; i < 9; ++i) {
    const auto map = (*source)->Next(Grey(40 + 20 * i), nullptr);
    ASSERT_TRUE(map.ok()) << map.status();
    maps.push_back((*map)->qp_offset);
  }
  EXPECT_THAT(looks, ::testing::ElementsAre("one0", "two0", "one4", "two4",
                                            "one8", "two8"));
  EXPECT_EQ(maps[1], maps[0]);
  EXPECT_EQ(maps[3], maps[0]);
  EXPECT_EQ((*source)->SideData().models.size(), 2U);
  EXPECT_THAT((*source)->description(), HasSubstr("one, two"));
}

TEST_F(GradientSourceTest, NeedsAModelAndAStep) {
  gradients_.every = 0;
  EXPECT_FALSE(OpenGradientSource(gradients_, camera_, nullptr).ok());
  gradients_.every = 1;
  gradients_.models.clear();
  EXPECT_FALSE(OpenGradientSource(gradients_, camera_, nullptr).ok());
}

}  // namespace
}  // namespace fovea
