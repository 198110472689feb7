// SPDX-License-Identifier: GPL-2.0-or-later
//
// Greedy: each byte copied should bring back as many as it can.

#include "store/segment_space.h"

#include <algorithm>

namespace fovea {
namespace {

double DeadShare(const SegmentSpace& segment) {
  return segment.file_bytes == 0 ? 0
                                 : static_cast<double>(segment.dead_bytes()) /
                                       static_cast<double>(segment.file_bytes);
}

}  // namespace

std::vector<SegmentSpace> ChooseSegments(std::vector<SegmentSpace> segments,
                                         const ReclaimOptions& options) {
  std::ranges::stable_sort(segments, std::greater(), &DeadShare);
  uint64_t freed = 0;
  size_t count = 0;
  for (; count < segments.size(); ++count) {
    const SegmentSpace& next = segments[count];
    if (next.dead_bytes() == 0) break;
    const bool pays = DeadShare(next) >= options.least_dead_share;
    if (!pays && freed >= options.wanted_bytes) break;
    freed += next.dead_bytes();
  }
  const bool pays =
      options.wanted_bytes > 0 || freed >= options.least_freed_bytes;
  segments.resize(pays ? count : 0);
  std::ranges::sort(segments, {}, &SegmentSpace::segment);
  return segments;
}

}  // namespace fovea
