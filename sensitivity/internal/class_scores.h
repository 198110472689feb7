// SPDX-License-Identifier: GPL-2.0-or-later
//
// Class scores of one place (a window, a picture, a pixel) or of many, as
// logits with their softmax, and the scalars made of them. Pure arithmetic,
// in double.

#ifndef FOVEA_SENSITIVITY_INTERNAL_CLASS_SCORES_H_
#define FOVEA_SENSITIVITY_INTERNAL_CLASS_SCORES_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sensitivity/internal/probe_weights.h"

namespace fovea::internal {

// Where scores lie among a network's values.
struct ScoreLayout {
  size_t classes = 0, places = 1;
  size_t class_step = 1, place_step = 1;

  size_t at(size_t place, size_t k) const {
    return place * place_step + k * class_step;
  }
};

// The first of the best classes at `place`.
size_t BestClass(const ScoreLayout& layout, const std::vector<float>& values,
                 size_t place);

// kInvalidArgument: `probabilities` and some place's values do not sum to 1;
// or not, and all do. Two classes may do so by chance and pass as logits.
absl::Status CheckScores(const std::string& model, const ScoreLayout& layout,
                         const std::vector<float>& values, bool probabilities);

// The scores of one place. Each Add function adds weight times the gradient
// of its value by the place's values, in the layout's steps from `gradient`
// on, and returns weight times its value.
class ClassScores {
 public:
  // `probabilities`: values have been through a softmax.
  ClassScores(const ScoreLayout& layout, bool probabilities);

  void Load(const std::vector<float>& values, size_t place);

  std::span<const double> probabilities() const { return probabilities_; }

  // -log p[label].
  double AddCrossEntropy(size_t label, float* gradient);

  // <v, logits> with v = sqrt(p) r - p <sqrt(p), r>; v counts as constant.
  double AddFisherProbe(SplitMix64* random, float* gradient);

  // First minus second logit; at least two classes.
  double AddMargin(double weight, float* gradient);

 private:
  void Add(double weight, float* gradient) const;

  const ScoreLayout layout_;
  const bool from_probabilities_;
  std::vector<double> logits_;
  std::vector<double> probabilities_;
  double log_sum_ = 0;             // log of the sum of exp(logit)
  std::vector<double> slopes_;     // of a logit by its value
  std::vector<double> by_logits_;  // scratch
};

// The scalar of classifiers and segmenters, decoder.h: the cross-entropy to
// the reference's classes or, for kRandom, Fisher probes of all places.
// Adds its gradient.
double AddClassProbe(const ScoreLayout& layout, bool probabilities,
                     const std::vector<float>& values,
                     const std::vector<float>& reference, Probe probe,
                     uint64_t seed, std::vector<float>* gradient);

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_CLASS_SCORES_H_
