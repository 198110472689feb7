// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a condition is worth evaluating: cheap, and never too little.

#ifndef FOVEA_INDEX_CANDIDATES_H_
#define FOVEA_INDEX_CANDIDATES_H_

#include "absl/status/statusor.h"
#include "index/query.h"
#include "index/query_reader.h"
#include "index/timeline.h"

namespace fovea {

// Instants of `window` that have all at which `condition` may hold, from
// QueryFacts::MayHold() alone. As QueryReader fails.
absl::StatusOr<Timeline> Candidates(const Condition& condition,
                                    const QueryStream& stream, TimeSpan window,
                                    QueryReader* reader);

}  // namespace fovea

#endif  // FOVEA_INDEX_CANDIDATES_H_
