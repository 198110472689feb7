// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lattice that rows of one to three channels move on. A calibrated sensor
// gives whole numbers through a matrix plus an offset that may wander; from
// row to row the offset hardly moves, so differences of neighbours are whole
// combinations of the matrix's columns.

#ifndef FOVEA_CODEC_LATTICE_BASIS_H_
#define FOVEA_CODEC_LATTICE_BASIS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace fovea {

inline constexpr size_t kMaxLatticeWidth = 3;

// One number for each channel; those beyond the lattice's width are 0.
using LatticeVector = std::array<double, kMaxLatticeWidth>;

struct LatticeBasis {
  size_t width = 1;
  std::array<LatticeVector, kMaxLatticeWidth> columns = {};

  // `numbers` times the columns, plus `from`: one rounding for each of the
  // width's terms, first column first.
  LatticeVector Point(const LatticeVector& numbers,
                      const LatticeVector& from) const;
};

// Solves for the numbers, not rounded, whose point from 0 is `vector`;
// nullopt when columns are (nearly) dependent.
class LatticeSolver {
 public:
  static std::optional<LatticeSolver> Create(const LatticeBasis& basis);
  LatticeVector Numbers(const LatticeVector& vector) const;

 private:
  size_t width_ = 1;
  std::array<LatticeVector, kMaxLatticeWidth> rows_ = {};
};

// The coarsest basis on which the differences of (finite) `rows`, width each,
// lie within about `noise` of each row, sharpened by least squares. Column i
// is the one that mostly moves channel i, upwards. Shortest differences first
// by nearest remainders, as Euclid's algorithm in as many dimensions. nullopt
// when they show no basis well above the noise.
std::optional<LatticeBasis> FindBasis(std::span<const LatticeVector> rows,
                                      std::span<const double> noise,
                                      size_t width);

}  // namespace fovea

#endif  // FOVEA_CODEC_LATTICE_BASIS_H_
