// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ranges, round numbers on axes, and the look of curves.

#ifndef FOVEA_API_PLOT_AXIS_H_
#define FOVEA_API_PLOT_AXIS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "api/svg_writer.h"

namespace fovea {

struct PlotRange {
  double low = INFINITY;
  double high = -INFINITY;
  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// Round values inside `range` in about `count` steps.
std::vector<double> LinearTicks(const PlotRange& range, int count);

// 1, 2 and 5 of every decade. Requires range.low > 0.
std::vector<double> LogTicks(const PlotRange& range);

// Four digits.
std::string PlotNumber(double value);

// Colours, then the same dashed: 40 that can be told apart.
SvgStroke PlotStroke(size_t number);

}  // namespace fovea

#endif  // FOVEA_API_PLOT_AXIS_H_
