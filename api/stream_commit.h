// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commits of what was learnt of one stream.

#ifndef FOVEA_API_STREAM_COMMIT_H_
#define FOVEA_API_STREAM_COMMIT_H_

#include "absl/status/status.h"
#include "store/chunk_store.h"
#include "store/commit_batch.h"
#include "store/rows.h"

namespace fovea {

// Commits `batch` in the retention class of `stream`; an empty one: does
// nothing. Errors of StreamRegistry::Class() and ChunkStore::Commit().
absl::Status CommitForStream(ChunkStore* store, StreamId stream,
                             CommitBatch batch);

}  // namespace fovea

#endif  // FOVEA_API_STREAM_COMMIT_H_
