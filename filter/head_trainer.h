// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which heads of the filter a camera's footage is worth teaching: each is
// tried on frames that none has seen, and kept where it saves runs.

#ifndef FOVEA_FILTER_HEAD_TRAINER_H_
#define FOVEA_FILTER_HEAD_TRAINER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "filter/reuse_predictor.h"
#include "filter/reuse_trainer.h"

namespace fovea {

// In the order in which they are tried, each beside those kept before.
enum class FilterHead : uint8_t {
  kReuse,      // weights of runs, by what the grid tells
  kThumbnail,  // runs are compared by their thumbnails too
  kSkip,       // filter/skip_head.h
};
// "reuse", "thumbnail", "skip".
const char* FilterHeadName(FilterHead head);

// What trying a head gave.
struct HeadTrial {
  FilterHead head = FilterHead::kReuse;
  bool kept = false;
  // Share of the frames held out that need no run where 5 % of all answers may
  // differ, without it and with it (AvoidedAt()). `after` is `before` where
  // there was too little to learn it from.
  double before = 0, after = 0;
};

struct TaughtHeads {
  // The heads that were kept; as it comes where none was.
  ReusePredictor predictor;
  size_t held_out = 0;  // lessons, the last of them
  std::vector<HeadTrial> trials;

  double avoided_before() const { return trials.front().before; }
  double avoided_after() const;
  bool any_kept() const;
};

// The first 60 % of the lessons teach, the rest judges; the heads kept are
// then taught by all. The skip head learns of the vote `usual`; without one, of
// the commonest of those that teach. Deterministic. Some 10 ms a lesson of 80
// x 45 macroblocks.
TaughtHeads TeachHeads(std::span<const Lesson> lessons, uint64_t seed,
                       std::optional<uint64_t> usual);

}  // namespace fovea

#endif  // FOVEA_FILTER_HEAD_TRAINER_H_
