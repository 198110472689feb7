// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boxes as runs of even step whose edges and score change alike from one to
// the next: a thing that stands still, or moves evenly, costs nothing per
// frame. Nothing is lost but times, which packs keep in their own way.

#ifndef FOVEA_INDEX_INTERNAL_BOX_RUNS_H_
#define FOVEA_INDEX_INTERNAL_BOX_RUNS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "index/observation.h"

namespace fovea {

// What each box of a run says more than the one before it. The first run of
// an observation is its first box alone, against one of zeros at its first
// index.
struct BoxRun {
  uint32_t boxes = 0;
  uint32_t step = 0;
  // Of edges, and of the size: what moves keeps its size.
  int32_t left = 0, top = 0, width = 0, height = 0;
  int32_t score = 0;
  friend bool operator==(const BoxRun&, const BoxRun&) = default;
};

// Appends to `runs`. Requires CheckObservation().
void AppendRuns(const Observation& observation, std::vector<BoxRun>* runs);

// Goes along the boxes of one observation, run by run.
class BoxWalk {
 public:
  // Between these indexes.
  BoxWalk(uint64_t first_index, uint64_t last_index) : last_index_(last_index) {
    box_.index = first_index;
  }

  // Passes all of a run; false, and nothing else is to be asked, where a box
  // of it is none that an observation may have.
  bool Pass(const BoxRun& run);
  // The same, appending its boxes; they get no times.
  bool Append(const BoxRun& run, std::vector<ObservedBox>* boxes);

  const ObservedBox& last() const { return box_; }
  uint64_t boxes() const { return boxes_; }
  uint64_t score_sum() const { return score_sum_; }
  uint8_t max_score() const { return max_score_; }

 private:
  bool MoveOn(const BoxRun& run, int64_t boxes, ObservedBox* box) const;

  const uint64_t last_index_;
  ObservedBox box_;
  uint64_t boxes_ = 0;
  uint64_t score_sum_ = 0;
  uint8_t max_score_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_BOX_RUNS_H_
