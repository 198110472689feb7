// SPDX-License-Identifier: GPL-2.0-or-later
//
// Integers hidden behind doubles. A sensor's samples are ADC counts times a
// scale, perhaps plus an offset, perhaps rounded to float or to a few
// decimals of text. The grid is guessed from the samples alone and then
// checked bit for bit: a fit holds every sample exactly, with the ones off
// the grid (NaN, infinities, -0, outliers) named as exceptions.

#ifndef FOVEA_CODEC_INTEGER_GRID_H_
#define FOVEA_CODEC_INTEGER_GRID_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fovea {

// Stored in blocks; never renumber.
enum class GridKind : uint8_t {
  kRatio = 1,          // k / divisor, correctly rounded: decimals, GPMF
  kAffine64 = 2,       // offset + k * step, plus units in the last place
  kAffine32 = 3,       // the same, in units of float precision
  kAffineDecimal = 4,  // round(offset + k * step) plus units, / divisor
  kConverted = 5,      // k / divisor / offset * step, rounded each time:
                       // counts to g or degrees, those to SI
};

struct IntegerGrid {
  GridKind kind = GridKind::kRatio;
  double divisor = 1;  // kRatio, kAffineDecimal, kConverted
  double step = 0;     // all but kRatio
  double offset = 0;
  friend bool operator==(const IntegerGrid&, const IntegerGrid&) = default;
};

// The double that grid integer `k` and `units` of correction stand for;
// units are 0 for kRatio and kConverted. Total: any argument gives some double,
// the same on every machine with IEEE arithmetic.
double GridValue(const IntegerGrid& grid, int64_t k, int64_t units);

// Spacing of values of `precision` bits at `x`, 2^-952 or more: dividing by it
// is exact.
double UnitAt(double x, int precision);

struct GridFit {
  IntegerGrid grid;
  std::vector<int64_t> k;          // one per sample
  std::vector<int64_t> units;      // one per sample, empty: all zero
  std::vector<size_t> exceptions;  // ascending; k repeats there, units 0
};

// All samples on a grid that is known, or nullopt when more than one in
// sixteen is off it.
std::optional<GridFit> FitGrid(const IntegerGrid& grid,
                               std::span<const double> values);

// k / 10^d with the smallest d that fits, or nullopt when more than one
// sample in sixteen is off it.
std::optional<GridFit> FitDecimals(std::span<const double> values);

// Every scaled grid found plausible: exact ratios first, then affine ones
// at double or float precision. Empty when the values show no step.
std::vector<GridFit> FitScales(std::span<const double> values);

// `decimals` (a fit of FitDecimals) as a coarser lattice seen through its
// rounding to text, one fit per plausible level of noise.
std::vector<GridFit> FitLatticeOfDecimals(const GridFit& decimals);

}  // namespace fovea

#endif  // FOVEA_CODEC_INTEGER_GRID_H_
