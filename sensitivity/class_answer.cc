// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/class_answer.h"

#include <algorithm>

namespace fovea {

Answer AnswerOfClass(size_t label, float score) {
  Answer answer;
  answer.scores.assign(label + 1, 0);
  answer.scores[label] = score;
  return answer;
}

std::optional<size_t> ClassOf(const Answer& answer) {
  const auto best = std::ranges::max_element(answer.scores);
  if (best == answer.scores.end()) return std::nullopt;
  return static_cast<size_t>(best - answer.scores.begin());
}

}  // namespace fovea
