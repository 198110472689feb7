// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/answer_loss.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <tuple>
#include <vector>

#include "sensitivity/detection.h"

namespace fovea {
namespace {

constexpr float kMatchOverlap = 0.5F;

using Counts = std::map<int, int>;  // boxes of each class

// Of a classifier one of its likeliest class.
Counts CountsOf(const Answer& answer, const ModelCard& card) {
  Counts counts;
  if (IsDetector(card.decoder)) {
    for (const Detection& seen : answer.detections) {
      if (static_cast<double>(seen.score) >= card.threshold) {
        ++counts[seen.label];
      }
    }
    return counts;
  }
  if (answer.scores.empty()) return counts;
  const auto best = std::ranges::max_element(answer.scores);
  ++counts[static_cast<int>(best - answer.scores.begin())];
  return counts;
}

std::vector<const Detection*> From(const Answer& answer, double threshold) {
  std::vector<const Detection*> boxes;
  for (const Detection& seen : answer.detections) {
    if (static_cast<double>(seen.score) >= threshold) boxes.push_back(&seen);
  }
  return boxes;
}

// FNV-1a over 64-bit words, each mixed once more: neighbours lie far apart.
class Mixer {
 public:
  void Add(uint64_t word) {
    state_ = (state_ ^ word) * 0x100000001B3ULL;
    state_ ^= state_ >> 29;
  }
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0xCBF29CE484222325ULL;
};

}  // namespace

const char* AnswerLossName(AnswerLoss loss) {
  switch (loss) {
    case AnswerLoss::kLabels:
      return "labels";
    case AnswerLoss::kCounts:
      return "counts";
    case AnswerLoss::kBoxes:
      break;
  }
  return "boxes";
}

std::optional<AnswerLoss> ParseAnswerLoss(std::string_view name) {
  for (const AnswerLoss loss :
       {AnswerLoss::kLabels, AnswerLoss::kCounts, AnswerLoss::kBoxes}) {
    if (name == AnswerLossName(loss)) return loss;
  }
  return std::nullopt;
}

double BoxF1(const Answer& said, const Answer& given, double threshold) {
  const auto left = From(said, threshold);
  const auto right = From(given, threshold);
  if (left.empty() && right.empty()) return 1;
  std::vector<std::tuple<float, size_t, size_t>> pairs;
  for (size_t i = 0; i < left.size(); ++i) {
    for (size_t j = 0; j < right.size(); ++j) {
      if (left[i]->label != right[j]->label) continue;
      const float overlap = Overlap(*left[i], *right[j]);
      if (overlap >= kMatchOverlap) pairs.emplace_back(-overlap, i, j);
    }
  }
  std::ranges::sort(pairs);
  std::vector<bool> left_taken(left.size()), right_taken(right.size());
  double found = 0;
  for (const auto& [overlap, i, j] : pairs) {
    if (left_taken[i] || right_taken[j]) continue;
    left_taken[i] = right_taken[j] = true;
    ++found;
  }
  return 2 * found / static_cast<double>(left.size() + right.size());
}

uint64_t VoteOf(const Answer& answer, const ModelCard& card, AnswerLoss loss) {
  Mixer mixer;
  for (const auto& [label, count] : CountsOf(answer, card)) {
    mixer.Add(static_cast<uint64_t>(label) + 1);
    if (loss != AnswerLoss::kLabels) mixer.Add(static_cast<uint64_t>(count));
  }
  return mixer.value();
}

bool Differs(const Answer& said, const Answer& given, const ModelCard& card,
             AnswerLoss loss) {
  if (loss == AnswerLoss::kBoxes && IsDetector(card.decoder)) {
    return BoxF1(said, given, card.threshold) < kLeastBoxF1;
  }
  return VoteOf(said, card, loss) != VoteOf(given, card, loss);
}

}  // namespace fovea
