// SPDX-License-Identifier: GPL-2.0-or-later
//
// Learns from a model's own answers when it need not be asked: a few shallow
// trees that tell, of a sensor window and an earlier one, whether the model
// would answer both alike. Training needs no labels but those answers.
//
// Method: gradient-boosted trees on the logistic loss with Newton steps
// (Friedman, 2001); pairs of inputs as in InFi (MobiCom 2022), with trees in
// place of its network.

#ifndef FOVEA_FILTER_SENSOR_TREE_H_
#define FOVEA_FILTER_SENSOR_TREE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "filter/features.h"
#include "filter/limits.h"

namespace fovea {

// Number of a model's answer, from 0; what the numbers mean is the caller's.
inline constexpr int kNoAnswer = -1;

// An input, one that the model answered before, and whether the model's
// answers to the two differ.
struct SensorPair {
  const Features* input = nullptr;
  const Features* reference = nullptr;
  int reference_answer = kNoAnswer;
  bool differ = false;
};

struct SensorTreeOptions {
  int trees = 80;         // twice as many where answers are told apart
  int depth = 3;          // questions until an answer: 1 to 6
  double rate = 0.15;     // how much of its step each tree takes
  double least_leaf = 8;  // least sum of p (1 - p) over the pairs of a leaf
  // Answers 0 to answers - 1 are told apart; 0: the tree does not look at
  // what the reference was answered, as it must where answers are no labels.
  int answers = 0;
};

// Immutable, thread-safe.
class SensorTree {
 public:
  // Same pairs in the same order, same options: same tree. Time grows as
  // pairs x cells x trees x depth: some 4 s for 20,000 pairs of 25 cells,
  // twice that where answers are told apart.
  // kInvalidArgument: no pairs, or all or none of them differ; features that
  // are no sensor's or of unequal shapes; answers or options out of range
  // (`limits` holds for them).
  static absl::StatusOr<SensorTree> Train(std::span<const SensorPair> pairs,
                                          const SensorTreeOptions& options,
                                          const FilterLimits& limits = {});

  // Log-odds of the model's answers being different: above 0 more likely than
  // not. Infinite where shapes differ from those it was trained on. Some
  // 1 us of 160 trees.
  float LogOdds(const Features& input, const Features& reference,
                int reference_answer) const;

  // As bytes. kDataLoss says what was expected and found;
  // kFailedPrecondition: written by another release.
  std::vector<uint8_t> Encode() const;
  static absl::StatusOr<SensorTree> Decode(std::span<const uint8_t> bytes,
                                           const FilterLimits& limits);

  size_t trees() const { return depth_ == 0 ? 0 : leaves_.size() >> depth_; }

  friend bool operator==(const SensorTree&, const SensorTree&) = default;

 private:
  friend class SensorTreeTrainer;

  // One question: is the input above the threshold? Right where it is.
  struct Question {
    uint16_t input = 0;
    int16_t threshold = 0;
    friend bool operator==(const Question&, const Question&) = default;
  };

  SensorTree() = default;

  size_t cells_ = 0, answers_ = 0, depth_ = 0;
  int32_t bias_ = 0;  // of the sum; leaves and bias in 1/4096 of log-odds
  // Tree after tree, each 2^depth - 1 questions (children of i are 2i + 1 and
  // 2i + 2) and 2^depth leaves.
  std::vector<Question> questions_;
  std::vector<int32_t> leaves_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_SENSOR_TREE_H_
