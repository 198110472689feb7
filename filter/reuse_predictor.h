// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which earlier answer is most likely right for the present input, and how
// likely it is wrong.

#ifndef FOVEA_FILTER_REUSE_PREDICTOR_H_
#define FOVEA_FILTER_REUSE_PREDICTOR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "filter/answer_history.h"
#include "filter/skip_head.h"

namespace fovea {

struct Prediction {
  size_t run = 0;  // in ComparedRuns::runs: the likeliest of the answer given
  bool usual = false;  // ComparedRuns::usual is likelier than any run of it
  uint64_t vote = 0;
  float risk = 1;  // probability that this answer is wrong
};

// Of an input of which only features are known, from a cache: age and change
// are taken to be as usual. `distance` is FeatureDistance() of the two.
PairTraits OfAnotherTime(const Features& present, const Features& earlier,
                         float distance, uint64_t vote);

// A comparison, and what the model said.
struct ReuseExample {
  ComparedRuns comparison;
  uint64_t vote = 0;
};

// The light classifier of filter and reuse, with two heads. Reuse: each earlier
// run is weighted by how it compares with the present input, one weight more
// stands for an answer not yet seen, and the weights of equal answers are
// added: a softmax over runs (Nadaraya-Watson regression of answers with a
// learnt kernel, as in attention). With one run it is a difference detector
// with a learnt threshold, as SmartFilter (IoT-J'22); with many, a vote of
// neighbours, as InFi-Reuse (MobiCom'22). Skip: what the present input alone
// tells of the usual answer (filter/skip_head.h) votes among the runs, for it
// and against all others. 23 weights, logarithms of products of powers, are few
// enough to be learnt from minutes of a stream. Not thread-safe while learning.
class ReusePredictor {
 public:
  // First weights: a run counts less the further and the older it is
  // (filter/reuse_defaults.h).
  ReusePredictor();

  // With neither a run nor a usual answer the risk is 1. Some 0.3 us.
  Prediction Predict(const ComparedRuns& comparison) const;

  // Whether runs are compared by their thumbnails too, and the skip head, if
  // any: what footage has taught (filter/head_trainer.h). As it comes neither.
  bool compares_thumbnails() const { return compares_thumbnails_; }
  void CompareThumbnails(bool on) { compares_thumbnails_ = on; }
  const std::optional<SkipHead>& skip() const { return skip_; }
  void SetSkip(std::optional<SkipHead> skip) { skip_ = std::move(skip); }
  bool needs_thumbnail() const { return compares_thumbnails_ || skip_; }

  // What the skip head says: ComparedRuns::usual. None without such a head, or
  // a thumbnail, or before it knows anything.
  std::optional<UsualAnswer> UsualOf(const Thumbnail& thumbnail) const;

  // One step of the skip head, if there is one.
  void LearnUsual(const SkipLesson& lesson);

  // One step of gradient ascent on the probability of what the model said,
  // held back toward the weights it started from. Without anything to compare
  // with nothing is learnt. Weights stay within 100 of 0.
  void Learn(const ReuseExample& example);

  // The same over all of `examples`, `rounds` times, in an order that `seed`
  // makes. What is learnt is stronger the more there are.
  void Fit(std::span<const ReuseExample> examples, int rounds, uint64_t seed);

  // Lines of text: name and version, weights, heads. Parse() reads what Text()
  // wrote, here or in version 1 (16 weights, no heads), at most kMostText
  // bytes; what it learns afterwards is held back toward these weights.
  // kDataLoss says in which line it found what.
  static constexpr size_t kMostText = 65'536;
  std::string Text() const;
  static absl::StatusOr<ReusePredictor> Parse(std::string_view text);

  friend bool operator==(const ReusePredictor&,
                         const ReusePredictor&) = default;

 private:
  static constexpr size_t kPair = PairTraits::kCount;
  static constexpr size_t kPresent = PresentTraits::kCount;
  static constexpr size_t kUsual = 3;  // one, evidence, runs it speaks for
  static constexpr size_t kWeights = kPair + kPresent + kUsual;
  using Weights = std::array<double, kWeights>;
  // Running means of Fit()'s gradients and of their squares.
  struct Moments {
    Weights mean = {}, square = {};
    int steps = 0;
  };

  void Step(const Weights& gradient, Moments* moments);
  absl::Status ReadVersion1(internal::TextLines* lines);
  absl::Status ReadVersion2(internal::TextLines* lines);

  Weights weights_, prior_;
  bool compares_thumbnails_ = false;
  std::optional<SkipHead> skip_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_REUSE_PREDICTOR_H_
