// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boosting: each tree is fitted to what the sum of those before gets wrong.
// Inputs are small whole numbers, so the best question of a node is read off
// sums per value; nothing is sorted and nothing drawn. Where answers are told
// apart this is done twice, and the two sums averaged: once with all inputs,
// and once with the window and the reference's answer alone. The one knows
// what is alike, the other what each answer looks like; they err apart.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "filter/internal/pair_inputs.h"
#include "filter/internal/sensor_tree_format.h"
#include "filter/sensor_features.h"
#include "filter/sensor_tree.h"

namespace fovea {
namespace {

constexpr size_t kValues = static_cast<size_t>(internal::kMostPairInput -
                                               internal::kLeastPairInput + 1);
constexpr double kRidge = 1;  // added to each leaf's curvature

constexpr size_t kMostPairs = size_t{1} << 22;

absl::Status Refused(const std::string& what) {
  return absl::InvalidArgumentError("sensor tree: " + what);
}

absl::Status CheckOptions(const SensorTreeOptions& options,
                          const FilterLimits& limits) {
  const auto within = [](int value, int least, size_t most) {
    return value >= least && static_cast<size_t>(value) <= most;
  };
  const size_t most_trees =
      options.answers > 0 ? limits.max_trees / 2 : limits.max_trees;
  if (within(options.trees, 1, most_trees) &&
      within(options.depth, 1, limits.max_tree_depth) &&
      within(options.answers, 0, limits.max_tree_answers) && options.rate > 0 &&
      options.rate <= 1 && options.least_leaf >= 0 &&
      std::isfinite(options.least_leaf)) {
    return absl::OkStatus();
  }
  return Refused(absl::StrCat(
      "expected 1 to ", most_trees, " trees of depth 1 to ",
      limits.max_tree_depth, ", 0 to ", limits.max_tree_answers,
      " answers, rate within 0 to 1, found ", options.trees, " of depth ",
      options.depth, ", ", options.answers, " answers, rate ", options.rate));
}

absl::Status CheckPairs(std::span<const SensorPair> pairs,
                        const SensorTreeOptions& options,
                        const FilterLimits& limits) {
  if (pairs.empty() || pairs.size() > kMostPairs) {
    return Refused(absl::StrCat("expected 1 to ", kMostPairs, " pairs, found ",
                                pairs.size()));
  }
  const size_t cells = pairs[0].input->cells.size();
  if (cells > limits.max_tree_cells) {
    return Refused(absl::StrCat("expected at most ", limits.max_tree_cells,
                                " cells, found ", cells));
  }
  size_t differ = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const SensorPair& pair = pairs[i];
    if (!AreSensorFeatures(*pair.input) ||
        !AreSensorFeatures(*pair.reference) ||
        pair.input->cells.size() != cells ||
        pair.reference->cells.size() != cells) {
      return Refused(absl::StrCat(
          "pair ", i, ": expected sensor features of ", cells, " cells, found ",
          pair.input->cells.size(), " and ", pair.reference->cells.size()));
    }
    if (pair.reference_answer < kNoAnswer ||
        (options.answers > 0 && pair.reference_answer >= options.answers)) {
      return Refused(absl::StrCat("pair ", i, ": expected an answer below ",
                                  options.answers, ", found ",
                                  pair.reference_answer));
    }
    differ += pair.differ;
  }
  if (differ == 0 || differ == pairs.size()) {
    return Refused("expected pairs that differ and pairs that do not");
  }
  return absl::OkStatus();
}

// Sums of the loss's slope and curvature over pairs.
struct Sums {
  double slope = 0, curvature = 0;
  void Add(const Sums& other) {
    slope += other.slope;
    curvature += other.curvature;
  }
  Sums Without(const Sums& other) const {
    return {slope - other.slope, curvature - other.curvature};
  }
  double Score() const { return slope * slope / (curvature + kRidge); }
  double Step() const { return -slope / (curvature + kRidge); }
};

}  // namespace

class SensorTreeTrainer {
 public:
  SensorTreeTrainer(std::span<const SensorPair> pairs,
                    const SensorTreeOptions& options)
      : options_(options) {
    tree_.cells_ = pairs[0].input->cells.size();
    tree_.answers_ = static_cast<size_t>(options.answers);
    tree_.depth_ = static_cast<size_t>(options.depth);
    inputs_ = internal::PairInputCount(tree_.cells_, tree_.answers_);
    values_.resize(inputs_ * pairs.size());
    double differ = 0;
    for (size_t i = 0; i < pairs.size(); ++i) {
      internal::TakePairInputs(
          *pairs[i].input, *pairs[i].reference, pairs[i].reference_answer,
          std::span(values_).subspan(i * inputs_, inputs_));
      differ_.push_back(pairs[i].differ);
      differ += pairs[i].differ;
    }
    const double odds = differ / (static_cast<double>(pairs.size()) - differ);
    tree_.bias_ = Fixed(std::log(odds));
    scores_.assign(pairs.size(), tree_.bias_);
    parts_.resize(pairs.size());
    nodes_.resize(pairs.size());
  }

