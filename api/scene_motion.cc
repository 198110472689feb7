// SPDX-License-Identifier: GPL-2.0-or-later
//
// Amplitudes are those of a person holding a camera and turning slowly:
// sway below 0.5 Hz, steps near 1.5 Hz, tremor of fractions of a degree at
// 4 Hz. Frequencies are jittered per seed, so their ratios are irrational
// for all purposes.

#include "api/scene_motion.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fovea::scene {
namespace {

constexpr double kRadiansPerDegree = kRadiansPerTurn / 360;
constexpr double kEyeHeight = 1.65;  // m

// World from a level camera looking along +y.
Mat3 LevelCamera() { return FromColumns({1, 0, 0}, {0, 0, -1}, {0, 1, 0}); }

struct Drift {
  Vec3 bias;
  double step;  // sigma of the walk per sample

  void Walk(Random* draw, const NormalTable& normals) {
    bias = bias + step * Vec3{draw->Normal(normals), draw->Normal(normals),
                              draw->Normal(normals)};
  }
};

Vec3 NormalVector(Random* draw, const NormalTable& normals, double sigma) {
  const double x = draw->Normal(normals);
  const double y = draw->Normal(normals);
  const double z = draw->Normal(normals);
  return sigma * Vec3{x, y, z};
}

double Quantise(double value, double step) {
  const double counts = std::floor(value / step + 0.5);
  return step * std::clamp(counts, -32768.0, 32767.0);
}

void Append(Vec3 reading, double step, std::vector<double>* out) {
  out->push_back(Quantise(reading.x, step));
  out->push_back(Quantise(reading.y, step));
  out->push_back(Quantise(reading.z, step));
}

}  // namespace

double Wave::Value(double time_s) const {
  double sum = offset_;
  for (const Harmonic& h : harmonics_) {
    sum += h.amplitude * SineOfTurns(h.hz * time_s + h.phase_turns);
  }
  return sum;
}

double Wave::Rate(double time_s) const {
  double sum = 0;
  for (const Harmonic& h : harmonics_) {
    sum += h.amplitude * (kRadiansPerTurn * h.hz) *
           CosineOfTurns(h.hz * time_s + h.phase_turns);
  }
  return sum;
}

double Wave::Acceleration(double time_s) const {
  double sum = 0;
  for (const Harmonic& h : harmonics_) {
    const double omega = kRadiansPerTurn * h.hz;
    sum -= h.amplitude * omega * omega *
           SineOfTurns(h.hz * time_s + h.phase_turns);
  }
  return sum;
}

Wave DrawWave(Random* draw, double offset, double unit,
              std::initializer_list<Band> bands) {
  std::vector<Wave::Harmonic> harmonics;
  for (const Band& band : bands) {
    harmonics.push_back({unit * band.amplitude * draw->Uniform(0.8, 1.2),
                         band.hz * draw->Uniform(0.85, 1.15),
                         draw->Uniform(0, 1)});
  }
  return Wave(offset, std::move(harmonics));
}

CameraMotion::CameraMotion(uint64_t seed, bool still) {
  Random draw(Key(seed, 'm'));
  const double metre = still ? 0 : 1;
  const double degree = still ? 0 : kRadiansPerDegree;
  position_[0] =
      DrawWave(&draw, 0, metre, {{0.50, 0.11}, {0.12, 0.37}, {0.02, 1.50}});
  position_[1] =
      DrawWave(&draw, 0, metre, {{0.45, 0.07}, {0.10, 0.31}, {0.01, 1.70}});
  position_[2] = DrawWave(&draw, kEyeHeight, metre,
                          {{0.12, 0.09}, {0.04, 0.43}, {0.012, 1.60}});
  yaw_ = DrawWave(&draw, 0, degree,
                  {{4.5, 0.08}, {1.4, 0.33}, {0.25, 1.45}, {0.05, 4.1}});
  pitch_ = DrawWave(&draw, -1.5 * kRadiansPerDegree, degree,
                    {{1.6, 0.10}, {0.6, 0.41}, {0.20, 1.55}, {0.05, 4.4}});
  roll_ = DrawWave(&draw, 0, degree,
                   {{1.0, 0.06}, {0.4, 0.29}, {0.10, 1.35}, {0.03, 3.8}});
}

BodyState CameraMotion::At(double time_s) const {
  const Mat3 yaw = TurnAboutZ(yaw_.Value(time_s));
  const Mat3 yaw_pitch = yaw * TurnAboutX(pitch_.Value(time_s));
  BodyState state;
  state.rotation = yaw_pitch * TurnAboutY(roll_.Value(time_s)) * LevelCamera();
  state.position = {position_[0].Value(time_s), position_[1].Value(time_s),
                    position_[2].Value(time_s)};
  const Vec3 rate = Vec3{0, 0, yaw_.Rate(time_s)} +
                    yaw * Vec3{pitch_.Rate(time_s), 0, 0} +
                    yaw_pitch * Vec3{0, roll_.Rate(time_s), 0};
  const Vec3 acceleration = {position_[0].Acceleration(time_s),
                             position_[1].Acceleration(time_s),
                             position_[2].Acceleration(time_s)};
  const Mat3 body_from_world = Transpose(state.rotation);
  state.angular_rate_rad_s = body_from_world * rate;
  state.specific_force_m_s2 =
      body_from_world * (acceleration + Vec3{0, 0, kGravity});
  return state;
}

SeriesBatch SimulateImu(const CameraMotion& motion, const ImuErrors& errors,
                        const NormalTable& normals, uint64_t seed,
                        double rate_hz, double seconds) {
  const auto count = static_cast<int64_t>(std::floor(seconds * rate_hz)) + 1;
  const double root = std::sqrt(rate_hz);
  Random draw(Key(seed, 'i'));
  Drift gyro{NormalVector(&draw, normals, errors.gyro_bias),
             errors.gyro_walk / root};
  Drift accel{NormalVector(&draw, normals, errors.accel_bias),
              errors.accel_walk / root};
  SeriesBatch batch;
  batch.time_ns.reserve(static_cast<size_t>(count));
  batch.values.reserve(static_cast<size_t>(6 * count));
  for (int64_t k = 0; k < count; ++k) {
    const double time_s = static_cast<double>(k) / rate_hz;
    const BodyState state = motion.At(time_s);
    batch.time_ns.push_back(
        static_cast<int64_t>(std::floor(1e9 * time_s + 0.5)));
    Append(state.angular_rate_rad_s + gyro.bias +
               NormalVector(&draw, normals, errors.gyro_noise * root),
           kGyroStep, &batch.values);
    Append(state.specific_force_m_s2 + accel.bias +
               NormalVector(&draw, normals, errors.accel_noise * root),
           kAccelStep, &batch.values);
    gyro.Walk(&draw, normals);
    accel.Walk(&draw, normals);
  }
  return batch;
}

}  // namespace fovea::scene
