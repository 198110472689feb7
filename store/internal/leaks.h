// SPDX-License-Identifier: GPL-2.0-or-later
//
// References that no row holds, and getting rid of them. Deleting rows by the
// range leaves them behind; they cost space and nothing else.

#ifndef FOVEA_STORE_INTERNAL_LEAKS_H_
#define FOVEA_STORE_INTERNAL_LEAKS_H_

#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/internal/catalogue.h"
#include "store/segment_folder.h"

namespace fovea {

// True when `owner` is no row's key, or its row names the chunk.
absl::StatusOr<bool> IsHeld(Catalogue* catalogue, const ChunkId& chunk,
                            std::string_view owner);

struct LeakChanges {
  std::vector<RowChange> rows;
  int64_t references = 0;
};

// What drops those of `references` that leak, and the locations of chunks
// that none is left of.
absl::StatusOr<LeakChanges> PlanDropLeaks(
    Catalogue* catalogue, std::span<const Reference> references);

// The same for all of a catalogue made from journals, where rows come back
// whose segments are gone.
absl::Status DropAllLeaks(Catalogue* catalogue, const SegmentFolder& folder);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_LEAKS_H_
