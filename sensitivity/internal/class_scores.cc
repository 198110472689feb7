// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/class_scores.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "sensitivity/internal/outputs.h"

namespace fovea::internal {
namespace {

// No answer is taken to be surer than this. Keeps logarithms finite where a
// softmax underflowed, and curvature above zero.
constexpr double kLeastProbability = 1e-6;

// What 8-bit networks may miss of a sum of 1, and what float ones may: the
// second has to be too narrow for logits to fall into by chance.
constexpr double kCoarseSlack = 0.05;
constexpr double kFineSlack = 1e-5;

bool IsDistribution(const ScoreLayout& layout, const std::vector<float>& values,
                    size_t place, double slack) {
  double sum = 0;
  for (size_t k = 0; k < layout.classes; ++k) {
    const double value = values[layout.at(place, k)];
    if (value < -slack) return false;
    sum += value;
  }
  return std::fabs(sum - 1) <= slack;
}

}  // namespace

size_t BestClass(const ScoreLayout& layout, const std::vector<float>& values,
                 size_t place) {
  size_t best = 0;
  for (size_t k = 1; k < layout.classes; ++k) {
    if (values[layout.at(place, k)] > values[layout.at(place, best)]) best = k;
  }
  return best;
}

absl::Status CheckScores(const std::string& model, const ScoreLayout& layout,
                         const std::vector<float>& values, bool probabilities) {
  const double slack = probabilities ? kCoarseSlack : kFineSlack;
  size_t distributions = 0;
  for (size_t place = 0; place < layout.places; ++place) {
    if (IsDistribution(layout, values, place, slack)) {
      ++distributions;
      continue;
    }
    if (!probabilities) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "model ", model, ": expected class scores that sum to 1, found others ",
        "at place ", place, "; for logits leave out 'scores: probabilities'"));
  }
  if (probabilities || layout.classes < 3) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "model ", model, ": expected logits, found class scores that sum to 1; ",
      "say 'scores: probabilities' in the card"));
}

ClassScores::ClassScores(const ScoreLayout& layout, bool probabilities)
    : layout_(layout),
      from_probabilities_(probabilities),
      logits_(layout.classes),
      probabilities_(layout.classes),
      slopes_(layout.classes, 1),
      by_logits_(layout.classes) {}

void ClassScores::Load(const std::vector<float>& values, size_t place) {
  for (size_t k = 0; k < logits_.size(); ++k) {
    const double value = values[layout_.at(place, k)];
    if (from_probabilities_) {
      const double raised = std::max(value, 0.0) + kLeastProbability;
      logits_[k] = std::log(raised);
      slopes_[k] = value < 0 ? 0 : 1 / raised;
    } else {
      logits_[k] = value;
    }
  }
  const double most = *std::max_element(logits_.begin(), logits_.end());
  double sum = 0;
  for (size_t k = 0; k < logits_.size(); ++k) {
    probabilities_[k] = std::exp(logits_[k] - most);
    sum += probabilities_[k];
  }
  for (double& p : probabilities_) p /= sum;
  log_sum_ = most + std::log(sum);
}

double ClassScores::AddCrossEntropy(size_t label, float* gradient) {
  by_logits_ = probabilities_;
  by_logits_[label] -= 1;
  Add(1, gradient);
  return log_sum_ - logits_[label];
}

double ClassScores::AddFisherProbe(SplitMix64* random, float* gradient) {
  const double all =
      1 + kLeastProbability * static_cast<double>(logits_.size());
  std::vector<double>& v = by_logits_;
  double along = 0;  // <sqrt(p), r>
  for (size_t k = 0; k < v.size(); ++k) {
    v[k] = random->Sign() *
           std::sqrt((probabilities_[k] + kLeastProbability) / all);
    along += v[k];
  }
  double value = 0;
  for (size_t k = 0; k < v.size(); ++k) {
    v[k] -= along * (probabilities_[k] + kLeastProbability) / all;
    value += v[k] * logits_[k];
  }
  Add(1, gradient);
  return value;
}

double ClassScores::AddMargin(double weight, float* gradient) {
  size_t first = 0, second = 1;
  if (logits_[second] > logits_[first]) std::swap(first, second);
  for (size_t k = 2; k < logits_.size(); ++k) {
    if (logits_[k] > logits_[first]) {
      second = first;
      first = k;
    } else if (logits_[k] > logits_[second]) {
      second = k;
    }
  }
  std::fill(by_logits_.begin(), by_logits_.end(), 0.0);
  by_logits_[first] = 1;
  by_logits_[second] = -1;
  Add(weight, gradient);
  return weight * (logits_[first] - logits_[second]);
}

void ClassScores::Add(double weight, float* gradient) const {
  for (size_t k = 0; k < by_logits_.size(); ++k) {
    gradient[k * layout_.class_step] +=
        Bounded(weight * by_logits_[k] * slopes_[k]);
  }
}

double AddClassProbe(const ScoreLayout& layout, bool probabilities,
                     const std::vector<float>& values,
                     const std::vector<float>& reference, Probe probe,
                     uint64_t seed, std::vector<float>* gradient) {
  ClassScores scores(layout, probabilities);
  SplitMix64 random(seed);
  double value = 0;
  for (size_t place = 0; place < layout.places; ++place) {
    scores.Load(values, place);
    float* by_value = &(*gradient)[layout.at(place, 0)];
    value += probe == Probe::kRandom
                 ? scores.AddFisherProbe(&random, by_value)
                 : scores.AddCrossEntropy(BestClass(layout, reference, place),
                                          by_value);
  }
  return value;
}

}  // namespace fovea::internal
