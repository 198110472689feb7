// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/sensor_features.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr double kRateHz = 100;
constexpr size_t kSamples = 128;
constexpr double kGravity = 9.80665;

const std::vector<Channel> kSixAxes = {
    {"accel_x", "m/s2"}, {"accel_y", "m/s2"}, {"accel_z", "m/s2"},
    {"gyro_x", "rad/s"}, {"gyro_y", "rad/s"}, {"gyro_z", "rad/s"}};

// A window of six axes, at rest with gravity along z until told otherwise.
class Window {
 public:
  Window() {
    Fill(2, [](double) { return kGravity; });
  }

  // Channel `channel` as a function of seconds.
  template <typename Function>
  Window& Fill(size_t channel, Function function) {
    for (size_t i = 0; i < kSamples; ++i) {
      values_[channel * kSamples + i] =
          function(static_cast<double>(i) / kRateHz);
    }
    return *this;
  }
  Window& Shake(size_t channel, double hz, double size, double around = 0) {
    return Fill(channel, [=](double t) {
      return around + size * std::sin(2 * std::numbers::pi * hz * t);
    });
  }
  Window& Set(size_t channel, size_t sample, double value) {
    values_[channel * kSamples + sample] = value;
    return *this;
  }

  Features Measure(MotionEvent event = MotionEvent::kNone) const {
    return SensorFeaturesOf(SensorLayoutOf(kSixAxes).value(),
                            {values_, kRateHz, event})
        .value();
  }
  absl::Status Status() const {
    return SensorFeaturesOf(SensorLayoutOf(kSixAxes).value(),
                            {values_, kRateHz})
        .status();
  }

 private:
  std::vector<double> values_ = std::vector<double>(6 * kSamples, 0.0);
};

// --- layout --------------------------------------------------------------

TEST(SensorLayoutTest, FindsThreeNeighboursByName) {
  const auto layout = SensorLayoutOf(std::vector<Channel>{
      {"temperature", "Cel"},
      {"Gyro.X", "deg/s"},
      {"Gyro.Y", "deg/s"},
      {"Gyro.Z", "deg/s"},
      {"x_acc", "g"},
      {"y_acc", "g"},
      {"z_acc", "g"},
  });
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->gyroscope, 1);
  EXPECT_EQ(layout->accelerometer, 4);
  EXPECT_DOUBLE_EQ(layout->to_m_s2, kGravity);
  EXPECT_NEAR(layout->to_rad_s, 0.0174533, 1e-6);
}

TEST(SensorLayoutTest, NamesAnUnknownUnit) {
  const auto layout = SensorLayoutOf(std::vector<Channel>{
      {"acc_x", "furlong"}, {"acc_y", "furlong"}, {"acc_z", "furlong"}});
  EXPECT_EQ(layout.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(layout.status().message(), HasSubstr("furlong"));
}

TEST(SensorLayoutTest, TwoAxesOrAnotherOrderAreGeneric) {
  const auto two = SensorLayoutOf(
      std::vector<Channel>{{"acc_x", ""}, {"acc_y", ""}, {"speed", ""}});
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two->accelerometer, -1);
  const auto turned = SensorLayoutOf(
      std::vector<Channel>{{"acc_z", ""}, {"acc_y", ""}, {"acc_x", ""}});
  ASSERT_TRUE(turned.ok());
  EXPECT_EQ(turned->accelerometer, -1);
}

TEST(SensorLayoutTest, TakesOneTo64Channels) {
  EXPECT_FALSE(SensorLayoutOf({}).ok());
  EXPECT_TRUE(SensorLayoutOf(std::vector<Channel>(64)).ok());
  EXPECT_FALSE(SensorLayoutOf(std::vector<Channel>(65)).ok());
}

// --- cells ---------------------------------------------------------------

TEST(SensorFeaturesTest, RestIsGravityAndNothingElse) {
  const Features rest = Window().Measure();
  ASSERT_EQ(rest.columns, kSensorCells);
  for (size_t i = 0; i < rest.cells.size(); ++i) {
    EXPECT_EQ(rest.cells[i], i == kCellMean + 2 ? 78 : 0) << i;  // 8 * 9.81
  }
}

TEST(SensorFeaturesTest, AToneIsFoundInItsBandWithItsPeriod) {
  // Two samples a period at most in the highest band: as exact as Haar is.
  const std::pair<double, int> tones[] = {{1.6, 0}, {4.7, 1}, {9, 2}, {30, 3}};
  for (const auto& [hz, band] : tones) {
    const Features tone = Window().Shake(2, hz, 2, kGravity).Measure();
    for (int other = 0; other < 4; ++other) {
      EXPECT_LE(tone.cells[static_cast<size_t>(kCellBands + other)],
                tone.cells[static_cast<size_t>(kCellBands + band)])
          << hz << " Hz, band " << other;
    }
    // Each period passes the mean twice.
    EXPECT_NEAR(tone.cells[kCellCrossings + 2], std::min(127.0, 8 * hz), 7)
        << hz;
  }
  const Features step = Window().Shake(2, 2, 2, kGravity).Measure();
  EXPECT_EQ(step.cells[kCellPeriod], 64);  // 1/2 s is 4 octaves of 1/32 s
  EXPECT_GT(step.cells[kCellPeriodic], 110);
}

