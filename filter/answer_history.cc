// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/answer_history.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "filter/reuse_defaults.h"

namespace fovea {
namespace {

constexpr int kMacroblock = 16;  // pixels

// The grid counts differences in quarters of a grey level.
constexpr double kGridSteps = 4;

// Cells so far apart show something else, not noise.
constexpr int kOtherLevels = 10;

constexpr double kAgeNs = 250e6;

// Where there are none to compare: what adds nothing to any weight.
constexpr auto kUsualThumbnail =
    static_cast<float>(kPairScales[PairTraits::kThumbnail].mean);
constexpr auto kUsualThumbnailPart =
    static_cast<float>(kPairScales[PairTraits::kThumbnailPart].mean);

// Doubts of less than this do not count.
constexpr float kLeastDoubt = 0.01F;

float Log(double value) {
  return static_cast<float>(std::log1p(std::max(value, 0.0)));
}

double MeanDifference(const Grid& grid) {
  if (!grid.has_previous || grid.difference.empty()) return 0;
  const auto sum = std::accumulate(grid.difference.begin(),
                                   grid.difference.end(), uint64_t{0});
  return static_cast<double>(sum) /
         (kGridSteps * static_cast<double>(grid.difference.size()));
}

// From `begin` up to `end` along one side of the grid.
struct Extent {
  size_t begin = 0, end = 0;
  size_t count() const { return end - begin; }
};

// Those of `most` that pixels `first` up to `last` reach into, whatever the
// two are.
Extent Covered(int first, int last, int most) {
  const int64_t end = (int64_t{last} + kMacroblock - 1) / kMacroblock;
  Extent covered;
  covered.begin = static_cast<size_t>(std::max(0, first / kMacroblock));
  covered.end = static_cast<size_t>(std::clamp<int64_t>(end, 0, most));
  covered.end = std::max(covered.begin, covered.end);
  return covered;
}

}  // namespace

int CellsApart(const Features& a, const Features& b) {
  if (a.columns != b.columns || a.rows != b.rows ||
      a.cells.size() != b.cells.size()) {
    return static_cast<int>(std::max(a.cells.size(), b.cells.size()));
  }
  int apart = 0;
  for (size_t i = 0; i < a.cells.size(); ++i) {
    apart += std::abs(a.cells[i] - b.cells[i]) > kOtherLevels;
  }
  return apart;
}

float DoubtOf(float margin) {
  const float deviations = margin / 0.07F;
  const float doubt = std::exp(-deviations * deviations / 2);
  return doubt >= kLeastDoubt ? doubt : 0;  // 0 of NaN
}

void AnswerHistory::See(const Grid& grid, Features features, int64_t time_ns,
                        Thumbnail thumbnail) {
  features_ = std::move(features);
  thumbnail_ = std::move(thumbnail);
  time_ns_ = time_ns;
  columns_ = grid.columns;
  rows_ = grid.rows;
  change_ += MeanDifference(grid);
  if (!grid.has_previous) return;
  for (Run& run : runs_) {
    for (const Cell& cell : run.doubtful) {
      if (cell.at >= grid.difference.size()) continue;
      run.doubtful_change +=
          cell.weight * grid.difference[cell.at] / kGridSteps;
    }
  }
}

void AnswerHistory::Ran(const AnswerTraits& answer) {
  Run run;
  run.features = features_;
  run.thumbnail = thumbnail_;
  run.time_ns = time_ns_;
  run.vote = answer.vote;
  run.change = change_;
  for (const DoubtfulBox& part : answer.doubtful) run.doubt += part.doubt;
  run.doubtful = DoubtfulCells(answer.doubtful);
  runs_.push_front(std::move(run));
  if (runs_.size() > kRuns) runs_.pop_back();
}

std::vector<AnswerHistory::Cell> AnswerHistory::DoubtfulCells(
    const std::vector<DoubtfulBox>& doubtful) const {
  if (doubtful.empty() || columns_ <= 0 || rows_ <= 0) return {};
  // Boxes that overlap share their cells: never more than the grid has.
  std::vector<float> weights(static_cast<size_t>(columns_) *
                             static_cast<size_t>(rows_));
  for (const DoubtfulBox& part : doubtful) {
    const Extent across = Covered(part.box.left, part.box.right, columns_);
    const Extent down = Covered(part.box.top, part.box.bottom, rows_);
    const size_t count = across.count() * down.count();
    if (count == 0) continue;
    const float weight = part.doubt / static_cast<float>(count);
    for (size_t y = down.begin; y < down.end; ++y) {
      float* row = weights.data() + y * static_cast<size_t>(columns_);
      for (size_t x = across.begin; x < across.end; ++x) row[x] += weight;
    }
  }
  std::vector<Cell> cells;
  for (size_t at = 0; at < weights.size(); ++at) {
    if (weights[at] > 0) {
      cells.push_back({static_cast<uint32_t>(at), weights[at]});
    }
  }
  return cells;
}

PairTraits AnswerHistory::Compare(const Run& run, bool is_last) const {
  PairTraits pair;
  auto& v = pair.values;
  const float distance = FeatureDistance(features_, run.features);
  v[PairTraits::kDistance] = Log(std::min(distance, 255.0F));
  v[PairTraits::kCells] = Log(CellsApart(features_, run.features));
  v[PairTraits::kDoubtfulChange] = Log(kGridSteps * run.doubtful_change);
  v[PairTraits::kAge] =
      Log((static_cast<double>(time_ns_) - static_cast<double>(run.time_ns)) /
          kAgeNs);
  v[PairTraits::kChange] = Log(change_ - run.change);
  v[PairTraits::kIsLast] = is_last ? 1 : 0;
  v[PairTraits::kLastDoubt] = is_last ? run.doubt : 0;
  v[PairTraits::kDoubt] = run.doubt;
  v[PairTraits::kThumbnail] = kUsualThumbnail;
  v[PairTraits::kThumbnailPart] = kUsualThumbnailPart;
  if (!thumbnail_.empty() && !run.thumbnail.empty()) {
    const ThumbnailDistance apart = DistanceOf(thumbnail_, run.thumbnail);
    v[PairTraits::kThumbnail] = std::log1p(apart.mean);
    v[PairTraits::kThumbnailPart] = std::log1p(apart.greatest);
  }
  pair.vote = run.vote;
  pair.distance = distance;
  return pair;
}

float AnswerHistory::Turns() const {
  constexpr size_t kLooked = 6;
  const size_t looked = std::min(kLooked, runs_.size());
  if (looked < 2) return 0.5F;
  int turns = 0;
  for (size_t i = 1; i < looked; ++i) {
    turns += runs_[i].vote != runs_[i - 1].vote;
  }
  return static_cast<float>(turns) / static_cast<float>(looked - 1);
}

ComparedRuns AnswerHistory::Compare() const {
  ComparedRuns comparison;
  auto& present = comparison.present.values;
  present[PresentTraits::kOne] = 1;
  if (runs_.empty()) return comparison;
  for (const Run& run : runs_) {
    comparison.runs.push_back(Compare(run, &run == &runs_.front()));
  }
  const auto& last = comparison.runs.front().values;
  present[PresentTraits::kDistance] = last[PairTraits::kDistance];
  present[PresentTraits::kCells] = last[PairTraits::kCells];
  present[PresentTraits::kDoubtfulChange] = last[PairTraits::kDoubtfulChange];
  present[PresentTraits::kAge] = last[PairTraits::kAge];
  present[PresentTraits::kChange] = last[PairTraits::kChange];
  present[PresentTraits::kDoubt] = last[PairTraits::kDoubt];
  present[PresentTraits::kTurns] = Turns();
  present[PresentTraits::kThumbnail] = last[PairTraits::kThumbnail];
  present[PresentTraits::kThumbnailPart] = last[PairTraits::kThumbnailPart];
  return comparison;
}

void AnswerHistory::Reset() {
  runs_.clear();
  change_ = 0;
}

}  // namespace fovea
