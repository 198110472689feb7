// SPDX-License-Identifier: GPL-2.0-or-later
//
// Turns go the short way at an even rate; numbers go straight.

#include "api/interpolation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace fovea {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Quaternion AboutZ(double degrees) {
  const double half = degrees * std::numbers::pi / 360;
  return {std::cos(half), 0, 0, std::sin(half)};
}

// Degrees about z, of a turn about z.
double Degrees(const Quaternion& q) {
  return std::atan2(q[3], q[0]) * 360 / std::numbers::pi;
}

Quaternion Negative(const Quaternion& q) {
  return {-q[0], -q[1], -q[2], -q[3]};
}

double Length(const Quaternion& q) {
  return std::hypot(std::hypot(q[0], q[1]), std::hypot(q[2], q[3]));
}

TEST(SlerpTest, TurnsAtAnEvenRate) {
  for (const double whole : {1e-9, 1e-5, 1.0, 90.0, 179.0}) {
    for (const double share : {0.0, 0.1, 0.5, 0.9, 1.0}) {
      const Quaternion q = Slerp(AboutZ(20), AboutZ(20 + whole), share);
      EXPECT_NEAR(Degrees(q), 20 + share * whole, 1e-9)
          << whole << " degrees, " << share;
    }
  }
}

TEST(SlerpTest, GoesTheShortWayWhateverTheSigns) {
  EXPECT_NEAR(Degrees(Slerp(AboutZ(10), Negative(AboutZ(30)), 0.5)), 20, 1e-9);
  // 350 degrees on is 10 back.
  EXPECT_NEAR(Degrees(Slerp(AboutZ(0), AboutZ(350), 0.5)), -5, 1e-9);
  // And the sign of the first is kept, so that a row of them does not jump.
  EXPECT_LT(Slerp(Negative(AboutZ(10)), AboutZ(30), 0.5)[0], 0);
}

TEST(SlerpTest, StaysOfUnitLengthAndSymmetric) {
  std::mt19937_64 engine(3);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 1000; ++i) {
    const auto draw = [&] {
      Quaternion q = {normal(engine), normal(engine), normal(engine),
                      normal(engine)};
      const double length = Length(q);
      for (double& v : q) v /= length;
      return q;
    };
    const Quaternion a = draw(), b = draw();
    const double share = static_cast<double>(engine() % 1000) / 1000;
    const Quaternion there = Slerp(a, b, share);
    const Quaternion back = Slerp(b, a, 1 - share);
    EXPECT_NEAR(Length(there), 1, 1e-12);
    double same = 0;
    for (size_t k = 0; k < 4; ++k) same += there[k] * back[k];
    EXPECT_NEAR(std::abs(same), 1, 1e-12);
  }
}

std::vector<Channel> Named(const std::vector<const char*>& names) {
  std::vector<Channel> channels;
  for (const char* name : names) channels.push_back({name, ""});
  return channels;
}

TEST(SampleInterpolationTest, FindsQuaternionsByTheirNames) {
  const auto groups = [](const std::vector<const char*>& names) {
    return SampleInterpolation(Named(names)).quaternions();
  };
  EXPECT_THAT(groups({"cori_w", "cori_x", "cori_y", "cori_z"}),
              ElementsAre(SampleInterpolation::Group{0, 1, 2, 3}));
  EXPECT_THAT(groups({"t", "q_x", "q_y", "q_z", "q_w"}),
              ElementsAre(SampleInterpolation::Group{4, 1, 2, 3}));
  EXPECT_THAT(groups({"a_w", "a_x", "a_y", "b_z"}), IsEmpty());
  EXPECT_THAT(groups({"gyro_x", "gyro_y", "gyro_z"}), IsEmpty());
  EXPECT_THAT(groups({"w", "x", "y", "z"}), IsEmpty());
  EXPECT_THAT(groups({}), IsEmpty());
}

TEST(SampleInterpolationTest, TurnsAndNumbersShareASample) {
  const SampleInterpolation between(
      Named({"speed", "q_w", "q_x", "q_y", "q_z"}));
  const Quaternion from = AboutZ(0), to = Negative(AboutZ(90));
  const std::vector<double> a = {1, from[0], from[1], from[2], from[3]};
  const std::vector<double> b = {3, to[0], to[1], to[2], to[3]};
  std::vector<double> out(5);
  between.Between(a, b, 0.25, out);
  EXPECT_EQ(out[0], 1.5);
  EXPECT_NEAR(Degrees({out[1], out[2], out[3], out[4]}), 22.5, 1e-9);
}

TEST(SampleInterpolationTest, WhatIsNotOfUnitLengthIsNoTurn) {
  const SampleInterpolation between(Named({"q_w", "q_x", "q_y", "q_z"}));
  std::vector<double> out(4);
  between.Between(std::vector<double>{1, 0, 0, 0},
                  std::vector<double>{0, 0, 0, 0}, 0.5, out);
  EXPECT_THAT(out, ElementsAre(0.5, 0, 0, 0));
  // 16-bit numbers are near enough.
  between.Between(std::vector<double>{32766.0 / 32767, 0, 0, 0},
                  std::vector<double>{0, 0, 0, 32766.0 / 32767}, 0.5, out);
  const double half = std::sqrt(0.5);
  EXPECT_THAT(
      out, ElementsAre(DoubleNear(half, 1e-12), 0, 0, DoubleNear(half, 1e-12)));
}

TEST(SampleInterpolationTest, NotANumberStaysSo) {
  const SampleInterpolation between(
      Named({"level", "q_w", "q_x", "q_y", "q_z"}));
  std::vector<double> out(5);
  const double nan = std::nan("");
  between.Between(std::vector<double>{nan, nan, 0, 0, 0},
                  std::vector<double>{1, 1, 0, 0, 0}, 0.5, out);
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_TRUE(std::isnan(out[1]));
}

}  // namespace
}  // namespace fovea
