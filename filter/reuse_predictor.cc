// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/reuse_predictor.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "filter/reuse_defaults.h"

namespace fovea {
namespace {

constexpr char kFirstLine[] = "fovea reuse filter 1";
constexpr size_t kMostText = 4096;   // bytes
constexpr double kMostWeight = 100;  // far beyond what any stream teaches

// Adam (Kingma and Ba, 2015) at its published rates but for the step.
constexpr double kMeanRate = 0.9, kSquareRate = 0.999, kTiny = 1e-8;
constexpr double kStep = 0.03;
constexpr size_t kBatch = 64;
constexpr double kHoldBack = 0.1;

// Of a single example: plain ascent.
constexpr double kLearnStep = 0.01;

double Scaled(const FeatureScale& scale, float value) {
  return (value - scale.mean) / scale.deviation;
}

// Exponentials of what each run and the unseen answer weigh; add up to 1.
struct Shares {
  std::array<double, ComparedRuns::kMost> runs = {};
  double unseen = 0;
};

template <typename Weights>
Shares SharesOf(const Weights& weights, const ComparedRuns& comparison) {
  Shares shares;
  const size_t count = std::min(comparison.runs.size(), shares.runs.size());
  double unseen = 0;
  for (size_t k = 0; k < PresentTraits::kCount; ++k) {
    unseen += weights[PairTraits::kCount + k] *
              Scaled(kPresentScales[k], comparison.present.values[k]);
  }
  double greatest = unseen;
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (size_t k = 0; k < PairTraits::kCount; ++k) {
      sum += weights[k] * Scaled(kPairScales[k], comparison.runs[i].values[k]);
    }
    shares.runs[i] = sum;
    greatest = std::max(greatest, sum);
  }
  shares.unseen = std::exp(unseen - greatest);
  double total = shares.unseen;
  for (size_t i = 0; i < count; ++i) {
    shares.runs[i] = std::exp(shares.runs[i] - greatest);
    total += shares.runs[i];
  }
  shares.unseen /= total;
  for (size_t i = 0; i < count; ++i) shares.runs[i] /= total;
  return shares;
}

// Adds the gradient of the logarithm of the right answer's share.
template <typename Weights>
void AddGradient(const Weights& weights, const ReuseExample& example,
                 Weights* gradient) {
  const ComparedRuns& seen = example.comparison;
  const Shares shares = SharesOf(weights, seen);
  const size_t count = std::min(seen.runs.size(), shares.runs.size());
  double right = 0;
  for (size_t i = 0; i < count; ++i) {
    if (seen.runs[i].vote == example.vote) right += shares.runs[i];
  }
  const bool is_new = right <= 0;
  for (size_t i = 0; i < count; ++i) {
    const bool same = !is_new && seen.runs[i].vote == example.vote;
    const double pull = (same ? shares.runs[i] / right : 0) - shares.runs[i];
    for (size_t k = 0; k < PairTraits::kCount; ++k) {
      (*gradient)[k] += pull * Scaled(kPairScales[k], seen.runs[i].values[k]);
    }
  }
  const double pull = (is_new ? 1 : 0) - shares.unseen;
  for (size_t k = 0; k < PresentTraits::kCount; ++k) {
    (*gradient)[PairTraits::kCount + k] +=
        pull * Scaled(kPresentScales[k], seen.present.values[k]);
  }
}

template <typename Weights>
void Cut(Weights* weights) {
  for (double& w : *weights) w = std::clamp(w, -kMostWeight, kMostWeight);
}

absl::Status Damage(size_t line, const std::string& expected,
                    const std::string& found) {
  return absl::DataLossError(absl::StrCat("reuse filter: line ", line,
                                          ": expected ", expected, ", found '",
                                          absl::CEscape(found), "'"));
}

}  // namespace

PairTraits OfAnotherTime(const Features& present, const Features& earlier,
                         float distance, uint64_t vote) {
  PairTraits pair;
  for (size_t k = 0; k < PairTraits::kCount; ++k) {
    pair.values[k] = static_cast<float>(kPairScales[k].mean);
  }
  pair.values[PairTraits::kDistance] = std::log1p(std::min(distance, 255.0F));
  pair.values[PairTraits::kCells] =
      std::log1p(static_cast<float>(CellsApart(present, earlier)));
  pair.values[PairTraits::kIsLast] = 0;
  pair.values[PairTraits::kLastDoubt] = 0;
  pair.vote = vote;
  pair.distance = distance;
  return pair;
}

