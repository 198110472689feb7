// SPDX-License-Identifier: GPL-2.0-or-later
//
// What removing and exporting report.

#ifndef FOVEA_API_STORE_REPORTS_H_
#define FOVEA_API_STORE_REPORTS_H_

#include <cstdint>

#include "api/time_range.h"
#include "store/reports.h"

namespace fovea {

// Of Store::Remove().
struct RemoveReport {
  int64_t chunks_removed = 0;  // GOPs and blocks
  int64_t samples_removed = 0;
  int64_t observations_removed = 0;
  int64_t observations_trimmed = 0;  // to what remains
  int64_t priors_removed = 0;
  PruneReport prune;
};

// Of Store::Export().
struct ExportReport {
  int64_t samples = 0;  // frames, packets or rows written
  uint64_t bytes = 0;
  TimeRange covered;  // GOP borders widen what was asked
};

}  // namespace fovea

#endif  // FOVEA_API_STORE_REPORTS_H_
