// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/bounded_grid.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace fovea {
namespace {

constexpr size_t kExceptionShare = 16;

// Rounding must not carry a point over the bound.
constexpr double kInside = 1 - 1e-12;

// Equal steps of twice the bound or of an odd number of the sensor's.
IntegerGrid CoarseGrid(double bound, const std::optional<GridFit>& exact) {
  IntegerGrid grid{.kind = GridKind::kAffine64};
  grid.step = 2 * bound * kInside;
  if (!exact || !exact->units.empty()) return grid;
  const double origin = GridValue(exact->grid, 0, 0);
  const double fine = std::abs(GridValue(exact->grid, 1, 0) - origin);
  const double covered = std::floor(bound / fine * kInside);
  const double coarse = (2 * covered + 1) * fine;
  if (!(fine > 0) || !(coarse > grid.step) || !std::isfinite(coarse)) {
    return grid;
  }
  grid.step = coarse;
  grid.offset = origin;
  return grid;
}

// The number of the point within the bound.
std::optional<int64_t> NumberOf(const IntegerGrid& grid, double value,
                                double bound) {
  const double k = std::nearbyint((value - grid.offset) / grid.step);
  if (!(std::abs(k) <= INT32_MAX)) return std::nullopt;
  const auto number = static_cast<int64_t>(k);
  if (!(std::abs(GridValue(grid, number, 0) - value) <= bound)) {
    return std::nullopt;
  }
  return number;
}

std::optional<GridFit> FitTo(const IntegerGrid& grid,
                             std::span<const double> values, double bound) {
  GridFit fit;
  fit.grid = grid;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto number = NumberOf(grid, values[i], bound);
    if (!number) fit.exceptions.push_back(i);
    fit.k.push_back(number ? *number : fit.k.empty() ? 0 : fit.k.back());
  }
  if (fit.exceptions.size() > values.size() / kExceptionShare) {
    return std::nullopt;
  }
  return fit;
}

}  // namespace

std::optional<GridFit> FitBounded(std::span<const double> values, double bound,
                                  const std::optional<GridFit>& exact) {
  if (!(bound > 0) || !std::isfinite(bound)) return std::nullopt;
  return FitTo(CoarseGrid(bound, exact), values, bound);
}

}  // namespace fovea
