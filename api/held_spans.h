// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which indexes a stream holds, and from when they are.

#ifndef FOVEA_API_HELD_SPANS_H_
#define FOVEA_API_HELD_SPANS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "index/observation_cut.h"
#include "store/store_reader.h"

namespace fovea {

// One span per GOP (`camera`) or block, by index. Their times are those by
// which Store::Remove() takes them or leaves them.
absl::StatusOr<std::vector<IndexSpan>> HeldSpans(StoreReader* store,
                                                 StreamId stream, bool camera);

}  // namespace fovea

#endif  // FOVEA_API_HELD_SPANS_H_
