// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether something that moved from one place to another met a line on its
// way: decided exactly, without a rounding that could lose or double a
// crossing.

#ifndef FOVEA_INDEX_LINE_CROSSING_H_
#define FOVEA_INDEX_LINE_CROSSING_H_

namespace fovea {

// Any unit. Exact for coordinates that are 0 or of magnitudes from 1e-100 to
// 1e100, and for all of them finite.
struct PlanePoint {
  double x = 0;
  double y = 0;
  friend bool operator==(const PlanePoint&, const PlanePoint&) = default;
};

// A step from a point towards another meets the line, which has both its
// ends: the step has its own begin, not its end. So one that ends on the
// line does not meet it, the next, which begins there, does, and of a way of
// many steps over a line exactly one meets it. A step that does not move
// meets nothing. A line of one point is one.
bool StepMeetsLine(const PlanePoint& from, const PlanePoint& to,
                   const PlanePoint& line_start, const PlanePoint& line_end);

}  // namespace fovea

#endif  // FOVEA_INDEX_LINE_CROSSING_H_
