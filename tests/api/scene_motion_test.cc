// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inertial readings against the motion they come from: integrated,
// differenced, counted.

#include "api/scene_motion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace fovea::scene {
namespace {

constexpr ImuErrors kPerfect{0, 0, 0, 0, 0, 0};

class SceneMotionTest : public ::testing::Test {
 protected:
  SeriesBatch Read(const ImuErrors& errors, double rate_hz, double seconds,
                   uint64_t seed = 7) const {
    return SimulateImu(motion_, errors, normals_, seed, rate_hz, seconds);
  }

  static Vec3 Gyro(const SeriesBatch& batch, size_t i) {
    const double* v = batch.values.data() + 6 * i;
    return {v[0], v[1], v[2]};
  }
  static Vec3 Accel(const SeriesBatch& batch, size_t i) {
    const double* v = batch.values.data() + 6 * i;
    return {v[3], v[4], v[5]};
  }

  // Acceleration from positions alone.
  Vec3 DifferencedAcceleration(double t) const {
    constexpr double kStep = 1e-3;
    const Vec3 sum = motion_.At(t + kStep).position +
                     motion_.At(t - kStep).position -
                     2 * motion_.At(t).position;
    return 1 / (kStep * kStep) * sum;
  }

  NormalTable normals_;
  CameraMotion motion_{3};
};

double Norm(Vec3 v) { return std::sqrt(v.x * v.x + v.y * v.y + v.z * v.z); }

// Rotation by `turn` (axis times angle): Rodrigues' formula.
Mat3 Rotation(Vec3 turn) {
  const double angle = Norm(turn);
  if (angle < 1e-12) return {};
  const Vec3 k = 1 / angle * turn;
  const double s = std::sin(angle), c = 1 - std::cos(angle);
  return {{1 - c * (k.y * k.y + k.z * k.z), c * k.x * k.y - s * k.z,
           c * k.x * k.z + s * k.y, c * k.x * k.y + s * k.z,
           1 - c * (k.x * k.x + k.z * k.z), c * k.y * k.z - s * k.x,
           c * k.x * k.z - s * k.y, c * k.y * k.z + s * k.x,
           1 - c * (k.x * k.x + k.y * k.y)}};
}

double AngleBetween(const Mat3& a, const Mat3& b) {
  const Mat3 d = Transpose(a) * b;
  const Vec3 twice_sine = {d.m[7] - d.m[5], d.m[2] - d.m[6], d.m[3] - d.m[1]};
  return std::asin(std::min(1.0, Norm(twice_sine) / 2));
}

TEST_F(SceneMotionTest, SineAgreesWithTheCLibrary) {
  for (int i = -4000; i <= 4000; ++i) {
    const double turns = i * 0.00173;
    EXPECT_NEAR(SineOfTurns(turns), std::sin(kRadiansPerTurn * turns), 1e-13);
    EXPECT_NEAR(CosineOfTurns(turns), std::cos(kRadiansPerTurn * turns), 1e-13);
  }
}

TEST_F(SceneMotionTest, IntegratedGyroFollowsTheOrientation) {
  constexpr double kRate = 1000;
  const SeriesBatch batch = Read(kPerfect, kRate, 8);
  Mat3 rotation = motion_.At(0).rotation;
  double worst = 0;
  for (size_t i = 1; i < batch.time_ns.size(); ++i) {
    const Vec3 mean = 0.5 * (Gyro(batch, i - 1) + Gyro(batch, i));
    rotation = rotation * Rotation(1 / kRate * mean);
    const double t = static_cast<double>(i) / kRate;
    worst = std::max(worst, AngleBetween(rotation, motion_.At(t).rotation));
  }
  EXPECT_LT(worst, 5e-4);
  // The camera does turn, so staying close means something.
  EXPECT_GT(AngleBetween(motion_.At(0).rotation, motion_.At(6).rotation), 0.01);
}

TEST_F(SceneMotionTest, AccelerometerReadsAccelerationLessGravity) {
  const SeriesBatch batch = Read(kPerfect, 100, 10);
  for (size_t i = 1; i < batch.time_ns.size(); ++i) {
    const double t = static_cast<double>(i) / 100;
    const Vec3 a = DifferencedAcceleration(t) + Vec3{0, 0, kGravity};
    const Vec3 expected = Transpose(motion_.At(t).rotation) * a;
    EXPECT_LT(Norm(Accel(batch, i) - expected), kAccelStep) << "at " << t;
  }
}

TEST_F(SceneMotionTest, LevelCameraAtRestWouldReadGravityUpwards) {
  const SeriesBatch batch = Read(kPerfect, 50, 60);
  Vec3 mean;
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    mean = mean +
           1.0 / static_cast<double>(batch.time_ns.size()) * Accel(batch, i);
  }
  EXPECT_NEAR(mean.y, -kGravity, 0.1);  // body y points down
  EXPECT_NEAR(mean.x, 0, 0.5);
}

