// SPDX-License-Identifier: GPL-2.0-or-later
//
// Learns a reuse predictor from a stretch of a stream of which every input
// was run.

#ifndef FOVEA_FILTER_REUSE_TRAINER_H_
#define FOVEA_FILTER_REUSE_TRAINER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "codec/grid.h"
#include "filter/answer_history.h"
#include "filter/features.h"
#include "filter/reuse_predictor.h"
#include "filter/thumbnail.h"

namespace fovea {

// One input and what is known of the model's answer about it.
struct Lesson {
  Grid grid;  // as AnswerHistory::See() reads it
  Features features;
  Thumbnail thumbnail;  // empty: heads that look at it learn nothing
  int64_t time_ns = 0;
  AnswerTraits answer;
};

// What a stream's comparisons look like while it is run ever so rarely:
// every input of the stretch is compared with runs that lie a step apart on
// average, for steps of 1, 2, 3, 5, 8, 16 and 32 inputs. Thumbnails are left
// out unless `with_thumbnails`; `usual` is what the skip head says of each
// lesson, or empty.
std::vector<ReuseExample> RareRunExamples(std::span<const Lesson> lessons,
                                          uint64_t seed, bool with_thumbnails,
                                          std::span<const UsualAnswer> usual);

// Fits `predictor` to these: its weights, those of thumbnails where it compares
// them; and its skip head first, if it has one, which goes where there is too
// little to learn it from. Of fewer than 16 lessons nothing is learnt. Some 2
// ms a lesson of 80 x 45 macroblocks.
void TrainReuse(std::span<const Lesson> lessons, uint64_t seed,
                ReusePredictor* predictor);

// The vote of most lessons, of equals the first; 0 of none.
uint64_t UsualVote(std::span<const Lesson> lessons);

// Share, 0 to 1, of the lessons from `first` on that need no run where
// `agreement` of all answers about them have to be right, in hindsight: the
// best of 51 risks. All lessons before are run, and one of every four seconds.
// Nothing is learnt meanwhile.
double AvoidedAt(std::span<const Lesson> lessons, size_t first,
                 const ReusePredictor& predictor, double agreement);

}  // namespace fovea

#endif  // FOVEA_FILTER_REUSE_TRAINER_H_
