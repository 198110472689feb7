// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace fovea {
namespace {

using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pointwise;

std::vector<double> Draw(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0.5, 3);
  std::vector<double> values(count);
  for (double& value : values) value = normal(random);
  return values;
}

double SumOfSquares(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

// By the definition, from which the transform departs.
std::vector<double> DctOf(const std::vector<double>& x) {
  const double n = static_cast<double>(x.size());
  std::vector<double> out(x.size());
  for (size_t k = 0; k < x.size(); ++k) {
    for (size_t i = 0; i < x.size(); ++i) {
      out[k] += x[i] * std::cos(std::numbers::pi * static_cast<double>(k) *
                                (2 * static_cast<double>(i) + 1) / (2 * n));
    }
    out[k] *= std::sqrt((k == 0 ? 1 : 2) / n);
  }
  return out;
}

TEST(ForwardDctTest, IsTheTransformOfItsDefinitionAtEveryLength) {
  for (size_t n = 1; n <= 130; ++n) {
    std::vector<double> values = Draw(n, static_cast<unsigned>(n));
    const std::vector<double> wanted = DctOf(values);
    ForwardDct(values);
    for (size_t k = 0; k < n; ++k) {
      EXPECT_NEAR(values[k], wanted[k], 1e-10) << n << " " << k;
    }
  }
}

TEST(ForwardDctTest, KeepsTheEnergyOfLongWindows) {
  for (const size_t n : {500U, 1023U, 4096U, 65536U, 60000U}) {
    std::vector<double> values = Draw(n, 9);
    const double before = SumOfSquares(values);
    ForwardDct(values);
    EXPECT_NEAR(SumOfSquares(values) / before, 1, 1e-9) << n;
  }
}

TEST(ForwardDctTest, NothingIsNothing) {
  std::vector<double> none;
  ForwardDct(none);
  EXPECT_TRUE(none.empty());
}

TEST(WindowEnergyTest, SumsToTheEnergyOfTheGradients) {
  for (const size_t window : {1U, 2U, 15U, 16U, 17U, 100U, 128U}) {
    for (const size_t channels : {1U, 3U}) {
      WindowEnergy energy(channels, window);
      double sum = 0;
      for (unsigned seed = 0; seed < 3; ++seed) {
        const std::vector<double> gradient = Draw(channels * window, seed);
        energy.Add(gradient);
        sum += SumOfSquares(gradient) / 3;
      }
      // Coefficients in each band, by how many of a flat spectrum it takes.
      double coefficients = 0, found = 0;
      const std::vector<double> per_band = energy.PerBand();
      ASSERT_EQ(per_band.size(), channels * energy.bands());
      for (size_t i = 0; i < per_band.size(); ++i) {
        const size_t band = i % energy.bands();
        double in_band = 0;
        for (size_t k = 0; k < window; ++k) {
          in_band += k * energy.bands() / window == band;
        }
        EXPECT_GE(in_band, 1);
        coefficients += in_band;
        found += in_band * per_band[i];
      }
      EXPECT_EQ(coefficients, static_cast<double>(channels * window));
      EXPECT_NEAR(found / sum, 1, 1e-12) << window;
    }
  }
}

TEST(WindowEnergyTest, AToneLiesInTheBandOfItsFrequency) {
  for (const size_t window : {16U, 20U, 128U, 125U}) {
    for (size_t k = 0; k < window; ++k) {
      WindowEnergy energy(1, window);
      std::vector<double> tone;
      for (size_t i = 0; i < window; ++i) {
        tone.push_back(std::cos(std::numbers::pi * static_cast<double>(k) *
                                (2 * static_cast<double>(i) + 1) /
                                (2 * static_cast<double>(window))));
      }
      energy.Add(tone);
      const std::vector<double> edges = energy.EdgesHz(50);
      const double hz =
          static_cast<double>(k) * 50 / (2 * static_cast<double>(window));
      const std::vector<double> per_band = energy.PerBand();
      for (size_t b = 0; b < energy.bands(); ++b) {
        if (edges[b] <= hz && hz < edges[b + 1]) {
          EXPECT_GT(per_band[b], 0.1) << window << " " << k;
        } else {
          EXPECT_NEAR(per_band[b], 0, 1e-20) << window << " " << k;
        }
      }
    }
  }
}

TEST(WindowEnergyTest, ShortWindowsHaveABandPerSample) {
  WindowEnergy energy(1, 4);
  EXPECT_THAT(energy.EdgesHz(8), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(WindowEnergy(1, 1000).bands(), 16U);
}

TEST(WindowEnergyTest, IsAMeanOverWindows) {
  WindowEnergy energy(2, 32);
  EXPECT_THAT(energy.PerBand(), Each(0));
  const std::vector<double> gradient = Draw(64, 1);
  energy.Add(gradient);
  const std::vector<double> once = energy.PerBand();
  energy.Add(gradient);
  EXPECT_THAT(energy.PerBand(), Pointwise(DoubleEq(), once));
  energy.Add(std::vector<double>(64));
  energy.Add(std::vector<double>(64));
  for (size_t i = 0; i < once.size(); ++i) {
    EXPECT_DOUBLE_EQ(energy.PerBand()[i], once[i] / 2);
  }
  EXPECT_EQ(energy.windows(), 4);
}

}  // namespace
}  // namespace fovea