TEST_F(SceneMotionTest, ReadingsAreWholeConverterCounts) {
  const SeriesBatch batch = Read(ImuErrors(), 200, 3);
  ASSERT_EQ(batch.time_ns.size(), 601U);
  for (size_t i = 0; i < batch.values.size(); ++i) {
    const double step = i % 6 < 3 ? kGyroStep : kAccelStep;
    const double counts = std::round(batch.values[i] / step);
    EXPECT_EQ(batch.values[i], counts * step);
    EXPECT_LE(std::abs(counts), 32768);
  }
}

TEST_F(SceneMotionTest, TimesAreEven) {
  const SeriesBatch batch = Read(kPerfect, 200, 2);
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    EXPECT_EQ(batch.time_ns[i], static_cast<int64_t>(i) * 5'000'000);
  }
}

TEST_F(SceneMotionTest, NoiseHasTheStatedDensityAndABias) {
  constexpr double kRate = 200;
  const ImuErrors errors;
  const SeriesBatch noisy = Read(errors, kRate, 60);
  double squares = 0;
  Vec3 bias;
  Vec3 last;
  const auto n = static_cast<double>(noisy.time_ns.size());
  for (size_t i = 0; i < noisy.time_ns.size(); ++i) {
    const double t = static_cast<double>(i) / kRate;
    const Vec3 error = Gyro(noisy, i) - motion_.At(t).angular_rate_rad_s;
    if (i > 0) squares += std::pow(Norm(error - last), 2);
    bias = bias + 1 / n * error;
    last = error;
  }
  const double sigma = std::sqrt(squares / (6 * (n - 1)));
  const double expected =
      std::sqrt(errors.gyro_noise * errors.gyro_noise * kRate +
                kGyroStep * kGyroStep / 12);
  EXPECT_NEAR(sigma, expected, 0.05 * expected);
  EXPECT_GT(Norm(bias), 1e-3);
  EXPECT_LT(Norm(bias), 0.06);
}

TEST_F(SceneMotionTest, SeedDecides) {
  EXPECT_EQ(Read(ImuErrors(), 200, 1, 5).values,
            Read(ImuErrors(), 200, 1, 5).values);
  EXPECT_NE(Read(ImuErrors(), 200, 1, 5).values,
            Read(ImuErrors(), 200, 1, 6).values);
  EXPECT_GT(
      Norm(CameraMotion(1).At(1).position - CameraMotion(2).At(1).position),
      1e-3);
}

TEST_F(SceneMotionTest, MotionDoesNotLoop) {
  const BodyState start = motion_.At(0);
  for (int i = 1; i < 3000; ++i) {
    const BodyState later = motion_.At(0.1 * i);
    EXPECT_GT(Norm(later.position - start.position) +
                  AngleBetween(start.rotation, later.rotation),
              1e-3);
  }
}

TEST_F(SceneMotionTest, QuaternionGivesTheRotationBack) {
  for (int i = 0; i < 200; ++i) {
    const Mat3 r =
        TurnAboutZ(0.31 * i) * TurnAboutX(0.47 * i) * TurnAboutY(0.83 * i);
    const auto [w, x, y, z] = ToQuaternion(r);
    EXPECT_NEAR(w * w + x * x + y * y + z * z, 1, 1e-12);
    EXPECT_GE(w, 0);
    EXPECT_NEAR(r.m[0], 1 - 2 * (y * y + z * z), 1e-9);
    EXPECT_NEAR(r.m[1], 2 * (x * y - w * z), 1e-9);
    EXPECT_NEAR(r.m[5], 2 * (y * z - w * x), 1e-9);
    EXPECT_NEAR(r.m[6], 2 * (x * z - w * y), 1e-9);
  }
}

}  // namespace
}  // namespace fovea::scene
