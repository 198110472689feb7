// SPDX-License-Identifier: GPL-2.0-or-later
//
// Room for an ingest, before it begins.

#ifndef FOVEA_API_INGEST_SPACE_H_
#define FOVEA_API_INGEST_SPACE_H_

#include <atomic>

#include "absl/status/status.h"
#include "api/ingest.h"
#include "api/ingest_input.h"
#include "store/chunk_store.h"

namespace fovea {

// Lets go what the store's policy would not keep beside what comes, where it
// has max or min-free and they would not hold. kResourceExhausted when the
// disk has no room even so: of what is encoded that is not known beforehand,
// so that a little has to be free.
absl::Status MakeRoomFor(const IngestInput& input, const IngestOptions& options,
                         ChunkStore* store, IngestObserver* observer,
                         const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_INGEST_SPACE_H_
