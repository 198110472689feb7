// SPDX-License-Identifier: GPL-2.0-or-later
//
// The step and offset of a one-dimensional lattice from noisy points on it.

#ifndef FOVEA_CODEC_LATTICE_STEP_H_
#define FOVEA_CODEC_LATTICE_STEP_H_

#include <optional>
#include <span>

namespace fovea {

struct Lattice {
  double step = 0;
  double offset = 0;  // of the point nearest zero: |offset| <= step / 2
  double noise = 0;   // that was allowed
};

// The largest step whose multiples, from one common offset, all the
// (finite) values lie on within about `noise`. Approximate greatest common
// divisor of their differences, then a least-squares line. nullopt when
// the values show no step well above the noise.
std::optional<Lattice> FindLattice(std::span<const double> values,
                                   double noise);

}  // namespace fovea

#endif  // FOVEA_CODEC_LATTICE_STEP_H_
