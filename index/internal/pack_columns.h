// SPDX-License-Identifier: GPL-2.0-or-later
//
// The format that writer and reader of packs share. A body of version 2:
//
//   version 1 | model 32 | observations - 1, 1 |
//   reach varint: seconds from the first start until none of them holds
//   first index varint | frame clock: numerator, denominator, phase varints |
//   attributes varint, each: observations since the last one varint,
//     name text, value text |
//   the columns below, in this order (bit_columns.h)
//
// The frame clock (frame_clock.h) says when frames are shown, from the first
// index and start on. What is observed is then shifted against that clock,
// mostly by nothing.

#ifndef FOVEA_INDEX_INTERNAL_PACK_COLUMNS_H_
#define FOVEA_INDEX_INTERNAL_PACK_COLUMNS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "index/internal/box_runs.h"
#include "index/internal/frame_clock.h"

namespace fovea {

inline constexpr uint8_t kOldBodyVersion = 1;
inline constexpr uint8_t kPackVersion = 2;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;
// An attribute's distance and two lengths.
inline constexpr uint64_t kSmallestAttribute = 3;

using Column = std::vector<uint64_t>;

// "Signed" as row_codec.h turns numbers of either sign into small ones;
// differences wrap at 64 bits.
struct RunColumns {
  Column boxes;                            // less one
  Column step;                             // of further runs: less one
  Column left, top, width, height, score;  // changes, signed

  std::array<Column*, 7> all() {  // in the order of a body
    return {&boxes, &step, &left, &top, &width, &height, &score};
  }
};

struct PackColumns {
  // One value per observation.
  Column first_index;  // less that of the one before, signed
  Column start;        // shift, less that of the one before, signed
  Column track;        // less that of the one before, signed
  Column runs;
  Column frames;  // from the last box, or the first index, to the last one
  Column changes;
  Column end;         // shift, less the last box's and that of the one
                      // before, signed
  Column mean_score;  // less that of the boxes, signed
  Column max_score;   // less that of the boxes and the number above, signed
  RunColumns first;   // one value per observation with boxes
  RunColumns more;    // one value per further run
  // One value per change of shift between boxes: how many boxes behind the
  // last change (the first: behind the start) it comes, and by how much.
  Column change_after;
  Column change;  // signed

  // In the order of a body: these, then runs, then changes.
  std::array<Column*, 9> of_observations() {
    return {&first_index, &start, &track,      &runs,     &frames,
            &changes,     &end,   &mean_score, &max_score};
  }
  std::array<Column*, 2> of_changes() { return {&change_after, &change}; }
};

// Scores of boxes as those of observations, which have 65535 for 1 instead of
// 255. 0 without boxes.
inline int64_t MeanOf(const BoxWalk& walk) {
  if (walk.boxes() == 0) return 0;
  return static_cast<int64_t>(walk.score_sum() * (UINT16_MAX / UINT8_MAX) /
                              walk.boxes());
}
inline int64_t MaxOf(const BoxWalk& walk) {
  return int64_t{walk.max_score()} * (UINT16_MAX / UINT8_MAX);
}

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_PACK_COLUMNS_H_
