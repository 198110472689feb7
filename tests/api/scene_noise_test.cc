// SPDX-License-Identifier: GPL-2.0-or-later
//
// Noise against what was asked for, measured from repeated developments of
// one picture.

#include "api/scene_noise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "api/scene_stage.h"
#include "tests/api/scene_fixture.h"

namespace fovea {
namespace {

using scene::Canvas;
using scene::Picture;

// Sigma of one pixel's values over two developments of the same light.
double SigmaAt(const SceneOptions& options, int code) {
  const scene::Sensor sensor(options);
  Canvas light{256, 256,
               std::vector<uint16_t>(65536, static_cast<uint16_t>(code << 8))};
  std::vector<uint8_t> a(65536), b(65536);
  sensor.Develop(light, 0, 0, 1, 1.0, a.data(), 256);
  sensor.Develop(light, 0, 0, 2, 1.0, b.data(), 256);
  double squares = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    squares += std::pow(static_cast<double>(a[i]) - b[i], 2);
  }
  return std::sqrt(squares / (2.0 * static_cast<double>(a.size())));
}

TEST(SceneNoiseTest, ShotNoiseGrowsWithTheRootOfTheSignal) {
  SceneOptions options;
  options.read_noise = 0;
  options.shot_noise = 3;
  EXPECT_NEAR(SigmaAt(options, 126), 3, 0.1);
  EXPECT_NEAR(SigmaAt(options, 16 + 55), 3 / std::sqrt(2.0), 0.1);
  options.shot_noise = 0;
  options.read_noise = 2;
  EXPECT_NEAR(SigmaAt(options, 126), 2, 0.06);
  EXPECT_NEAR(SigmaAt(options, 60), 2, 0.06);
}

TEST(SceneNoiseTest, NormalTableHasUnitVarianceAndTheRightShape) {
  const scene::NormalTable table;
  double squares = 0, fourth = 0;
  int within = 0;
  for (size_t i = 0; i < scene::NormalTable::kSize; ++i) {
    const double z =
        static_cast<double>(table.at(i)) / scene::NormalTable::kOne;
    squares += z * z;
    fourth += z * z * z * z;
    if (std::abs(z) < 1) ++within;
  }
  EXPECT_NEAR(squares / scene::NormalTable::kSize, 1, 0.001);
  EXPECT_NEAR(fourth / scene::NormalTable::kSize, 3, 0.05);
  EXPECT_NEAR(within / 4096.0, 0.6827, 0.002);
}

TEST(SceneNoiseTest, MeterAgreesWithWhatWasAskedFor) {
  for (const double scale : {0.7, 1.0, 2.0}) {
    SceneOptions options = SmallOptions();
    options.shot_noise *= scale;
    options.read_noise *= scale;
    const auto stage = Build(options);
    scene::NoiseMeter meter;
    for (const int64_t index : {0, 50, 100}) {
      const Picture light = stage->Light(0, index);
      meter.Add(light.planes[0], stage->sensor().Gain(0, stage->Seconds(index)),
                *stage->Develop(light, 0, index));
    }
    const double expected = std::sqrt(std::pow(options.shot_noise, 2) +
                                      std::pow(options.read_noise, 2));
    EXPECT_NEAR(meter.Sigma(), expected, 0.15 * expected);
  }
}

TEST(SceneNoiseTest, LampAndExposureMoveTheLight) {
  SceneOptions options = SmallOptions();
  options.exposure_drift = 0;
  const scene::Sensor lamp(options);
  double low = 2, high = 0;
  for (int i = 0; i < 120; ++i) {
    low = std::min(low, lamp.Gain(0, i / 30.0));
    high = std::max(high, lamp.Gain(0, i / 30.0));
  }
  EXPECT_NEAR(high - low, 0.02, 0.003);
  options.exposure_drift = 0.03;
  options.flicker = 0;
  const scene::Sensor drift(options);
  EXPECT_GT(std::abs(drift.Gain(0, 0) - drift.Gain(0, 2)), 0.002);
  EXPECT_NE(drift.Gain(0, 1), drift.Gain(1, 1));
}

}  // namespace
}  // namespace fovea
