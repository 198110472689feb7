// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stream_commit.h"

#include <utility>

#include "api/stream_registry.h"

namespace fovea {

absl::Status CommitForStream(ChunkStore* store, StreamId stream,
                             CommitBatch batch) {
  if (batch.empty()) return absl::OkStatus();
  const auto retention_class = StreamRegistry(store).Class(stream);
  if (!retention_class.ok()) return retention_class.status();
  batch.set_retention_class(*retention_class);
  return store->Commit(std::move(batch)).status();
}

}  // namespace fovea
