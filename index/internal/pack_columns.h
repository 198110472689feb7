// SPDX-License-Identifier: GPL-2.0-or-later
//
// The format that writer and reader of packs share. A body of version 2:
//
//   version 1 | model 32 | observations - 1, 1 |
//   reach varint: seconds from the first start until none of them holds
//   first index varint | frame clock: numerator varint, denominator varint |
//   attributes varint, each: observations since the last one varint,
//     name text, value text |
//   the columns below, in this order (bit_columns.h)
//
// The frame clock says when a frame is shown: its distance from the first
// index times numerator / denominator (ns), from the first start on. What is
// observed is then shifted against that clock, mostly by nothing.

#ifndef FOVEA_INDEX_INTERNAL_PACK_COLUMNS_H_
#define FOVEA_INDEX_INTERNAL_PACK_COLUMNS_H_

#include <cstdint>
#include <vector>

#include "store/time_line.h"

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
  Column boxes;  // less one
  Column step;
  Column left, top, width, height, score;  // changes, signed
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
  Column mean_score;  // less the mean of the boxes x 257, signed
  Column max_score;   // less the greatest of the boxes x 257, or, without
                      // boxes, the mean, signed
  RunColumns first;   // one value per observation with boxes
  RunColumns more;    // one value per further run
  // One value per change of shift between boxes: how many boxes behind the
  // last change (the first: behind the start) it comes, and by how much.
  Column change_after;
  Column change;  // signed
};

// When frames are shown.
struct FrameClock {
  TimeLine line;
  uint64_t first_index = 0;
  int64_t start_ns = 0;

  int64_t At(uint64_t index) const {
    const auto distance = static_cast<int64_t>(index - first_index);
    return static_cast<int64_t>(static_cast<uint64_t>(start_ns) +
                                static_cast<uint64_t>(line.At(distance)));
  }
};

inline int64_t WrappingPlus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
inline int64_t WrappingMinus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}

// A box's score has 255 for 1, an observation's 65535.
inline constexpr uint64_t kScorePerBoxScore = UINT16_MAX / UINT8_MAX;

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_PACK_COLUMNS_H_
