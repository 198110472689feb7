// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/integer_grid.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "codec/internal/powers_of_ten.h"
#include "codec/lattice_step.h"

namespace fovea {
namespace {

using internal::kPowersOfTen;

constexpr double kMaxExact = 9007199254740992.0;  // 2^53
constexpr int kMaxDecimals = 18;
constexpr size_t kExceptionShare = 16;
constexpr int64_t kMaxUnits = int64_t{1} << 40;
constexpr int kMaxReduction = 8;
constexpr double kMaxDivisor = 4294967296.0;

// Levels of noise to look through, in units: rounding alone, then an offset
// that wanders (calibration running in the device).
constexpr std::array<double, 2> kNoiseUnits = {1, 100};

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

// Nearest integer when doubles around it are exact.
std::optional<int64_t> ExactInteger(double x) {
  const double rounded = std::nearbyint(x);
  if (!(std::abs(rounded) < kMaxExact)) return std::nullopt;
  return static_cast<int64_t>(rounded);
}

double UnitOf(const IntegerGrid& grid, double predicted) {
  if (grid.kind == GridKind::kAffineDecimal) return 1;
  return UnitAt(predicted, grid.kind == GridKind::kAffine32 ? 24 : 53);
}

// Kinds without rounding to units.
bool IsExactKind(GridKind kind) {
  return kind == GridKind::kRatio || kind == GridKind::kConverted;
}

// `value` as a grid point plus units; nullopt when bits would differ.
std::optional<std::pair<int64_t, int64_t>> Locate(const IntegerGrid& grid,
                                                  double value) {
  if (!std::isfinite(value)) return std::nullopt;
  if (IsExactKind(grid.kind)) {
    const double scale = grid.kind == GridKind::kRatio
                             ? grid.divisor
                             : grid.divisor * grid.offset / grid.step;
    const auto k = ExactInteger(value * scale);
    if (!k || !SameBits(GridValue(grid, *k, 0), value)) return std::nullopt;
    return std::pair(*k, int64_t{0});
  }
  const bool decimal = grid.kind == GridKind::kAffineDecimal;
  const double scaled = decimal ? std::nearbyint(value * grid.divisor) : value;
  const auto k = ExactInteger((scaled - grid.offset) / grid.step);
  if (!k) return std::nullopt;
  const double predicted =
      std::fma(static_cast<double>(*k), grid.step, grid.offset);
  const double unit = UnitOf(grid, predicted);
  const double units = scaled / unit - std::nearbyint(predicted / unit);
  if (!(std::abs(units) < static_cast<double>(kMaxUnits)) ||
      units != std::nearbyint(units)) {
    return std::nullopt;
  }
  const auto whole = static_cast<int64_t>(units);
  if (!SameBits(GridValue(grid, *k, whole), value)) return std::nullopt;
  return std::pair(*k, whole);
}

// All samples on `grid`, or nullopt when too many are off it.
std::optional<GridFit> Verify(const IntegerGrid& grid,
                              std::span<const double> values) {
  GridFit fit;
  fit.grid = grid;
  fit.k.reserve(values.size());
  fit.units.reserve(values.size());
  bool any_units = false;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto place = Locate(grid, values[i]);
    if (place) {
      fit.k.push_back(place->first);
      fit.units.push_back(place->second);
      any_units |= place->second != 0;
      continue;
    }
    fit.exceptions.push_back(i);
    if (fit.exceptions.size() > values.size() / kExceptionShare + 1 ||
        fit.exceptions.size() == values.size()) {
      return std::nullopt;
    }
    fit.k.push_back(fit.k.empty() ? 0 : fit.k.back());
    fit.units.push_back(0);
  }
  if (!any_units) fit.units.clear();
  return fit;
}

std::vector<double> Finite(std::span<const double> values) {
  std::vector<double> finite;
  finite.reserve(values.size());
  for (const double value : values) {
    if (std::abs(value) < 1e100) finite.push_back(value);
  }
  return finite;
}

double LargestMagnitude(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) {
    largest = std::max(largest, std::abs(value));
  }
  return largest;
}

bool AllFloats(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) {
    return std::abs(value) < 1e38 &&
           static_cast<double>(static_cast<float>(value)) == value;
  });
}

// A step of c / D with whole D and small c means the maker divided by D.
std::optional<GridFit> FitRatio(const Lattice& lattice,
                                std::span<const double> values) {
  for (int c = 1; c <= kMaxReduction; ++c) {
    const double divisor = std::round(c / lattice.step);
    if (divisor < 1 || divisor > kMaxDivisor) continue;
    const double deviation = std::abs(divisor * lattice.step / c - 1);
    if (deviation > 1e-7) continue;
    auto fit =
        Verify({.kind = GridKind::kRatio, .divisor = divisor / c}, values);
    if (fit) return fit;
  }
  return std::nullopt;
}

// Units that makers' software converts to on the way to SI: the quotient
// by `divisor` is rounded, then the product with `factor`.
struct Conversion {
  double divisor;
  double factor;
};
constexpr double kPi = 3.141592653589793;
constexpr double kGravity = 9.80665;
constexpr std::array<Conversion, 6> kConversions = {{{1, kGravity},
                                                     {180, kPi},
                                                     {1, kPi / 180},
                                                     {1000, kGravity},
                                                     {1, kPi},
                                                     {1, 9.81}}};

