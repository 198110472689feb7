// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the terms of a probe are multiplied with.

#ifndef FOVEA_SENSITIVITY_INTERNAL_PROBE_WEIGHTS_H_
#define FOVEA_SENSITIVITY_INTERNAL_PROBE_WEIGHTS_H_

#include <cstdint>

#include "sensitivity/decoder.h"

namespace fovea::internal {

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same numbers for a
// seed on every machine, and unlike ones for seeds that follow each other.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  double Sign() { return (Next() >> 63) != 0 ? -1 : 1; }

  // Uniform with mean 0 and variance 1.
  double Spread() {
    constexpr double kHalfWidth = 1.7320508075688772;  // sqrt(3)
    return kHalfWidth * (static_cast<double>(Next() >> 11) * 0x1p-52 - 1);
  }

 private:
  uint64_t state_;
};

// One weight per term, in the terms' order.
class ProbeWeights {
 public:
  ProbeWeights(Probe probe, uint64_t seed) : probe_(probe), random_(seed) {}

  double Next() { return probe_ == Probe::kRandom ? random_.Sign() : 1; }

 private:
  const Probe probe_;
  SplitMix64 random_;
};

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_PROBE_WEIGHTS_H_
