// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stretch of stream time.

#ifndef FOVEA_API_TIME_RANGE_H_
#define FOVEA_API_TIME_RANGE_H_

#include <cstdint>

namespace fovea {

// Half-open interval of stream time. Default: everything.
struct TimeRange {
  int64_t from_ns = INT64_MIN;
  int64_t to_ns = INT64_MAX;
};

}  // namespace fovea

#endif  // FOVEA_API_TIME_RANGE_H_
