// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a recording that is about to come in lies in the view of a stream
// that is stored already, so that it need be coded only once.

#ifndef FOVEA_API_OVERLAP_PROBE_H_
#define FOVEA_API_OVERLAP_PROBE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "api/overlap_pair.h"
#include "api/stream_description.h"
#include "codec/formats/source.h"
#include "store/chunk_store.h"

namespace fovea {

// Looks at the first ten seconds of `location` at times when the stream ran,
// too. kFailedPrecondition, with the reason: no overlap that holds; else the
// errors of OpenSource() and VerifyPair().
absl::StatusOr<PairFinding> ProbeOverlap(ChunkStore* store, StreamId first,
                                         const StreamDescription& description,
                                         const std::string& location,
                                         const SourceOptions& source,
                                         const PairRules& rules);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_PROBE_H_
