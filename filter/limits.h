// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the filter's parsers refuse to go beyond. docs/LIMITS.md lists these
// for users.

#ifndef FOVEA_FILTER_LIMITS_H_
#define FOVEA_FILTER_LIMITS_H_

#include <cstddef>

namespace fovea {

struct FilterLimits {
  // Sensor trees.
  size_t max_trees = 1024;
  size_t max_tree_depth = 6;
  size_t max_tree_cells = 256;    // of the features it looks at
  size_t max_tree_answers = 256;  // it tells apart
};

}  // namespace fovea

#endif  // FOVEA_FILTER_LIMITS_H_
