// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/box_runs.h"

#include <algorithm>

namespace fovea {
namespace {

BoxRun Between(const ObservedBox& from, const ObservedBox& to) {
  BoxRun run;
  run.boxes = 1;
  run.step = static_cast<uint32_t>(to.index - from.index);
  run.left = to.left - from.left;
  run.top = to.top - from.top;
  run.width = to.right - from.right - run.left;
  run.height = to.bottom - from.bottom - run.top;
  run.score = to.score - from.score;
  return run;
}

// An edge of a box, or what it becomes after `boxes` changes.
int64_t Moved(int32_t edge, int64_t change, int64_t boxes) {
  return edge + change * boxes;
}

}  // namespace

void AppendRuns(const Observation& observation, std::vector<BoxRun>* runs) {
  if (observation.boxes.empty()) return;
  ObservedBox last;
  last.index = observation.first_index;
  runs->push_back(Between(last, observation.boxes[0]));
  const std::span<const ObservedBox> boxes = observation.boxes;
  for (size_t i = 1; i < boxes.size();) {
    BoxRun run = Between(boxes[i - 1], boxes[i]);
    const size_t begin = i++;
    while (i < boxes.size() && Between(boxes[i - 1], boxes[i]) == run) ++i;
    run.boxes = static_cast<uint32_t>(i - begin);
    runs->push_back(run);
  }
}

// In 64 bits: changes are of 32 bits, boxes of at most 13.
bool BoxWalk::MoveOn(const BoxRun& run, int64_t boxes, ObservedBox* box) const {
  constexpr int64_t kMost = kObservationLimits.max_edge;
  const uint64_t steps = uint64_t{run.step} * static_cast<uint64_t>(boxes);
  if (steps > last_index_ - box->index) return false;
  const int64_t left = Moved(box->left, run.left, boxes);
  const int64_t top = Moved(box->top, run.top, boxes);
  const int64_t right = Moved(box->right, int64_t{run.left} + run.width, boxes);
  const int64_t bottom =
      Moved(box->bottom, int64_t{run.top} + run.height, boxes);
  const int64_t score = Moved(box->score, run.score, boxes);
  if (left < -kMost || right < left || right > kMost || top < -kMost ||
      bottom < top || bottom > kMost || score < 0 || score > UINT8_MAX) {
    return false;
  }
  box->index += steps;
  box->left = static_cast<int32_t>(left);
  box->top = static_cast<int32_t>(top);
  box->right = static_cast<int32_t>(right);
  box->bottom = static_cast<int32_t>(bottom);
  box->score = static_cast<uint8_t>(score);
  return true;
}

// Bounds are straight lines and so are runs: where the ends of one are boxes,
// all between them are.
bool BoxWalk::Pass(const BoxRun& run) {
  const bool first = boxes_ == 0;
  if (run.boxes == 0 || (first ? run.boxes > 1 : run.step == 0)) return false;
  if (run.boxes > kObservationLimits.max_boxes - boxes_) return false;
  ObservedBox next = box_;
  if (!MoveOn(run, 1, &next)) return false;
  const uint8_t first_score = next.score;
  if (!MoveOn(run, int64_t{run.boxes} - 1, &next)) return false;
  boxes_ += run.boxes;
  score_sum_ += uint64_t{run.boxes} * (first_score + next.score) / 2;
  max_score_ = std::max({max_score_, first_score, next.score});
  box_ = next;
  return true;
}

bool BoxWalk::Append(const BoxRun& run, std::vector<ObservedBox>* boxes) {
  ObservedBox box = box_;
  if (!Pass(run)) return false;
  for (uint32_t i = 0; i < run.boxes; ++i) {
    box.index += run.step;
    box.left += run.left;
    box.top += run.top;
    box.right += run.left + run.width;
    box.bottom += run.top + run.height;
    box.score = static_cast<uint8_t>(box.score + run.score);
    boxes->push_back(box);
  }
  return true;
}

}  // namespace fovea