ReusePredictor::ReusePredictor() {
  std::ranges::copy(kDefaultPairWeights, weights_.begin());
  std::ranges::copy(kDefaultPresentWeights, weights_.begin() + kPair);
  prior_ = weights_;
}

Prediction ReusePredictor::Predict(const ComparedRuns& comparison) const {
  const Shares shares = SharesOf(weights_, comparison);
  const size_t count = std::min(comparison.runs.size(), shares.runs.size());
  Prediction best;
  double best_share = -1;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t vote = comparison.runs[i].vote;
    double share = 0;
    bool counted = false;
    for (size_t j = 0; j < count; ++j) {
      if (comparison.runs[j].vote != vote) continue;
      counted = counted || j < i;
      share += shares.runs[j];
    }
    if (counted || share <= best_share) continue;
    best_share = share;
    best.vote = vote;
    best.risk = static_cast<float>(std::clamp(1 - share, 0.0, 1.0));
  }
  double likeliest = -1;
  for (size_t i = 0; i < count; ++i) {
    if (comparison.runs[i].vote != best.vote) continue;
    if (shares.runs[i] <= likeliest) continue;
    likeliest = shares.runs[i];
    best.run = i;
  }
  return best;
}

void ReusePredictor::Learn(const ReuseExample& example) {
  if (example.comparison.runs.empty()) return;
  Weights gradient = {};
  AddGradient(weights_, example, &gradient);
  for (size_t k = 0; k < kWeights; ++k) {
    weights_[k] +=
        kLearnStep * (gradient[k] - kHoldBack * (weights_[k] - prior_[k]));
  }
  Cut(&weights_);
}

void ReusePredictor::Fit(std::span<const ReuseExample> examples, int rounds,
                         uint64_t seed) {
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937_64 random(seed);
  Moments moments;
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[random() % i]);
    }
    for (size_t begin = 0; begin < order.size(); begin += kBatch) {
      const size_t end = std::min(order.size(), begin + kBatch);
      Weights gradient = {};
      for (size_t i = begin; i < end; ++i) {
        AddGradient(weights_, examples[order[i]], &gradient);
      }
      for (double& up : gradient) up /= static_cast<double>(end - begin);
      Step(gradient, &moments);
    }
  }
}

void ReusePredictor::Step(const Weights& gradient, Moments* moments) {
  ++moments->steps;
  const double mean_part = 1 - std::pow(kMeanRate, moments->steps);
  const double square_part = 1 - std::pow(kSquareRate, moments->steps);
  for (size_t k = 0; k < kWeights; ++k) {
    const double up = gradient[k] - kHoldBack * (weights_[k] - prior_[k]);
    double& mean = moments->mean[k];
    double& square = moments->square[k];
    mean += (1 - kMeanRate) * (up - mean);
    square += (1 - kSquareRate) * (up * up - square);
    weights_[k] +=
        kStep * (mean / mean_part) / (std::sqrt(square / square_part) + kTiny);
  }
  Cut(&weights_);
}

std::string ReusePredictor::Text() const {
  std::string text = absl::StrCat(kFirstLine, "\n");
  for (const double weight : weights_) {
    absl::StrAppendFormat(&text, "%.17g\n", weight);
  }
  return text;
}

absl::StatusOr<ReusePredictor> ReusePredictor::Parse(std::string_view text) {
  if (text.size() > kMostText) {
    return absl::DataLossError(absl::StrCat("reuse filter: ", text.size(),
                                            " bytes, at most ", kMostText,
                                            " were expected"));
  }
  const std::vector<std::string> lines =
      absl::StrSplit(std::string(text), '\n');
  if (lines.front() != kFirstLine) {
    return Damage(1, absl::StrCat("'", kFirstLine, "'"), lines.front());
  }
  ReusePredictor read;
  if (lines.size() != kWeights + 2 || !lines.back().empty()) {
    return absl::DataLossError(absl::StrCat("reuse filter: ", lines.size() - 1,
                                            " lines, ", kWeights + 1,
                                            " were expected"));
  }
  for (size_t k = 0; k < kWeights; ++k) {
    double& weight = read.weights_[k];
    if (!absl::SimpleAtod(lines[k + 1], &weight) ||
        !(std::abs(weight) <= kMostWeight)) {
      return Damage(
          k + 2,
          absl::StrCat("a number from ", -kMostWeight, " to ", kMostWeight),
          lines[k + 1]);
    }
  }
  read.prior_ = read.weights_;
  return read;
}

}  // namespace fovea
