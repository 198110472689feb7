// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensor conditions find their channels and their units.

#include "api/sensor_channels.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

const std::vector<Channel> kImu = {{"gyro_x", "rad/s"},  {"gyro_y", "rad/s"},
                                   {"gyro_z", "rad/s"},  {"accel_x", "m/s2"},
                                   {"accel_y", "m/s2"},  {"accel_z", "m/s2"},
                                   {"temperature", "C"}, {"speed2d", "m/s"}};

SensorCondition Condition(const std::string& channel, Comparison comparison,
                          double value, const std::string& unit = "") {
  return {channel, false, comparison, value, unit};
}

// Whether the condition holds of a sample with these values.
bool Holds(const SensorCondition& condition, std::vector<double> sample) {
  sample.resize(kImu.size());
  const auto test = SensorTest::Bind(condition, kImu);
  EXPECT_TRUE(test.ok()) << test.status();
  return test.ok() && !test->is_empty() && test->Holds(sample);
}

TEST(SensorChannelsTest, NormIsTheLengthOverAxesInTheUnitAsked) {
  SensorCondition condition = Condition("accel", Comparison::kGreater, 2, "g");
  condition.norm = true;
  EXPECT_FALSE(Holds(condition, {0, 0, 0, 2 * 9.8, 0, 0}));
  EXPECT_TRUE(Holds(condition, {0, 0, 0, 2 * 9.8, 2, 1}));
  EXPECT_FALSE(Holds(condition, {99, 99, 99, 0, 0, 0, 99, 99}));
}

TEST(SensorChannelsTest, AChannelByItsNameOrOneOfItsVariants) {
  EXPECT_TRUE(Holds(Condition("gyro_y", Comparison::kLess, 0), {1, -1, 1}));
  EXPECT_FALSE(Holds(Condition("gyro_x", Comparison::kLess, 0), {1, -1, 1}));
  EXPECT_TRUE(Holds(Condition("gyro", Comparison::kLess, 0), {1, -1, 1}));
  const auto fast = Condition("speed", Comparison::kAtLeast, 36, "km/h");
  EXPECT_TRUE(Holds(fast, {0, 0, 0, 0, 0, 0, 0, 10.0}));
  EXPECT_FALSE(Holds(fast, {0, 0, 0, 0, 0, 0, 0, 9.99}));
}

TEST(SensorChannelsTest, ComparesAsWritten) {
  for (const double value : {-1.0, 0.0, 1.0}) {
    const std::vector<double> sample = {value};
    const auto holds = [&](Comparison comparison) {
      return Holds(Condition("gyro_x", comparison, 0), sample);
    };
    EXPECT_EQ(holds(Comparison::kLess), value < 0);
    EXPECT_EQ(holds(Comparison::kAtMost), value <= 0);
    EXPECT_EQ(holds(Comparison::kEqual), value == 0);
    EXPECT_EQ(holds(Comparison::kAtLeast), value >= 0);
    EXPECT_EQ(holds(Comparison::kGreater), value > 0);
    EXPECT_FALSE(
        Holds(Condition("gyro_x", Comparison::kAtMost, 0), {std::nan("")}));
  }
}

TEST(SensorChannelsTest, NoSuchChannelIsNoFault) {
  const auto test =
      SensorTest::Bind(Condition("heart", Comparison::kLess, 0), kImu);
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_TRUE(test->is_empty());
}

TEST(SensorChannelsTest, AUnitThatDoesNotFitNamesTheChannel) {
  const auto test = SensorTest::Bind(
      Condition("accel_x", Comparison::kLess, 0, "km/h"), kImu);
  EXPECT_THAT(test.status().ToString(),
              HasSubstr("channel 'accel_x' is in 'm/s2', which cannot be "
                        "compared with 'km/h'"));
  EXPECT_TRUE(SensorTest::Bind(
                  Condition("temperature", Comparison::kLess, 0, "C"), kImu)
                  .ok());
}

TEST(SensorChannelsTest, UnitsConvertThereAndBack) {
  EXPECT_DOUBLE_EQ(*UnitFactor("g", "m/s2"), 9.80665);
  EXPECT_DOUBLE_EQ(*UnitFactor("km/h", "m/s") * *UnitFactor("m/s", "km/h"), 1);
  EXPECT_DOUBLE_EQ(*UnitFactor("deg/s", "rad/s"), std::acos(-1.0) / 180);
  EXPECT_FALSE(UnitFactor("furlong", "m").ok());
}

}  // namespace
}  // namespace fovea
