// SPDX-License-Identifier: GPL-2.0-or-later
//
// What answering a query took.

#ifndef FOVEA_INDEX_QUERY_WORK_H_
#define FOVEA_INDEX_QUERY_WORK_H_

#include <cstdint>

namespace fovea {

struct QueryWork {
  uint64_t streams = 0;         // looked at
  uint64_t windows = 0;         // evaluated
  int64_t skipped_ns = 0;       // passed over: nothing can match there
  uint64_t observations = 0;    // read
  uint64_t sensor_windows = 0;  // asked for
  friend bool operator==(const QueryWork&, const QueryWork&) = default;
};

}  // namespace fovea

#endif  // FOVEA_INDEX_QUERY_WORK_H_
