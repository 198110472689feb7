// SPDX-License-Identifier: GPL-2.0-or-later
//
// How full segments are of what is still wanted, and which of them to rewrite
// so that the rest comes back.

#ifndef FOVEA_STORE_SEGMENT_SPACE_H_
#define FOVEA_STORE_SEGMENT_SPACE_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "store/chunk_id.h"
#include "store/family.h"

namespace fovea {

struct SegmentSpace {
  uint64_t segment = 0;
  uint64_t file_bytes = 0;
  uint64_t live_bytes = 0;  // what rewriting the segment would write

  uint64_t dead_bytes() const {
    return file_bytes - (live_bytes < file_bytes ? live_bytes : file_bytes);
  }
};

// What is to be taken for gone though it is there still: lets a plan tell
// what it will free. Empty functions: nothing.
struct Gone {
  std::function<bool(const ChunkId&)> chunk = {};
  std::function<bool(Family, std::string_view key)> row = {};
};

struct ReclaimOptions {
  // Segments of which at least this share is dead are rewritten. Smaller:
  // more space comes back, for more bytes copied.
  double least_dead_share = 0.5;

  // When those free less, further ones are, the deadest first, until so many
  // bytes came back.
  uint64_t wanted_bytes = 0;

  // When none are wanted, nothing is done for less than this: a rewrite begins
  // a new segment, and that begins with a snapshot.
  uint64_t least_freed_bytes = 1 << 20;
};

// The segments to rewrite, by id.
std::vector<SegmentSpace> ChooseSegments(std::vector<SegmentSpace> segments,
                                         const ReclaimOptions& options);

}  // namespace fovea

#endif  // FOVEA_STORE_SEGMENT_SPACE_H_
