// SPDX-License-Identifier: GPL-2.0-or-later
//
// On which side of a line a point lies is the sign of a determinant. It is
// summed without loss, as in J. R. Shewchuk, "Adaptive Precision
// Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997.

#include "index/line_crossing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace fovea {
namespace {

// A sum of products of doubles, exact: as parts that do not overlap, the
// least first.
class ExactSum {
 public:
  void AddProduct(double a, double b) {
    const double product = a * b;
    Add(std::fma(a, b, -product));
    Add(product);
  }

  int Sign() const {
    if (size_ == 0) return 0;
    return parts_[size_ - 1] < 0 ? -1 : 1;
  }

 private:
  // Shewchuk's Grow-Expansion, leaving out zeros.
  void Add(double value) {
    size_t kept = 0;
    for (size_t i = 0; i < size_; ++i) {
      const double sum = value + parts_[i];
      const double of_part = sum - value;
      const double of_value = sum - of_part;
      const double lost = (value - of_value) + (parts_[i] - of_part);
      if (lost != 0) parts_[kept++] = lost;
      value = sum;
    }
    if (value != 0) parts_[kept++] = value;
    size_ = kept;
  }

  std::array<double, 12> parts_;  // two of each product
  size_t size_ = 0;
};

// Of (b - a) x (c - a): 0 where c lies on the line through a and b, or a is
// b.
int SideOf(const PlanePoint& a, const PlanePoint& b, const PlanePoint& c) {
  ExactSum sum;
  sum.AddProduct(b.x, c.y);
  sum.AddProduct(-b.x, a.y);
  sum.AddProduct(-a.x, c.y);
  sum.AddProduct(-b.y, c.x);
  sum.AddProduct(b.y, a.x);
  sum.AddProduct(a.y, c.x);
  return sum.Sign();
}

bool Apart(double from, double to, double start, double end) {
  return std::max(from, to) < std::min(start, end) ||
         std::min(from, to) > std::max(start, end);
}

// Whether a step along one axis, without its end, meets [start, end], when
// the two are not apart.
bool EndsBehindStart(double from, double to, double start, double end) {
  return from < to ? std::min(start, end) < to : std::max(start, end) > to;
}

}  // namespace

bool StepMeetsLine(const PlanePoint& from, const PlanePoint& to,
                   const PlanePoint& line_start, const PlanePoint& line_end) {
  if (from == to || Apart(from.x, to.x, line_start.x, line_end.x) ||
      Apart(from.y, to.y, line_start.y, line_end.y)) {
    return false;
  }
  const int from_side = SideOf(line_start, line_end, from);
  const int to_side = SideOf(line_start, line_end, to);
  const int start_side = SideOf(from, to, line_start);
  const int end_side = SideOf(from, to, line_end);
  if (from_side != 0 || to_side != 0) {
    return from_side * to_side <= 0 && to_side != 0 &&
           start_side * end_side <= 0;
  }
  // All on one line, or a line of one point, which may lie beside the step.
  if (start_side != 0) return false;
  return from.x != to.x
             ? EndsBehindStart(from.x, to.x, line_start.x, line_end.x)
             : EndsBehindStart(from.y, to.y, line_start.y, line_end.y);
}

}  // namespace fovea