std::optional<GridFit> FitConverted(const Lattice& lattice,
                                    std::span<const double> values) {
  for (const Conversion& conversion : kConversions) {
    const double factor = conversion.factor / conversion.divisor;
    for (int c = 1; c <= kMaxReduction; ++c) {
      const double divisor = std::round(c * factor / lattice.step);
      if (divisor < 1 || divisor > kMaxDivisor) continue;
      if (std::abs(divisor * lattice.step / (c * factor) - 1) > 1e-7) continue;
      auto fit = Verify({.kind = GridKind::kConverted,
                         .divisor = divisor / c,
                         .step = conversion.factor,
                         .offset = conversion.divisor},
                        values);
      if (fit) return fit;
    }
  }
  return std::nullopt;
}

// Step of the lattice through zero.
double StepThroughZero(const Lattice& lattice, std::span<const double> values) {
  double kk = 0;
  double kv = 0;
  for (const double value : values) {
    const double k = std::round(value / lattice.step);
    kk += k * k;
    kv += k * value;
  }
  return kk > 0 ? kv / kk : lattice.step;
}

void FitAffine(GridKind kind, const Lattice& lattice,
               std::span<const double> finite, std::span<const double> values,
               std::vector<GridFit>* fits) {
  IntegerGrid grid{
      .kind = kind, .step = lattice.step, .offset = lattice.offset};
  if (auto fit = Verify(grid, values)) fits->push_back(std::move(*fit));
  if (std::abs(lattice.offset) > 16 * lattice.noise) return;
  grid.offset = 0;
  grid.step = StepThroughZero(lattice, finite);
  if (auto fit = Verify(grid, values)) fits->push_back(std::move(*fit));
}

}  // namespace

// From the exponent's bits; kept where doubles are normal.
double UnitAt(double x, int precision) {
  constexpr uint64_t kLeastExponent = 123;
  const uint64_t exponent = (std::bit_cast<uint64_t>(x) >> 52) & 0x7ff;
  return std::bit_cast<double>((std::max(exponent, kLeastExponent) -
                                static_cast<uint64_t>(precision - 1))
                               << 52);
}

double GridValue(const IntegerGrid& grid, int64_t k, int64_t units) {
  if (grid.kind == GridKind::kRatio) {
    return static_cast<double>(k) / grid.divisor;
  }
  if (grid.kind == GridKind::kConverted) {
    return static_cast<double>(k) / grid.divisor / grid.offset * grid.step;
  }
  // One rounding, spelled out: compilers fuse a * b + c on some machines.
  const double predicted =
      std::fma(static_cast<double>(k), grid.step, grid.offset);
  const double unit = UnitOf(grid, predicted);
  const double value =
      (std::nearbyint(predicted / unit) + static_cast<double>(units)) * unit;
  return grid.kind == GridKind::kAffineDecimal ? value / grid.divisor : value;
}

std::optional<GridFit> FitGrid(const IntegerGrid& grid,
                               std::span<const double> values) {
  const bool usable = std::isfinite(grid.divisor) && grid.divisor != 0 &&
                      (grid.kind == GridKind::kRatio || grid.step != 0);
  return usable ? Verify(grid, values) : std::nullopt;
}

std::optional<GridFit> FitDecimals(std::span<const double> values) {
  int decimals = 0;
  size_t off = 0;
  for (const double value : values) {
    int d = decimals;
    IntegerGrid grid;
    while (d <= kMaxDecimals) {
      grid.divisor = kPowersOfTen[static_cast<size_t>(d)];
      if (Locate(grid, value)) break;
      ++d;
    }
    if (d <= kMaxDecimals) {
      decimals = d;
    } else if (++off > values.size() / kExceptionShare + 1) {
      return std::nullopt;
    }
  }
  return Verify({.divisor = kPowersOfTen[static_cast<size_t>(decimals)]},
                values);
}

std::vector<GridFit> FitScales(std::span<const double> values) {
  std::vector<GridFit> fits;
  const std::vector<double> finite = Finite(values);
  if (finite.empty()) return fits;
  const double largest = LargestMagnitude(finite);
  if (auto lattice = FindLattice(finite, 2 * UnitAt(largest, 53))) {
    if (auto ratio = FitRatio(*lattice, values)) {
      fits.push_back(std::move(*ratio));
      return fits;
    }
    if (auto converted = FitConverted(*lattice, values)) {
      fits.push_back(std::move(*converted));
      return fits;
    }
    FitAffine(GridKind::kAffine64, *lattice, finite, values, &fits);
  }
  if (!AllFloats(finite)) return fits;
  for (const double noise : kNoiseUnits) {
    const auto lattice = FindLattice(finite, noise * UnitAt(largest, 24));
    if (!lattice) continue;
    FitAffine(GridKind::kAffine32, *lattice, finite, values, &fits);
  }
  return fits;
}

std::vector<GridFit> FitLatticeOfDecimals(const GridFit& decimals) {
  std::vector<double> counts;
  std::vector<double> values;
  counts.reserve(decimals.k.size());
  values.reserve(decimals.k.size());
  for (const int64_t k : decimals.k) {
    counts.push_back(static_cast<double>(k));
    values.push_back(GridValue(decimals.grid, k, 0));
  }
  std::vector<GridFit> fits;
  for (const double noise : kNoiseUnits) {
    const auto lattice = FindLattice(counts, noise);
    if (!lattice) continue;
    auto fit = Verify({.kind = GridKind::kAffineDecimal,
                       .divisor = decimals.grid.divisor,
                       .step = lattice->step,
                       .offset = lattice->offset},
                      values);
    if (!fit || !fit->exceptions.empty()) continue;
    fit->exceptions = decimals.exceptions;
    fits.push_back(std::move(*fit));
  }
  return fits;
}

}  // namespace fovea
