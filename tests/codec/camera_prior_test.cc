// SPDX-License-Identifier: GPL-2.0-or-later
//
// Priors are the mean of what was added, forget slowly, and come back from
// bytes as they were, within the steps of the format.

#include "codec/camera_prior.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

ModelId Model(const std::string& name, uint8_t byte) {
  ModelId model{name, {}};
  model.digest.fill(byte);
  return model;
}

std::vector<double> AnySensitivity(size_t count, std::mt19937_64* engine) {
  std::lognormal_distribution<double> energy(-8, 2);
  std::vector<double> values(count);
  for (double& value : values) {
    value = (*engine)() % 5 == 0 ? 0 : energy(*engine);
  }
  return values;
}

std::string Text(const std::vector<uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::vector<uint8_t> Encoded(const CameraPrior& prior) {
  auto bytes = EncodeCameraPrior(prior);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : std::vector<uint8_t>();
}

absl::StatusOr<CameraPrior> Decode(const std::string& bytes) {
  return DecodeCameraPrior(std::vector<uint8_t>(bytes.begin(), bytes.end()),
                           CodecLimits());
}

TEST(CameraPriorTest, MeanIsTheArithmeticMeanOfWhatWasAdded) {
  std::mt19937_64 engine(1);
  CameraPrior prior = NewCameraPrior(Model("m", 1), 5, 4);
  std::vector<double> sum(20);
  constexpr int kFrames = 700;  // fewer than are remembered
  for (int i = 0; i < kFrames; ++i) {
    const auto frame = AnySensitivity(20, &engine);
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += frame[k];
    ASSERT_TRUE(AddToPrior(frame, &prior).ok());
  }
  EXPECT_EQ(prior.frames, 700u);
  for (size_t k = 0; k < sum.size(); ++k) {
    EXPECT_NEAR(prior.mean[k], sum[k] / kFrames, 1e-9 * sum[k]);
  }
}

TEST(CameraPriorTest, WhatTheCameraSeesNowDisplacesWhatItSaw) {
  CameraPrior prior = NewCameraPrior(Model("m", 1), 1, 1);
  const std::vector<double> then = {1.0};
  const std::vector<double> now = {3.0};
  for (int i = 0; i < 50'000; ++i) ASSERT_TRUE(AddToPrior(then, &prior).ok());
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(AddToPrior(now, &prior).ok());
  EXPECT_NEAR(prior.mean[0], 3.0 - 2.0 * std::exp(-1.0), 0.001);
  EXPECT_EQ(prior.frames, 51'000u);
}

TEST(CameraPriorTest, FramesOfAnotherSizeOrWithoutSenseChangeNothing) {
  CameraPrior prior = NewCameraPrior(Model("m", 1), 2, 2);
  const std::vector<double> good = {1, 2, 3, 4};
  ASSERT_TRUE(AddToPrior(good, &prior).ok());
  const CameraPrior before = prior;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::vector<double>& bad : std::vector<std::vector<double>>{
           {}, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, 2, 3, -1}, {1, 2, 3, nan}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(AddToPrior(bad, &prior)));
  }
  EXPECT_EQ(prior, before);
}

TEST(CameraPriorTest, FitsOnlyItsModelAndSize) {
  const CameraPrior prior = NewCameraPrior(Model("m", 1), 5, 4);
  EXPECT_TRUE(prior.Fits(Model("renamed", 1).digest, 5, 4));
  EXPECT_FALSE(prior.Fits(Model("m", 2).digest, 5, 4));
  EXPECT_FALSE(prior.Fits(Model("m", 1).digest, 4, 5));
  EXPECT_FALSE(prior.Fits(Model("m", 1).digest, 5, 5));
}

TEST(CameraPriorTest, ComesBackWithinASixteenthOctave) {
  std::mt19937_64 engine(2);
  for (int round = 0; round < 200; ++round) {
    const int columns = 1 + static_cast<int>(engine() % 40);
    const int rows = 1 + static_cast<int>(engine() % 30);
    CameraPrior prior =
        NewCameraPrior(Model("yolo \xc3\xa4", 9), columns, rows);
    prior.frames = engine() >> (engine() % 64);
    prior.reference = round % 2 == 0 ? 0 : 0.25 * round;
    prior.mean = AnySensitivity(prior.mean.size(), &engine);
    const auto back = Decode(Text(Encoded(prior)));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->model, prior.model);
    EXPECT_EQ(back->columns, columns);
    EXPECT_EQ(back->rows, rows);
    EXPECT_EQ(back->frames, prior.frames);
    EXPECT_EQ(back->reference, prior.reference);
    for (size_t i = 0; i < prior.mean.size(); ++i) {
      if (prior.mean[i] == 0) {
        EXPECT_EQ(back->mean[i], 0);
      } else {
        EXPECT_LE(std::abs(std::log2(back->mean[i] / prior.mean[i])),
                  1 / 16.0 + 1e-9);
      }
    }
    // What came from bytes goes back to the same ones.
    EXPECT_EQ(Text(Encoded(*back)), Text(Encoded(prior)));
  }
}

