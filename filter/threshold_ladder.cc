// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/threshold_ladder.h"

#include <algorithm>
#include <cmath>

#include "filter/error_bound.h"

namespace fovea {
namespace {

constexpr double kStrictest = 0.20;
constexpr double kStep = 0.05;
constexpr size_t kMiddle = 8;  // the 0.60 quantile where no two are equal

bool IsGrid(const std::vector<ThresholdLadder::Level>& levels) {
  for (size_t i = 0; i < levels.size(); ++i) {
    const auto& level = levels[i];
    if (std::isnan(level.threshold) || level.samples < 0 || level.wrong < 0 ||
        level.wrong > level.samples ||
        (i > 0 && !(level.threshold > levels[i - 1].threshold))) {
      return false;
    }
  }
  return levels.size() <= ThresholdLadder::kMostLevels;
}

}  // namespace

ThresholdLadder::ThresholdLadder(double limit, double alpha)
    : limit_(limit), alpha_(alpha) {}

void ThresholdLadder::Add(double risk, bool wrong) {
  if (has_grid()) {
    Count(risk, wrong);
  } else {
    first_.push_back({risk, wrong});
    if (first_.size() < kLadderInputs) return;
    MakeGrid();
  }
  Test();
}

void ThresholdLadder::MakeGrid() {
  std::vector<double> risks;
  for (const Sample& sample : first_) risks.push_back(sample.risk);
  std::sort(risks.begin(), risks.end());
  for (size_t i = 0; i < kMostLevels; ++i) {
    const double share = kStrictest + kStep * static_cast<double>(i);
    const double risk = risks[static_cast<size_t>(
        std::ceil(share * static_cast<double>(risks.size())) - 1)];
    if (levels_.empty() || risk > levels_.back().threshold) {
      levels_.push_back({risk, 0, 0});
    }
  }
  for (const Sample& sample : first_) Count(sample.risk, sample.wrong);
  first_.clear();
}

void ThresholdLadder::Count(double risk, bool wrong) {
  for (Level& level : levels_) {
    if (risk > level.threshold) continue;
    ++level.samples;
    level.wrong += wrong;
  }
}

bool ThresholdLadder::Passes(const Level& level) const {
  // Above the mean the tail is half of all or more, and long to add up.
  const double mean = limit_ * static_cast<double>(level.samples);
  if (alpha_ < 0.5 && static_cast<double>(level.wrong) > mean + 1) return false;
  return BinomialAtMost(level.wrong, level.samples, limit_) <= alpha_;
}

void ThresholdLadder::Test() {
  const size_t middle = std::min(kMiddle, levels_.size() - 1);
  if (passed_ <= middle && Passes(levels_[middle])) passed_ = middle + 1;
  while (passed_ < levels_.size() && Passes(levels_[passed_])) ++passed_;
}

void ThresholdLadder::Fail(size_t level) {
  for (size_t i = level; i < levels_.size(); ++i) {
    levels_[i].samples = 0;
    levels_[i].wrong = 0;
  }
  passed_ = std::min(passed_, level);
}

void ThresholdLadder::Clear() {
  first_.clear();
  levels_.clear();
  passed_ = 0;
}

bool ThresholdLadder::Resume(const std::vector<Sample>& first,
                             const std::vector<Level>& levels, size_t passed) {
  const bool has_nan =
      std::any_of(first.begin(), first.end(),
                  [](const Sample& sample) { return std::isnan(sample.risk); });
  if (has_nan || first.size() >= kLadderInputs || !IsGrid(levels) ||
      (!first.empty() && !levels.empty()) || passed > levels.size()) {
    return false;
  }
  first_ = first;
  levels_ = levels;
  passed_ = passed;
  return true;
}

}  // namespace fovea
