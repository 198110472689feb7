// SPDX-License-Identifier: GPL-2.0-or-later
//
// One subject held out: a model trained on the others, its answers on every
// window of the one held out, and trees trained without that one.

#ifndef FOVEA_BENCH_REUSE_REUSE_FOLD_H_
#define FOVEA_BENCH_REUSE_REUSE_FOLD_H_

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "bench/reuse/har_model.h"
#include "bench/reuse/har_recordings.h"
#include "bench/reuse/reuse_policy.h"
#include "bench/reuse/reuse_tally.h"

namespace fovea::bench {

enum DwellKind : size_t { kNative = 0, kJoined = 1 };
inline constexpr size_t kDwellKinds = 2;

struct FoldOptions {
  WindowCut cut{156, 52};  // 1.5 s, every 0.5 s
  HarModelOptions model;
  int trees = 80, depth = 5;
  int sequences = 12;  // joined ones per subject
  bool ablation = false;
};

// Windows of a subject with a model's answers.
struct TracedSubject {
  std::array<std::vector<WindowSequence>, kDwellKinds> sequences;
};

struct Fold {
  std::string subject, device;  // held out
  TracedSubject held_out;
  ReuseTrees trees;
  // For tuning: each of the other two, answered by a model of the third
  // subject alone, with trees trained on that one's answers. So neither model
  // nor trees have seen the windows they are tuned on, as when held out.
  std::array<TracedSubject, 2> tuning;
  std::array<ReuseTrees, 2> tuning_trees;
  double model_us = 0, features_us = 0;  // a window
  size_t multiplications = 0;            // of an answer
};

// All but the trees.
Fold TraceFold(std::span<const HarSubject> subjects, size_t held_out,
               const std::string& device, const FoldOptions& options);

// The trees of `fold`, from windows of all `alike`: folds of the same subject
// with any device, itself among them.
void TrainFold(std::span<const Fold* const> alike, const FoldOptions& options,
               Fold* fold);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_REUSE_REUSE_FOLD_H_
