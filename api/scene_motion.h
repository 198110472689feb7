// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a generated scene's camera moves, and what an inertial unit fixed to
// it reads. Motion is a sum of sines with unrelated frequencies: it never
// repeats within a clip and its derivatives are known exactly, so that
// readings follow from the motion and not from differences.

#ifndef FOVEA_API_SCENE_MOTION_H_
#define FOVEA_API_SCENE_MOTION_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "api/scene_geometry.h"
#include "api/scene_noise.h"
#include "codec/sample.h"

namespace fovea::scene {

// A smooth function of time and its derivatives.
class Wave {
 public:
  struct Harmonic {
    double amplitude = 0;
    double hz = 0;
    double phase_turns = 0;
  };

  Wave() = default;
  Wave(double offset, std::vector<Harmonic> harmonics)
      : offset_(offset), harmonics_(std::move(harmonics)) {}

  double Value(double time_s) const;
  double Rate(double time_s) const;          // first derivative
  double Acceleration(double time_s) const;  // second derivative

 private:
  double offset_ = 0;
  std::vector<Harmonic> harmonics_;
};

// One component of a wave to be drawn; both values are jittered.
struct Band {
  double amplitude = 0;
  double hz = 0;
};

// Frequencies jittered by 15 %, amplitudes by 20 %, phases at random.
Wave DrawWave(Random* draw, double offset, double unit,
              std::initializer_list<Band> bands);

// The camera body at one instant. Body axes are the camera's.
struct BodyState {
  Vec3 position;             // m, world
  Mat3 rotation;             // world from body
  Vec3 angular_rate_rad_s;   // body axes
  Vec3 specific_force_m_s2;  // body axes: acceleration less gravity
};

class CameraMotion {
 public:
  explicit CameraMotion(uint64_t seed, bool still = false);
  BodyState At(double time_s) const;

 private:
  std::array<Wave, 3> position_;  // x, y, z
  Wave yaw_, pitch_, roll_;       // about z, x, y in this order
};

// Error model of the inertial unit. Densities as data sheets give them;
// the defaults are those of a mid-range MEMS part.
struct ImuErrors {
  double gyro_noise = 1.7e-4;  // rad/s/sqrt(Hz)
  double gyro_walk = 2e-5;     // rad/s2/sqrt(Hz)
  double gyro_bias = 0.01;     // rad/s, sigma of the first bias
  double accel_noise = 2e-3;   // m/s2/sqrt(Hz)
  double accel_walk = 3e-4;    // m/s3/sqrt(Hz)
  double accel_bias = 0.05;    // m/s2
};

// One count of the converters: 16 bits over +-2000 deg/s and +-16 g.
inline constexpr double kGyroStep = 2000.0 / 32768 * kRadiansPerTurn / 360;
inline constexpr double kAccelStep = 16.0 / 32768 * kGravity;

// Samples at k / rate_hz from 0 to `seconds`: gyro_x,y,z, accel_x,y,z, each
// a whole number of converter counts.
SeriesBatch SimulateImu(const CameraMotion& motion, const ImuErrors& errors,
                        const NormalTable& normals, uint64_t seed,
                        double rate_hz, double seconds);

}  // namespace fovea::scene

#endif  // FOVEA_API_SCENE_MOTION_H_
