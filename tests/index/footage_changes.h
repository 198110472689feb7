// SPDX-License-Identifier: GPL-2.0-or-later
//
// The instants at which the answer to a query can change, so that asking at
// these alone tells of all times. With them the brute force (brute_force.h)
// takes on footage of any length.

#ifndef FOVEA_TESTS_INDEX_FOOTAGE_CHANGES_H_
#define FOVEA_TESTS_INDEX_FOOTAGE_CHANGES_H_

#include <cstdint>
#include <vector>

#include "index/query.h"
#include "tests/index/footage.h"

namespace fovea::testing {

// Rising, from before the footage's beginning up to after its end: where
// anything is recorded, seen or measured anew, or no more; where the query's
// own times are; and, for each `then` in it, so long before all these and one
// nanosecond after.
std::vector<int64_t> ChangesOf(const Footage& footage, const Query& query);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_INDEX_FOOTAGE_CHANGES_H_
