// SPDX-License-Identifier: GPL-2.0-or-later
//
// Learns from stored footage of a camera how long a model's answers about it
// hold: heads of filter/reuse_predictor.h for ReuseOptions::predictor.

#ifndef FOVEA_API_LEARN_FILTER_H_
#define FOVEA_API_LEARN_FILTER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/store.h"
#include "filter/head_trainer.h"
#include "filter/reuse_predictor.h"
#include "sensitivity/answer_loss.h"
#include "sensitivity/model.h"

namespace fovea {

struct LearnFilterOptions {
  Model* model = nullptr;  // run on every frame; outlives the call
  AnswerLoss loss = AnswerLoss::kCounts;
  TimeRange range;               // of the stream
  int64_t most_frames = 10'000;  // from the range's beginning
  uint64_t seed = 1;
};

struct LearntFilter {
  // With the heads that hold more without error on frames none has seen; as it
  // comes where none does.
  ReusePredictor predictor;
  bool learnt = false;  // any head was kept
  int64_t frames = 0;
  int64_t frames_held_out = 0;  // the last of them, by which heads are judged
  // Share of the frames held out that need no run where 5 % of all answers may
  // differ: as it comes, and with the heads kept.
  double avoided_before = 0, avoided_after = 0;
  std::vector<HeadTrial> heads;  // what each gained
};

// The first 60 % of the frames teach, the rest judges; what is kept is then
// taught by all. Under kBoxes the skip head learns of empty answers alone: the
// boxes of another frame are hardly those of this one. `progress` (may be null)
// gets frames done and to do. kInvalidArgument: no model, no camera;
// kFailedPrecondition: fewer than 100 frames; kCancelled by `stop`; errors of
// reading and of the model, which name the frame.
absl::StatusOr<LearntFilter> LearnFilter(
    Store* store, const std::string& stream, const LearnFilterOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_LEARN_FILTER_H_
