// SPDX-License-Identifier: GPL-2.0-or-later
//
// A sensor of three axes the other way round, as it may lie in a pocket or on
// a wrist: lessons that a network has not heard.

#ifndef FOVEA_SENSITIVITY_INTERNAL_RANDOM_TURN_H_
#define FOVEA_SENSITIVITY_INTERNAL_RANDOM_TURN_H_

#include <array>
#include <cstddef>
#include <random>
#include <span>

namespace fovea::internal {

class RandomTurn {
 public:
  // A half turn about one of the axes or none, each as likely, and about each
  // a small one of 0.15 radians deviation.
  explicit RandomTurn(std::mt19937_64* dice);

  // Turns the samples of three channels, x, y and z one after another.
  void Apply(std::span<double> axes) const;

 private:
  using Matrix = std::array<std::array<double, 3>, 3>;
  void Then(size_t axis, double angle);

  Matrix turn_;
};

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_RANDOM_TURN_H_
