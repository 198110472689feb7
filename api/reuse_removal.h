// SPDX-License-Identifier: GPL-2.0-or-later
//
// What models answered about footage, and what was decided about it, goes with
// the footage.

#ifndef FOVEA_API_REUSE_REMOVAL_H_
#define FOVEA_API_REUSE_REMOVAL_H_

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/observation_cut.h"
#include "store/commit_batch.h"
#include "store/derived_rows.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// Models that have results in the store, by digest. Looks up one row for each.
absl::StatusOr<std::vector<ModelKey>> ModelsWithResults(StoreReader* store);

// In the commit that removes these frames or samples (in order; up to
// UINT64_MAX: to the stream's end): results about them, and decisions about
// them. Both go by the range; a row of decisions that is cut is written again
// with what is left. Reads no results, and of decisions the rows at the ends of
// spans: kDataLoss where one of these cannot be read. Unless the stream is a
// `camera`, results of kMaxWindow samples before a span go with it: a window
// that begins there may reach into it.
absl::Status ForgetReuse(StoreReader* store, StreamId stream, bool camera,
                         std::span<const IndexSpan> removed,
                         CommitBatch* batch);

}  // namespace fovea

#endif  // FOVEA_API_REUSE_REMOVAL_H_
