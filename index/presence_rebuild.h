// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of the family semx follow from those of sem alone: whether they do,
// and how they come to.

#ifndef FOVEA_INDEX_PRESENCE_REBUILD_H_
#define FOVEA_INDEX_PRESENCE_REBUILD_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/chunk_store.h"

namespace fovea {

struct PresenceReport {
  int64_t rows = 0;  // of observations
  // Of what stands beside them:
  int64_t missing = 0;
  int64_t wrong = 0;       // says something else
  int64_t stale = 0;       // beside nothing
  int64_t unreadable = 0;  // rows of observations that say nothing

  int64_t faults() const { return missing + wrong + stale; }
};

// Gets rows looked at; false from it ends the call with kCancelled. May be
// empty.
using PresenceProgress = std::function<bool(int64_t rows)>;

// Compares both ways. `reader` should be a snapshot: a commit meanwhile could
// look like a fault.
absl::StatusOr<PresenceReport> CheckPresence(StoreReader* reader,
                                             const PresenceProgress& progress);

// The same, and puts right what is not, in commits of some megabytes. Nobody
// else may write observations meanwhile. What a crash leaves undone the next
// call does.
absl::StatusOr<PresenceReport> RebuildPresence(
    ChunkStore* store, const PresenceProgress& progress);

// True where nothing stands beside the last row of observations there is: so
// it is in stores of a format below 3, and where RebuildPresence(), which goes
// in order, did not get to its end. Two look-ups.
absl::StatusOr<bool> IsPresenceDue(StoreReader* reader);

}  // namespace fovea

#endif  // FOVEA_INDEX_PRESENCE_REBUILD_H_
