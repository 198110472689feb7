// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/box_motion.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

// In sizes of the box (the root of its area), as standard deviations, found
// with bench/tracker_bench.cc. How far detectors are off: twice DeepSORT's
// twentieth of the height (Wojke et al., 2017), for boxes that are cut.
constexpr float kMeasured = 0.1F;
// What a thing seen once may do in a second: a car at a crossing passes its
// own length.
constexpr float kFirstVelocity = 1.5F;
// How much its velocity changes over a second: cameras turn, too.
constexpr float kAcceleration = 2;
// What one sighting tells of the size.
constexpr float kSizeGain = 0.5F;
constexpr float kDeviations = 3;

float Square(float v) { return v * v; }

}  // namespace

BoxMotion::Axis BoxMotion::Axis::After(float seconds, float size) const {
  // White noise of acceleration, integrated twice.
  const float q = Square(kAcceleration * size);
  Axis after = *this;
  after.place += velocity * seconds;
  after.place_variance += 2 * seconds * covariance +
                          Square(seconds) * velocity_variance +
                          q * Square(seconds) * seconds / 3;
  after.covariance += seconds * velocity_variance + q * Square(seconds) / 2;
  after.velocity_variance += q * seconds;
  return after;
}

void BoxMotion::Axis::Correct(float measured, float size) {
  const float total = place_variance + Square(kMeasured * size);
  const float place_gain = place_variance / total;
  const float velocity_gain = covariance / total;
  const float off = measured - place;
  place += place_gain * off;
  velocity += velocity_gain * off;
  velocity_variance -= velocity_gain * covariance;
  covariance *= 1 - place_gain;
  place_variance *= 1 - place_gain;
}

BoxMotion::BoxMotion(const Box& box, int64_t time_ns)
    : width_(box.right - box.left),
      height_(box.bottom - box.top),
      time_ns_(time_ns),
      x_(Start((box.left + box.right) / 2)),
      y_(Start((box.top + box.bottom) / 2)) {}

BoxMotion::Axis BoxMotion::Start(float place) const {
  return {place, 0, Square(kMeasured * Size()), 0,
          Square(kFirstVelocity * Size())};
}

float BoxMotion::Size() const { return std::sqrt(width_ * height_); }

float BoxMotion::SecondsTo(int64_t time_ns) const {
  if (time_ns <= time_ns_) return 0;
  const uint64_t passed =
      static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(time_ns_);
  return static_cast<float>(static_cast<double>(passed) / 1e9);
}

Box BoxMotion::At(int64_t time_ns) const {
  const float seconds = SecondsTo(time_ns);
  const float x = x_.place + x_.velocity * seconds;
  const float y = y_.place + y_.velocity * seconds;
  return {x - width_ / 2, y - height_ / 2, x + width_ / 2, y + height_ / 2};
}

float BoxMotion::Reach(int64_t time_ns) const {
  const float seconds = SecondsTo(time_ns);
  const float variance = std::max(x_.After(seconds, Size()).place_variance,
                                  y_.After(seconds, Size()).place_variance);
  return kDeviations * std::sqrt(variance);
}

void BoxMotion::See(const Box& box, int64_t time_ns) {
  const float seconds = SecondsTo(time_ns);
  const float size = Size();
  x_ = x_.After(seconds, size);
  y_ = y_.After(seconds, size);
  x_.Correct((box.left + box.right) / 2, size);
  y_.Correct((box.top + box.bottom) / 2, size);
  width_ += kSizeGain * (box.right - box.left - width_);
  height_ += kSizeGain * (box.bottom - box.top - height_);
  time_ns_ = std::max(time_ns, time_ns_);
}

}  // namespace fovea
