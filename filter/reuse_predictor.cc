// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/reuse_predictor.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "filter/internal/reuse_filter_text.h"
#include "filter/reuse_defaults.h"

namespace fovea {
namespace {

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

constexpr size_t kUsualAt = size_t{PairTraits::kCount} + PresentTraits::kCount;
constexpr size_t kMostRuns = ComparedRuns::kMost;

// How many runs are looked at, and with the usual answer behind them.
size_t RunsOf(const ComparedRuns& seen) {
  return std::min(seen.runs.size(), kMostRuns);
}
size_t VotersOf(const ComparedRuns& seen) {
  return RunsOf(seen) + (seen.usual ? 1 : 0);
}
uint64_t VoteAt(const ComparedRuns& seen, size_t voter) {
  return voter < RunsOf(seen) ? seen.runs[voter].vote : seen.usual->vote;
}

// What the skip head says for a run's answer, or against it.
double SpeaksFor(const ComparedRuns& seen, size_t run) {
  if (!seen.usual) return 0;
  const double evidence = static_cast<double>(seen.usual->evidence);
  return seen.runs[run].vote == seen.usual->vote ? evidence : -evidence;
}

// Exponentials of what each voter and the unseen answer weigh; add up to 1.
struct Shares {
  std::array<double, kMostRuns + 1> voters = {};
  double unseen = 0;
};

template <typename Weights>
Shares SharesOf(const Weights& weights, const ComparedRuns& seen) {
  Shares shares;
  const size_t runs = RunsOf(seen), voters = VotersOf(seen);
  double unseen = 0;
  for (size_t k = 0; k < PresentTraits::kCount; ++k) {
    unseen += weights[PairTraits::kCount + k] *
              Scaled(kPresentScales[k], seen.present.values[k]);
  }
  double greatest = unseen;
  for (size_t i = 0; i < voters; ++i) {
    double sum = 0;
    if (i < runs) {
      for (size_t k = 0; k < PairTraits::kCount; ++k) {
        sum += weights[k] * Scaled(kPairScales[k], seen.runs[i].values[k]);
      }
      sum += weights[kUsualAt + 2] * SpeaksFor(seen, i);
    } else {
      sum = weights[kUsualAt] +
            weights[kUsualAt + 1] * static_cast<double>(seen.usual->evidence);
    }
    shares.voters[i] = sum;
    greatest = std::max(greatest, sum);
  }
  shares.unseen = std::exp(unseen - greatest);
  double total = shares.unseen;
  for (size_t i = 0; i < voters; ++i) {
    shares.voters[i] = std::exp(shares.voters[i] - greatest);
    total += shares.voters[i];
  }
  shares.unseen /= total;
  for (size_t i = 0; i < voters; ++i) shares.voters[i] /= total;
  return shares;
}

// Adds what `pull` on one voter's weight pulls on each of those it is made of.
template <typename Weights>
void PullVoter(const ComparedRuns& seen, size_t voter, double pull,
               Weights* gradient) {
  if (voter == RunsOf(seen)) {
    (*gradient)[kUsualAt] += pull;
    (*gradient)[kUsualAt + 1] +=
        pull * static_cast<double>(seen.usual->evidence);
    return;
  }
  for (size_t k = 0; k < PairTraits::kCount; ++k) {
    (*gradient)[k] += pull * Scaled(kPairScales[k], seen.runs[voter].values[k]);
  }
  (*gradient)[kUsualAt + 2] += pull * SpeaksFor(seen, voter);
}

// Adds the gradient of the logarithm of the right answer's share.
template <typename Weights>
void AddGradient(const Weights& weights, const ReuseExample& example,
                 Weights* gradient) {
  const ComparedRuns& seen = example.comparison;
  const Shares shares = SharesOf(weights, seen);
  const size_t voters = VotersOf(seen);
  double right = 0;
  for (size_t i = 0; i < voters; ++i) {
    if (VoteAt(seen, i) == example.vote) right += shares.voters[i];
  }
  const bool is_new = right <= 0;
  for (size_t i = 0; i < voters; ++i) {
    const bool same = !is_new && VoteAt(seen, i) == example.vote;
    PullVoter(seen, i, (same ? shares.voters[i] / right : 0) - shares.voters[i],
              gradient);
  }
  const double pull = (is_new ? 1 : 0) - shares.unseen;
  for (size_t k = 0; k < PresentTraits::kCount; ++k) {
    (*gradient)[PairTraits::kCount + k] +=
        pull * Scaled(kPresentScales[k], seen.present.values[k]);
  }
}

template <typename Weights>
void Cut(Weights* weights) {
  for (double& w : *weights) {
    w = std::clamp(w, -internal::kMostWeight, internal::kMostWeight);
  }
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
  std::ranges::copy(kDefaultUsualWeights, weights_.begin() + kPair + kPresent);
  prior_ = weights_;
}

Prediction ReusePredictor::Predict(const ComparedRuns& comparison) const {
  const Shares shares = SharesOf(weights_, comparison);
  const size_t voters = VotersOf(comparison);
  Prediction best;
  double best_share = -1;
  for (size_t i = 0; i < voters; ++i) {
    const uint64_t vote = VoteAt(comparison, i);
    double share = 0;
    bool counted = false;
    for (size_t j = 0; j < voters; ++j) {
      if (VoteAt(comparison, j) != vote) continue;
      counted = counted || j < i;
      share += shares.voters[j];
    }
    if (counted || share <= best_share) continue;
    best_share = share;
    best.vote = vote;
    best.risk = static_cast<float>(std::clamp(1 - share, 0.0, 1.0));
  }
  double likeliest = -1;
  for (size_t i = 0; i < voters; ++i) {
    if (VoteAt(comparison, i) != best.vote) continue;
    if (shares.voters[i] <= likeliest) continue;
    likeliest = shares.voters[i];
    best.usual = i == RunsOf(comparison);
    if (!best.usual) best.run = i;
  }
  return best;
}

std::optional<UsualAnswer> ReusePredictor::UsualOf(
    const Thumbnail& thumbnail) const {
  if (!skip_ || !skip_->knows() || thumbnail.empty()) return std::nullopt;
  return UsualAnswer{skip_->usual(), skip_->Evidence(thumbnail)};
}

void ReusePredictor::LearnUsual(const SkipLesson& lesson) {
  if (skip_) skip_->Learn(lesson);
}

void ReusePredictor::Learn(const ReuseExample& example) {
  if (VotersOf(example.comparison) == 0) return;
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

}  // namespace fovea
