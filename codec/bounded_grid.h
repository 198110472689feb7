// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers that stand for samples within a bound, in the sample's own unit.

#ifndef FOVEA_CODEC_BOUNDED_GRID_H_
#define FOVEA_CODEC_BOUNDED_GRID_H_

#include <optional>
#include <span>

#include "codec/integer_grid.h"

namespace fovea {

// The coarsest grid of equal steps whose points are within `bound` of the
// samples. Twice the bound apart, or where `exact` (a fit of the samples) says
// that they are whole steps of a sensor, an odd number of those, which the
// bound then covers on both sides. Samples that no point is near to are
// exceptions, which are kept as they are; every other one was checked.
// nullopt: the bound is not above 0 and finite, or more than one in sixteen
// would be an exception.
std::optional<GridFit> FitBounded(std::span<const double> values, double bound,
                                  const std::optional<GridFit>& exact);

}  // namespace fovea

#endif  // FOVEA_CODEC_BOUNDED_GRID_H_
