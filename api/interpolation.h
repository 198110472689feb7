// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the channels of a stream would have read between two samples.

#ifndef FOVEA_API_INTERPOLATION_H_
#define FOVEA_API_INTERPOLATION_H_

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "codec/sample.h"

namespace fovea {

// A turn, w first.
using Quaternion = std::array<double, 4>;

// The turn `share` (0 to 1) of the way from `a` to `b`, unit quaternions, at
// an even rate and the short way round: q and -q are one turn (Shoemake,
// "Animating rotation with quaternion curves", 1985).
Quaternion Slerp(const Quaternion& a, Quaternion b, double share);

// Interpolates samples of one stream. Four channels called NAME_w, NAME_x,
// NAME_y and NAME_z turn by Slerp() where both samples have them at unit
// length within 1 %; all else goes in a straight line, as numbers: degrees
// that wrap around are not known for it. NaN on either side is NaN.
class SampleInterpolation {
 public:
  explicit SampleInterpolation(std::span<const Channel> channels);

  // Where the quaternions' channels stand: w, x, y, z.
  using Group = std::array<size_t, 4>;
  const std::vector<Group>& quaternions() const { return quaternions_; }

  // All channels `share` of the way from `a` to `b` into `out`; all three
  // have as many values as there are channels.
  void Between(std::span<const double> a, std::span<const double> b,
               double share, std::span<double> out) const;

 private:
  std::vector<Group> quaternions_;
};

}  // namespace fovea

#endif  // FOVEA_API_INTERPOLATION_H_