TEST(SensorFeaturesTest, TwiceTheShakeIsAnOctave) {
  const Features once = Window().Shake(0, 5, 1).Shake(3, 5, 0.5).Measure();
  const Features twice = Window().Shake(0, 5, 2).Shake(3, 5, 1).Measure();
  EXPECT_EQ(once.cells[kCellDeviation], 76);  // 8 log2(1024 / sqrt 2)
  EXPECT_EQ(twice.cells[kCellDeviation] - once.cells[kCellDeviation], 8);
  EXPECT_EQ(twice.cells[kCellTurning] - once.cells[kCellTurning], 8);
}

TEST(SensorFeaturesTest, WhatBeginsLateTellsInTheTail) {
  Window window;
  window.Fill(4, [](double t) { return t < 1 ? 0.0 : 2.0; });
  window.Fill(0, [](double t) { return t < 1 ? 0.0 : 5.0; });
  const Features late = window.Measure();
  EXPECT_GT(late.cells[kCellTailTurn], 90);
  EXPECT_GT(late.cells[kCellTailTilt], 10);
}

TEST(SensorFeaturesTest, UnitsAreThoseOfTheLayout) {
  std::vector<Channel> channels = kSixAxes;
  for (size_t i = 0; i < 3; ++i) channels[i].unit = "g";
  std::vector<double> values(6 * kSamples, 0.0);
  for (size_t i = 0; i < kSamples; ++i) values[2 * kSamples + i] = 1;
  const auto in_g =
      SensorFeaturesOf(SensorLayoutOf(channels).value(), {values, kRateHz});
  ASSERT_TRUE(in_g.ok()) << in_g.status();
  EXPECT_EQ(*in_g, Window().Measure());
}

TEST(SensorFeaturesTest, GenericChannelsHaveTwoCellsEach) {
  const std::vector<Channel> channels = {{"bpm", ""}, {"ampere", ""}};
  std::vector<double> values(2 * 16, 70);
  for (size_t i = 16; i < 32; ++i) values[i] = i % 2 == 0 ? -2 : -1;
  const auto features =
      SensorFeaturesOf(SensorLayoutOf(channels).value(), {values, 1});
  ASSERT_TRUE(features.ok()) << features.status();
  ASSERT_EQ(features->columns, kSensorCells + 4);
  EXPECT_EQ(features->cells[kSensorCells], 64);  // 4 log2 70001
  EXPECT_EQ(features->cells[kSensorCells + 1], 0);
  EXPECT_EQ(features->cells[kSensorCells + 2], -42);
  EXPECT_EQ(features->cells[kSensorCells + 3], 36);
}

TEST(SensorFeaturesTest, TheEventIsACell) {
  EXPECT_EQ(Window().Measure(MotionEvent::kAnyMotion).cells[kCellEvent], 64);
  EXPECT_EQ(Window().Measure(MotionEvent::kNoMotion).cells[kCellEvent], -64);
}

TEST(SensorFeaturesTest, HugeValuesAreCut) {
  const Features huge = Window().Set(0, 3, 1e30).Set(5, 7, -1e30).Measure();
  EXPECT_EQ(huge.cells[kCellDeviation], 127);
  EXPECT_EQ(huge.cells[kCellTurning + 2], 127);
}

TEST(SensorFeaturesTest, NamesTheValueThatIsNone) {
  const double bad[] = {std::numeric_limits<double>::quiet_NaN(),
                        std::numeric_limits<double>::infinity(), -2e30};
  for (const double value : bad) {
    const absl::Status status = Window().Set(4, 9, value).Status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("channel 4, sample 9"));
  }
}

