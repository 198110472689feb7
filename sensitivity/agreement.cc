// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sums and what follows from them.

#include "sensitivity/agreement.h"

namespace fovea {

Agreement& Agreement::operator+=(const Agreement& other) {
  found += other.found;
  extra += other.extra;
  missed += other.missed;
  distance += other.distance;
  weight += other.weight;
  return *this;
}

double Agreement::F1() const {
  const int boxes = 2 * found + extra + missed;
  return boxes == 0 ? 1 : 2.0 * found / boxes;
}

double Agreement::Soft() const {
  if (weight > 0) return distance / weight;
  return distance > 0 ? 1 : 0;
}

}  // namespace fovea
