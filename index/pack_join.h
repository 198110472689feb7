// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small packs made into larger ones. What live cameras bring comes a few
// observations at a time, each portion a pack or two of its own: joined, they
// take half the space and fewer rows to read.

#ifndef FOVEA_INDEX_PACK_JOIN_H_
#define FOVEA_INDEX_PACK_JOIN_H_

#include <cstdint>
#include <functional>
#include <span>

#include "absl/status/statusor.h"
#include "store/chunk_store.h"

namespace fovea {

struct PackJoinReport {
  int64_t rows = 0;    // looked at
  int64_t joined = 0;  // of these, gone into others
  int64_t packs = 0;   // that they have become
};

// False ends a call with kCancelled; may be empty.
using PackJoinGoOn = std::function<bool()>;

// All of a stream that nothing holds of at `before_ns` or later.
struct PackJoinSpan {
  StreamId stream = 0;
  int64_t before_ns = INT64_MAX;
};

// Joins packs of one stream, label and model that no other row lies between,
// in commits of some megabytes. What readers find is the same before, between
// and after. A pack is written anew only with as many observations again from
// others, so that calling this often costs little. Nobody else may meanwhile
// change what was seen in these spans; what holds later may grow. Rows that
// say nothing stay as they are: ChunkStore::Scrub() names them. What a crash
// leaves undone the next call does.
absl::StatusOr<PackJoinReport> JoinPacks(ChunkStore* store,
                                         std::span<const PackJoinSpan> spans,
                                         const PackJoinGoOn& go_on);

}  // namespace fovea

#endif  // FOVEA_INDEX_PACK_JOIN_H_