TEST(SensorFeaturesTest, WalksTheSizes) {
  const SensorLayout layout = SensorLayoutOf(kSixAxes).value();
  const auto ok = [&](size_t values, double rate_hz) {
    const std::vector<double> zeros(values, 0.0);
    return SensorFeaturesOf(layout, {zeros, rate_hz}).ok();
  };
  EXPECT_FALSE(ok(0, 100));
  EXPECT_FALSE(ok(6 * 7, 100));
  EXPECT_TRUE(ok(6 * 8, 100));
  EXPECT_FALSE(ok(6 * 8 + 1, 100));
  EXPECT_TRUE(ok(6 * 65536, 100));
  EXPECT_FALSE(ok(6 * 65537, 100));
  EXPECT_FALSE(ok(60, 0));
  EXPECT_FALSE(ok(60, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(ok(60, 1e6));
  EXPECT_FALSE(ok(60, 1.1e6));
  for (size_t samples = 8; samples < 300; ++samples) {
    EXPECT_TRUE(ok(6 * samples, 50)) << samples;
  }
}

TEST(SensorFeaturesTest, ALayoutBeyondTheChannelsIsRefused) {
  SensorLayout layout = SensorLayoutOf(kSixAxes).value();
  const std::vector<double> zeros(60, 0.0);
  layout.gyroscope = 4;
  EXPECT_FALSE(SensorFeaturesOf(layout, {zeros, 100}).ok());
  layout.gyroscope = -2;
  EXPECT_FALSE(SensorFeaturesOf(layout, {zeros, 100}).ok());
  layout.gyroscope = -1;
  layout.channels = 0;
  EXPECT_FALSE(SensorFeaturesOf(layout, {zeros, 100}).ok());
}

// Turned by 90 degrees about z: x to y, y to -x.
TEST(SensorFeaturesTest, LengthsStayWhenTheSensorIsTurned) {
  const uint32_t seed = 5;
  std::mt19937 dice(seed);
  std::normal_distribution<double> noise(0, 1);
  for (int round = 0; round < 20; ++round) {
    Window straight, turned;
    for (size_t i = 0; i < kSamples; ++i) {
      for (const size_t first : {0, 3}) {
        const double x = noise(dice), y = noise(dice);
        straight.Set(first, i, x).Set(first + 1, i, y);
        turned.Set(first, i, -y).Set(first + 1, i, x);
      }
    }
    const Features a = straight.Measure(), b = turned.Measure();
    for (size_t i = kCellBands; i <= kCellPeriodic; ++i) {
      EXPECT_EQ(a.cells[i], b.cells[i]) << i << ", seed " << seed;
    }
    EXPECT_EQ(a.cells[kCellTailMotion], b.cells[kCellTailMotion]);
    EXPECT_EQ(a.cells[kCellTailTurn], b.cells[kCellTailTurn]);
    EXPECT_EQ(a.cells[kCellDeviation], b.cells[kCellDeviation + 1]);
  }
}

// --- distances -----------------------------------------------------------

Features RandomFeatures(uint16_t columns, std::mt19937* dice) {
  std::uniform_int_distribution<int> cell(-127, 127);
  Features features{columns, 1, {}};
  for (int i = 0; i < columns; ++i) {
    features.cells.push_back(static_cast<int8_t>(cell(*dice)));
  }
  return features;
}

TEST(SensorDistanceTest, IsAMetric) {
  const uint32_t seed = 8;
  std::mt19937 dice(seed);
  const uint16_t shapes[] = {25, 27, 151};
  for (const uint16_t columns : shapes) {
    for (int round = 0; round < 200; ++round) {
      const Features a = RandomFeatures(columns, &dice);
      const Features b = RandomFeatures(columns, &dice);
      const Features c = RandomFeatures(columns, &dice);
      EXPECT_EQ(SensorDistance(a, a), 0);
      EXPECT_EQ(SensorDistance(a, b), SensorDistance(b, a));
      EXPECT_LE(SensorDistance(a, c),
                SensorDistance(a, b) + SensorDistance(b, c) + 1e-3F)
          << "seed " << seed;
      EXPECT_LE(SensorDistance(a, b), 254);
    }
  }
}

TEST(SensorDistanceTest, OtherShapesAreInfinitelyFar) {
  std::mt19937 dice(1);
  const Features a = RandomFeatures(25, &dice);
  EXPECT_TRUE(std::isinf(SensorDistance(a, RandomFeatures(27, &dice))));
  EXPECT_TRUE(std::isinf(SensorDistance(a, {})));
  const Features small = RandomFeatures(24, &dice);
  EXPECT_TRUE(std::isinf(SensorDistance(small, small)));
  Features torn = a;
  torn.cells.pop_back();
  EXPECT_TRUE(std::isinf(SensorDistance(torn, torn)));
  Features picture = a;
  picture.rows = 2;
  EXPECT_TRUE(std::isinf(SensorDistance(picture, picture)));
}

TEST(GravityAngleTest, IsThatOfTheMeans) {
  const Features up = Window().Measure();
  Window lying;
  lying.Fill(2, [](double) { return 0.0; });
  const Features none = lying.Measure();
  lying.Fill(0, [](double) { return kGravity; });
  EXPECT_NEAR(GravityAngle(up, lying.Measure()), 90, 0.5);
  EXPECT_EQ(GravityAngle(up, up), 0);
  EXPECT_EQ(GravityAngle(up, none), 180);
  EXPECT_EQ(GravityAngle(up, {}), 180);
}

}  // namespace
}  // namespace fovea
