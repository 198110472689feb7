// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a box will be: its centre moves evenly but for random changes, its
// size stays but for them. A Kalman filter whose noise is measured in sizes
// of the box, so that it holds for what is near and far, and in seconds, so
// that looks may come at any step.

#ifndef FOVEA_API_BOX_MOTION_H_
#define FOVEA_API_BOX_MOTION_H_

#include <cstdint>

#include "codec/box.h"

namespace fovea {

// Not thread-safe.
class BoxMotion {
 public:
  // Seen first at `time_ns`. Requires a box that is not empty.
  BoxMotion(const Box& box, int64_t time_ns);

  // Where it is expected; times before the last sighting count as that one.
  Box At(int64_t time_ns) const;

  // How far, in pixels, its centre may well be from there: three standard
  // deviations.
  float Reach(int64_t time_ns) const;

  // Seen again. Requires a box that is not empty.
  void See(const Box& box, int64_t time_ns);

 private:
  // One coordinate of the centre: place and velocity with their variances
  // and covariance.
  struct Axis {
    float place = 0;
    float velocity = 0;
    float place_variance = 0;
    float covariance = 0;
    float velocity_variance = 0;

    Axis After(float seconds, float size) const;
    void Correct(float measured, float size);
  };

  float SecondsTo(int64_t time_ns) const;
  float Size() const;
  Axis Start(float place) const;

  float width_, height_;
  int64_t time_ns_;
  Axis x_, y_;
};

}  // namespace fovea

#endif  // FOVEA_API_BOX_MOTION_H_
