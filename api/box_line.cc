// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/box_line.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

namespace fovea {
namespace {

constexpr uint64_t kMostStep = 8;  // frames between two boxes
// A score that differs by less from the one before is told as that, so that
// a run is not broken for it.
constexpr int kScoreStep = 26;

int32_t FloorOf(int32_t a, int32_t b) {
  return a / b - (a % b != 0 && a < 0 ? 1 : 0);
}

int32_t CeilingOf(int32_t a, int32_t b) { return -FloorOf(-a, b); }

// Frames between two boxes: a divisor of `frames`, so that the last box is
// the line's end.
uint64_t StepFor(uint64_t frames, int32_t fastest) {
  uint64_t step = kMostStep;
  if (fastest > 0) {
    step = std::clamp<uint64_t>(
        static_cast<uint64_t>(BoxLine::kMostHeld / fastest), 1, kMostStep);
  }
  while (frames % step != 0) --step;
  return step;
}

}  // namespace

BoxLine::Edges BoxLine::EdgesOf(const ObservedBox& box) {
  return {box.left, box.top, box.right, box.bottom};
}

// False, and nothing changed, where no line from the start passes near
// enough.
bool BoxLine::Narrow(const ObservedBox& box) {
  const uint64_t frames = box.index - start_.index;
  if (frames > static_cast<uint64_t>(kTolerance)) return false;
  const auto after = static_cast<int32_t>(frames);
  const Edges from = EdgesOf(start_), to = EdgesOf(box);
  Slopes narrowed = slopes_;
  for (size_t i = 0; i < from.size(); ++i) {
    const int32_t way = to[i] - from[i];
    narrowed.least[i] =
        std::max(narrowed.least[i], CeilingOf(way - kTolerance, after));
    narrowed.most[i] =
        std::min(narrowed.most[i], FloorOf(way + kTolerance, after));
    if (narrowed.least[i] > narrowed.most[i]) return false;
  }
  slopes_ = narrowed;
  return true;
}

// Frames that were not told of are taken to be even.
void BoxLine::NoteTime(const ObservedBox& box) {
  const auto frames = static_cast<int64_t>(box.index - last_.index);
  const int64_t all = box.time_ns - last_.time_ns;
  if (static_cast<int64_t>(skipped_.size()) == frames - 1) {
    times_.insert(times_.end(), skipped_.begin(), skipped_.end());
  } else {
    for (int64_t k = 1; k < frames; ++k) {
      times_.push_back(last_.time_ns + all / frames * k);
    }
  }
  times_.push_back(box.time_ns);
  skipped_.clear();
}

void BoxLine::Skip(int64_t time_ns) {
  if (skipped_.size() < static_cast<size_t>(kTolerance)) {
    skipped_.push_back(time_ns);
  }
}

void BoxLine::Begin(const ObservedBox& box, std::vector<ObservedBox>* boxes) {
  begun_ = true;
  start_ = last_ = box;
  times_.assign(1, box.time_ns);
  skipped_.clear();
  slopes_.least.fill(std::numeric_limits<int32_t>::min());
  slopes_.most.fill(std::numeric_limits<int32_t>::max());
  boxes->push_back(box);
}

void BoxLine::Add(const ObservedBox& box, std::vector<ObservedBox>* boxes) {
  if (!begun_) return Begin(box, boxes);
  ObservedBox told = box;
  if (std::abs(told.score - start_.score) < kScoreStep) {
    told.score = start_.score;
  }
  if (!Narrow(told)) {
    Finish(boxes);
    if (!Narrow(told)) return Begin(told, boxes);
  }
  NoteTime(told);
  last_ = told;
}

void BoxLine::Finish(std::vector<ObservedBox>* boxes) {
  if (!begun_ || last_.index == start_.index) return;
  const uint64_t frames = last_.index - start_.index;
  const auto after = static_cast<int32_t>(frames);
  const Edges from = EdgesOf(start_), to = EdgesOf(last_);
  Edges slope;
  int32_t fastest = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    slope[i] = std::clamp((to[i] - from[i]) / after, slopes_.least[i],
                          slopes_.most[i]);
    fastest = std::max(fastest, std::abs(slope[i]));
  }
  const uint64_t step = StepFor(frames, fastest);
  const auto stride = static_cast<int32_t>(step);
  ObservedBox box = start_;
  box.score = last_.score;
  while (box.index < last_.index) {
    box.index += step;
    box.time_ns = times_[static_cast<size_t>(box.index - start_.index)];
    box.left += slope[0] * stride;
    box.top += slope[1] * stride;
    box.right = std::max(box.left, box.right + slope[2] * stride);
    box.bottom = std::max(box.top, box.bottom + slope[3] * stride);
    boxes->push_back(box);
  }
  const ObservedBox end = box;
  std::vector<int64_t> behind = std::move(skipped_);
  boxes->pop_back();
  Begin(end, boxes);
  skipped_ = std::move(behind);
}

}  // namespace fovea