CameraPrior SmallPrior() {
  CameraPrior prior = NewCameraPrior(Model("m", 3), 3, 2);
  prior.frames = 12;
  prior.reference = 0.5;
  prior.mean = {0, 1, 2, 0.5, 0.25, 8};
  return prior;
}

TEST(CameraPriorTest, EveryCutIsRefused) {
  const std::string bytes = Text(Encoded(SmallPrior()));
  testing::ForEachTruncation(bytes, [](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(Decode(cut).status())) << cut.size();
  });
  EXPECT_TRUE(absl::IsDataLoss(Decode(bytes + "x").status()));
}

TEST(CameraPriorTest, ChangedBytesGiveAnErrorOrASoundPrior) {
  int refused = 0;
  testing::ForEachByteChange(
      Text(Encoded(SmallPrior())), [&](const std::string& changed) {
        const auto back = Decode(changed);
        refused += !back.ok();
        if (!back.ok()) return;
        const absl::Status again = EncodeCameraPrior(*back).status();
        EXPECT_TRUE(again.ok()) << again;
      });
  EXPECT_GT(refused, 1000);  // version, counts, sizes, base
}

TEST(CameraPriorTest, ANewerVersionIsNamed) {
  std::string bytes = Text(Encoded(SmallPrior()));
  bytes[0] = 2;
  const absl::Status status = Decode(bytes).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(),
              HasSubstr("prior of version 2; this build reads version 1"));
}

TEST(CameraPriorTest, WhatCouldNotBeReadIsNotWritten) {
  CameraPrior prior = SmallPrior();
  prior.columns = 1025;
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeCameraPrior(prior).status()));
  prior = SmallPrior();
  prior.mean.pop_back();
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeCameraPrior(prior).status()));
  prior = SmallPrior();
  prior.reference = -1;
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeCameraPrior(prior).status()));
  prior = SmallPrior();
  prior.model.name = "two\nlines";
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeCameraPrior(prior).status()));
}

TEST(CameraPriorTest, TheLargestPictureStaysWithinTheStoresLimit) {
  std::mt19937_64 engine(3);
  CameraPrior prior = NewCameraPrior(Model("m", 3), 1024, 1024);
  std::uniform_real_distribution<double> octave(-31, 0);
  for (double& mean : prior.mean) mean = std::exp2(octave(engine));
  const auto bytes = Encoded(prior);
  EXPECT_GT(bytes.size(), 1U << 20);  // noise: the worst there is
  EXPECT_LE(bytes.size(), 2U << 20);
  EXPECT_TRUE(DecodeCameraPrior(bytes, CodecLimits()).ok());
}

}  // namespace
}  // namespace fovea
