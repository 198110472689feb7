// SPDX-License-Identifier: GPL-2.0-or-later
//
// A store read through the process that writes it. Each call is answered as
// of now, scans over one snapshot; what would write is refused. When that
// process ends, calls go on over the files themselves.

#ifndef FOVEA_STORE_REMOTE_STORE_H_
#define FOVEA_STORE_REMOTE_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "store/chunk_store.h"

namespace fovea {

// Connects to the process that writes the store in `path`. kNotFound: there
// is none that listens; kUnavailable, kDeadlineExceeded: it does not answer.
// Calls of the result: as ChunkStore's; one that a call's end overtakes
// halfway, such as a scan, kUnavailable.
absl::StatusOr<std::unique_ptr<ChunkStore>> OpenRemoteStore(
    const std::string& path, const ChunkStoreOptions& options);

}  // namespace fovea

#endif  // FOVEA_STORE_REMOTE_STORE_H_
