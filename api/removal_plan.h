// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Store::Remove() would take away, told before it is done.

#ifndef FOVEA_API_REMOVAL_PLAN_H_
#define FOVEA_API_REMOVAL_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/store.h"

namespace fovea {

struct RemovalPlan {
  int64_t chunks = 0;  // GOPs, stills or blocks
  int64_t samples = 0;
  uint64_t bytes = 0;  // payload; shared chunks free nothing
  // What whole GOPs and blocks widen the range to. Empty plan: zeros.
  int64_t from_ns = 0;
  int64_t to_ns = 0;
  int64_t observations = 0;  // removed or trimmed
  // Cameras that are coarse where this one looked (api/overlap_job.h): what
  // they share is left in coarse quality alone.
  std::vector<std::string> coarse;
};

// Changes nothing. kNotFound when there is no such stream.
absl::StatusOr<RemovalPlan> PlanRemoval(Store* store, const std::string& stream,
                                        TimeRange range);

}  // namespace fovea

#endif  // FOVEA_API_REMOVAL_PLAN_H_