  SensorTree Train() && {
    const int views = options_.answers > 0 ? 2 : 1;
    share_ = 1.0 / views;
    for (int view = 0; view < views; ++view) {
      sees_reference_ = view == 0;
      std::fill(scores_.begin(), scores_.end(), tree_.bias_);
      for (int i = 0; i < options_.trees; ++i) AddTree();
    }
    return std::move(tree_);
  }

 private:
  struct Best {
    SensorTree::Question question = {0, internal::kMostPairInput};
    // In the loss. The least there is will do: of a question that tells only
    // together with the next one it is hardly any.
    double gain = 0;
  };

  static int32_t Fixed(double log_odds) {
    return internal::CutLogOdds(
        std::llround(log_odds * internal::kLogOddsUnit));
  }

  // What a pair's reference tells but for its answer.
  bool IsOfReference(size_t input) const {
    return input >= tree_.cells_ && input < inputs_ - tree_.answers_;
  }

  void AddTree() {
    for (size_t i = 0; i < differ_.size(); ++i) {
      const double score =
          static_cast<double>(scores_[i]) / internal::kLogOddsUnit;
      const double p = 1 / (1 + std::exp(-score));
      parts_[i] = {p - (differ_[i] ? 1 : 0), p * (1 - p)};
    }
    std::fill(nodes_.begin(), nodes_.end(), 0);
    for (size_t level = 0; level < tree_.depth_; ++level) AddLevel(level);
    AddLeaves();
  }

  // One question for each node of a level; a node that gains by none keeps
  // all its pairs on the left.
  void AddLevel(size_t level) {
    const size_t nodes = size_t{1} << level;
    const std::vector<Best> best = FindBest(nodes);
    for (const Best& b : best) tree_.questions_.push_back(b.question);
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const SensorTree::Question& q = best[nodes_[i]].question;
      nodes_[i] = static_cast<uint32_t>(
          2 * nodes_[i] + (values_[i * inputs_ + q.input] > q.threshold));
    }
  }

  std::vector<Best> FindBest(size_t nodes) const {
    std::vector<Best> best(nodes);
    std::vector<Sums> sums(nodes * kValues);
    for (size_t input = 0; input < inputs_; ++input) {
      if (!sees_reference_ && IsOfReference(input)) continue;
      std::fill(sums.begin(), sums.end(), Sums{});
      for (size_t i = 0; i < nodes_.size(); ++i) {
        const auto value = static_cast<size_t>(values_[i * inputs_ + input] -
                                               internal::kLeastPairInput);
        sums[nodes_[i] * kValues + value].Add(parts_[i]);
      }
      for (size_t node = 0; node < nodes; ++node) {
        Improve(input, std::span(sums).subspan(node * kValues, kValues),
                &best[node]);
      }
    }
    return best;
  }

  void Improve(size_t input, std::span<const Sums> by_value, Best* best) const {
    Sums all;
    for (const Sums& sums : by_value) all.Add(sums);
    Sums left;
    for (size_t value = 0; value + 1 < kValues; ++value) {
      if (by_value[value].curvature == 0) continue;
      left.Add(by_value[value]);
      const Sums right = all.Without(left);
      if (left.curvature < options_.least_leaf) continue;
      if (right.curvature < options_.least_leaf) break;
      const double gain = (left.Score() + right.Score() - all.Score()) / 2;
      if (gain <= best->gain) continue;
      *best = {{static_cast<uint16_t>(input),
                static_cast<int16_t>(static_cast<int>(value) +
                                     internal::kLeastPairInput)},
               gain};
    }
  }

  void AddLeaves() {
    std::vector<Sums> sums(size_t{1} << tree_.depth_);
    for (size_t i = 0; i < nodes_.size(); ++i) sums[nodes_[i]].Add(parts_[i]);
    std::vector<int32_t> steps;
    for (const Sums& leaf : sums) {
      const double step = options_.rate * leaf.Step();
      steps.push_back(Fixed(step));
      tree_.leaves_.push_back(Fixed(share_ * step));
    }
    for (size_t i = 0; i < nodes_.size(); ++i) scores_[i] += steps[nodes_[i]];
  }

  const SensorTreeOptions options_;
  SensorTree tree_;
  bool sees_reference_ = true;
  double share_ = 1;  // of the trees of one view in the sum
  size_t inputs_ = 0;
  std::vector<int16_t> values_;  // pair by pair
  std::vector<bool> differ_;
  std::vector<int64_t> scores_;  // log-odds so far, as the tree keeps them
  std::vector<Sums> parts_;
  std::vector<uint32_t> nodes_;  // of the level that is being split
};

absl::StatusOr<SensorTree> SensorTree::Train(std::span<const SensorPair> pairs,
                                             const SensorTreeOptions& options,
                                             const FilterLimits& limits) {
  if (absl::Status s = CheckOptions(options, limits); !s.ok()) return s;
  if (absl::Status s = CheckPairs(pairs, options, limits); !s.ok()) return s;
  return SensorTreeTrainer(pairs, options).Train();
}

}  // namespace fovea
