// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers of a detector, and when two of them count as the same.

#ifndef FOVEA_BENCH_REUSE_ANSWER_H_
#define FOVEA_BENCH_REUSE_ANSWER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sensitivity/detection.h"

namespace fovea::bench::reuse {

using Boxes = std::vector<Detection>;

// Shared and never changed. Null is the empty answer.
using Answer = std::shared_ptr<const Boxes>;

// Losses are declared: 0 where two answers are the same, else 1.
enum class Loss : uint8_t {
  kLabels,  // the same set of labels
  kCounts,  // the same number of boxes of each label
  kBoxes,   // F1 >= kLeastF1, boxes matched at an overlap of 0.5 by label
};
inline constexpr Loss kLosses[] = {Loss::kLabels, Loss::kCounts, Loss::kBoxes};
inline constexpr double kLeastF1 = 0.9;

// "labels", "counts", "boxes".
const char* LossName(Loss loss);

// Boxes of at least `threshold`, by label.
std::map<int, int> CountsOf(const Boxes& boxes, float threshold);

// F1 of `given` against `truth`, boxes from `threshold` on; 1 where both are
// empty.
double F1Of(const Boxes& truth, const Boxes& given, float threshold);

// Whether `given` is as good as `truth`. Boxes below `threshold` do not count.
bool IsSame(const Boxes& truth, const Boxes& given, Loss loss, float threshold);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_ANSWER_H_
