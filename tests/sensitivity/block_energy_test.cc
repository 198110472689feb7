// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/block_energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

namespace fovea {
namespace {

using ::testing::Each;

PlaneGradient Zero(int width, int height, bool full_chroma = false) {
  PlaneGradient gradient;
  gradient.width = width;
  gradient.height = height;
  const auto count = [](int w, int h) {
    return static_cast<size_t>(w) * static_cast<size_t>(h);
  };
  gradient.plane[0].assign(count(width, height), 0);
  for (size_t i = 1; i < 3; ++i) {
    gradient.plane[i].assign(full_chroma
                                 ? count(width, height)
                                 : count((width + 1) / 2, (height + 1) / 2),
                             0);
  }
  return gradient;
}

PlaneGradient Noise(int width, int height, unsigned seed) {
  PlaneGradient gradient = Zero(width, height);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (auto& plane : gradient.plane) {
    for (float& value : plane) value = normal(random);
  }
  return gradient;
}

TEST(BlockEnergyTest, EachSampleCountsInItsOwnBlock) {
  PlaneGradient gradient = Zero(40, 33);
  gradient.plane[0][32 * 40 + 39] = 2;  // last pixel: a block of 8 x 1
  gradient.plane[1][16 * 20 + 19] = 3;  // its chroma: a block of 4 x 1
  BlockEnergy energy(40, 33, false, Norm::kSquare);
  energy.Add(gradient, false);
  const auto planes = energy.PerMacroblock();
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_DOUBLE_EQ(planes[0][i], i == 8 ? 4.0 / 8 : 0);
    EXPECT_DOUBLE_EQ(planes[1][i], i == 8 ? 9.0 / 4 : 0);
    EXPECT_DOUBLE_EQ(planes[2][i], 0);
  }
}

TEST(BlockEnergyTest, IsTheMeanOverGradients) {
  BlockEnergy energy(32, 32, false, Norm::kAbsolute);
  PlaneGradient gradient = Zero(32, 32);
  gradient.plane[0].assign(32 * 32, -1.5F);
  energy.Add(gradient, false);
  energy.Add(Zero(32, 32), false);
  EXPECT_THAT(energy.PerMacroblock()[0], Each(0.75));
  energy.Reset();
  energy.Add(gradient, false);
  EXPECT_DOUBLE_EQ(energy.PerMacroblock()[0][3], 1.5);
}

TEST(BlockEnergyTest, FullChromaHasBlocksOfSixteen) {
  BlockEnergy energy(16, 16, true, Norm::kSquare);
  PlaneGradient gradient = Zero(16, 16, true);
  gradient.plane[2].assign(256, 2);
  energy.Add(gradient, true);
  EXPECT_DOUBLE_EQ(energy.PerMacroblock()[2][0], 4);
  // A constant block is all DC: 8 * 2.
  EXPECT_NEAR(energy.PerFrequency()[2][0], 256, 1e-3);
}

// The transform is orthonormal: energy is the same on both sides.
TEST(BlockEnergyTest, FrequenciesHoldTheEnergyOfTheSamples) {
  BlockEnergy energy(64, 48, false, Norm::kSquare);
  energy.Add(Noise(64, 48, 3), true);
  const auto blocks = energy.PerMacroblock();
  const auto frequencies = energy.PerFrequency();
  for (size_t plane = 0; plane < 3; ++plane) {
    double of_blocks = 0, of_frequencies = 0;
    for (const double value : blocks[plane]) of_blocks += value;
    for (const double value : frequencies[plane]) of_frequencies += value;
    EXPECT_NEAR(of_blocks / 12, of_frequencies / 64, 1e-4) << plane;
  }
}

TEST(BlockEnergyTest, AWaveIsOneFrequency) {
  PlaneGradient gradient = Zero(16, 16);
  constexpr int kAcross = 3, kDown = 5;
  const auto wave = [](int k, int x) {
    return std::cos((2 * x % 16 + 1) * k * std::numbers::pi / 16);
  };
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      gradient.plane[0][static_cast<size_t>(y * 16 + x)] =
          static_cast<float>(wave(kAcross, x) * wave(kDown, y));
    }
  }
  BlockEnergy energy(16, 16, false, Norm::kSquare);
  energy.Add(gradient, true);
  const auto luma = energy.PerFrequency()[0];
  for (size_t k = 0; k < luma.size(); ++k) {
    EXPECT_NEAR(luma[k], k == kDown * 8 + kAcross ? 16 : 0, 1e-3) << k;
  }
}

TEST(BlockEnergyTest, PicturesBelowABlockHaveNoFrequencies) {
  BlockEnergy energy(7, 7, false, Norm::kSquare);
  energy.Add(Noise(7, 7, 1), true);
  EXPECT_THAT(energy.PerFrequency()[0], Each(0));
  EXPECT_GT(energy.PerMacroblock()[0][0], 0);
}

}  // namespace
}  // namespace fovea
