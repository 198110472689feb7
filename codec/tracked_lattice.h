// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whole numbers behind the samples of a calibrated sensor, of one channel or
// of three that a matrix mixed. The device multiplied them, took off an
// offset that it may still be learning, and kept floats or printed a few
// digits. A walk over the rows follows the offset as a Kalman filter does and
// predicts each sample to its last digit; what is left over is coded beside
// the numbers, so that any sample is kept.

#ifndef FOVEA_CODEC_TRACKED_LATTICE_H_
#define FOVEA_CODEC_TRACKED_LATTICE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codec/lattice_basis.h"

namespace fovea {

inline constexpr uint8_t kMaxLatticeDigits = 15;

struct TrackedLattice {
  LatticeBasis basis;
  LatticeVector offset = {};  // before the first row
  // Part of a sample by which the next one's offset moves while the device
  // takes its own output for an error: x-io's and others' bias filters. 0
  // where there is none.
  double drift = 0;
  // Significant decimals that samples have; 0: they are floats.
  uint8_t digits = 0;
};

// Columns of the lattice's width, all of one length.
using LatticeColumns = std::array<std::vector<int64_t>, kMaxLatticeWidth>;

struct LatticeFit {
  TrackedLattice lattice;
  LatticeColumns k;
  LatticeColumns units;            // of the last digit; 0 where predicted
  std::vector<size_t> exceptions;  // rows that are kept as they are, ascending;
                                   // k repeats there, units are 0
  size_t bytes = 0;  // of all that by codec/rice_coder.h, for comparisons
};

// Upper bytes of a lattice's numbers that are kept: what is lost moves no
// sample by much of its last digit.
size_t KeptBytes(uint8_t digits);

// The lattice of `columns` (1 or 3), which makes the fewest bytes among those
// found plausible; nullopt where there is none, or more than one row in
// sixteen is off it. Every sample was recomputed and compared.
std::optional<LatticeFit> FitLattice(
    std::span<const std::vector<double>> columns);

// Samples again, columns of the lattice's width; `exceptions` are rows that
// the walk does not see, their samples 0. Total: any arguments give some
// doubles, the same on every machine with IEEE arithmetic.
std::vector<std::vector<double>> LatticeSamples(
    const TrackedLattice& lattice, const LatticeColumns& k,
    const LatticeColumns& units, std::span<const size_t> exceptions);

}  // namespace fovea

#endif  // FOVEA_CODEC_TRACKED_LATTICE_H_
