// SPDX-License-Identifier: GPL-2.0-or-later
//
// Joining small packs of observations over a whole store
// (index/pack_join.h).

#ifndef FOVEA_API_JOIN_PACKS_H_
#define FOVEA_API_JOIN_PACKS_H_

#include <atomic>

#include "absl/status/statusor.h"
#include "index/pack_join.h"
#include "store/chunk_store.h"

namespace fovea {

// Of all streams, whole. Nobody else may write observations meanwhile. Null
// `stop`: to the end.
absl::StatusOr<PackJoinReport> JoinAllPacks(ChunkStore* store,
                                            const std::atomic<bool>* stop);

// Of streams whose times only rise, up to two hours before what they have
// come to: no track is longer than one, so what goes on beside this is left
// alone. Ingests may go on meanwhile; what changes what was observed of
// stored time (removal, retention, models run over it, annotations) would be
// lost. Upkeep calls this while nothing does (Store::observed()), in turns
// with its own retention.
absl::StatusOr<PackJoinReport> JoinSettledPacks(ChunkStore* store,
                                                const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_JOIN_PACKS_H_
